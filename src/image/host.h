/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * host: the system as `intact needs` found it: mounts and swaps, and the devices that fstab,
 * crypttab, settings and the kernel command line name. Nothing is decided here.
 */
#ifndef INTACT_IMAGE_HOST_H
#define INTACT_IMAGE_HOST_H

#include "facts/devref.h"
#include "facts/fstab.h"
#include "facts/stack.h"
#include "image/standalone_host.h"
#include "image/tab.h"

/* A device named in fstab, in a setting, on the kernel command line or in /proc/swaps. */
struct place {
	char *spec; /* as written; NULL: not named */
	struct devref ref;
	bool understood; /* spec was read into ref */
	bool here;	 /* the device exists now; only then the following are set: */
	char device[BLOCK_NAME_MAX];
	char mapping[128]; /* name of the mapping; "" when it is not a mapping */
	struct stack stack;
	bool whole; /* all of it is on open LUKS2 volumes with integrity */
};

struct mounted {
	bool there; /* something is mounted */
	struct mount mount;
	struct stack stack;
	bool whole; /* all of it is on open LUKS2 volumes with integrity */
};

struct swap_place {
	struct place place;
	uint64_t size; /* KiB */
};

struct host {
	const char *sysroot; /* prefix of /proc, /sys and /dev; see system/block.h */
	const char *root;    /* prefix of /etc and /lib of the system that the image is for */
	bool described;	     /* --root: the running system is a different one */
	char container[32];  /* the manager of the container around this process, or "" */
	bool chroot;	     /* process 1 has another root folder */

	struct tab tab;
	char *keyfile_pattern; /* KEYFILE_PATTERN of cryptsetup-initramfs, or NULL */
	const char *included;  /* --included: what else is in the image, between blanks; or "" */
	struct mounted mounted_root, mounted_usr;
	struct mounted builders_root; /* with chroot: what process 1 sees at its / */
	struct stack everything;      /* every open volume */
	struct place fstab_root, fstab_usr, fstab_swap;
	/* fstab itself: it may name more devices of a file system than the first one, which these
	 * are */
	struct fstab fstab;
	const char *fstab_root_type, *fstab_usr_type; /* file system types, or NULL */
	/* RESUME of initramfs-tools ("auto" when not set; may be "none"), resume=,
	 * /sys/power/resume */
	struct place resume_setting, resume_cmdline;
	struct stack resume_kernel;
	bool resume_kernel_elsewhere; /* not all of that is on open LUKS2 volumes with integrity */
	struct swap_place *swaps;
	size_t n_swaps;
	struct standalone_host integrity;
	/* The files that the policy of a TPM may need, as far as they are there: absolute paths in
	 * the system that the image is for. */
	char **tpm_files;
	size_t n_tpm_files;
};

#endif
