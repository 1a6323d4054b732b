/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * legs: disks that are missing where the system may do without them.
 *
 * Below a volume: its disk may be a RAID array or a logical volume that lacks a disk. udev starts
 * those only when they are complete, so they are started without it when a third of the volume's
 * time is left, as the local-block scripts of initramfs-tools do.
 *
 * Above: several volumes may hold the root together (btrfs, ZFS, RAID, LVM). Each is a leg
 * (x-intact.leg), which may be missing or refused, but not merely locked, if what stands on the
 * others starts without it. What starts must stand on open and checked legs alone.
 */
#ifndef INTACT_POLICY_LEGS_H
#define INTACT_POLICY_LEGS_H

#include "policy/track.h"

/* Does the boot go on although t has failed, since what stands on the other legs runs? */
bool legs_are_enough(const struct engine *e, const struct track *t);
/* Is it still to be seen whether the other legs are enough? */
bool legs_pending(const struct engine *e);

/* Comes before legs_wait(): looks whether the programs that start arrays and volume groups still
 * run. */
void legs_programs_tick(struct engine *e, uint64_t now);
/* Until when t waits for its disk that would be given up at that time: what was just started
 * without its missing disks, or is on a volume that is not open yet, may be the disk. */
uint64_t legs_wait(const struct engine *e, const struct track *t, uint64_t until);
/* When legs_tick has to be called next; UINT64_MAX: never. */
uint64_t legs_deadline(const struct engine *e);
void legs_tick(struct engine *e);

#endif
