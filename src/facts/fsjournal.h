/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fsjournal: where a file system has its journal, from the start of its device; pure.
 *
 * The kernel's map of an ext4, and that of an XFS without reverse mapping, show the journal only as
 * space in use, and no file name leads there.
 */
#ifndef INTACT_FACTS_FSJOURNAL_H
#define INTACT_FACTS_FSJOURNAL_H

#include <stddef.h>
#include <stdint.h>

#define FSJOURNAL_START 4096 /* bytes of the device that are looked at */
#define FSJOURNAL_MAX 4	     /* pieces; ext4's journal has one, seldom more */

struct fsjournal {
	uint64_t from, len; /* bytes, on the device */
};

/* Returns the number of pieces; 0: neither ext4 nor XFS, or the journal is elsewhere. */
size_t fsjournal_read(const unsigned char start[static FSJOURNAL_START],
		      struct fsjournal ret[static FSJOURNAL_MAX]);

#endif
