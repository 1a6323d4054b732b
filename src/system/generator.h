/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * generator: the program of the distribution that makes the initramfs images.
 */
#ifndef INTACT_SYSTEM_GENERATOR_H
#define INTACT_SYSTEM_GENERATOR_H

struct generator {
	const char *line;    /* for messages: "update-initramfs -u -k all" */
	const char *argv[6]; /* makes the images of all kernels anew; ends with NULL */
	char path[256];	     /* of the program */
};

/* The one that is installed. root: prefix of its path, "" outside of tests. -ENOENT: none is. */
int generator_find(const char *root, struct generator *ret);

/* Runs it, with the standard streams of this process, and waits for it. Its exit status, 128 and
 * the signal that ended it, or a negative errno. */
int generator_run(const struct generator *g);

#endif
