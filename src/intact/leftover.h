/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * leftover: the mappings of intact/temporary.h that stay when a format is killed between the moment
 * when it makes one and the moment when it tells the kernel to remove it.
 */
#ifndef INTACT_INTACT_LEFTOVER_H
#define INTACT_INTACT_LEFTOVER_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * Removes the mappings on this disk if they are what a format makes and nothing else: by their
 * names, by every line of their tables, and nothing has them open. The caller holds the lock that
 * every format of the disk takes, so that none of them is at work. Waits for those that the kernel
 * is about to remove. True: nothing stands on the disk now.
 */
bool leftover_remove(dev_t disk);

/*
 * Before temporary_try(): takes the lock that every such try takes, and removes what one that was
 * killed left behind, on the device that forgets. The fd, to be closed after the try; or a negative
 * errno: there is no lock, and nothing was removed.
 */
int leftover_before_try(void);

#endif
