/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stable: a name for a device that is the same at the next boot.
 */
#ifndef INTACT_INTACT_STABLE_H
#define INTACT_INTACT_STABLE_H

/*
 * A name that does not depend on the order in which the disks appear, if there is one, as
 * integritytab and crypttab take it: "/dev/mapper/NAME", "PARTUUID=…", "/dev/disk/by-id/…",
 * "/dev/disk/by-path/…"; else its node. device: as in sysfs. sysroot: see system/block.h. Unchanged
 * when there is no name at all.
 */
void stable_name(const char *sysroot, const char *device, char ret[static 256]);

#endif
