/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sys_stack: the open LUKS volumes that a block device stands on, through partitions, LVM, RAID and dm-crypt.
 *
 * Reads sysfs, decides nothing.  sysroot and the names of devices: see sys_block.h.
 */
#ifndef INTACT_SYS_STACK_H
#define INTACT_SYS_STACK_H

#include "sys_block.h"

/* An open LUKS volume. */
struct stack_mapping {
	char name[128]; /* libdevmapper's \xhh undone */
	char uuid[40];  /* of the LUKS header */
	char node[64];  /* the device that was opened: "/dev/vda2", also when NAME_dif lies between */
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

/* Adds the open LUKS volumes on which the device stands (itself included). */
void stack_walk(const char *sysroot, const char *device, struct stack *stack);
/* The same for every device-mapper device there is. */
void stack_walk_all(const char *sysroot, struct stack *stack);
void stack_free(struct stack *stack);

#endif
