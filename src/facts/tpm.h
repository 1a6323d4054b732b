/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tpm: how a TPM, or the way to one, fails.
 */
#ifndef INTACT_FACTS_TPM_H
#define INTACT_FACTS_TPM_H

#include <stdint.h>

enum tpm_fault {
	TPM_OK,
	TPM_LEFT_OUT,	   /* this program was built without tpm2-tss */
	TPM_ABSENT,	   /* there is no TPM 2.0, or its driver is missing */
	TPM_SILENT,	   /* it did not answer in time */
	TPM_DIED,	   /* the process that talked to it ended without an answer */
	TPM_IO,		   /* its device cannot be read or written */
	TPM_FORGED,	   /* an answer does not carry the right HMAC, or cannot be decrypted */
	TPM_WRONG_AUTH,	   /* the PIN or another authorisation value is wrong */
	TPM_LOCKOUT,	   /* too many wrong ones: it refuses all for some time */
	TPM_POLICY,	   /* the policy does not hold: a PCR has another value */
	TPM_CHANGED,	   /* a PCR was extended meanwhile: to be tried again */
	TPM_NO_SIGNATURE,  /* no signature file, or none in it for the present PCRs and this key */
	TPM_BAD_SIGNATURE, /* the signature is not by the key */
	TPM_NO_PCRLOCK,	   /* there is no pcrlock policy for this token */
	TPM_FOREIGN,	   /* the sealed object or its parent belongs to another TPM */
	TPM_BAD_TOKEN,	   /* the token's bytes are not what a TPM can load */
	TPM_NO_INDEX,	   /* there is no such NV index */
	TPM_UNWRITTEN,	   /* nothing was ever written to the NV index */
	TPM_EXISTS,	   /* there is an NV index with this handle */
	TPM_FULL,	   /* no room for another NV index, object or session */
	TPM_BUSY,	   /* it asked, too often, to be asked again later */
	TPM_OWNED,	   /* an owner password is set, and is needed */
	TPM_MEMORY,	   /* of this machine, not enough for the PIN's derivation */
	TPM_FAILED,	   /* anything else: its code says more */
};

/* What came of asking a TPM. */
struct tpm_answer {
	enum tpm_fault fault;
	uint32_t code; /* tpm2-tss's response code with TPM_FAILED and others, or 0 */
};

/* "the TPM is in lockout …": a clause without a full stop; static. */
const char *tpm_fault_text(enum tpm_fault fault);

#endif
