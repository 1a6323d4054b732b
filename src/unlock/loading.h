/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * loading: loads the kernel modules that disks and headers need. Loading a module that is already
 * there costs nothing.
 */
#ifndef INTACT_UNLOCK_LOADING_H
#define INTACT_UNLOCK_LOADING_H

#include "facts/cipher.h"
#include "facts/header.h"
#include "facts/job.h"
#include "facts/standalone.h"

/* Loads the drivers of disks and the modules that every volume needs, in processes that nothing
 * waits for: loading_crypto() makes sure that the modules are there. */
void loading_begin(void);

/*
 * Loads what the header's encryption needs, and its keyslots; in_file: the header is a file, not on
 * a device. *ret_report names the modules that would not load, and
 * the first algorithm that the kernel does not have and cannot do without; ret_algorithm
 * (CIPHER_NAME_MAX bytes) is what dm-crypt will ask the crypto API for. Both stay as they are when
 * the encryption is unknown.
 */
void loading_crypto(const struct header *h, bool in_file, char *ret_algorithm,
		    struct modules_report *ret_report);

/* The module that instantiates algorithms. */
void loading_crypto_user(void);
/* Loads a file system's driver and what it needs to mount one. */
void loading_filesystem(const char *driver);

/* dm-integrity, and what a standalone device with this hash needs of the crypto API. missing holds
 * what this kernel has in no form; failures are left to the opening. */
void loading_standalone(const struct standalone_hash *hash, struct modules_report *ret);

#endif
