/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/tpm_esys.h"

#include "base/util.h"

#include <poll.h>
#include <time.h>

/* --- what a response code means --- */

/* Of format one: the error, without the number of the handle, session or parameter. */
static enum tpm_fault format_one(TSS2_RC rc)
{
	switch (rc & 0xbf) {
	case TPM2_RC_AUTH_FAIL:
	case TPM2_RC_BAD_AUTH:
		return TPM_WRONG_AUTH;
	case TPM2_RC_POLICY_FAIL:
		return TPM_POLICY;
	case TPM2_RC_SIGNATURE:
		return TPM_BAD_SIGNATURE;
	case TPM2_RC_INTEGRITY:
		return TPM_FOREIGN;
	default:
		return TPM_FAILED;
	}
}

static enum tpm_fault of_the_tpm(TSS2_RC rc)
{
	if (rc & TPM2_RC_FMT1)
		return format_one(rc);
	switch (rc) {
	case TPM2_RC_LOCKOUT:
		return TPM_LOCKOUT;
	case TPM2_RC_PCR_CHANGED:
		return TPM_CHANGED;
	case TPM2_RC_POLICY:
		return TPM_POLICY;
	case TPM2_RC_NV_UNINITIALIZED:
		return TPM_UNWRITTEN;
	case TPM2_RC_NV_DEFINED:
		return TPM_EXISTS;
	case TPM2_RC_NV_SPACE:
	case TPM2_RC_OBJECT_MEMORY:
	case TPM2_RC_SESSION_MEMORY:
	case TPM2_RC_MEMORY:
	case TPM2_RC_OBJECT_HANDLES:
	case TPM2_RC_SESSION_HANDLES:
		return TPM_FULL;
	case TPM2_RC_RETRY:
	case TPM2_RC_YIELDED:
	case TPM2_RC_TESTING:
	case TPM2_RC_NV_RATE:
	case TPM2_RC_NV_UNAVAILABLE:
		return TPM_BUSY;
	default:
		return TPM_FAILED;
	}
}

static enum tpm_fault of_the_library(TSS2_RC rc)
{
	switch (rc) {
	case TSS2_ESYS_RC_RSP_AUTH_FAILED:
	case TSS2_ESYS_RC_MALFORMED_RESPONSE:
		return TPM_FORGED;
	case TSS2_TCTI_RC_IO_ERROR:
	case TSS2_TCTI_RC_NO_CONNECTION:
		return TPM_IO;
	default:
		return TPM_FAILED;
	}
}

enum tpm_fault tpm_result(struct tpm *tpm, TSS2_RC rc)
{
	TSS2_RC layer = rc & TSS2_RC_LAYER_MASK;

	if (rc == TSS2_RC_SUCCESS)
		return TPM_OK;
	tpm->code = rc;
	/* The kernel's resource manager answers in its own name for handles that it does not
	 * know. */
	if (layer == TSS2_TPM_RC_LAYER || layer == TSS2_RESMGR_TPM_RC_LAYER)
		return of_the_tpm(rc & ~TSS2_RC_LAYER_MASK);
	tpm->stuck = true;
	return of_the_library(rc);
}

bool tpm_asks_again(TSS2_RC rc, unsigned *tries)
{
	/* Up to ten seconds: an NV memory that was written often asks for some time. */
	const struct timespec pause = { .tv_nsec = 50 * 1000 * 1000 };

	if (rc & TSS2_RC_LAYER_MASK || of_the_tpm(rc) != TPM_BUSY || ++*tries > 200)
		return false;
	return poll(NULL, 0, (int)(pause.tv_nsec / 1000000)) == 0;
}

/* --- handles --- */

void tpm_handle_release(struct tpm_handle *handle)
{
	if (handle->tr == ESYS_TR_NONE)
		return;
	/* A session that its last command has ended is not there any more. */
	if (!handle->flush || Esys_FlushContext(handle->tpm->esys, handle->tr) != TSS2_RC_SUCCESS)
		(void)Esys_TR_Close(handle->tpm->esys, &handle->tr);
	handle->tr = ESYS_TR_NONE;
}

/* --- keys and sessions --- */

const TPMT_SYM_DEF tpm_aes = {
	.algorithm = TPM2_ALG_AES,
	.keyBits.aes = 128,
	.mode.aes = TPM2_ALG_CFB,
};
static const TPMT_SYM_DEF no_cipher = { .algorithm = TPM2_ALG_NULL };

#define STORAGE_KEY 0x81000001

/* systemd's, from before it used the storage key (get_legacy_template): it must not change. */
static void legacy_template(TPMI_ALG_PUBLIC type, TPM2B_PUBLIC *ret)
{
	const TPMT_SYM_DEF_OBJECT aes = { TPM2_ALG_AES, { 128 }, { TPM2_ALG_CFB } };
	TPMT_PUBLIC *area = &ret->publicArea;

	*ret = (TPM2B_PUBLIC){ 0 };
	area->type = type;
	area->nameAlg = TPM2_ALG_SHA256;
	area->objectAttributes = TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_DECRYPT |
				 TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |
				 TPMA_OBJECT_SENSITIVEDATAORIGIN | TPMA_OBJECT_USERWITHAUTH;
	if (type == TPM2_ALG_RSA) {
		area->parameters.rsaDetail.symmetric = aes;
		area->parameters.rsaDetail.scheme.scheme = TPM2_ALG_NULL;
		area->parameters.rsaDetail.keyBits = 2048;
	} else {
		area->parameters.eccDetail.symmetric = aes;
		area->parameters.eccDetail.scheme.scheme = TPM2_ALG_NULL;
		area->parameters.eccDetail.curveID = TPM2_ECC_NIST_P256;
		area->parameters.eccDetail.kdf.scheme = TPM2_ALG_NULL;
	}
}

enum tpm_fault tpm_legacy_key(struct tpm *tpm, TPMI_ALG_PUBLIC type, struct tpm_handle *ret)
{
	const TPM2B_SENSITIVE_CREATE sensitive = { 0 };
	const TPM2B_DATA outside = { 0 };
	const TPML_PCR_SELECTION pcrs = { 0 };
	TPM2B_PUBLIC template;
	struct tpm_handle handle = TPM_HANDLE(tpm);
	TSS2_RC rc;

	legacy_template(type ? type : TPM2_ALG_ECC, &template);
	rc = Esys_CreatePrimary(tpm->esys, ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD, ESYS_TR_NONE,
				ESYS_TR_NONE, &sensitive, &template, &outside, &pcrs, &handle.tr,
				NULL, NULL, NULL, NULL);
	if (rc != TSS2_RC_SUCCESS) {
		enum tpm_fault fault = tpm_result(tpm, rc);

		return fault == TPM_WRONG_AUTH ? TPM_OWNED : fault;
	}
	handle.flush = true;
	*ret = handle;
	return TPM_OK;
}

enum tpm_fault tpm_storage_key(struct tpm *tpm, TPMI_ALG_PUBLIC type, struct tpm_handle *ret)
{
	struct tpm_handle handle = TPM_HANDLE(tpm);

	if (Esys_TR_FromTPMPublic(tpm->esys, STORAGE_KEY, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
				  &handle.tr) != TSS2_RC_SUCCESS)
		return tpm_legacy_key(tpm, type, ret);
	*ret = handle;
	return TPM_OK;
}

enum tpm_fault tpm_session(struct tpm *tpm, ESYS_TR salt, ESYS_TR bind, bool encrypt,
			   struct tpm_handle *ret)
{
	const TPMA_SESSION attributes = TPMA_SESSION_CONTINUESESSION |
					(encrypt ? TPMA_SESSION_DECRYPT | TPMA_SESSION_ENCRYPT : 0);
	cleanup_tpm_handle struct tpm_handle session = TPM_HANDLE(tpm);
	TSS2_RC rc;

	rc = Esys_StartAuthSession(tpm->esys, salt, bind, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
				   NULL, TPM2_SE_HMAC, encrypt ? &tpm_aes : &no_cipher,
				   TPM2_ALG_SHA256, &session.tr);
	if (rc != TSS2_RC_SUCCESS)
		return tpm_result(tpm, rc);
	session.flush = true;
	rc = Esys_TRSess_SetAttributes(tpm->esys, session.tr, attributes, 0xff);
	if (rc != TSS2_RC_SUCCESS)
		return tpm_result(tpm, rc);
	*ret = session;
	session.tr = ESYS_TR_NONE;
	return TPM_OK;
}

enum tpm_fault tpm_property(struct tpm *tpm, uint32_t property, uint32_t *ret)
{
	TPMS_CAPABILITY_DATA *data = NULL;
	TSS2_RC rc = Esys_GetCapability(tpm->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
					TPM2_CAP_TPM_PROPERTIES, property, 1, NULL, &data);
	enum tpm_fault fault = TPM_FAILED;

	if (rc != TSS2_RC_SUCCESS)
		return tpm_result(tpm, rc);
	if (data->data.tpmProperties.count > 0 &&
	    data->data.tpmProperties.tpmProperty[0].property == property) {
		*ret = data->data.tpmProperties.tpmProperty[0].value;
		fault = TPM_OK;
	}
	Esys_Free(data);
	return fault;
}
