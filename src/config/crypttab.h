/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * crypttab: splits a crypttab into entries; knows the syntax, not the meaning of options.
 *
 * Grammar, what crypttab(5) of systemd and of Debian have in common and what each adds: one volume
 * a line, fields separated by blanks, NAME SOURCE [KEYFILE [OPTIONS]], '#' begins a comment where a
 * field could begin. "…" and '…' protect blanks at the beginning of a field or after a '='; \0ooo
 * is undone in every field (Debian), \xhh in NAME (in SOURCE it belongs to udev's links).  OPTIONS
 * are separated by commas; one in a value is written as \054 (Debian) or \, (systemd) and becomes
 * ESCAPED_COMMA. Control characters are an error, written as they are or as an escape.
 */
#ifndef INTACT_CONFIG_CRYPTTAB_H
#define INTACT_CONFIG_CRYPTTAB_H

#include <stdbool.h>
#include <stddef.h>

/* Entries of one file that are used; what is longer is no crypttab. */
#define CRYPTTAB_LINES_MAX 512

struct crypttab_entry {
	unsigned line; /* from 1 */
	char *name;
	char *source;
	char *keyfile; /* NULL when absent, "none" or "-" */
	char *options; /* never NULL, perhaps "" */
};

struct crypttab_error {
	unsigned line;
	char *word;	     /* the offending word */
	char *lost;	     /* the part of the line that has no effect; a NUL in it is a '?' */
	const char *problem; /* what is wrong with it and what to write instead; static */
	bool ignored;	     /* only the word is ignored; the line gave an entry */
};

struct crypttab {
	struct crypttab_entry *entries;
	size_t n_entries;
	struct crypttab_error *errors; /* lines that gave no entry, and ignored words */
	size_t n_errors;
};

/* Reads len bytes of text, which need not end in a newline and may be any bytes. All bad lines are
 * listed; good lines are kept wherever they stand. */
void crypttab_parse(const char *text, size_t len, struct crypttab *ret);
void crypttab_free(struct crypttab *tab);

/* The next of the options, which are separated by commas, with the commas that belong to its value;
 * NULL: there is none. */
char *crypttab_option(char **rest);

/* The field as it must be written for crypttab_parse to read it back, whatever bytes it has (""
 * cannot be written: use "none"). For writing the image's file; the caller frees the result. */
char *crypttab_escape(const char *field);

#endif
