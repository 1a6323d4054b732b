/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * seal_fast: AES-XTS and HMAC-SHA-256 of sectors of zeros with the processor's AES and SHA
 * instructions, two sectors at a time: about eight times as fast as portable code.
 */
#ifndef INTACT_SYSTEM_SEAL_FAST_H
#define INTACT_SYSTEM_SEAL_FAST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct seal_fast {
	/* Expanded keys: of the data, of the tweak. */
	unsigned char data[15 * 16], tweak[15 * 16];
	unsigned rounds;
	bool mac; /* HMAC-SHA-256 is computed, too */
	/* SHA-256 after the first block of the inner and the outer hash. */
	uint32_t inner[8], outer[8];
	unsigned sector_size;
};

/* What is computed of two sectors at once. */
struct seal_pair {
	const unsigned char *aad[2]; /* 24 bytes: sector and IV, in front of the data for the MAC */
	unsigned char *data[2];
	unsigned char *mac[2]; /* 32 bytes */
};

/*
 * Expands the keys: key_size is 32 or 64 bytes of AES-XTS. mac_key, of 32 bytes, is HMAC-SHA-256's;
 * NULL: the MAC is another one, computed elsewhere. False: this processor does not have the
 * instructions.
 */
bool seal_fast_init(struct seal_fast *fast, const unsigned char *key, size_t key_size,
		    const unsigned char *mac_key, unsigned sector_size);
/* AES-XTS of the two sectors, and their MACs unless another one is used. */
void seal_fast_pair(const struct seal_fast *fast, const struct seal_pair *pair);

/* SHA-256 of two texts of len bytes, a multiple of 64, side by side. False: this processor does not
 * have the instructions. */
bool seal_fast_hashes(const unsigned char *a, const unsigned char *b, size_t len,
		      unsigned char ret_a[static 32], unsigned char ret_b[static 32]);

#endif
