/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * findings: sentences for a person, collected while something is read or decided; each one once.
 */
#ifndef INTACT_BASE_FINDINGS_H
#define INTACT_BASE_FINDINGS_H

#include "base/util.h"

/* NOTE: nothing is wrong, but the sentence explains what a person may wonder about. WARNING:
 * something was ignored or is at risk. ERROR: something will not work. Messages on the console
 * have the same three severities. */
enum severity { SEVERITY_NOTE, SEVERITY_WARNING, SEVERITY_ERROR };

/* Of one severity; nobody reads more, and a file of nonsense has one for each line. */
#define FINDINGS_MAX 100

/* text is a sentence, in one printable line; it names the file, line and word that it is about. */
struct finding {
	enum severity severity;
	char *text;
};

struct findings {
	struct finding *list;
	size_t n;
	bool failed; /* at least one is an error */
};

/* Appends a sentence (cut at 1023 bytes, unprintable bytes replaced) unless it is there already.
 * Behind FINDINGS_MAX of its severity a last one says that there is more. */
void findings_add(struct findings *findings, enum severity severity, const char *fmt, ...)
	PRINTF_LIKE(3, 4);
void findings_free(struct findings *findings);

#endif
