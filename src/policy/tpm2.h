/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tpm2: a volume whose key a TPM may give, alone or for a PIN.
 *
 * SOURCE_TPM2 costs nothing and is tried first. When all that a token lacks is its PIN, that is
 * what the prompt asks for (SOURCE_TPM2_PIN); when the TPM gives no key, the prompt says why and
 * asks for the passphrase. Enter alone at the prompt for the PIN does the same.
 */
#ifndef INTACT_POLICY_TPM2_H
#define INTACT_POLICY_TPM2_H

#include "policy/track.h"

/* Does the header have tokens for a TPM? */
bool tpm2_has_tokens(const struct track *t);
/* Would a PIN help, and can a person be asked for it? */
bool tpm2_wants_pin(const struct track *t);

/* The TPM gave nothing to try, or nothing more: why, for the prompt to come. */
void tpm2_no_key(struct engine *e, struct track *t, const struct unlock *unlock);
/* The PIN was wrong. */
void tpm2_pin_wrong(struct engine *e, struct track *t);
/* Enter alone at the prompt for the PIN. */
void tpm2_pin_empty(struct engine *e, struct track *t);

#endif
