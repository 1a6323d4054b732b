/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stack: what block devices stand on, and what is mounted and swapped on them, as a survey found
 * it.
 */
#ifndef INTACT_FACTS_STACK_H
#define INTACT_FACTS_STACK_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Room for the name of a block device as the kernel has it: "vda2", "dm-1", "cciss!c0d0". */
#define BLOCK_NAME_MAX 48 /* the kernel's own limit is 32 */

/* An open LUKS volume. */
struct stack_mapping {
	char name[128]; /* libdevmapper's \xhh undone */
	char uuid[40];	/* of the LUKS header */
	char node[64];	/* the device that was opened: "/dev/vda2", also when NAME_dif lies between
			 */
	bool luks2;
	bool dif; /* stands on NAME_dif, which only integrity makes */
};

struct stack {
	struct stack_mapping *mappings; /* without duplicates; what lies below comes first */
	size_t n_mappings;
	/* dm-integrity devices that do not belong to a LUKS volume (integritysetup) */
	char (*standalone)[128];
	size_t n_standalone;
};

struct mount {
	/* Several for btrfs and bcachefs; none when the file system names no device that sysfs
	 * knows. */
	char **devices;
	size_t n_devices;
	char *source; /* as mountinfo has it; for messages */
	char *type;
};

struct swap {
	char *path;    /* "/dev/dm-2" or a file */
	uint64_t size; /* KiB */
};

/* These free what is in them; an empty one is fine. */
void stack_free(struct stack *stack);
void mount_free(struct mount *mount);
void swaps_free(struct swap *swaps, size_t n);

#endif
