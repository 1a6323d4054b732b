/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * degraded: what stands on several disks and waits for one that does not come: RAID arrays and
 * volume groups. udev's rules start them only when they are complete.
 *
 * sysroot is as in block.h.
 */
#ifndef INTACT_SYSTEM_DEGRADED_H
#define INTACT_SYSTEM_DEGRADED_H

#include "facts/above.h"

/* Is there a RAID array that has some of its disks and does not run? */
bool degraded_array(const char *sysroot);

/*
 * Starts arrays and volume groups without their missing disks, with mdadm and lvm where the image
 * has them. What these print goes to the kernel log. They may wait for a disk that does not answer,
 * so call it in a process of its own. below: only what stands on no open LUKS volume, since another
 * volume may be about to open on which it stands, too.
 */
void degraded_start_below(void);
void degraded_start_all(void);

/*
 * What runs on an open mapping, and what that stands on beside it. Mappings of LUKS2 volumes are
 * named without what is below them.
 */
void degraded_above(const char *sysroot, const char *mapping, struct above *ret);

/*
 * Marks the open mapping in the folder, as hooks/udev/98-intact.rules expects it, and has udev look
 * at it again: its file system may be mounted although it lacks a disk.
 */
void degraded_let_start(const char *sysroot, const char *folder, const char *mapping);

#endif
