/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * faults: what is wrong with an image or a boot entry, each with what to do about it.
 */
#ifndef INTACT_CHECK_FAULTS_H
#define INTACT_CHECK_FAULTS_H

#include "base/findings.h"

struct fault {
	/* ERROR: it will not boot. WARNING: it may, but something is at risk or stays locked. */
	enum severity severity;
	const char *kind; /* a word for programs: "no-library"; static */
	char *text;	  /* one printable line */
	char *remedy;	  /* the same; NULL: there is none */
};

struct faults {
	struct fault *list;
	size_t n;
	bool fatal; /* at least one is an error */
};

/* remedy may be NULL. */
void faults_add(struct faults *faults, enum severity severity, const char *kind, const char *remedy,
		const char *fmt, ...) PRINTF_LIKE(5, 6);
void faults_free(struct faults *faults);

#endif
