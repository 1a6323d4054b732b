/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sys_stack: what the system's file systems and swap stand on, as sysfs shows it: partitions, LVM, RAID,
 * dm-crypt.
 *
 * Reads the system, decides nothing.  Every function takes a sysroot: a folder that stands before /proc, /sys
 * and /dev, "" but in tests.  Devices are named as sysfs names them: "vda2", "dm-1", "cciss!c0d0".
 */
#ifndef INTACT_SYS_STACK_H
#define INTACT_SYS_STACK_H

#include "devref.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STACK_DEVICE_MAX 48 /* the kernel's own limit is 32 */

/* What stands on a device; a set. */
enum stack_use {
	STACK_ROOT = 1 << 0,
	STACK_USR = 1 << 1,
	STACK_RESUME = 1 << 2,
	STACK_ASKED = 1 << 3, /* crypttab itself wants it in the initramfs */
};

/* An open LUKS volume. */
struct stack_mapping {
	char name[128]; /* libdevmapper's \xhh undone */
	char uuid[40];  /* of the LUKS header */
	char node[64];  /* the device that was opened: "/dev/vda2", also when NAME_dif lies between */
	bool luks2;
	bool dif; /* stands on NAME_dif, which only integrity makes */
	unsigned uses;
};

struct stack {
	struct stack_mapping *mappings; /* without duplicates; what lies below comes first */
	size_t n_mappings;
	/* dm-integrity devices that do not belong to a LUKS volume (integritysetup) */
	char (*standalone)[128];
	size_t n_standalone;
};

/* Adds the open LUKS volumes on which the device stands (itself included) and notes what for. */
void stack_walk(const char *sysroot, const char *device, unsigned uses, struct stack *stack);
/* The same for every device-mapper device there is. */
void stack_walk_all(const char *sysroot, unsigned uses, struct stack *stack);
void stack_free(struct stack *stack);

struct stack_mount {
	/* Several for btrfs and bcachefs; none when the file system names no device that sysfs knows. */
	char **devices;
	size_t n_devices;
	char *source; /* as mountinfo has it; for messages */
	char *type;
};

/* What is mounted at path, the topmost if there are several. -ENOENT: nothing, as far as a chroot can see. */
int stack_mounted(const char *sysroot, const char *path, struct stack_mount *ret);
void stack_mount_free(struct stack_mount *mount);

/*
 * The device a user's name means, through the links of udev or device nodes.  What only libblkid could tell
 * is not looked for: probing an integrity device would read blocks that were perhaps never written.  -ENOENT:
 * not here.
 */
int stack_resolve(const char *sysroot, const struct devref *ref, char device[static STACK_DEVICE_MAX]);
/* "vda2" -> "/dev/vda2" and back, by the device node's name. */
void stack_node(const char *device, char node[static 64]);
int stack_device(const char *sysroot, const char *node, char device[static STACK_DEVICE_MAX]);
/* "254:1", as /sys/power/resume has it. -ENOENT: no such device (also for "0:0"). */
int stack_by_number(const char *sysroot, const char *number, char device[static STACK_DEVICE_MAX]);
/* Name of the mapping that a dm device is, "" for other devices; libdevmapper's \xhh undone. */
void stack_mapping_name(const char *sysroot, const char *device, char name[static 128]);

struct stack_swap {
	char *path;    /* "/dev/dm-2" or a file */
	uint64_t size; /* KiB */
};
/* /proc/swaps. */
void stack_swaps(const char *sysroot, struct stack_swap **ret, size_t *ret_n);
void stack_swaps_free(struct stack_swap *swaps, size_t n);

/* First field of the fstab line for a mount point, or of the first swap line with "swap"; NULL when there is
 * none. root is the folder of the installed system. */
char *stack_fstab(const char *root, const char *mount_point);

#endif
