/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * scrub_free: writes zeros to the bad sectors of a volume that no file has, so that they can be
 * read again. The file system stands still meanwhile and says once more which they are.
 */
#ifndef INTACT_INTACT_SCRUB_FREE_H
#define INTACT_INTACT_SCRUB_FREE_H

#include "facts/spots.h"
#include "intact/scrub_volume.h"
#include "intact/tell.h"

/* Of the spots only those that are free space, in ext4 and XFS. Says why something is left as it
 * is. Whether what was written can be read is for the caller to see. */
void scrub_free(struct tell *tell, const struct scrub_volume *v, const struct spots *spots);

#endif
