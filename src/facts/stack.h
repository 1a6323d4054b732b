/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stack: what block devices stand on, and what is mounted and swapped on them, found by a survey.
 */
#ifndef INTACT_FACTS_STACK_H
#define INTACT_FACTS_STACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Room for the kernel's name of a block device: "vda2", "dm-1", "cciss!c0d0". */
#define BLOCK_NAME_MAX 48 /* the kernel's own limit is 32 */

/* An open LUKS volume. */
struct stack_mapping {
	char name[128]; /* libdevmapper's \xhh undone */
	char uuid[40];	/* of the LUKS header */
	char node[64];	/* the opened device, "/dev/vda2", also with NAME_dif in between */
	bool luks2;
	bool dif; /* stands on NAME_dif, which exists only with integrity */
};

struct stack {
	struct stack_mapping *mappings; /* without duplicates; the lower ones come first */
	size_t n_mappings;
	/* dm-integrity devices outside of LUKS volumes (integritysetup) */
	char (*standalone)[128];
	size_t n_standalone;
};

/* What notices that a block is not the one that was written. */
enum stack_checks {
	STACK_UNCHECKED,
	STACK_CHECKSUMS, /* dm-integrity without LUKS below: accidents, not attackers */
	STACK_TAGS,	 /* the tags of an encrypted volume */
};

struct mount {
	/* Several for btrfs and bcachefs; none when sysfs has no device of the file system. */
	char **devices;
	size_t n_devices;
	char *root;   /* the folder of the file system that is mounted: "/" is all of it */
	char *source; /* from mountinfo; for messages */
	char *type;
};

struct swap {
	char *path;    /* "/dev/dm-2" or a file */
	uint64_t size; /* KiB */
};

/* These free the contents; an empty one is fine. */
void stack_free(struct stack *stack);
void mount_free(struct mount *mount);
void swaps_free(struct swap *swaps, size_t n);

#endif
