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

/* Its image is one that cannot be looked into. */
static bool is_unread(const struct faults *faults)
{
	for (size_t i = 0; i < faults->n; i++)
		if (str_eq(faults->list[i].kind, "not-read"))
			return true;
	return false;
}

static void print_verdict(const struct checked *c)
{
	unsigned n = warnings(&c->faults);

	if (c->faults.fatal)
		printf("%swill not boot%s\n", paint(RED), paint(PLAIN));
	else if (is_unread(&c->faults))
		printf("%snot looked at%s\n", paint(YELLOW), paint(PLAIN));
	else if (n)
		printf("%ssound, with %u warning%s%s\n", paint(YELLOW), n, n == 1 ? "" : "s",
		       paint(PLAIN));
	else
		printf("%ssound%s\n", paint(GREEN), paint(PLAIN));
}

static void print_text(const struct checked *c)
{
	static const char *const labels[] = { "note: ", "warning: ", "" };
	static const enum colour shades[] = { DIM, YELLOW, RED };
	cleanup_free char *image = str_printable(xstrdup(c->image));
	cleanup_free char *version = str_printable(xstrdup(c->version));
	cleanup_free char *title = c->title ? str_printable(xstrdup(c->title)) : NULL;

	if (title)
		printf("%s%s   ", title, c->is_default ? " (default)" : "");
	printf("%s   %s   %s   ", image, version, c->maker);
	print_verdict(c);
	for (size_t i = 0; i < c->faults.n; i++) {
		const struct fault *f = &c->faults.list[i];

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

static void print_json(const struct checked *c)
{
	static const char *const severities[] = { "note", "warning", "error" };

	putchar('{');
	if (c->title) {
		print_member("title", c->title, ", ");
		printf("\"default\": %s, ", c->is_default ? "true" : "false");
		print_member("loader", c->loader, ", ");
		printf("\"reached\": %s, ", c->reached ? "true" : "false");
	}
	print_member("image", c->image, ", ");
	print_member("kernel", c->version, ", ");
	print_member("maker", c->maker, ", ");
	printf("\"boots\": %s, \"faults\": [", c->faults.fatal	     ? "false" :
					       is_unread(&c->faults) ? "null" :
								       "true");
	for (size_t i = 0; i < c->faults.n; i++) {
		const struct fault *f = &c->faults.list[i];

		fputs(i ? ",\n {" : "\n {", stdout);
		print_member("severity", severities[f->severity], ", ");
		print_member("kind", f->kind, ", ");
		print_member("text", f->text, ", ");
		print_member("remedy", f->remedy, "}");
	}
	fputs("]}", stdout);
}

/* One object for one image that was named, else a list. */
static void print_all_json(const struct checked_list *all)
{
	bool list = all->n != 1 || all->list[0].title;

	if (list)
		putchar('[');
	for (size_t i = 0; i < all->n; i++) {
		fputs(i ? ",\n" : "", stdout);
		print_json(&all->list[i]);
	}
	puts(list ? "]" : "");
}

void checked_print(const struct checked_list *all, enum checked_form form)
{
	if (form == CHECKED_JSON) {
		print_all_json(all);
		return;
	}
	for (size_t i = 0; i < all->n; i++)
		if (form == CHECKED_WARN)
			print_warnings(&all->list[i].faults);
		else
			print_text(&all->list[i]);
}

/* The default entry, or an image. */
static bool counts(const struct checked *c)
{
	return !c->title || c->is_default;
}

bool checked_has_default(const struct checked_list *all)
{
	for (size_t i = 0; i < all->n; i++)
		if (counts(&all->list[i]))
			return true;
	return false;
}

bool checked_failed(const struct checked_list *all)
{
	for (size_t i = 0; i < all->n; i++)
		if (counts(&all->list[i]) &&
		    (all->list[i].faults.fatal || is_unread(&all->list[i].faults)))
			return true;
	return !checked_has_default(all);
}

void checked_free(struct checked_list *all)
{
	for (size_t i = 0; i < all->n; i++) {
		free(all->list[i].title);
		free(all->list[i].image);
		free(all->list[i].version);
		faults_free(&all->list[i].faults);
	}
	free(all->list);
}
