/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tab: the lines of a system's own crypttab, as `intact needs` uses them.
 *
 * Pure: text in, entries and findings out.
 */
#ifndef INTACT_IMAGE_TAB_H
#define INTACT_IMAGE_TAB_H

#include "base/findings.h"
#include "config/volume.h"

struct entry {
	struct config config; /* exactly one volume, with the options */
	char *name, *options;
	char *keyfile;	  /* or PATH:DEVICE, as a keyscript= has it, too; NULL: none */
	char node[64];	  /* the device of its source ("/dev/vda2"), or ""; set by the survey */
	bool asked;	  /* to be opened in the initramfs, whatever is on it */
	bool throwaway;	  /* a new random key at every boot: its content is not needed again */
	bool passed_over; /* another line has the same disk, and that one is used */
};

struct tab {
	struct entry *entries;
	size_t n;
	/* The names of lines that are left out: of another format than LUKS2, or with a mistake
	 * that has a finding. */
	char **others, **broken;
	size_t n_others, n_broken;
};

/* Adds the entries of a file. path is for messages; asked: all its volumes are for the initramfs.
 */
void tab_add(struct tab *tab, const char *path, const char *text, size_t len, bool asked,
	     struct findings *findings);
void tab_free(struct tab *tab);

/* Of the lines with one disk, all but one are passed over: the one with the highest rank is used,
 * else the first. */
void tab_pass_over(struct tab *tab, unsigned (*rank)(const void *arg, const struct entry *e),
		   const void *arg, struct findings *findings);

/* The one volume of the entry. */
struct volume *entry_volume(const struct entry *e);
/* May the boot do without it, or is it opened by hand only? */
bool entry_is_optional(const struct entry *e);
/* The entry with this name, or NULL; name may be NULL. */
const struct entry *tab_named(const struct tab *tab, const char *name);

/* The next option of a comma-separated list, and its length; NULL at the end. */
const char *option_next(const char *rest, size_t *ret_len);
/* Is word "name" or "name=…"? */
bool option_is(const char *word, const char *name);
bool options_have(const char *options, const char *name);

#endif
