/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * scrub_files: what the bad places of a device with a mounted file system belong to.
 */
#ifndef INTACT_INTACT_SCRUB_FILES_H
#define INTACT_INTACT_SCRUB_FILES_H

#include "facts/spots.h"

/* device: its kernel name, "dm-1". Areas are places on it, sorted. False: nothing of it is mounted,
 * and nothing was added. */
bool scrub_files(const char *device, const struct areas *areas, struct spots *ret);

#endif
