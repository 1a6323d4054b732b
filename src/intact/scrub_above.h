/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * scrub_above: places on an open volume, followed through the linear mappings on it (LVM,
 * partitions) to the devices that something uses.
 */
#ifndef INTACT_INTACT_SCRUB_ABOVE_H
#define INTACT_INTACT_SCRUB_ABOVE_H

#include "facts/areas.h"

struct scrub_above {
	/*
	 * The sorted areas are places on the device with this kernel name ("dm-1"). alone: what is
	 * written to it comes to the volume and nowhere else: no snapshot is below it, and no other
	 * mapping has the same place. False: it is not known what uses the device, and its holders
	 * are to be looked at.
	 */
	bool (*device)(void *arg, const char *device, const struct areas *areas, bool alone);
	/* What of a device no mapping that was followed has; or NULL. holders and other as for
	 * scrub_rest(). */
	void (*rest)(void *arg, const char *device, bool holders, const char *other,
		     const struct areas *areas);
	void *arg;
};

void scrub_above(const struct scrub_above *above, const char *device, const struct areas *areas);

#endif
