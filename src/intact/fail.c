/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "intact/fail.h"

#include <stdarg.h>
#include <stdio.h>

enum exit_code fail(enum exit_code code, const char *fmt, ...)
{
	va_list ap;

	fputs("intact: error: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	return code;
}
