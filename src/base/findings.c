/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/findings.h"

#include "base/escape.h"

#include <stdio.h>

void findings_add(struct findings *findings, enum severity severity, const char *fmt, ...)
{
	struct finding *finding;
	char text[1024];
	size_t alike = 0;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	str_printable(text);
	if (severity == SEVERITY_ERROR)
		findings->failed = true;
	for (size_t i = 0; i < findings->n; i++) {
		if (findings->list[i].severity != severity)
			continue;
		if (str_eq(findings->list[i].text, text))
			return;
		alike++;
	}
	if (alike > FINDINGS_MAX)
		return;
	if (alike == FINDINGS_MAX)
		str_copy(text, sizeof(text), "there is more like this, which is not shown");
	finding = array_add(&findings->list, &findings->n, sizeof(*finding));
	finding->severity = severity;
	finding->text = xstrdup(text);
}

void findings_free(struct findings *findings)
{
	for (size_t i = 0; i < findings->n; i++)
		free(findings->list[i].text);
	free(findings->list);
	*findings = (struct findings){ 0 };
}
