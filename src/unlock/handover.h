/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * handover: the last look before a program of the system runs: is what is mounted as its root, and
 * as its /usr, on the volumes that intact opened and checked, and on nothing else?
 *
 * Names are not enough to know that. A disk that carries the UUID of the file system, of the RAID
 * array or of the volume group may have been taken in its place. Only what is mounted counts, since
 * that is what will be used.
 */
#ifndef INTACT_UNLOCK_HANDOVER_H
#define INTACT_UNLOCK_HANDOVER_H

#include "base/exitcode.h"
#include "config/volume.h"

/*
 * Checks it as far as the image says what its volumes hold (x-intact.holds), and prints and records
 * what is wrong. root: where the root is mounted. Nothing there is nothing wrong. An overlay or the
 * like that covers a root which was found right before is right, too. sysroot is that of block.h.
 */
enum exit_code handover_check(const struct config *config, const char *sysroot, const char *run_dir,
			      const char *root);

#endif
