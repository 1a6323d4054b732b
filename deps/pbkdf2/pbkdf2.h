/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef PBKDF2_H
#define PBKDF2_H

#include <stdint.h>

/* SHA-256 on words in the byte order of the machine. */
void pbkdf2_sha256_start(uint32_t state[8]);
void pbkdf2_sha256_block(uint32_t state[8], const uint32_t message[16]);

/*
 * COUNT times: U = HMAC(U), SUM ^= U, where INNER and OUTER are the states that follow the two padded keys. The first
 * uses the SHA instructions if there are any.
 */
void pbkdf2_sha256_iterate(const uint32_t inner[8], const uint32_t outer[8], uint32_t u[8], uint32_t sum[8],
			   uint32_t count);
void pbkdf2_sha256_iterate_plain(const uint32_t inner[8], const uint32_t outer[8], uint32_t u[8], uint32_t sum[8],
				 uint32_t count);

#endif
