/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * freeze: stands a mounted file system still (FIFREEZE) for a moment in which blocks of its device
 * may be written that no file has. Decides nothing.
 *
 * Nobody can write to a frozen file system, and the kernel thaws none whose freezer has ended. So
 * two processes do it: one freezes, works and thaws, and a guard kills the first if that takes too
 * long, and thaws what it left. Neither needs the disk for its own code or memory, and neither is
 * ended by Ctrl-C or with the program that started them. A process that waits for a disk ends only
 * when what it writes is written: no write of it can come after the thaw.
 */
#ifndef INTACT_SYSTEM_FREEZE_H
#define INTACT_SYSTEM_FREEZE_H

/*
 * Runs work(arg) while the file system of which fd is a file or folder is frozen; ms: as long as
 * freezing and work may take. work() is called in another process: what it finds out must go to
 * memory that is shared, and it may not print or open anything.
 *
 * 0, or a negative errno: -EBUSY: another program has frozen it, and nothing was done; -ETIMEDOUT:
 * it took too long, and was ended in the middle; -EINPROGRESS: the same, but the disk does not
 * answer, so that it is thawed later; -ECHILD: the process was killed by another; -ESTALE: another
 * program thawed it while work() was running.
 */
int freeze_while(int fd, unsigned ms, void (*work)(void *arg), void *arg);

#endif
