/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * scrub_names: what the bad sectors of an open volume belong to: followed through the linear
 * mappings on it (LVM, partitions) to file systems and swap, to the files there and their packages.
 */
#ifndef INTACT_INTACT_SCRUB_NAMES_H
#define INTACT_INTACT_SCRUB_NAMES_H

#include "facts/spots.h"
#include "intact/scrub_volume.h"

/* Takes as long as it takes to look at every name of a file system, when a file is among them.
 * Writes nothing, and reads of the volume only what is bad once more: what can be read now is said
 * to be good. To be freed with spots_free(). */
void scrub_names(const struct scrub_volume *v, const struct scrub_state *state, struct spots *ret);

#endif
