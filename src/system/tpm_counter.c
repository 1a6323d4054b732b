/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/tpm_esys.h"

#include "base/util.h"

/* The ranges in which an owner may define indexes: TCG's for owners, and UAPI.19's. */
static const struct range {
	uint32_t first, last;
} ranges[] = {
	{ 0x01800000, 0x01bfffff },
	{ 0x01d10200, 0x01d105ff },
};

#define COUNTER_SIZE 8
#define COUNTER_ATTRIBUTES                                                          \
	(TPMA_NV_AUTHREAD | TPMA_NV_AUTHWRITE | TPMA_NV_OWNERREAD | TPMA_NV_NO_DA | \
	 TPM2_NT_COUNTER << TPMA_NV_TPM2_NT_SHIFT)
/* Indexes that are tried for a new counter before the TPM is called full. */
#define DEFINE_TRIES 32

static enum tpm_fault set_auth(struct tpm *tpm, ESYS_TR tr, const struct secret *auth)
{
	TPM2B_AUTH value = { .size = (UINT16)auth->len };
	TSS2_RC rc = TSS2_ESYS_RC_BAD_VALUE;

	if (auth->len <= sizeof(value.buffer)) {
		memcpy(value.buffer, auth->bytes, auth->len);
		rc = Esys_TR_SetAuth(tpm->esys, tr, &value);
	}
	explicit_bzero(&value, sizeof(value));
	return tpm_result(tpm, rc);
}

static enum tpm_fault name_of(struct tpm *tpm, ESYS_TR tr, struct tpm_name *ret)
{
	TPM2B_NAME *name = NULL;
	TSS2_RC rc = Esys_TR_GetName(tpm->esys, tr, &name);

	if (rc != TSS2_RC_SUCCESS)
		return tpm_result(tpm, rc);
	ret->len = name->size <= sizeof(ret->bytes) ? name->size : 0;
	memcpy(ret->bytes, name->name, ret->len);
	Esys_Free(name);
	return ret->len > 0 ? TPM_OK : TPM_FAILED;
}

/* The handle and name of an index that is there. */
static enum tpm_fault look_up(struct tpm *tpm, uint32_t index, struct tpm_handle *ret,
			      struct tpm_name *ret_name)
{
	cleanup_tpm_handle struct tpm_handle handle = TPM_HANDLE(tpm);
	TSS2_RC rc = Esys_TR_FromTPMPublic(tpm->esys, index, ESYS_TR_NONE, ESYS_TR_NONE,
					   ESYS_TR_NONE, &handle.tr);
	enum tpm_fault fault;

	if (rc != TSS2_RC_SUCCESS) {
		fault = tpm_result(tpm, rc);
		/* TPM_RC_HANDLE: there is none. */
		return (rc & 0xbf) == TPM2_RC_HANDLE && fault == TPM_FAILED ? TPM_NO_INDEX : fault;
	}
	fault = name_of(tpm, handle.tr, ret_name);
	if (fault == TPM_OK) {
		*ret = handle;
		handle.tr = ESYS_TR_NONE;
	}
	return fault;
}

enum tpm_fault tpm_counter_name(struct tpm *tpm, uint32_t index, struct tpm_name *ret)
{
	cleanup_tpm_handle struct tpm_handle handle = TPM_HANDLE(tpm);

	return look_up(tpm, index, &handle, ret);
}

/* --- finding --- */

static bool is_ours(const TPMS_NV_PUBLIC *area, const unsigned char *policy)
{
	return (area->attributes & ~(TPMA_NV)TPMA_NV_WRITTEN) == COUNTER_ATTRIBUTES &&
	       area->authPolicy.size == TPM_POLICY_SIZE &&
	       memcmp(area->authPolicy.buffer, policy, TPM_POLICY_SIZE) == 0;
}

static enum tpm_fault look_at(struct tpm *tpm, uint32_t index, const unsigned char *policy,
			      struct tpm_name *ret_name)
{
	cleanup_tpm_handle struct tpm_handle handle = TPM_HANDLE(tpm);
	TPM2B_NV_PUBLIC *area = NULL;
	enum tpm_fault fault = look_up(tpm, index, &handle, ret_name);

	if (fault == TPM_OK)
		fault = tpm_result(tpm,
				   Esys_NV_ReadPublic(tpm->esys, handle.tr, ESYS_TR_NONE,
						      ESYS_TR_NONE, ESYS_TR_NONE, &area, NULL));
	if (fault == TPM_OK && !is_ours(&area->nvPublic, policy))
		fault = TPM_NO_INDEX;
	Esys_Free(area);
	return fault;
}

/* The next handles of indexes from first on. */
static enum tpm_fault list(struct tpm *tpm, uint32_t first, TPML_HANDLE *ret)
{
	TPMS_CAPABILITY_DATA *data = NULL;
	TSS2_RC rc = Esys_GetCapability(tpm->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
					TPM2_CAP_HANDLES, first, TPM2_MAX_CAP_HANDLES, NULL, &data);

	if (rc != TSS2_RC_SUCCESS)
		return tpm_result(tpm, rc);
	*ret = data->data.handles;
	Esys_Free(data);
	return TPM_OK;
}

static enum tpm_fault find_in(struct tpm *tpm, const struct range *range,
			      const unsigned char *policy, uint32_t *ret_index,
			      struct tpm_name *ret_name)
{
	TPML_HANDLE found = { 0 };

	for (uint32_t first = range->first; first <= range->last;) {
		enum tpm_fault fault = list(tpm, first, &found);

		if (fault != TPM_OK)
			return fault;
		for (uint32_t i = 0; i < found.count && i < TPM2_MAX_CAP_HANDLES; i++) {
			uint32_t index = found.handle[i];

			if (index < first || index > range->last)
				return TPM_NO_INDEX;
			fault = look_at(tpm, index, policy, ret_name);
			if (fault == TPM_OK)
				*ret_index = index;
			if (fault != TPM_NO_INDEX)
				return fault;
			first = index + 1;
		}
		if (found.count == 0)
			break;
	}
	return TPM_NO_INDEX;
}

enum tpm_fault tpm_counter_find(struct tpm *tpm, const unsigned char policy[TPM_POLICY_SIZE],
				uint32_t *ret_index, struct tpm_name *ret_name)
{
	enum tpm_fault fault = TPM_NO_INDEX;

	for (size_t i = 0; i < ARRAY_SIZE(ranges) && fault == TPM_NO_INDEX; i++)
		fault = find_in(tpm, &ranges[i], policy, ret_index, ret_name);
	return fault;
}

/* --- reading and writing --- */

/* Big endian, as NV_Read gives it. */
static enum tpm_fault value_of(const TPM2B_MAX_NV_BUFFER *data, uint64_t *ret)
{
	uint64_t value = 0;

	if (data->size != COUNTER_SIZE)
		return TPM_FAILED;
	for (size_t i = 0; i < COUNTER_SIZE; i++)
		value = value << 8 | data->buffer[i];
	*ret = value;
	return TPM_OK;
}

static enum tpm_fault read_value(struct tpm *tpm, ESYS_TR nv, ESYS_TR session, uint64_t *ret)
{
	TPM2B_MAX_NV_BUFFER *data = NULL;
	enum tpm_fault fault;
	unsigned tries = 0;
	TSS2_RC rc;

	do {
		rc = Esys_NV_Read(tpm->esys, nv, nv, session, ESYS_TR_NONE, ESYS_TR_NONE,
				  COUNTER_SIZE, 0, &data);
	} while (tpm_asks_again(rc, &tries));
	fault = tpm_result(tpm, rc);
	if (fault == TPM_OK)
		fault = value_of(data, ret);
	Esys_Free(data);
	return fault;
}

static enum tpm_fault increment(struct tpm *tpm, ESYS_TR nv, ESYS_TR session)
{
	unsigned tries = 0;
	TSS2_RC rc;

	do {
		rc = Esys_NV_Increment(tpm->esys, nv, nv, session, ESYS_TR_NONE, ESYS_TR_NONE);
	} while (tpm_asks_again(rc, &tries));
	return tpm_result(tpm, rc);
}

static void close_counter(struct tpm_counter *c)
{
	tpm_handle_release(&c->session);
	tpm_handle_release(&c->nv);
}

/* An index with this very name, and a session. The session needs no salt: the authorisation value,
 * which has 32 random bytes, authenticates both ways. */
static enum tpm_fault open_counter(struct tpm *tpm, uint32_t index, const struct tpm_name *name,
				   struct tpm_counter *ret)
{
	struct tpm_counter c = { .index = index,
				 .nv = TPM_HANDLE(tpm),
				 .session = TPM_HANDLE(tpm) };
	enum tpm_fault fault = look_up(tpm, index, &c.nv, &c.name);

	if (fault == TPM_OK &&
	    (c.name.len != name->len || memcmp(c.name.bytes, name->bytes, name->len) != 0))
		fault = TPM_FOREIGN;
	if (fault == TPM_OK)
		fault = tpm_session(tpm, ESYS_TR_NONE, ESYS_TR_NONE, false, &c.session);
	if (fault == TPM_OK)
		*ret = c;
	else
		close_counter(&c);
	return fault;
}

static void let_go(struct tpm *tpm)
{
	if (tpm->holds)
		close_counter(&tpm->held);
	tpm->holds = false;
}

static bool holds(const struct tpm *tpm, uint32_t index, const struct tpm_name *name)
{
	return tpm->holds && tpm->held.index == index && tpm->held.name.len == name->len &&
	       memcmp(tpm->held.name.bytes, name->bytes, name->len) == 0;
}

enum tpm_fault tpm_counter_hold(struct tpm *tpm, uint32_t index, const struct tpm_name *name)
{
	enum tpm_fault fault;

	let_go(tpm);
	fault = open_counter(tpm, index, name, &tpm->held);
	tpm->holds = fault == TPM_OK;
	return fault;
}

/* The commands that need the authorisation value. */
static enum tpm_fault command(struct tpm *tpm, const struct tpm_counter *c,
			      const struct secret *auth, bool counts, uint64_t *ret)
{
	enum tpm_fault fault = set_auth(tpm, c->nv.tr, auth);

	if (fault == TPM_OK && counts)
		fault = increment(tpm, c->nv.tr, c->session.tr);
	return fault == TPM_OK ? read_value(tpm, c->nv.tr, c->session.tr, ret) : fault;
}

/* Reads the counter, with counts after one more. */
static enum tpm_fault use(struct tpm *tpm, uint32_t index, const struct tpm_name *name,
			  const struct secret *auth, bool counts, uint64_t *ret)
{
	struct tpm_counter c;
	/* After one false answer the honest one must still count. */
	enum tpm_fault fault = tpm_afresh(tpm);

	if (fault != TPM_OK)
		return fault;
	if (holds(tpm, index, name)) {
		fault = command(tpm, &tpm->held, auth, counts, ret);
		/* The next one begins with a look at the index. */
		if (fault != TPM_OK)
			let_go(tpm);
		return fault;
	}
	fault = open_counter(tpm, index, name, &c);
	if (fault != TPM_OK)
		return fault;
	fault = command(tpm, &c, auth, counts, ret);
	close_counter(&c);
	return fault;
}

enum tpm_fault tpm_counter_read(struct tpm *tpm, uint32_t index, const struct tpm_name *name,
				const struct secret *auth, uint64_t *ret)
{
	return use(tpm, index, name, auth, false, ret);
}

enum tpm_fault tpm_counter_increment(struct tpm *tpm, uint32_t index, const struct tpm_name *name,
				     const struct secret *auth, uint64_t *ret)
{
	return use(tpm, index, name, auth, true, ret);
}

/* --- defining --- */

static enum tpm_fault as_owner(enum tpm_fault fault)
{
	return fault == TPM_WRONG_AUTH ? TPM_OWNED : fault;
}

/* At the first index from start on that is free. */
static enum tpm_fault define(struct tpm *tpm, ESYS_TR session, const unsigned char *policy,
			     const TPM2B_AUTH *auth, uint32_t *ret_index, struct tpm_handle *ret_nv)
{
	const uint32_t start = (uint32_t)policy[0] << 14 | (uint32_t)policy[1] << 6;
	enum tpm_fault fault = TPM_EXISTS;
	TPM2B_NV_PUBLIC area = { .nvPublic = { .nameAlg = TPM2_ALG_SHA256,
					       .attributes = COUNTER_ATTRIBUTES,
					       .dataSize = COUNTER_SIZE,
					       .authPolicy.size = TPM_POLICY_SIZE } };

	memcpy(area.nvPublic.authPolicy.buffer, policy, TPM_POLICY_SIZE);
	for (uint32_t i = 0; i < DEFINE_TRIES && fault == TPM_EXISTS; i++) {
		area.nvPublic.nvIndex = ranges[0].first + start + i;
		fault = as_owner(tpm_result(
			tpm, Esys_NV_DefineSpace(tpm->esys, ESYS_TR_RH_OWNER, session, ESYS_TR_NONE,
						 ESYS_TR_NONE, auth, &area, &ret_nv->tr)));
	}
	*ret_index = area.nvPublic.nvIndex;
	return fault;
}

/* The first increment makes it readable, and changes its attributes and so its name. */
static enum tpm_fault start_counting(struct tpm *tpm, ESYS_TR nv, struct tpm_name *ret_name,
				     uint64_t *ret_value)
{
	cleanup_tpm_handle struct tpm_handle session = TPM_HANDLE(tpm);
	enum tpm_fault fault = tpm_session(tpm, ESYS_TR_NONE, ESYS_TR_NONE, false, &session);

	if (fault == TPM_OK)
		fault = increment(tpm, nv, session.tr);
	if (fault == TPM_OK)
		fault = name_of(tpm, nv, ret_name);
	return fault == TPM_OK ? read_value(tpm, nv, session.tr, ret_value) : fault;
}

enum tpm_fault tpm_counter_define(struct tpm *tpm, const unsigned char policy[TPM_POLICY_SIZE],
				  const struct secret *auth, uint32_t *ret_index,
				  struct tpm_name *ret_name, uint64_t *ret_value)
{
	cleanup_tpm_handle struct tpm_handle key = TPM_HANDLE(tpm);
	cleanup_tpm_handle struct tpm_handle session = TPM_HANDLE(tpm);
	cleanup_tpm_handle struct tpm_handle nv = TPM_HANDLE(tpm);
	TPM2B_AUTH value = { .size = (UINT16)auth->len };
	uint32_t index = 0;
	enum tpm_fault fault;

	/* Not longer than the name's hash: a TPM refuses that. */
	if (auth->len == 0 || auth->len > TPM2_SHA256_DIGEST_SIZE)
		return TPM_FAILED;
	fault = tpm_storage_key(tpm, 0, &key);
	if (fault == TPM_OK)
		fault = tpm_session(tpm, key.tr, ESYS_TR_NONE, true, &session);
	if (fault != TPM_OK)
		return fault;
	memcpy(value.buffer, auth->bytes, auth->len);
	fault = define(tpm, session.tr, policy, &value, &index, &nv);
	explicit_bzero(&value, sizeof(value));
	if (fault == TPM_OK)
		fault = set_auth(tpm, nv.tr, auth);
	if (fault == TPM_OK)
		fault = start_counting(tpm, nv.tr, ret_name, ret_value);
	if (fault == TPM_OK)
		*ret_index = index;
	else if (nv.tr != ESYS_TR_NONE)
		(void)tpm_counter_undefine(tpm, index);
	return fault;
}

enum tpm_fault tpm_counter_undefine(struct tpm *tpm, uint32_t index)
{
	struct tpm_handle nv = TPM_HANDLE(tpm);
	struct tpm_name name;
	enum tpm_fault fault;

	let_go(tpm);
	fault = look_up(tpm, index, &nv, &name);
	if (fault != TPM_OK)
		return fault;
	fault = tpm_result(tpm,
			   Esys_NV_UndefineSpace(tpm->esys, ESYS_TR_RH_OWNER, nv.tr,
						 ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE));
	if (fault != TPM_OK)
		tpm_handle_release(&nv);
	return as_owner(fault);
}
