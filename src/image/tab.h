/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * needs_tab: the lines of a system's own crypttab, as far as `intact needs` cares about them.
 *
 * Pure: text in, entries and findings out.
 */
#ifndef INTACT_IMAGE_TAB_H
#define INTACT_IMAGE_TAB_H
#include "base/findings.h"
#include "config/config.h"

/* A line of crypttab, read. */
struct entry {
	struct config config; /* exactly one volume: what the options ask for */
	char *name, *keyfile, *options;
	char node[64];	/* its source as seen now ("/dev/vda2"), or ""; not filled in here */
	bool asked;	/* wants to be opened in the initramfs, whatever stands on it */
	bool throwaway; /* a new key at every boot: holds nothing that is needed again */
};

struct tab {
	struct entry *entries;
	size_t n;
};

/* Adds the entries of a file. path is for messages; asked: every line is meant for the initramfs.
 */
void tab_add(struct tab *tab, const char *path, const char *text, size_t len, bool asked,
	     struct findings *findings);
void tab_free(struct tab *tab);

struct volume *entry_volume(const struct entry *e);
const struct entry *tab_named(const struct tab *tab, const char *name);

/* The next option of a comma-separated list, and its length; NULL at the end. */
const char *option_next(const char *rest, size_t *ret_len);
/* Is word "name" or "name=…"? */
bool option_is(const char *word, const char *name);
bool options_have(const char *options, const char *name);

#endif
