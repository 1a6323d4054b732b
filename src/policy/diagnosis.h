/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * diagnosis: what a failure means. Errno, the kernel's line and libcryptsetup's line in; reason,
 * exit code and next step out.
 *
 * node is the volume's disk, for the messages. What fills a struct unlock sets its status, code and
 * text, and leaves the rest alone.
 */
#ifndef INTACT_POLICY_DIAGNOSIS_H
#define INTACT_POLICY_DIAGNOSIS_H

#include "facts/job.h"
#include "facts/place.h"
#include "facts/tpm.h"

#include <stddef.h>

/* Why a read failed, as a clause: "the disk reports a read error". err: errno, positive. */
const char *diagnosis_read_error(int err);

/* The volume key is known, but device-mapper does not make the mapping called name. */
void diagnosis_open(const char *node, const char *name, const struct header *h,
		    const struct open_failure *failure, struct unlock *ret);

/* The key file cannot be read, and why. */
void diagnosis_keyfile(const struct file_place *place, const char *node, const char *why,
		       struct unlock *ret);

/* The key that a token names cannot be read. err: errno, positive. On a kernel without keyrings the
 * text is "". */
void diagnosis_token(const char *node, const struct keyring_token *token, int err,
		     struct unlock *ret);

/* A TPM gives no key for a token: appends a line. wrong: why the token itself cannot be used, a
 * clause about "the token"; or NULL, and answer is what the TPM said. */
void diagnosis_tpm2(const char *node, const struct tpm2_summary *token, const char *wrong,
		    const struct tpm_answer *answer, struct unlock *ret);

/* No keyslot can be tried at all. only: the keyslot that key-slot= asks for, or KEYSLOT_ANY; left:
 * as keyslots_explain writes it. */
void diagnosis_no_keyslot(const char *node, int only, const char *left, struct unlock *ret);

/* Keyslots were tried, but none to its end. err: the first error, a negative errno; left: what
 * stopped each of them. */
void diagnosis_keyslots_failed(const char *node, int err, const char *left, struct unlock *ret);

/* What stopped one keyslot: "needs 2 GiB of memory, but only 1 GiB is free". err: negative errno;
 * error: libcryptsetup's message, or ""; free: KiB of memory that the machine has free now. */
void diagnosis_keyslot(const struct keyslot *slot, int err, const char *error, uint64_t free,
		       char *buf, size_t size);

/* A worker process ended without an answer. signal: what ended it, or 0. */
void diagnosis_worker_died(const char *node, int signal, struct unlock *ret);

#endif
