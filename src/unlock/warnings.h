/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * warnings: what may be wrong with the image or the machine, said once, at the start.
 */
#ifndef INTACT_UNLOCK_WARNINGS_H
#define INTACT_UNLOCK_WARNINGS_H

/* A new kernel with an old image, or the reverse: modules are then missing, and nothing is broken.
 */
void warnings_other_kernel(void);
/* Passphrases are not in locked memory. No reason not to ask: an initramfs has no swap. */
void warnings_unlocked_secrets(void);

#endif
