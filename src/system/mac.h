/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mac: hashes, HMAC and the derivations that stand on it.
 */
#ifndef INTACT_SYSTEM_MAC_H
#define INTACT_SYSTEM_MAC_H

#include "system/sha256.h"

#include <stdint.h>

enum hash { HASH_SHA1, HASH_SHA256, HASH_SHA384, HASH_SHA512 };

#define HASH_MAX 64 /* bytes of the longest */

size_t hash_size(enum hash hash);

/* All of them: false when it could not be computed. */
bool hash_of(enum hash hash, const void *data, size_t len, unsigned char ret[static HASH_MAX]);
bool hmac(enum hash hash, const void *key, size_t key_len, const void *data, size_t len,
	  unsigned char ret[static HASH_MAX]);
/* HKDF (RFC 5869), its first block: 32 bytes. */
bool hkdf_sha256(const void *key, size_t key_len, const void *salt, size_t salt_len,
		 const char *info, unsigned char ret[static SHA256_SIZE]);
/* PBKDF2, 32 bytes. */
bool pbkdf2_sha256(const void *password, size_t len, const void *salt, size_t salt_len,
		   unsigned iterations, unsigned char ret[static SHA256_SIZE]);

#endif
