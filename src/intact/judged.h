/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * judged: one image, or the images of one boot entry, read and compared with what this system's
 * image for that kernel must hold.
 */
#ifndef INTACT_INTACT_JUDGED_H
#define INTACT_INTACT_JUDGED_H

#include "intact/checked.h"
#include "intact/imagefile.h"
#include "intact/planned.h"

/* What all images are judged by. */
struct judging {
	const char *sysroot, *root; /* of struct host */
	bool described;
	const char *modules_dir; /* or NULL */
	const char *running;	 /* version of the kernel that runs */
	enum checked_form form;
	/* The last image: entries of one kernel follow each other. */
	char *key;
	struct image image;
	size_t shown; /* of its parts, the file that messages name */
	bool alone;   /* all that one program has made is in that file */
	char *dir, *settings, *version, *included;
	struct planned planned;
};

/* A file, or a part of it. */
struct image_part {
	char *path;
	uint64_t offset, size; /* size UINT64_MAX: all of it */
	bool addon;	       /* beside the image: messages do not name it */
};

/*
 * Fills *ret, whose title and is_default are set, with image, version, maker and faults. version:
 * NULL: that of the modules in the image. cmdline: NULL: it is not known.
 */
void judged_image(struct judging *j, const struct image_part *parts, size_t n, const char *version,
		  const char *cmdline, struct checked *ret);
void judged_free(struct judging *j);

#endif
