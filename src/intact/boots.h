/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * boots: what the boot loaders of this system can start, found in their configurations.
 */
#ifndef INTACT_INTACT_BOOTS_H
#define INTACT_INTACT_BOOTS_H

#include "check/entry.h"

enum boots_kind {
	BOOTS_OTHER, /* none of these */
	BOOTS_GRUB,
	BOOTS_SYSTEMD_BOOT,
	BOOTS_EXTLINUX,
	BOOTS_RASPBERRY,
	BOOTS_REFIND,
	BOOTS_LIMINE,
	BOOTS_FIRMWARE, /* of UEFI, which starts a kernel by itself */
	BOOTS_KINDS,	/* how many there are */
};

struct boots_loader {
	enum boots_kind kind;
	const char *name; /* "GRUB" */
	char *file;	  /* the configuration, for messages */
	const char *base; /* the folder that its paths may begin in: "/boot" */
	struct boot_entries entries;
};

struct boots {
	struct boots_loader *list;
	size_t n;
	char *denied;	  /* a folder or file that this user may not read; NULL */
	bool secure_boot; /* the firmware starts only what is signed */
	/* What UEFI firmware starts at the next boot, as far as it can be told: */
	char *first;	  /* the program, for messages; NULL: not known */
	unsigned reached; /* set of 1 << enum boots_kind; 0: not known */
	bool reached_all; /* any boot loader may be reached by it */
};

/* root: prefix of all paths. sysroot: of /proc, /sys and /dev; NULL: the system is not the one of
 * this machine, and the firmware's entries are none of its. */
void boots_find(const char *root, const char *sysroot, struct boots *ret);
void boots_free(struct boots *boots);

/* "GRUB" */
const char *boots_kind_name(enum boots_kind kind);
/* Is a boot loader of this kind reached at the next boot, if nobody chooses? Also where that cannot
 * be told. */
bool boots_reaches(const struct boots *boots, enum boots_kind kind);

/* Where a path of an entry is in the system; where it would be when it is not there. The caller
 * frees it. */
char *boots_locate(const char *root, const struct boots_loader *loader,
		   const struct boot_entry *entry, const char *path);

/* Is this device (as sysfs names it) mounted there? */
bool boots_mounted(const char *sysroot, const char *path, const char *device);

/* --- for the files boots*.c --- */

/* The folders that a boot loader's file system is mounted at. */
#define BOOTS_BASES 3
extern const char *const boots_bases[BOOTS_BASES];
/* The text of a configuration; NULL: it is not there, or must not be read. */
char *boots_config(const char *path, struct boots *boots);
/* Adds a boot loader with its entries, which it takes; none when there are none. */
void boots_add(struct boots *boots, enum boots_kind kind, const char *file, const char *base,
	       struct boot_entries *entries);
/* The entries of Limine, those of rEFInd, and those of the firmware. */
void boots_limine(const char *root, struct boots *boots);
void boots_refind(const char *root, struct boots *boots);
void boots_firmware(const char *root, const char *sysroot, struct boots *boots);
/* A variable that boot loaders share, a text; NULL: it is not set. The caller frees it. */
char *boots_loader_text(const char *sysroot, const char *name);
/* Does the boot loader that started this system lack a feature: a bit of LoaderFeatures? */
bool boots_loader_lacks(const char *sysroot, uint64_t feature);
/* The entries in the files of a folder. */
void boots_files(const char *folder, const char *environment, struct boots *boots,
		 struct boot_entries *entries);
/* The entries of systemd-boot. in_boot: those in /boot are its own, and not GRUB's. */
void boots_systemd_boot(const char *root, const char *sysroot, bool in_boot, struct boots *boots);
/* Finds where the file system that the entry names is mounted. */
void boots_find_volume(const char *root, struct boot_entry *entry);
/* The firmware may start this entry, whose program is at path. */
void boots_reach(struct boots *boots, const char *path, const struct boot_entry *entry);

#endif
