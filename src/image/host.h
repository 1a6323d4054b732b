/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * host: a system as `intact needs` found it, before anything is decided: what is mounted, what
 * fstab, crypttab and settings name.
 */
#ifndef INTACT_IMAGE_HOST_H
#define INTACT_IMAGE_HOST_H
#include "facts/devref.h"
#include "facts/stack.h"
#include "image/tab.h"

/* A device that somebody wrote down: in fstab, in a setting, on the kernel command line, in
 * /proc/swaps. */
struct place {
	char *spec; /* as written, or NULL: nobody did */
	struct devref ref;
	bool understood; /* ref is what spec says */
	bool here;	 /* the device can be seen; then also: */
	char device[BLOCK_NAME_MAX];
	char mapping[128]; /* the name of the mapping that it is, or "" */
	struct stack stack;
};

struct mounted {
	bool there;
	struct mount mount;
	struct stack stack;
};

struct swap_place {
	struct place place;
	uint64_t size;
};

/* All that `intact needs` knows about a system. */
struct host {
	const char *sysroot; /* before /proc, /sys and /dev, see sys_block.h */
	const char *root;    /* before /etc and /lib of the system that the image is for */
	bool described;	     /* --root: what runs here does not count */

	struct tab tab;
	char *keyfile_pattern; /* KEYFILE_PATTERN of cryptsetup-initramfs, or NULL */
	struct mounted mounted_root, mounted_usr;
	struct stack everything; /* every open volume */
	struct place fstab_root, fstab_usr, fstab_swap;
	char *fstab_root_type, *fstab_usr_type; /* of the file systems, or NULL */
	/* RESUME of initramfs-tools ("auto" when not set, perhaps "none"), resume= and
	 * /sys/power/resume */
	struct place resume_setting, resume_cmdline;
	struct stack resume_kernel;
	struct swap_place *swaps;
	size_t n_swaps;
};

#endif
