/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * checksums: what the dm-integrity devices without LUKS, on which an open volume stands, say of
 * themselves.
 */
#ifndef INTACT_INTACT_CHECKSUMS_H
#define INTACT_INTACT_CHECKSUMS_H

#include <stdbool.h>
#include <stdint.h>

struct checksums {
	char text[256];	     /* "crc32c (root_crc32c)" for each, or "" */
	bool keyed;	     /* there is one, and each needs a key to compute its checksums */
	bool no_journal;     /* of one of them: it writes without a journal or bitmap */
	bool recovery;	     /* one of them checks nothing */
	uint64_t mismatches; /* blocks that were read since they were opened */
	uint64_t unfinished; /* bytes whose checksums are still to be computed; not checked */
};

/* device: the volume's kernel name, "dm-1". */
void checksums_find(const char *device, struct checksums *ret);

#endif
