/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmdline: splits the kernel command line into parameters; knows their quotes, not their meaning.
 */
#ifndef INTACT_CONFIG_CMDLINE_H
#define INTACT_CONFIG_CMDLINE_H

#include <stdbool.h>
#include <stddef.h>

struct cmdline_param {
	char *key;   /* "rd.luks.uuid"; '_' and '-' are kept as written */
	char *value; /* NULL when there is no '=' */
};

struct cmdline {
	struct cmdline_param *params;
	size_t n_params;
};

/*
 * Splits text by the kernel's own rules (lib/cmdline.c, next_arg): blanks separate, "…" protects
 * blanks, quotes around a whole parameter or around its value are removed; a value that only begins
 * with a quoted part keeps its quotes. The text after a lone "--" belongs to init and is dropped.
 * Bytes that are not printable ASCII are kept.
 */
void cmdline_parse(const char *text, struct cmdline *ret);
void cmdline_free(struct cmdline *cmdline);
/* Value of the last parameter with this key ("" for one without '='), or NULL. Borrowed from
 * cmdline.
 * '-' and '_' are the same. */
const char *cmdline_get(const struct cmdline *cmdline, const char *key);
/* Removes each pair of quotes, "…" or '…', as systemd does in the values of its own parameters
 * (proc-cmdline.c, EXTRACT_UNQUOTE). Changes value. */
void cmdline_unquote(char *value);
/* Are two keys the same, with '-' and '_' equal as in the kernel? */
bool cmdline_key_eq(const char *a, const char *b);

#endif
