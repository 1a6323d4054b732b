/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * held: keeps other programs of the initramfs from opening what intact did not open.
 *
 * Where the boot goes on without a volume (nofail, a leg), cryptsetup-initramfs, the hook encrypt
 * of mkinitcpio and the module crypt of dracut would ask for its passphrase and open any disk that
 * has its UUID. All of them leave a volume alone whose name exists in /dev/mapper. So a device that
 * fails every read and write has the name, until the initramfs hands over to the system.
 */
#ifndef INTACT_UNLOCK_HELD_H
#define INTACT_UNLOCK_HELD_H

#include "config/volume.h"

/* Takes the names of the volumes that are withheld; one flag a volume. */
void held_take(const struct config *config, const bool *withheld);
/* Gives back every name that any instance took. */
void held_release(void);

#endif
