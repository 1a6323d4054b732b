/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * luks_make: a new LUKS2 header, with or without integrity protection, in memory. Touches no disk
 * and needs neither device-mapper nor a kernel with the algorithms.
 */
#ifndef INTACT_SYSTEM_LUKS_MAKE_H
#define INTACT_SYSTEM_LUKS_MAKE_H

#include "base/secret.h"

#include <stdint.h>

/* Where the data begins: cryptsetup's default, with 16 MiB for header and keyslots. */
#define LUKS_MAKE_OFFSET (16ULL << 20)
#define LUKS_MAKE_ERROR 256

struct luks_make {
	/* As in the header: "aes-xts-plain64", "hmac(sha256)"; integrity is NULL for none. */
	const char *encryption, *integrity;
	unsigned sector_size;
	unsigned key_size;	     /* bytes, the MAC's part included */
	unsigned integrity_key_size; /* bytes, where it is not the algorithm's own; else 0 */
	const char *uuid, *label;    /* NULL: a new one, none */
	/* The key derivation. 0 and NULL: libcryptsetup's defaults, Argon2id measured on this
	 * machine. */
	const char *pbkdf;
	const char *key_file; /* NULL: the passphrase is given */
	uint32_t iter_time, memory, parallel, iterations;
};

/*
 * A file in memory with the header and one keyslot for the key file or the passphrase,
 * LUKS_MAKE_OFFSET bytes and more. key: the volume key; when its len is 0, a new one is put there.
 * The file's fd; -EINVAL: the options do not fit together; or another negative errno; then
 * libcryptsetup's message is in error.
 */
int luks_make(const struct luks_make *make, const struct secret *passphrase, struct secret *key,
	      char error[static LUKS_MAKE_ERROR]);

#endif
