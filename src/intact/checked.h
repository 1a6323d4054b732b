/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * checked: what `intact check` found, for a person, for a program, or as warnings.
 */
#ifndef INTACT_INTACT_CHECKED_H
#define INTACT_INTACT_CHECKED_H

#include "check/faults.h"

#include <stddef.h>

enum checked_form {
	CHECKED_TEXT, /* on standard output, in colours on a terminal */
	CHECKED_JSON,
	CHECKED_WARN, /* on standard error; nothing when nothing is wrong */
};

/* One boot entry, or one image. */
struct checked {
	char *title;	    /* of the entry; NULL: an image alone */
	bool is_default;    /* of a boot loader that is reached */
	const char *loader; /* of the entry, static: "GRUB"; NULL: an image alone */
	bool reached;	    /* the next boot comes to that boot loader, as far as it can be told */
	char *image, *version; /* image: the file, of several the last one */
	const char *maker;     /* static */
	struct faults faults;
};

struct checked_list {
	struct checked *list;
	size_t n;
};

void checked_print(const struct checked_list *all, enum checked_form form);
/* Was an entry that is the default, or an image, looked at? */
bool checked_has_default(const struct checked_list *all);
/* Is one of these one that will not boot, or that could not be looked into; or is there none? */
bool checked_failed(const struct checked_list *all);
void checked_free(struct checked_list *all);

#endif
