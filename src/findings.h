/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * findings: sentences for the person who builds an image, collected while it is decided, each said once.
 */
#ifndef INTACT_FINDINGS_H
#define INTACT_FINDINGS_H

#include "config.h"
#include "util.h"

struct findings {
	struct finding *list;
	size_t n;
	bool failed; /* there is an error among them */
};

void findings_add(struct findings *findings, enum severity severity, const char *fmt, ...) PRINTF_LIKE(3, 4);
void findings_free(struct findings *findings);

#endif
