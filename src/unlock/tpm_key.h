/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tpm_key: what the worker of a volume asks of the TPM. Each question is asked by a process of its
 * own, with a deadline (system/tpm.h).
 */
#ifndef INTACT_UNLOCK_TPM_KEY_H
#define INTACT_UNLOCK_TPM_KEY_H

#include "config/volume.h"
#include "facts/tpm.h"
#include "facts/tpm2_token.h"

/*
 * Fills passphrase, an empty secret, with what opens the token's keyslot. With pin NULL and a token
 * that wants one, TPM_OK only means that it is worth asking for it. memory: KiB.
 */
struct tpm_answer tpm_key_get(const struct volume *v, const struct tpm2_token *token,
			      const struct secret *pin, uint64_t memory, struct secret *passphrase);

/* The volume is open with this key. Extends the PCR that tpm2-measure-pcr= names, if it does, as
 * systemd does it: what runs later cannot unseal a key that is bound to its former value. A failure
 * is no reason to close the volume; warning says why, else it is left as it is. */
void tpm_key_measure(const struct volume *v, const char *uuid, const struct secret *volume_key,
		     char warning[static 160]);

#endif
