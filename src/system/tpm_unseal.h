/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tpm_unseal: the passphrase that a token of systemd-cryptenroll has sealed to the TPM.
 */
#ifndef INTACT_SYSTEM_TPM_UNSEAL_H
#define INTACT_SYSTEM_TPM_UNSEAL_H

#include "facts/tpm2_token.h"
#include "system/tpm.h"

/*
 * Fills passphrase with what opens the token's keyslot. Where the token wants a PIN, pin is what
 * was typed; with pin NULL only as much is done as costs no attempt: TPM_OK then means that the
 * policy holds and the TPM is not locked, so that it is worth asking for the PIN. memory: KiB that
 * the PIN's derivation may use.
 */
enum tpm_fault tpm2_unseal(struct tpm *tpm, const struct tpm2_token *token,
			   const struct tpm2_files *files, const struct secret *pin,
			   uint64_t memory, struct secret *passphrase);

#endif
