/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * entry: what a boot loader can start: a kernel, its images and its command line, as its
 * configuration says.
 *
 * Pure: text in, entries out. The text is hostile.
 */
#ifndef INTACT_CHECK_ENTRY_H
#define INTACT_CHECK_ENTRY_H

#include "base/util.h"

/* Entries of one boot loader; and images of an entry. */
#define ENTRIES_MAX 256
#define ENTRY_IMAGES_MAX 16

struct boot_entry {
	char *title;
	char *id; /* by which it can be the default; NULL: it has none */
	/* Its number among the entries of its menu, "1>2" in a menu in the second entry. */
	char *place;
	char *kernel; /* a path of the boot loader; NULL: it starts no kernel */
	char **images;
	size_t n_images;
	char *options; /* the kernel command line */
	char *version; /* of the kernel, where the configuration says it; NULL */
	char *uuid;    /* of the file system that the paths are on; NULL: the loader's own */
	bool unified;  /* kernel is a unified kernel image, with all of that in it */
	bool is_default;
};

struct boot_entries {
	struct boot_entry *list;
	size_t n;
	char *wanted; /* the default, as the configuration names it; NULL: the first */
	bool more;    /* the entries are in files of their own (blscfg) */
};

/* An empty one; NULL: there are too many. */
struct boot_entry *entries_add(struct boot_entries *entries);
/* Appends a word to the command line; an image to the list. */
void entry_add_option(struct boot_entry *entry, const char *word);
void entry_add_image(struct boot_entry *entry, const char *path);
/* Marks the one that wanted names. */
void entries_mark_default(struct boot_entries *entries);
void entries_free(struct boot_entries *entries);

/* grub.cfg, with the variables of grubenv (may be NULL). */
void grub_read(const char *text, const char *environment, struct boot_entries *ret);
/* The value of a variable of grubenv; NULL: it is not there. The caller frees it. */
char *grub_variable(const char *environment, const char *name);

/* A file of /loader/entries (Boot Loader Specification, type 1). name: of the file, without a
 * folder. */
void bls_read(const char *name, const char *text, const char *environment,
	      struct boot_entries *entries);
/* The default of /loader/loader.conf. */
void bls_read_default(const char *text, struct boot_entries *entries);
/* Orders them as boot loaders show them: the newest kernel first. */
void bls_sort(struct boot_entries *entries);

/* extlinux.conf, as syslinux and u-boot read it. */
void extlinux_read(const char *text, struct boot_entries *ret);

/* config.txt and cmdline.txt of a Raspberry Pi: one entry, or none without an initramfs. */
void raspberry_read(const char *config, const char *cmdline, struct boot_entries *ret);

#endif
