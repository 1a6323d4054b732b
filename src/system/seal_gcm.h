/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * seal_gcm: AES-GCM of sectors of zeros with the processor's AES and carry-less multiplication
 * instructions.
 */
#ifndef INTACT_SYSTEM_SEAL_GCM_H
#define INTACT_SYSTEM_SEAL_GCM_H

#include <stdbool.h>
#include <stddef.h>

#define SEAL_GCM_IV 12
#define SEAL_GCM_MAC 16
#define SEAL_GCM_AAD (8 + SEAL_GCM_IV) /* what dm-crypt authenticates: the sector, and the IV */

struct seal_gcm {
	unsigned char keys[15 * 16]; /* expanded */
	unsigned char powers[8][16]; /* of the hash's key, the eighth first */
	unsigned rounds, sector_size;
};

/* Expands a key of 16 or 32 bytes. False: this processor does not have the instructions. */
bool seal_gcm_init(struct seal_gcm *gcm, const unsigned char *key, size_t key_size,
		   unsigned sector_size);
/* Encrypts a sector of zeros. */
void seal_gcm_sector(const struct seal_gcm *gcm, const unsigned char aad[static SEAL_GCM_AAD],
		     unsigned char *data, unsigned char mac[static SEAL_GCM_MAC]);

#endif
