/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/mac.h"

#include "base/util.h"

#include <mbedtls/md.h>
#include <mbedtls/pkcs5.h>

static const mbedtls_md_info_t *info_of(enum hash hash)
{
	static const mbedtls_md_type_t types[] = { MBEDTLS_MD_SHA1, MBEDTLS_MD_SHA256,
						   MBEDTLS_MD_SHA384, MBEDTLS_MD_SHA512 };

	return mbedtls_md_info_from_type(types[hash]);
}

size_t hash_size(enum hash hash)
{
	static const size_t sizes[] = { 20, 32, 48, 64 };

	return sizes[hash];
}

bool hash_of(enum hash hash, const void *data, size_t len, unsigned char ret[static HASH_MAX])
{
	return mbedtls_md(info_of(hash), data, len, ret) == 0;
}

bool hmac(enum hash hash, const void *key, size_t key_len, const void *data, size_t len,
	  unsigned char ret[static HASH_MAX])
{
	return mbedtls_md_hmac(info_of(hash), key, key_len, data, len, ret) == 0;
}

bool hkdf_sha256(const void *key, size_t key_len, const void *salt, size_t salt_len,
		 const char *info, unsigned char ret[static SHA256_SIZE])
{
	unsigned char extracted[HASH_MAX], expanded[HASH_MAX], block[128];
	size_t len = strlen(info);
	bool good = len < sizeof(block) &&
		    hmac(HASH_SHA256, salt, salt_len, key, key_len, extracted);

	if (good) {
		memcpy(block, info, len);
		block[len] = 1;
		good = hmac(HASH_SHA256, extracted, SHA256_SIZE, block, len + 1, expanded);
	}
	if (good)
		memcpy(ret, expanded, SHA256_SIZE);
	explicit_bzero(extracted, sizeof(extracted));
	explicit_bzero(expanded, sizeof(expanded));
	return good;
}

bool pbkdf2_sha256(const void *password, size_t len, const void *salt, size_t salt_len,
		   unsigned iterations, unsigned char ret[static SHA256_SIZE])
{
	return mbedtls_pkcs5_pbkdf2_hmac_ext(MBEDTLS_MD_SHA256, password, len, salt, salt_len,
					     iterations, SHA256_SIZE, ret) == 0;
}
