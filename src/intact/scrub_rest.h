/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * scrub_rest: what is said of the places of a device that are in no file system that is mounted, in
 * no swap, and in no mapping that is followed.
 */
#ifndef INTACT_INTACT_SCRUB_REST_H
#define INTACT_INTACT_SCRUB_REST_H

#include "facts/spots.h"

/*
 * device: its kernel name. holders: mappings stand on it, which leave out these places. other: a
 * target or device above that is not followed, or "".
 */
void scrub_rest(const char *device, bool holders, const char *other, const struct areas *rest,
		struct spots *ret);

#endif
