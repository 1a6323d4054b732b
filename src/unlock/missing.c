/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unlock/missing.h"

#include "base/child.h"
#include "base/util.h"
#include "system/degraded.h"
#include "system/device.h"

/* A part of an array or a volume group that does not run. */
static void look_for_part(void *arg, const struct device *dev)
{
	struct device now = *dev;
	bool *found = arg;

	if (dev->silent || (!dev->member[0] && !str_eq(dev->type, "LVM2_member")))
		return;
	device_refresh(&now);
	*found = *found || !now.holder[0];
}

bool missing_start(const struct prober *prober, bool above)
{
	/* Open volumes are not probed. */
	bool found = above || degraded_array("");

	prober_list(prober, look_for_part, &found);
	if (found)
		child_background(above ? degraded_start_all : degraded_start_below);
	return found;
}
