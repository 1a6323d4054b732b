/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "intact/checked.h"

#include "base/escape.h"
#include "base/json.h"
#include "base/message.h"

#include <stdio.h>

enum colour { PLAIN, RED, YELLOW, GREEN, DIM };

/* Not into a file, not on a terminal without colours, and not for a person who wants none
 * (no-color.org). */
static bool colours(void)
{
	const char *term = getenv("TERM"), *none = getenv("NO_COLOR");

	return isatty(STDOUT_FILENO) && term && !str_eq(term, "dumb") && (!none || !*none);
}

static const char *paint(enum colour colour)
{
	static const char *const codes[] = { "\033[0m", "\033[1;31m", "\033[33m", "\033[32m",
					     "\033[2m" };

	return colours() ? codes[colour] : "";
}

static unsigned warnings(const struct faults *faults)
{
	unsigned n = 0;

	for (size_t i = 0; i < faults->n; i++)
		n += faults->list[i].severity == SEVERITY_WARNING;
	return n;
}

static void print_text(const struct image *image, const struct faults *faults)
{
	cleanup_free char *path = str_printable(xstrdup(image->path));
	cleanup_free char *version = str_printable(xstrdup(image->version));
	unsigned n = warnings(faults);

	printf("%s   %s   %s   ", path, version, image_maker_name(image->maker));
	if (faults->fatal)
		printf("%swill not boot%s\n", paint(RED), paint(PLAIN));
	else if (n)
		printf("%ssound, with %u warning%s%s\n", paint(YELLOW), n, n == 1 ? "" : "s",
		       paint(PLAIN));
	else
		printf("%ssound%s\n", paint(GREEN), paint(PLAIN));
	for (size_t i = 0; i < faults->n; i++) {
		static const char *const labels[] = { "note: ", "warning: ", "" };
		static const enum colour shades[] = { DIM, YELLOW, RED };
		const struct fault *f = &faults->list[i];

		printf("  %s%s%s%s\n", paint(shades[f->severity]), labels[f->severity],
		       paint(PLAIN), f->text);
		if (f->remedy)
			printf("  → %s\n", f->remedy);
	}
}

static void print_warnings(const struct faults *faults)
{
	for (size_t i = 0; i < faults->n; i++) {
		const struct fault *f = &faults->list[i];
		cleanup_free char *text = xasprintf("%s%s%s", f->text, f->remedy ? ": " : "",
						    f->remedy ? f->remedy : "");

		if (f->severity != SEVERITY_NOTE)
			message_print(NULL, "warning", text);
	}
}

/* One member of an object, in a line of its own. */
static void print_member(const char *name, const char *text, const char *end)
{
	cleanup_free char *value = json_string(text);

	printf("\"%s\": %s%s", name, value, end);
}

static void print_json(const struct image *image, const struct faults *faults)
{
	static const char *const severities[] = { "note", "warning", "error" };

	putchar('{');
	print_member("image", image->path, ", ");
	print_member("kernel", image->version, ", ");
	print_member("maker", image_maker_name(image->maker), ", ");
	printf("\"boots\": %s, \"faults\": [", faults->fatal ? "false" : "true");
	for (size_t i = 0; i < faults->n; i++) {
		const struct fault *f = &faults->list[i];

		fputs(i ? ",\n {" : "\n {", stdout);
		print_member("severity", severities[f->severity], ", ");
		print_member("kind", f->kind, ", ");
		print_member("text", f->text, ", ");
		print_member("remedy", f->remedy, "}");
	}
	puts("]}");
}

void checked_print(const struct image *image, const struct faults *faults, enum checked_form form)
{
	if (form == CHECKED_JSON)
		print_json(image, faults);
	else if (form == CHECKED_WARN)
		print_warnings(faults);
	else
		print_text(image, faults);
}
