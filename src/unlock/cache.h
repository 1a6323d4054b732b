/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cache: passphrases in the kernel's keyring, where systemd-cryptsetup, pam_systemd_loadkey and
 * Debian's decrypt_keyctl look for them: the user key "cryptsetup", and the one that a volume's
 * keyscript=decrypt_keyctl names.
 *
 * Where the kernel has no keyrings, there is nothing in them and nothing is added.
 */
#ifndef INTACT_UNLOCK_CACHE_H
#define INTACT_UNLOCK_CACHE_H

#include "base/secret.h"
#include "config/volume.h"

/* Is there a key for the volume? */
bool cache_has(const struct volume *v);
/* Adds the passphrase, for as long as systemd's programs and decrypt_keyctl would. */
void cache_add(const struct volume *v, const struct secret *passphrase);
/*
 * Calls try_it(arg, password) for each password that the volume may use, but for the one that is
 * known already (NULL: none is), until one returns true. The secret is this process's, and is wiped
 * at the end.
 */
void cache_each(const struct volume *v, const struct secret *known,
		bool (*try_it)(void *arg, const struct secret *password), void *arg);

#endif
