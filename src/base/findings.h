/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * findings: sentences for a person, collected while something is read or decided; each is kept
 * once.
 */
#ifndef INTACT_BASE_FINDINGS_H
#define INTACT_BASE_FINDINGS_H
#include "base/util.h"

/* NOTE: nothing is wrong, but a person who wonders will want to know. WARNING: something was
 * ignored or is at risk. ERROR: something will not work. Messages on the console have the same
 * three kinds. */
enum severity { SEVERITY_NOTE, SEVERITY_WARNING, SEVERITY_ERROR };

/* text is a sentence in printable ASCII that names file, line and word itself. */
struct finding {
	enum severity severity;
	char *text;
};

struct findings {
	struct finding *list;
	size_t n;
	bool failed; /* there is an error among them */
};

void findings_add(struct findings *findings, enum severity severity, const char *fmt, ...)
	PRINTF_LIKE(3, 4);
void findings_free(struct findings *findings);

#endif
