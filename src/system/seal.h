/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * seal: encrypts sectors of zeros and computes their integrity tags, byte for byte as dm-crypt does
 * on dm-integrity. Reads and writes no disk.
 */
#ifndef INTACT_SYSTEM_SEAL_H
#define INTACT_SYSTEM_SEAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct seal; /* the expanded keys, in locked memory */

/* encryption and integrity as a LUKS2 segment names them: "aes-xts-plain64", "hmac(sha256)". */
struct seal_spec {
	const char *encryption, *integrity;
	unsigned sector_size;
	const unsigned char *key; /* the volume key */
	size_t key_size;
	bool portable; /* without this processor's own instructions, to compare with */
};

/* Sizes in bytes. */
struct seal_sizes {
	unsigned mac, iv;    /* of a tag: the MAC, then the IV where it is random (else 0) */
	unsigned mac_key;    /* the end of the volume key; 0: cipher and MAC share it */
	unsigned cipher_key; /* its beginning, or twice as many */
};

/* Can this be computed here? */
bool seal_sizes(const char *encryption, const char *integrity, struct seal_sizes *ret);

/* A volume key of so many bytes? */
bool seal_takes_key(const struct seal_sizes *sizes, size_t key_size);

/* 0; -EOPNOTSUPP: not computed here; -EINVAL: not a key for it; -EIO: this processor's instructions
 * gave another result than the portable code; or -ENOMEM. */
int seal_new(const struct seal_spec *spec, struct seal **ret);
/* Wipes the keys. NULL is fine. */
struct seal *seal_free(struct seal *seal);
/* Whether this processor's own instructions are used for all of it. */
bool seal_is_fast(const struct seal *seal);

/*
 * Encrypts blocks encryption sectors of zeros into data, and their tags, packed, into tags. sector:
 * the number of the first, in 512 bytes. Random IVs must be in tags already. Several threads may
 * use one seal. False: Mbed TLS failed.
 */
bool seal_zeros(const struct seal *seal, uint64_t sector, size_t blocks, unsigned char *data,
		unsigned char *tags);

/* HMAC-SHA-256. */
bool seal_mac(const unsigned char *key, size_t key_size, const void *data, size_t len,
	      unsigned char ret[static 32]);

#endif
