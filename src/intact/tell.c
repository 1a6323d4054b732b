/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "intact/tell.h"

#include "base/escape.h"
#include "base/message.h"

#include <inttypes.h>
#include <stdio.h>

#define BAR 30

void tell_init(struct tell *tell, bool json)
{
	*tell = (struct tell){ .json = json, .terminal = !json && isatty(STDOUT_FILENO) };
	setvbuf(stdout, NULL, _IOLBF, 0);
}

/* --- words ------------------------------------------------------------------------------------ */

static void end_bar(struct tell *tell)
{
	if (tell->open)
		fputc('\n', stdout);
	tell->open = false;
}

/* A JSON string. The text is printable; so is what the quotes need. */
static char *quote(const char *text)
{
	char *quoted = xcalloc(2, strlen(text) + 2), *p = quoted;

	*p++ = '"';
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			*p++ = '\\';
		*p++ = *text == '\n' ? ' ' : *text;
	}
	*p++ = '"';
	return quoted;
}

static char *vformat(const char *fmt, va_list ap) PRINTF_LIKE(1, 0);
static char *vformat(const char *fmt, va_list ap)
{
	char *text = NULL;

	if (vasprintf(&text, fmt, ap) < 0)
		return xstrdup("");
	return str_printable_lines(text);
}

static void say(struct tell *tell, const char *event, const char *text)
{
	cleanup_free char *quoted = NULL;

	end_bar(tell);
	(void)fflush(stdout);
	message_print(NULL, event, text);
	if (!tell->json)
		return;
	quoted = quote(text);
	printf("{\"event\":\"%s\",\"text\":%s}\n", event, quoted);
}

void tell_line(struct tell *tell, const char *fmt, ...)
{
	cleanup_free char *text = NULL;
	va_list ap;

	if (tell->json)
		return;
	va_start(ap, fmt);
	text = vformat(fmt, ap);
	va_end(ap);
	end_bar(tell);
	puts(text);
}

void tell_warning(struct tell *tell, const char *fmt, ...)
{
	cleanup_free char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = vformat(fmt, ap);
	va_end(ap);
	say(tell, "warning", text);
}

enum exit_code tell_error(struct tell *tell, enum exit_code code, const char *fmt, ...)
{
	cleanup_free char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = vformat(fmt, ap);
	va_end(ap);
	say(tell, "error", text);
	return code;
}

void tell_end(struct tell *tell, int code)
{
	end_bar(tell);
	if (tell->json)
		printf("{\"event\":\"end\",\"exit\":%d}\n", code);
}

/* --- numbers ---------------------------------------------------------------------------------- */

const char *tell_size(uint64_t bytes, char buf[static 32])
{
	static const char *const units[] = { "B", "kB", "MB", "GB", "TB", "PB", "EB" };
	uint64_t unit = 1;
	size_t i = 0;

	while (i + 1 < ARRAY_SIZE(units) && bytes / unit >= 1000) {
		unit *= 1000;
		i++;
	}
	/* Three digits say enough. */
	if (i > 0 && bytes / unit < 10)
		snprintf(buf, 32, "%" PRIu64 ".%" PRIu64 " %s", bytes / unit,
			 bytes % unit / (unit / 10), units[i]);
	else
		snprintf(buf, 32, "%" PRIu64 " %s", bytes / unit, units[i]);
	return buf;
}

const char *tell_time(uint64_t seconds, char buf[static 32])
{
	if (seconds >= 2 * 3600)
		snprintf(buf, 32, "%" PRIu64 " h %" PRIu64 " min", seconds / 3600,
			 seconds % 3600 / 60);
	else if (seconds >= 60)
		snprintf(buf, 32, "%" PRIu64 " min %" PRIu64 " s", seconds / 60, seconds % 60);
	else
		snprintf(buf, 32, "%" PRIu64 " s", seconds);
	return buf;
}

/* --- progress --------------------------------------------------------------------------------- */

static void bar(struct tell *tell, unsigned percent, const char *rest)
{
	printf("\r[");
	for (unsigned i = 0; i < BAR; i++)
		fputs(i < percent * BAR / 100 ? "#" : "\302\267", stdout);
	printf("] %3u %%  %s\033[K", percent, rest);
	(void)fflush(stdout);
	tell->open = true;
}

void tell_progress(struct tell *tell, uint64_t done, uint64_t total, uint64_t rate,
		   uint64_t seconds)
{
	unsigned percent = total ? (unsigned)((double)done / (double)total * 100) : 100;
	char a[32], b[32], c[32], d[32], rest[160];

	if (tell->json) {
		printf("{\"event\":\"progress\",\"done\":%" PRIu64 ",\"total\":%" PRIu64
		       ",\"rate\":%" PRIu64 "}\n",
		       done, total, rate);
		return;
	}
	snprintf(rest, sizeof(rest), "%s of %s", tell_size(done, a), tell_size(total, b));
	if (rate)
		str_append(rest, sizeof(rest), "  %s/s", tell_size(rate, c));
	if (rate && done < total)
		str_append(rest, sizeof(rest), "  %s left", tell_time(seconds, d));
	if (tell->terminal) {
		bar(tell, percent, rest);
	} else if (percent / 10 != tell->tenths) {
		tell->tenths = percent / 10;
		printf("%u %%  %s\n", percent, rest);
	}
}
