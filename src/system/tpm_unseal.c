/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/tpm_unseal.h"

#include "base/util.h"
#include "system/tpm2_pin.h"
#include "system/tpm_policy.h"

#include <tss2/tss2_mu.h>

/* A PCR that is extended while its policy is being satisfied. */
#define CHANGED_TRIES 30

/* What is the same for all shards. */
struct unsealing {
	struct tpm *tpm;
	const struct tpm2_token *token;
	struct tpm_policy policy;
	ESYS_TR parent;
	const struct tpm2_pin *pin; /* NULL: there is none, or it is not known yet */
	bool dry;		    /* it is not known yet: nothing may cost an attempt */
	struct secret *unsealed;
};

/* --- the sealed object --- */

struct object {
	TPM2B_PRIVATE private;
	TPM2B_PUBLIC public;
	TPM2B_ENCRYPTED_SECRET seed; /* size 0: none */
};

static bool unmarshal(const struct tpm2_blob *blob, struct object *ret)
{
	size_t at = 0;

	*ret = (struct object){ 0 };
	return Tss2_MU_TPM2B_PRIVATE_Unmarshal(blob->bytes, blob->len, &at, &ret->private) ==
		       TSS2_RC_SUCCESS &&
	       Tss2_MU_TPM2B_PUBLIC_Unmarshal(blob->bytes, blob->len, &at, &ret->public) ==
		       TSS2_RC_SUCCESS &&
	       (at == blob->len ||
		Tss2_MU_TPM2B_ENCRYPTED_SECRET_Unmarshal(blob->bytes, blob->len, &at, &ret->seed) ==
			TSS2_RC_SUCCESS) &&
	       at == blob->len;
}

/* What the parent cannot decrypt, or a parent that is not there, is another TPM's. */
static enum tpm_fault of_parent(struct tpm *tpm, TSS2_RC rc)
{
	enum tpm_fault fault = tpm_result(tpm, rc);

	if (fault != TPM_FAILED || !(rc & TPM2_RC_FMT1))
		return fault;
	switch (rc & 0xbf) {
	case TPM2_RC_HANDLE:
	case TPM2_RC_BINDING:
	case TPM2_RC_SIZE:
	case TPM2_RC_VALUE:
		return TPM_FOREIGN;
	default:
		return fault;
	}
}

/* An object that was sealed without its TPM, for the public part of its storage key. */
static enum tpm_fault import(const struct unsealing *u, struct object *object)
{
	const TPMT_SYM_DEF_OBJECT none = { .algorithm = TPM2_ALG_NULL };
	const TPM2B_DATA no_key = { 0 };
	TPM2B_PRIVATE *private = NULL;
	enum tpm_fault fault =
		of_parent(u->tpm, Esys_Import(u->tpm->esys, u->parent, ESYS_TR_PASSWORD,
					      ESYS_TR_NONE, ESYS_TR_NONE, &no_key, &object->public,
					      &object->private, &object->seed, &none, &private));

	if (fault == TPM_OK)
		object->private = *private;
	Esys_Free(private);
	return fault;
}

/* Loads it in the clear: nothing secret crosses the bus, and another object gives nothing. */
static enum tpm_fault load(const struct unsealing *u, const struct tpm2_blob *blob,
			   struct tpm_handle *ret)
{
	struct object object;
	enum tpm_fault fault = TPM_OK;

	if (!unmarshal(blob, &object))
		return TPM_BAD_TOKEN;
	if (object.seed.size > 0)
		fault = import(u, &object);
	if (fault == TPM_OK)
		fault = of_parent(u->tpm, Esys_Load(u->tpm->esys, u->parent, ESYS_TR_PASSWORD,
						    ESYS_TR_NONE, ESYS_TR_NONE, &object.private,
						    &object.public, &ret->tr));
	ret->flush = fault == TPM_OK;
	return fault;
}

static enum tpm_fault set_pin(const struct unsealing *u, ESYS_TR object)
{
	TPM2B_AUTH auth = { 0 };
	TSS2_RC rc;

	if (!u->pin)
		return TPM_OK;
	auth.size = (UINT16)u->pin->len;
	memcpy(auth.buffer, u->pin->auth, u->pin->len);
	rc = Esys_TR_SetAuth(u->tpm->esys, object, &auth);
	explicit_bzero(&auth, sizeof(auth));
	return tpm_result(u->tpm, rc);
}

/* --- sessions --- */

static enum tpm_fault policy_session(struct tpm *tpm, ESYS_TR salt, ESYS_TR under,
				     struct tpm_handle *ret)
{
	TSS2_RC rc = Esys_StartAuthSession(tpm->esys, salt, ESYS_TR_NONE, under, ESYS_TR_NONE,
					   ESYS_TR_NONE, NULL, TPM2_SE_POLICY, &tpm_aes,
					   TPM2_ALG_SHA256, &ret->tr);

	ret->flush = rc == TSS2_RC_SUCCESS;
	return tpm_result(tpm, rc);
}

/* Is the policy the one that the object has, as far as the token says? */
static enum tpm_fault compare(const struct unsealing *u, unsigned shard, ESYS_TR session)
{
	const struct tpm2_hash *want = &u->token->hash[shard];
	TPM2B_DIGEST got;
	enum tpm_fault fault = tpm_policy_digest(u->tpm, session, &got);

	if (fault == TPM_OK && shard < u->token->n_hashes &&
	    (got.size != want->len || memcmp(got.buffer, want->bytes, want->len) != 0))
		fault = TPM_POLICY;
	return fault;
}

static enum tpm_fault satisfy(const struct unsealing *u, unsigned shard, bool old_name,
			      ESYS_TR under, struct tpm_handle *ret)
{
	cleanup_tpm_handle struct tpm_handle session = TPM_HANDLE(u->tpm);
	enum tpm_fault fault = policy_session(u->tpm, u->parent, under, &session);

	if (fault == TPM_OK)
		fault = tpm_policy_satisfy(u->tpm, &u->policy, shard, old_name, session.tr);
	if (fault == TPM_OK)
		fault = compare(u, shard, session.tr);
	if (fault == TPM_OK) {
		*ret = session;
		session.tr = ESYS_TR_NONE;
	}
	return fault;
}

/* --- unsealing --- */

static enum tpm_fault unseal(const struct unsealing *u, ESYS_TR object, ESYS_TR policy,
			     ESYS_TR encrypting)
{
	TPM2B_SENSITIVE_DATA *data = NULL;
	unsigned tries = 0;
	enum tpm_fault fault;
	TSS2_RC rc;

	do {
		rc = Esys_Unseal(u->tpm->esys, object, policy, encrypting, ESYS_TR_NONE, &data);
	} while (tpm_asks_again(rc, &tries));
	fault = tpm_result(u->tpm, rc);
	if (fault != TPM_OK)
		return fault;
	for (size_t i = 0; i < data->size && fault == TPM_OK; i++)
		if (!secret_add(u->unsealed, data->buffer[i]))
			fault = TPM_BAD_TOKEN;
	explicit_bzero(data, sizeof(*data));
	Esys_Free(data);
	return fault;
}

static enum tpm_fault one_shard(const struct unsealing *u, unsigned shard)
{
	cleanup_tpm_handle struct tpm_handle object = TPM_HANDLE(u->tpm);
	cleanup_tpm_handle struct tpm_handle encrypting = TPM_HANDLE(u->tpm);
	cleanup_tpm_handle struct tpm_handle policy = TPM_HANDLE(u->tpm);
	enum tpm_fault fault = load(u, &u->token->blob[shard], &object);

	if (fault == TPM_OK)
		fault = set_pin(u, object.tr);
	/* Bound to the object: a liar between us and the TPM, who does not know the PIN, can answer
	 * nothing. Without the PIN it must not be bound: that would be a wrong one. */
	if (fault == TPM_OK)
		fault = tpm_session(u->tpm, u->parent, u->dry ? ESYS_TR_NONE : object.tr, true,
				    &encrypting);
	if (fault == TPM_OK)
		fault = satisfy(u, shard, false, encrypting.tr, &policy);
	/* systemd before 256 gave the public key another name (its issue 30546). */
	if (fault == TPM_POLICY && shard == 0 && u->token->signed_pcrs)
		fault = satisfy(u, shard, true, encrypting.tr, &policy);
	if (fault == TPM_OK && !u->dry)
		fault = unseal(u, object.tr, policy.tr, encrypting.tr);
	return fault;
}

static enum tpm_fault all_shards(const struct unsealing *u)
{
	enum tpm_fault fault = TPM_CHANGED;

	for (unsigned tries = 0; fault == TPM_CHANGED && tries < CHANGED_TRIES; tries++) {
		secret_wipe(u->unsealed);
		fault = TPM_OK;
		for (unsigned shard = 0; shard < u->token->n_blobs && fault == TPM_OK; shard++)
			fault = one_shard(u, shard);
	}
	return fault;
}

static enum tpm_fault find_parent(struct tpm *tpm, const struct tpm2_token *token,
				  struct tpm_handle *ret)
{
	if (token->srk_len == 0)
		return tpm_legacy_key(tpm, (TPMI_ALG_PUBLIC)token->primary, ret);
	/* The salt of our sessions is encrypted to the key that the token holds: to no other. */
	if (Esys_TR_Deserialize(tpm->esys, token->srk, token->srk_len, &ret->tr) !=
	    TSS2_RC_SUCCESS) {
		ret->tr = ESYS_TR_NONE;
		return TPM_BAD_TOKEN;
	}
	return TPM_OK;
}

/* A locked TPM refuses also the right PIN; that is known without a try. */
static enum tpm_fault not_locked(struct tpm *tpm)
{
	uint32_t permanent = 0;

	(void)tpm_property(tpm, TPM_PROPERTY_PERMANENT, &permanent);
	return permanent & TPM_PERMANENT_IN_LOCKOUT ? TPM_LOCKOUT : TPM_OK;
}

enum tpm_fault tpm2_unseal(struct tpm *tpm, const struct tpm2_token *token,
			   const struct tpm2_files *files, const struct secret *pin,
			   uint64_t memory, struct secret *passphrase)
{
	cleanup_tpm_handle struct tpm_handle parent = TPM_HANDLE(tpm);
	struct tpm2_pin derived = { 0 };
	struct unsealing u = { .tpm = tpm,
			       .token = token,
			       .pin = token->pin && pin ? &derived : NULL,
			       .dry = token->pin && !pin,
			       .unsealed = secret_new() };
	enum tpm_fault fault = u.unsealed ? TPM_OK : TPM_FAILED;

	if (fault == TPM_OK && token->pin)
		fault = not_locked(tpm);
	if (fault == TPM_OK && u.pin)
		fault = tpm2_pin_derive(token, pin, memory, &derived);
	if (fault == TPM_OK)
		fault = find_parent(tpm, token, &parent);
	u.parent = parent.tr;
	if (fault == TPM_OK)
		fault = tpm_policy_prepare(tpm, token, files, &u.policy);
	if (fault == TPM_OK)
		fault = all_shards(&u);
	if (fault == TPM_OK && !u.dry && !tpm2_pin_passphrase(&derived, u.unsealed, passphrase))
		fault = TPM_BAD_TOKEN;
	explicit_bzero(&derived, sizeof(derived));
	secret_free(u.unsealed);
	return fault;
}
