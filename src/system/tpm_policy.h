/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tpm_policy: satisfies the policy of a token in a policy session.
 */
#ifndef INTACT_SYSTEM_TPM_POLICY_H
#define INTACT_SYSTEM_TPM_POLICY_H

#include "facts/tpm2_token.h"
#include "system/tpm_esys.h"

/* What the policies of all shards need; made once. */
struct tpm_policy {
	const struct tpm2_token *token;
	const struct tpm2_files *files;
	TPMI_ALG_HASH bank;
	struct tpm2_rsa key; /* of the signed policy */
};

/* Reads the bank and the key. */
enum tpm_fault tpm_policy_prepare(struct tpm *tpm, const struct tpm2_token *token,
				  const struct tpm2_files *files, struct tpm_policy *ret);

/*
 * Does all the steps of one shard's policy in the session. TPM_POLICY: a PCR has another value, as
 * far as that shows here. old_name: the public key gets the name that systemd before 256 gave it.
 */
enum tpm_fault tpm_policy_satisfy(struct tpm *tpm, const struct tpm_policy *policy, unsigned shard,
				  bool old_name, ESYS_TR session);

/* The policy digest of the session. */
enum tpm_fault tpm_policy_digest(struct tpm *tpm, ESYS_TR session, TPM2B_DIGEST *ret);

#endif
