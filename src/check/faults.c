/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check/faults.h"

#include "base/escape.h"

#include <stdio.h>

#define TEXT_MAX 1024

static bool has(const struct faults *faults, const char *text)
{
	for (size_t i = 0; i < faults->n; i++)
		if (str_eq(faults->list[i].text, text))
			return true;
	return false;
}

void faults_add(struct faults *faults, enum severity severity, const char *kind, const char *remedy,
		const char *fmt, ...)
{
	char text[TEXT_MAX];
	struct fault *fault;
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	(void)str_printable(text);
	if (has(faults, text))
		return;
	fault = array_add(&faults->list, &faults->n, sizeof(*fault));
	fault->severity = severity;
	fault->kind = kind;
	fault->text = xstrdup(text);
	fault->remedy = remedy ? str_printable(xstrdup(remedy)) : NULL;
	faults->fatal |= severity == SEVERITY_ERROR;
}

void faults_free(struct faults *faults)
{
	for (size_t i = 0; i < faults->n; i++) {
		free(faults->list[i].text);
		free(faults->list[i].remedy);
	}
	free(faults->list);
	*faults = (struct faults){ 0 };
}
