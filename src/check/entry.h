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

/* How a boot loader finds the default among its entries. */
enum boot_default {
	DEFAULT_BY_NAME,      /* the one whose id or title is wanted, else the first */
	DEFAULT_GRUB,	      /* by the way through the menus: "Advanced options>1" */
	DEFAULT_SYSTEMD_BOOT, /* by a pattern of ids */
};

struct boot_entry {
	char *title;
	char *id; /* by which it can be the default; NULL: it has none */
	/* Its number among the entries of its menu, "1>2" in a menu in the second entry. */
	char *place;
	bool menu;    /* a menu in the menu, which starts nothing by itself */
	char *kernel; /* a path of the boot loader; NULL: it starts no kernel */
	char **images;
	size_t n_images;
	char *options;		  /* the kernel command line */
	char *version;		  /* of the kernel, where the configuration says it; NULL */
	char *sort_key, *machine; /* of the Boot Loader Specification; NULL */
	/* How often it may still be tried, and how often it was; only if it is counted. */
	unsigned left, tried;
	bool counted;
	char *uuid; /* of the file system that the paths are on; NULL: the loader's own */
	/* The partition that the paths are on, "PARTUUID=…" or as the loader names it; NULL. */
	char *partition;
	const char *base; /* the folder where that is mounted; static; NULL: the loader's own */
	char *file;	  /* of the entry alone, for messages; NULL: it is in the loader's */
	unsigned profile; /* 1 + the profile of a unified kernel image that it starts; 0: any */
	bool unified;	  /* kernel is a unified kernel image, with all of that in it */
	bool any;	  /* kernel is a program of UEFI: perhaps another boot loader */
	bool narrow;	  /* the options are not in UCS-2, as a program of UEFI expects them */
	bool other;	  /* it starts another system, or one from the image of a disc */
	bool is_default;
};

struct boot_entries {
	struct boot_entry *list;
	size_t n;
	char *preferred;  /* before wanted, but never one that has no tries left; NULL */
	char *wanted;	  /* the default, as the configuration names it; NULL: the first */
	size_t otherwise; /* 1 + the position of the default, if wanted names none; 0: the first */
	enum boot_default rule;
	bool more; /* entries are in files of their own (blscfg): */
	/* so many are before these in the list, and in the outermost menu */
	size_t more_at, more_place;
};

/* An empty one; NULL: there are too many. */
struct boot_entry *entries_add(struct boot_entries *entries);
/* Appends a word to the command line; an image to the list. false: there is no room for more. */
bool entry_add_option(struct boot_entry *entry, const char *word);
bool entry_add_image(struct boot_entry *entry, const char *path);
/* The next word of a text, which quotes may hold together; NULL: the text has ended. The caller
 * frees it. */
char *entry_next_word(const char **text);
/* The next line: its first word, and the rest without blanks around it. false: the text has ended.
 * The caller frees both. */
bool entry_next_line(const char **at, char **ret_key, char **ret_value);
/* Puts a copy of value in the place of *text, which may be NULL. */
void entry_set(char **text, const char *value);
/* Appends the load options of a program of UEFI: "initrd=\\path" in them is an image. */
void entry_load_options(struct boot_entry *entry, const char *text);
/* The command line that the entry gives to a unified kernel image, after the number of a profile in
 * it ("@1 quiet"), which is then *ret_profile: as in struct boot_entry. */
const char *entry_for_unified(const struct boot_entry *entry, unsigned *ret_profile);
/* The first parameter of wanted that is not in cmdline; NULL: all are. What boot loaders add by
 * themselves is left out. The caller frees it. */
char *entry_lacks(const char *cmdline, const char *wanted);
/* Is there one that this names as the default; with_tries: of which systemd-boot does not hold that
 * it fails? */
bool entries_have(const struct boot_entries *entries, const char *name, bool with_tries);
/* Marks the one that the boot loader starts if nobody chooses. */
void entries_mark_default(struct boot_entries *entries);
/* Removes the last one. */
void entries_drop_last(struct boot_entries *entries);
/* Puts all of more at this position, as far as there is room, and empties it. */
void entries_insert(struct boot_entries *entries, size_t at, struct boot_entries *more);
void entries_free(struct boot_entries *entries);

/* grub.cfg, with the variables of grubenv (may be NULL). */
void grub_read(const char *text, const char *environment, struct boot_entries *ret);
/* The value of a variable of grubenv; NULL: it is not there. The caller frees it. */
char *grub_variable(const char *environment, const char *name);
/* Puts the entries of files where grub.cfg has the command blscfg. */
void grub_insert(struct boot_entries *entries, struct boot_entries *files);
/* The entry that GRUB starts if nobody chooses; NULL: there is none. */
struct boot_entry *grub_default(struct boot_entries *entries);

/* A file of /loader/entries (Boot Loader Specification, type 1), as the boot loader of
 * entries->rule reads it. name: of the file, without a folder. */
void bls_read(const char *name, const char *text, const char *environment,
	      struct boot_entries *entries);
/* What /loader/loader.conf prefers, and its default. */
void bls_read_default(const char *text, struct boot_entries *entries);
/* Takes the count of tries out of the id: "a+3-0.efi" is "a.efi". */
void bls_take_count(struct boot_entry *entry);
/* Orders them as the boot loader of entries->rule shows them. */
void bls_sort(struct boot_entries *entries);

/* The value of BootOrder (or BootNext) as efivarfs has it: up to max numbers. Returns how many. */
size_t efi_order(const uint8_t *data, size_t size, uint16_t *ret, size_t max);
/* A variable that is a number of 64 bits. false: it is none. */
bool efi_flags(const uint8_t *data, size_t size, uint64_t *ret);
/* A variable that is a text, in UTF-8. The caller frees it. */
char *efi_text(const uint8_t *data, size_t size);
/* Adds the entry of a variable BootXXXX, unless the firmware would not start it. id: "Boot0001". */
void efi_read(const char *id, const uint8_t *data, size_t size, struct boot_entries *entries);

/* limine.conf. A path on another file system than that one's gives the entry a partition. */
void limine_read(const char *text, struct boot_entries *ret);

/* extlinux.conf, as syslinux and u-boot read it. folder: where it is, from the top of its file
 * system: "/extlinux". */
void extlinux_read(const char *text, const char *folder, struct boot_entries *ret);

/* config.txt and cmdline.txt of a Raspberry Pi: one entry, or none without an initramfs. model: as
 * the kernel names it; NULL: not known. kernel: what is started without "kernel=". */
void raspberry_read(const char *config, const char *cmdline, const char *model, const char *kernel,
		    struct boot_entries *ret);
/* Where the kernel command line is, below the folder of config.txt: "cmdline.txt". The caller frees
 * it. */
char *raspberry_cmdline(const char *config, const char *model);
/* A Raspberry Pi 5, which looks for kernel_2712.img first? */
bool raspberry_is_5(const char *model);

#endif
