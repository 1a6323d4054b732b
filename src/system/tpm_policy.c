/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/tpm_policy.h"

#include "base/texts.h"
#include "base/util.h"
#include "system/sha256.h"
#include "system/tpm2_files.h"

/* --- PCRs --- */

static TPML_PCR_SELECTION select_pcrs(TPMI_ALG_HASH bank, uint32_t pcrs)
{
	return (TPML_PCR_SELECTION){
		.count = 1,
		.pcrSelections = { { .hash = bank,
				     .sizeofSelect = 3,
				     .pcrSelect = { pcrs & 0xff, pcrs >> 8 & 0xff,
						    pcrs >> 16 & 0xff } } },
	};
}

static enum tpm_fault policy_pcr(struct tpm *tpm, ESYS_TR session, TPMI_ALG_HASH bank,
				 uint32_t pcrs)
{
	const TPML_PCR_SELECTION selection = select_pcrs(bank, pcrs);
	const TPM2B_DIGEST present = { 0 };

	return tpm_result(tpm, Esys_PolicyPCR(tpm->esys, session, ESYS_TR_NONE, ESYS_TR_NONE,
					      ESYS_TR_NONE, &present, &selection));
}

static bool is_set(const TPM2B_DIGEST *value)
{
	for (size_t i = 0; i < value->size; i++)
		if (value->buffer[i] != value->buffer[0])
			return true;
	return value->size > 0 && value->buffer[0] != 0 && value->buffer[0] != 0xff;
}

/* Is one of the PCRs in this bank neither all zeros nor all ones? */
static bool bank_is_used(struct tpm *tpm, TPMI_ALG_HASH bank, uint32_t pcrs)
{
	bool used = false;

	for (unsigned pcr = 0; pcr < TPM2_PCRS && !used; pcr++) {
		const TPML_PCR_SELECTION selection = select_pcrs(bank, pcrs & UINT32_C(1) << pcr);
		TPML_DIGEST *values = NULL;

		if (!(pcrs >> pcr & 1) ||
		    Esys_PCR_Read(tpm->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &selection,
				  NULL, NULL, &values) != TSS2_RC_SUCCESS)
			continue;
		used = values->count > 0 && is_set(&values->digests[0]);
		Esys_Free(values);
	}
	return used;
}

/* systemd before 250 wrote no bank: it took SHA-256, or SHA-1 if only that was in use. */
static TPMI_ALG_HASH choose_bank(struct tpm *tpm, const struct tpm2_token *token)
{
	const uint32_t pcrs = token->pcrs | token->signed_pcrs;

	if (token->bank)
		return (TPMI_ALG_HASH)token->bank;
	if (!bank_is_used(tpm, TPM2_ALG_SHA256, pcrs) && bank_is_used(tpm, TPM2_ALG_SHA1, pcrs))
		return TPM2_ALG_SHA1;
	return TPM2_ALG_SHA256;
}

enum tpm_fault tpm_policy_digest(struct tpm *tpm, ESYS_TR session, TPM2B_DIGEST *ret)
{
	TPM2B_DIGEST *digest = NULL;
	enum tpm_fault fault = tpm_result(tpm, Esys_PolicyGetDigest(tpm->esys, session,
								    ESYS_TR_NONE, ESYS_TR_NONE,
								    ESYS_TR_NONE, &digest));

	if (fault == TPM_OK)
		*ret = *digest;
	Esys_Free(digest);
	return fault;
}

/* --- the signed policy --- */

static enum tpm_fault load_public_key(struct tpm *tpm, const struct tpm2_rsa *key, bool old_name,
				      struct tpm_handle *ret)
{
	TPM2B_PUBLIC public = { .publicArea = { .type = TPM2_ALG_RSA,
						.nameAlg = TPM2_ALG_SHA256,
						.objectAttributes = TPMA_OBJECT_DECRYPT |
								    TPMA_OBJECT_SIGN_ENCRYPT |
								    TPMA_OBJECT_USERWITHAUTH } };
	TPMS_RSA_PARMS *parameters = &public.publicArea.parameters.rsaDetail;
	TSS2_RC rc;

	parameters->symmetric.algorithm = TPM2_ALG_NULL;
	parameters->scheme.scheme = TPM2_ALG_NULL;
	parameters->keyBits = (TPMI_RSA_KEY_BITS)(key->len * 8);
	/* 0 stands for 65537, but makes another name. */
	parameters->exponent = old_name && key->exponent == 65537 ? 0 : key->exponent;
	public.publicArea.unique.rsa.size = (UINT16)key->len;
	memcpy(public.publicArea.unique.rsa.buffer, key->modulus, key->len);
	rc = Esys_LoadExternal(tpm->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, NULL, &public,
			       ESYS_TR_RH_OWNER, &ret->tr);
	ret->flush = rc == TSS2_RC_SUCCESS;
	return tpm_result(tpm, rc);
}

/* policyRef is the hash of the reference's text, or empty. */
static bool policy_ref(const struct tpm2_token *token, TPM2B_NONCE *ret)
{
	*ret = (TPM2B_NONCE){ .size = token->has_ref ? SHA256_SIZE : 0 };
	return !token->has_ref || sha256(token->ref, strlen(token->ref), ret->buffer);
}

static enum tpm_fault find_signature(const struct tpm_policy *policy, const TPM2B_DIGEST *approved,
				     TPMT_SIGNATURE *ret)
{
	unsigned char fingerprint[SHA256_SIZE];
	struct tpm2_signature found;
	const struct tpm2_signed of = {
		.bank = policy->bank,
		.pcrs = policy->token->signed_pcrs,
		.fingerprint = fingerprint,
		.ref = policy->token->has_ref ? policy->token->ref : NULL,
		.policy = approved->buffer,
	};

	if (approved->size != SHA256_SIZE ||
	    !sha256(policy->key.der, policy->key.der_len, fingerprint))
		return TPM_FAILED;
	if (!tpm2_files_signature(policy->files->signature, &of, &found))
		return TPM_NO_SIGNATURE;
	*ret = (TPMT_SIGNATURE){ .sigAlg = TPM2_ALG_RSASSA };
	ret->signature.rsassa.hash = TPM2_ALG_SHA256;
	ret->signature.rsassa.sig.size = (UINT16)found.len;
	memcpy(ret->signature.rsassa.sig.buffer, found.bytes, found.len);
	return TPM_OK;
}

/* The TPM checks the signature over the policy and its reference, and gives a ticket for it. */
static enum tpm_fault verify(struct tpm *tpm, const struct tpm_policy *policy, ESYS_TR key,
			     const TPM2B_DIGEST *approved, const TPM2B_NONCE *ref,
			     TPMT_TK_VERIFIED **ret)
{
	unsigned char bytes[2 * SHA256_SIZE];
	TPM2B_DIGEST digest = { .size = SHA256_SIZE };
	TPMT_SIGNATURE signature;
	enum tpm_fault fault = find_signature(policy, approved, &signature);

	if (fault != TPM_OK)
		return fault;
	memcpy(bytes, approved->buffer, SHA256_SIZE);
	memcpy(bytes + SHA256_SIZE, ref->buffer, ref->size);
	if (!sha256(bytes, SHA256_SIZE + (size_t)ref->size, digest.buffer))
		return TPM_FAILED;
	return tpm_result(tpm, Esys_VerifySignature(tpm->esys, key, ESYS_TR_NONE, ESYS_TR_NONE,
						    ESYS_TR_NONE, &digest, &signature, ret));
}

static enum tpm_fault authorize(struct tpm *tpm, const struct tpm_policy *policy, ESYS_TR key,
				ESYS_TR session)
{
	TPM2B_DIGEST approved;
	TPM2B_NONCE ref;
	TPM2B_NAME *name = NULL;
	TPMT_TK_VERIFIED *ticket = NULL;
	enum tpm_fault fault = tpm_policy_digest(tpm, session, &approved);

	if (fault == TPM_OK && !policy_ref(policy->token, &ref))
		fault = TPM_FAILED;
	if (fault == TPM_OK)
		fault = tpm_result(tpm, Esys_TR_GetName(tpm->esys, key, &name));
	if (fault == TPM_OK)
		fault = verify(tpm, policy, key, &approved, &ref, &ticket);
	if (fault == TPM_OK)
		fault = tpm_result(tpm, Esys_PolicyAuthorize(tpm->esys, session, ESYS_TR_NONE,
							     ESYS_TR_NONE, ESYS_TR_NONE, &approved,
							     &ref, name, ticket));
	Esys_Free(name);
	Esys_Free(ticket);
	return fault;
}

static enum tpm_fault signed_policy(struct tpm *tpm, const struct tpm_policy *policy, bool old_name,
				    ESYS_TR session)
{
	cleanup_tpm_handle struct tpm_handle key = TPM_HANDLE(tpm);
	enum tpm_fault fault = load_public_key(tpm, &policy->key, old_name, &key);

	if (fault == TPM_OK)
		fault = policy_pcr(tpm, session, policy->bank, policy->token->signed_pcrs);
	return fault == TPM_OK ? authorize(tpm, policy, key.tr, session) : fault;
}

/* --- pcrlock --- */

/* What a policy digest becomes by PolicyPCR of one PCR with this value. */
static bool expect_pcr(const TPM2B_DIGEST *before, TPMI_ALG_HASH bank, unsigned pcr,
		       const unsigned char *value, size_t len, TPM2B_DIGEST *ret)
{
	const TPML_PCR_SELECTION s = select_pcrs(bank, UINT32_C(1) << pcr);
	const unsigned char middle[] = {
		0,
		0,
		1,
		0x7f, /* TPM2_CC_PolicyPCR */
		0,
		0,
		0,
		1,
		bank >> 8,
		bank & 0xff,
		3,
		s.pcrSelections[0].pcrSelect[0],
		s.pcrSelections[0].pcrSelect[1],
		s.pcrSelections[0].pcrSelect[2],
	};
	unsigned char bytes[SHA256_SIZE + sizeof(middle) + SHA256_SIZE];

	memcpy(bytes, before->buffer, SHA256_SIZE);
	memcpy(bytes + SHA256_SIZE, middle, sizeof(middle));
	ret->size = SHA256_SIZE;
	return sha256(value, len, bytes + SHA256_SIZE + sizeof(middle)) &&
	       sha256(bytes, sizeof(bytes), ret->buffer);
}

/* One PCR that may have any of several values. */
static enum tpm_fault any_value(struct tpm *tpm, const struct tpm2_pcrlock *lock, unsigned pcr,
				ESYS_TR session)
{
	TPML_DIGEST branches = { .count = lock->n_values[pcr] };
	TPM2B_DIGEST before;
	enum tpm_fault fault = tpm_policy_digest(tpm, session, &before);

	/* Before the first step the digest is all zeros, which the TPM gives as such. */
	for (unsigned i = 0; fault == TPM_OK && i < lock->n_values[pcr]; i++)
		if (!expect_pcr(&before, (TPMI_ALG_HASH)lock->bank, pcr, lock->value[pcr][i],
				lock->value_len, &branches.digests[i]))
			fault = TPM_FAILED;
	if (fault == TPM_OK)
		fault = policy_pcr(tpm, session, (TPMI_ALG_HASH)lock->bank, UINT32_C(1) << pcr);
	if (fault == TPM_OK) {
		TSS2_RC rc = Esys_PolicyOR(tpm->esys, session, ESYS_TR_NONE, ESYS_TR_NONE,
					   ESYS_TR_NONE, &branches);

		fault = tpm_result(tpm, rc);
		/* None of the branches is where the session stands. */
		if ((rc & 0xbf) == TPM2_RC_VALUE)
			fault = TPM_POLICY;
	}
	return fault;
}

static enum tpm_fault authorize_nv(struct tpm *tpm, const struct tpm2_token *token, ESYS_TR session)
{
	cleanup_tpm_handle struct tpm_handle nv = TPM_HANDLE(tpm);
	TSS2_RC rc = Esys_TR_Deserialize(tpm->esys, token->nv, token->nv_len, &nv.tr);
	enum tpm_fault fault;

	if (rc != TSS2_RC_SUCCESS) {
		nv.tr = ESYS_TR_NONE;
		return TPM_BAD_TOKEN;
	}
	rc = Esys_PolicyAuthorizeNV(tpm->esys, ESYS_TR_RH_OWNER, nv.tr, session, ESYS_TR_PASSWORD,
				    ESYS_TR_NONE, ESYS_TR_NONE);
	fault = tpm_result(tpm, rc);
	/* The index holds another policy: what pcrlock predicts has changed since. */
	if ((rc & 0xbf) == TPM2_RC_VALUE)
		return TPM_POLICY;
	if (fault == TPM_FAILED && (rc & 0xbf) == TPM2_RC_HANDLE)
		return TPM_NO_INDEX;
	return fault == TPM_WRONG_AUTH ? TPM_OWNED : fault;
}

static enum tpm_fault lock_policy(struct tpm *tpm, const struct tpm2_token *token,
				  const struct tpm2_pcrlock *lock, ESYS_TR session)
{
	enum tpm_fault fault = TPM_OK;
	uint32_t single = 0;

	for (unsigned pcr = 0; pcr < TPM2_PCRS; pcr++)
		if (lock->n_values[pcr] == 1)
			single |= UINT32_C(1) << pcr;
	if (single)
		fault = policy_pcr(tpm, session, (TPMI_ALG_HASH)lock->bank, single);
	for (unsigned pcr = 0; pcr < TPM2_PCRS && fault == TPM_OK; pcr++)
		if (lock->n_values[pcr] > 1)
			fault = any_value(tpm, lock, pcr, session);
	return fault == TPM_OK ? authorize_nv(tpm, token, session) : fault;
}

/* The image may have a policy that pcrlock has replaced since, and the boot loader's partition the
 * new one, or the other way round: the TPM says which of them is right. */
static enum tpm_fault pcrlock_policy(struct tpm *tpm, const struct tpm_policy *policy,
				     ESYS_TR session)
{
	cleanup_free struct tpm2_pcrlock *lock = xcalloc(1, sizeof(*lock));
	enum tpm_fault fault = TPM_NO_PCRLOCK;
	char **paths;
	size_t n;

	tpm2_files_pcrlocks(policy->files->pcrlock, &paths, &n);
	for (size_t i = 0; i < n && (fault == TPM_NO_PCRLOCK || fault == TPM_POLICY); i++) {
		if (!tpm2_files_pcrlock(paths[i], policy->token, lock))
			continue;
		/* It is the first step of the session's policy. */
		fault = fault != TPM_POLICY ?
				TPM_OK :
				tpm_result(tpm, Esys_PolicyRestart(tpm->esys, session, ESYS_TR_NONE,
								   ESYS_TR_NONE, ESYS_TR_NONE));
		if (fault == TPM_OK)
			fault = lock_policy(tpm, policy->token, lock, session);
	}
	texts_free(paths, n);
	return fault;
}

/* --- all of it --- */

enum tpm_fault tpm_policy_prepare(struct tpm *tpm, const struct tpm2_token *token,
				  const struct tpm2_files *files, struct tpm_policy *ret)
{
	*ret = (struct tpm_policy){ .token = token, .files = files };
	if (token->signed_pcrs && !tpm2_pem_read(token->pem, &ret->key))
		return TPM_BAD_TOKEN;
	if (token->pcrs | token->signed_pcrs)
		ret->bank = choose_bank(tpm, token);
	return TPM_OK;
}

enum tpm_fault tpm_policy_satisfy(struct tpm *tpm, const struct tpm_policy *policy, unsigned shard,
				  bool old_name, ESYS_TR session)
{
	const struct tpm2_token *token = policy->token;
	enum tpm_fault fault = TPM_OK;

	/* With both, the first shard has the signed policy and the second has pcrlock's. */
	if (token->signed_pcrs && shard == 0)
		fault = signed_policy(tpm, policy, old_name, session);
	if (fault == TPM_OK && token->pcrlock && (shard == 1 || !token->signed_pcrs))
		fault = pcrlock_policy(tpm, policy, session);
	if (fault == TPM_OK && token->pcrs)
		fault = policy_pcr(tpm, session, policy->bank, token->pcrs);
	if (fault == TPM_OK && token->pin)
		fault = tpm_result(tpm, Esys_PolicyAuthValue(tpm->esys, session, ESYS_TR_NONE,
							     ESYS_TR_NONE, ESYS_TR_NONE));
	return fault;
}
