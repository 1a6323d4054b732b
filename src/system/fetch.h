/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fetch: gets a key or a header from another device into memory, without waiting for that device
 * for ever: a child process mounts and reads, which has nothing of this process but the memory for
 * the answer. The caller waits up to FETCH_MS.
 */
#ifndef INTACT_SYSTEM_FETCH_H
#define INTACT_SYSTEM_FETCH_H

#include "system/foreign.h"

/* A disk that has to spin up has done that when libblkid read it. */
#define FETCH_MS 15000

struct fetched {
	int fd;
	void *data; /* locked, and left out of core dumps */
	size_t len, room;
	/* The bytes as a file, for this process and others, as long as fd is open. */
	char path[64];
};

#define FETCHED_NONE ((struct fetched){ .fd = -1 })

/* Reads what extent says of place, which is on the device node. load loads a file system's driver,
 * in the child; NULL: the kernel does that by itself. 0, or -1 and why. */
int fetch(const struct file_place *place, const char *node, const struct extent *extent,
	  void (*load)(const char *driver), struct fetched *ret, char why[static FOREIGN_WHY]);
/* Wipes and frees it; FETCHED_NONE is fine. */
void fetched_wipe(struct fetched *f);

#endif
