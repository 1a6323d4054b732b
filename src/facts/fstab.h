/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fstab: the lines of fstab(5), and what their devices are.
 */
#ifndef INTACT_FACTS_FSTAB_H
#define INTACT_FACTS_FSTAB_H

#include <stdbool.h>
#include <stddef.h>

/* The fields, with their escapes undone; "" for those that the line lacks, but source is there. */
struct fstab_line {
	char *source, *point, *type, *options;
};

struct fstab {
	struct fstab_line *lines;
	size_t n;
};

void fstab_free(struct fstab *fstab);

/* The first line for a mount point, or, for "swap", the first swap; NULL: there is none. */
const struct fstab_line *fstab_find(const struct fstab *fstab, const char *point);

/*
 * The devices of a line as texts, which the caller frees (texts_free()): usually one; of btrfs also
 * those of device=, of bcachefs those that ':' separates. A link of udev that has the name of a
 * mapping of cryptsetup in it (/dev/disk/by-id/dm-name-…, dm-uuid-CRYPT-…) becomes
 * /dev/mapper/NAME.
 */
void fstab_devices(const struct fstab_line *line, char ***ret, size_t *ret_n);

/* Is /dev/mapper/NAME mounted, or a swap, by lines for other mount points than / and /usr only? A
 * file system that may be mounted at several points by several names does not count. */
bool fstab_is_elsewhere(const struct fstab *fstab, const char *name);

#endif
