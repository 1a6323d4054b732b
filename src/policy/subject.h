/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * subject: the names that a verdict's text needs, fit for a console: what comes from a disk or a
 * file is shown in printable ASCII.
 */
#ifndef INTACT_POLICY_SUBJECT_H
#define INTACT_POLICY_SUBJECT_H
#include "config/volume.h"
#include "facts/header.h"

struct subject {
	char name[NAME_MAX_LEN + 1];	 /* of the mapping */
	char word[4 * NAME_MAX_LEN + 3]; /* the same, for a command that can be pasted */
	char node[64];			 /* the data device */
	char where[128]; /* what holds the header: the device, or the path of a detached one */
	char integrity[64];
	char dm_cipher[160];
};

void subject_describe(const struct volume *v, const char *node, const struct header *h,
		      struct subject *ret);

/* s, printable, cut to size; dst holds it. */
void subject_printable(char *dst, size_t size, const char *s);

#endif
