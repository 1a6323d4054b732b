/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tpm2_pin: what systemd-cryptenroll makes of a PIN.
 */
#ifndef INTACT_SYSTEM_TPM2_PIN_H
#define INTACT_SYSTEM_TPM2_PIN_H

#include "base/secret.h"
#include "facts/tpm.h"
#include "facts/tpm2_token.h"

#define TPM2_PART_SIZE 32

/* A PIN as the token's fields ask for it. */
struct tpm2_pin {
	size_t len; /* of the authorisation value, without zero bytes at its end */
	unsigned char auth[TPM2_PART_SIZE];
	bool mixed; /* the keyslot's passphrase needs the other half, too */
	unsigned char other[TPM2_PART_SIZE];
};

/* memory: KiB that Argon2id may use. TPM_MEMORY, or TPM_FAILED. To be wiped in any case. */
enum tpm_fault tpm2_pin_derive(const struct tpm2_token *token, const struct secret *pin,
			       uint64_t memory, struct tpm2_pin *ret);

/* The keyslot's passphrase from what was unsealed. */
bool tpm2_pin_passphrase(const struct tpm2_pin *pin, const struct secret *unsealed,
			 struct secret *ret);

#endif
