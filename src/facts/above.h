/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * above: what stands on an open volume together with other devices.
 */
#ifndef INTACT_FACTS_ABOVE_H
#define INTACT_FACTS_ABOVE_H

#include <stdbool.h>
#include <stddef.h>

#define ABOVE_MAX 32

struct above {
	bool runs; /* an array or a mapping on it is active */
	/* What that stands on: names of mappings, and of disks ("vdb"). */
	char below[ABOVE_MAX][128];
	size_t n;
	bool more; /* there was no room for all */
};

#endif
