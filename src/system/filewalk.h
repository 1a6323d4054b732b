/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * filewalk: all names of a mounted file system, to find those that some places of its device belong
 * to. Opens nothing but files and folders of that file system, and writes nothing.
 */
#ifndef INTACT_SYSTEM_FILEWALK_H
#define INTACT_SYSTEM_FILEWALK_H

#include "facts/areas.h"

#include <sys/types.h>

/* Folders in each other that are followed; each holds one open file. */
#define FILEWALK_DEPTH 200

enum filewalk_kind { FILEWALK_FILE, FILEWALK_UNWRITTEN, FILEWALK_FOLDER, FILEWALK_LINK };

struct filewalk {
	dev_t device;		    /* of the file system */
	const struct areas *areas;  /* sorted, in the file system's own numbers */
	const struct areas *owners; /* those with an inode: found by its number, too */
	/* path: from the root of what is walked, "/etc/hosts"; any bytes */
	void (*found)(void *arg, const struct area *part, enum filewalk_kind kind, const char *path,
		      uint64_t at, uint64_t inode);
	void *arg;
	unsigned left_out; /* names that could not be looked at */
};

/*
 * A folder of the file system that is mounted at path, without what is mounted on it: files below
 * another mount are seen. -ESTALE: the mount at this path is one of another device; or another
 * negative errno. Closed by the caller.
 */
int filewalk_open(const char *path, dev_t device);
/* Looks at everything below the folder root, which stays open. */
void filewalk_run(struct filewalk *walk, int root);
/* Has the path below the folder root this inode now? */
bool filewalk_is_still(int root, const char *path, dev_t device, uint64_t inode);

/* The same for files without a name that some process has open or mapped; path is the process's
 * number and name. */
void filewalk_deleted(struct filewalk *walk);

#endif
