/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hibernation: a hibernated system is resumed from the volumes that were checked, and from nothing
 * else, where the image says that it is on them (x-intact.holds=resume).
 *
 * Any disk can carry the UUID of the swap and an image of a system's memory, and no later check
 * sees that the kernel was replaced by such an image. The programs that resume find their device by
 * a name. So the kernel's file that starts a resume is covered for them, and intact writes to it
 * itself, the number of a device that it has judged.
 */
#ifndef INTACT_UNLOCK_HIBERNATION_H
#define INTACT_UNLOCK_HIBERNATION_H

#include "config/volume.h"

/* Covers what starts a resume, if the image promises it of a volume; before any disk is opened. */
void hibernation_hold(const struct config *config);
/* Takes the covers away, at the end of the initramfs: the system may hibernate. */
void hibernation_release(void);
/* Resumes from a device on the checked volumes that has an image, if the image of this boot
 * promises that. Returns when there is none; says what is named instead on the kernel command line
 * (text). run_dir: where the reports of the volumes are. */
void hibernation_resume(const struct config *config, const char *run_dir, const char *text);

#endif
