/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tpm_esys: what the tpm_*.c files share. They alone include tpm2-tss.
 */
#ifndef INTACT_SYSTEM_TPM_ESYS_H
#define INTACT_SYSTEM_TPM_ESYS_H

#include "system/tpm.h"

#include <tss2/tss2_esys.h>

/* A thing in the TPM that must be flushed, or a handle of something that stays there. */
struct tpm_handle {
	struct tpm *tpm;
	ESYS_TR tr;
	bool flush;
};

/* An index that has this very name, and a session to use it in. */
struct tpm_counter {
	uint32_t index;
	struct tpm_name name;
	struct tpm_handle nv, session;
};

struct tpm {
	ESYS_CONTEXT *esys;
	uint32_t code; /* of the last fault */
	const char *device;
	/* The library has found an answer wrong, or got none: it does not go on with this
	 * connection. */
	bool stuck;
	bool holds; /* held is open: tpm_counter_hold() */
	struct tpm_counter held;
};

/* A new connection, unless the one there is works. What was loaded by the old one is gone. */
enum tpm_fault tpm_afresh(struct tpm *tpm);

/* What a response code means, and keeps it. */
enum tpm_fault tpm_result(struct tpm *tpm, TSS2_RC rc);

#define TPM_HANDLE(t) ((struct tpm_handle){ .tpm = (t), .tr = ESYS_TR_NONE })
void tpm_handle_release(struct tpm_handle *handle);
#define cleanup_tpm_handle __attribute__((cleanup(tpm_handle_release)))

/* Parameters go encrypted both ways: AES-128-CFB. */
extern const TPMT_SYM_DEF tpm_aes;

/* The storage key that a session is salted with: the one at 0x81000001, or (for the first time, on
 * a TPM that has none) one made from the template of systemd before 254. */
enum tpm_fault tpm_storage_key(struct tpm *tpm, TPMI_ALG_PUBLIC type, struct tpm_handle *ret);
/* The same, always from the template; type 0: ECC. */
enum tpm_fault tpm_legacy_key(struct tpm *tpm, TPMI_ALG_PUBLIC type, struct tpm_handle *ret);

/* An HMAC session, salted with a key and bound to an object (both may be ESYS_TR_NONE). encrypt:
 * the first parameter of commands and answers goes encrypted. */
enum tpm_fault tpm_session(struct tpm *tpm, ESYS_TR salt, ESYS_TR bind, bool encrypt,
			   struct tpm_handle *ret);

/* Asks again, a little later, as long as the TPM says it is busy: true. *tries starts at 0. */
bool tpm_asks_again(TSS2_RC rc, unsigned *tries);

#endif
