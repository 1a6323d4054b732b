/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * boots: what the boot loaders of this system can start, found in their configurations.
 */
#ifndef INTACT_INTACT_BOOTS_H
#define INTACT_INTACT_BOOTS_H

#include "check/entry.h"

struct boots_loader {
	const char *name; /* "GRUB" */
	char *file;	  /* the configuration, for messages */
	const char *base; /* the folder that its paths may begin in: "/boot" */
	struct boot_entries entries;
};

struct boots {
	struct boots_loader *list;
	size_t n;
	char *denied; /* a folder or file that this user may not read; NULL */
};

/* root: prefix of all paths. */
void boots_find(const char *root, struct boots *ret);
void boots_free(struct boots *boots);

/* Where a path of an entry is in the system; where it would be when it is not there. The caller
 * frees it. */
char *boots_locate(const char *root, const struct boots_loader *loader, const char *path);

#endif
