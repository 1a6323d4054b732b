/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * crypttab: splits a crypttab into entries; knows the syntax, not the meaning of options.
 *
 * Grammar, as in crypttab(5) of systemd and of Debian: one volume a line, fields separated by blanks,
 * '#' starts a comment line; NAME SOURCE [KEYFILE [OPTIONS]].  A field may be quoted with "…" or '…';
 * \0oo (Debian) and \xhh are undone in NAME.  OPTIONS are separated by commas; a comma in a value cannot be
 * escaped.
 */
#ifndef INTACT_CRYPTTAB_H
#define INTACT_CRYPTTAB_H

#include <stddef.h>

struct crypttab_entry {
	unsigned line; /* from 1 */
	char *name;
	char *source;
	char *keyfile; /* NULL when absent, "none" or "-" */
	char *options; /* never NULL, perhaps "" */
};

struct crypttab_error {
	unsigned line;
	char *word; /* the offending word, printable */
	const char *problem;
};

struct crypttab {
	struct crypttab_entry *entries;
	size_t n_entries;
	struct crypttab_error *errors; /* lines that gave no entry */
	size_t n_errors;
};

/* Reads text (len bytes, need not end in a newline, may hold anything). All bad lines are listed; good lines
 * are kept whatever stands around them. */
void crypttab_parse(const char *text, size_t len, struct crypttab *ret);
void crypttab_free(struct crypttab *tab);

#endif
