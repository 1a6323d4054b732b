/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * contents: what is in an image: the names of all files, as the kernel finds them when it has
 * unpacked everything, and of a few the content.
 *
 * Pure. What an image can make it keep is bounded.
 */
#ifndef INTACT_CHECK_CONTENTS_H
#define INTACT_CHECK_CONTENTS_H

#include "check/cpio.h"
#include "check/elf.h"

#define CONTENTS_FILES_MAX 200000
/* Kept of one file, and in all; and the largest program that is looked into. */
#define CONTENTS_FILE_KEPT (64 << 10)
#define CONTENTS_KEPT (16 << 20)
#define CONTENTS_PROGRAM_MAX (16 << 20)

struct file {
	char *path; /* without a leading slash; links of folders in it are followed */
	unsigned mode;
	uint64_t size;
	/* The target of a link, a file of settings, or the first bytes of a script: up to
	 * CONTENTS_FILE_KEPT; NUL-terminated. NULL: not kept. */
	char *text;
	struct elf *elf;   /* of a program or library; NULL: it is none */
	const char *fault; /* why that could not be read: "is cut short"; NULL */
	/* Hard links: files with the same group that is not 0 are one file. */
	uint32_t group;
};

struct contents {
	struct file *files; /* one that was replaced is there once more, with mode 0 */
	size_t n;
	uint32_t *slots; /* hash table: position in files + 1 */
	size_t n_slots;
	size_t kept;	   /* bytes */
	const char *fault; /* why it is too much to be read, or NULL */
	/* The file that is being read: */
	struct reading *reading;
};

void contents_init(struct contents *c);
void contents_free(struct contents *c);

/* For cpio_feed(), with arg = the contents. */
extern const struct cpio_ops contents_ops;

/* The file with this path; a link is not followed. NULL: there is none. */
const struct file *contents_at(const struct contents *c, const char *path);
/* The same, with all links followed, as a program in the image opens it. */
const struct file *contents_resolve(const struct contents *c, const char *path);
/* Is a program there that can be started, links followed? */
const struct file *contents_program(const struct contents *c, const char *path);
/* The kept text of a file, links followed; "" when there is none. */
const char *contents_text(const struct contents *c, const char *path);

#endif
