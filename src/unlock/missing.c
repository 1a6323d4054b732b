/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unlock/missing.h"

#include "base/child.h"
#include "base/util.h"
#include "system/degraded.h"
#include "system/device.h"

#include <poll.h>

/* The last process that starts them. */
static struct child starter = CHILD_NONE;

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

static void start(void *arg, int fd)
{
	(void)fd;
	if (*(const bool *)arg)
		degraded_start_all();
	else
		degraded_start_below();
}

bool missing_start(const struct prober *prober, bool above)
{
	/* Open volumes are not probed. */
	bool found = above || degraded_array("");

	prober_list(prober, look_for_part, &found);
	if (!found)
		return false;
	child_leave(&starter);
	(void)child_start(&starter, CHILD_KEEPS_NOTHING, start, &above);
	return true;
}

bool missing_is_starting(void)
{
	struct pollfd end = { .fd = starter.fd, .events = POLLIN };

	/* It sends nothing: its socket is closed when it has ended. */
	if (starter.pid && poll(&end, 1, 0) > 0)
		child_leave(&starter);
	return starter.pid != 0;
}
