/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/sha256.h"

#include <mbedtls/sha256.h>

bool sha256(const void *data, size_t len, unsigned char ret[static SHA256_SIZE])
{
	return mbedtls_sha256(data, len, ret, 0) == 0;
}
