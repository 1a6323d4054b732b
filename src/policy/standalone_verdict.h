/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * standalone_verdict: may a disk be opened as a standalone dm-integrity device, and why did that
 * fail?
 */
#ifndef INTACT_POLICY_STANDALONE_VERDICT_H
#define INTACT_POLICY_STANDALONE_VERDICT_H

#include "facts/standalone.h"

/* What opening it depends on; sizes in bytes, 0: not known. */
struct standalone_subject {
	const char *node;      /* with the superblock */
	const char *data_node; /* NULL: the same */
	uint64_t size, data_size;
};

/* Judges the superblock. False: text says why it is not opened. */
bool standalone_judge(const struct standalone *s, const struct standalone_subject *subject,
		      const struct superblock *sb, char text[static 512]);

/* How the opening failed. */
struct standalone_failure {
	int err;	     /* negative errno */
	const char *holder;  /* with -EBUSY: what uses the disk, or "" */
	const char *kernel;  /* its line about the table, or "" */
	const char *missing; /* algorithms or modules that this kernel lacks, or "" */
};
void standalone_explain(const struct standalone *s, const char *node,
			const struct standalone_failure *failure, char text[static 512]);

/* No block passes its check. */
void standalone_explain_unreadable(const struct standalone *s, const char *node,
				   char text[static 512]);

#endif
