/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * spots: what the bad places of a volume belong to, and in which words that is said; pure.
 */
#ifndef INTACT_FACTS_SPOTS_H
#define INTACT_FACTS_SPOTS_H

#include "facts/areas.h"

/* Spots that are kept; of what comes after only that there is more. */
#define SPOTS_MAX 4096

enum spot_kind {
	SPOT_FILE,
	SPOT_FOLDER,
	SPOT_LINK,	/* a symbolic link */
	SPOT_UNWRITTEN, /* kept for a file that has not written there yet */
	SPOT_DELETED,	/* of a file without a name that is still open */
	SPOT_FREE,
	SPOT_METADATA, /* the file system's own */
	SPOT_JOURNAL,
	SPOT_NAMELESS, /* in use, but nothing with a name was found there */
	SPOT_SWAP,
	SPOT_UNUSED,	/* in no mapping on the device */
	SPOT_UNMOUNTED, /* nothing uses the device, which may well hold data */
	SPOT_MIRRORED,	/* a file of which btrfs has another copy */
	SPOT_UNKNOWN,	/* cannot be told; the name says why */
	SPOT_GOOD,	/* can be read now */
};

struct spot {
	uint64_t volume, len; /* bytes, on the volume */
	enum spot_kind kind;
	char *name;	/* a path; the program that has a deleted file open; or NULL. Any bytes. */
	uint64_t at;	/* the first byte's place in the file */
	uint64_t inode; /* of a name; 0: not known */
	/* Found later, for files. */
	char *package;
	char *remedy; /* the command that brings it back */
};

struct spots {
	struct spot *list;
	size_t n;
	bool more; /* than SPOTS_MAX */
};

/* Adds one; what continues one of the last spots makes that one longer. name is copied. */
void spots_add(struct spots *spots, const struct area *part, enum spot_kind kind, const char *name,
	       uint64_t at, uint64_t inode);
/* How many files, folders and links have a name there. */
size_t spots_files(const struct spots *spots);
/* In the order of the volume. */
void spots_sort(struct spots *spots);
void spots_free(struct spots *spots);

/* "file", "folder": for programs. Static. */
const char *spot_word(enum spot_kind kind);
/* "/etc/hosts, from byte 4096 on: restore it from a backup"; what is printable in the name stays.
 * To be freed. */
char *spot_text(const struct spot *spot);

#endif
