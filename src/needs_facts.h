/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * needs_facts: all that `intact needs` reads about a system before anything is decided.
 *
 * Reads everything, whether it will matter or not, and decides nothing: that is for the needs_*.c files that
 * are pure.
 */
#ifndef INTACT_NEEDS_FACTS_H
#define INTACT_NEEDS_FACTS_H

#include "findings.h"
#include "header.h"
#include "needs_tab.h"
#include "sys_mounts.h"
#include "sys_stack.h"

/* A device that somebody wrote down: in fstab, in a setting, on the kernel command line, in /proc/swaps. */
struct place {
	char *spec; /* as written, or NULL: nobody did */
	struct devref ref;
	bool understood; /* ref is what spec says */
	bool here;       /* the device can be seen; then also: */
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

struct facts {
	const char *sysroot; /* before /proc, /sys and /dev, see sys_block.h */
	const char *root;    /* before /etc and /lib of the system that the image is for */
	bool described;      /* --root: what runs here does not count */

	struct tab tab;
	char *keyfile_pattern; /* KEYFILE_PATTERN of cryptsetup-initramfs, or NULL */
	struct mounted mounted_root, mounted_usr;
	struct stack everything; /* every open volume */
	struct place fstab_root, fstab_usr, fstab_swap;
	char *fstab_root_type, *fstab_usr_type; /* of the file systems, or NULL */
	/* RESUME of initramfs-tools ("auto" when not set, perhaps "none"), resume= and /sys/power/resume */
	struct place resume_setting, resume_cmdline;
	struct stack resume_kernel;
	struct swap_place *swaps;
	size_t n_swaps;
};

/* resume: RESUME as initramfs-tools gave it to its hook, or NULL. sysroot, root and described are set already. */
void facts_read(struct facts *facts, const char *resume, struct findings *findings);
void facts_free(struct facts *facts);

/* What the header of a volume says that is on node; header_path is a detached one, as crypttab names it. */
void facts_header(const struct facts *facts, const char *node, const char *header_path, struct header *ret);
/* Is there such a file in the system that the image is for? */
bool facts_file(const struct facts *facts, const char *path);

#endif
