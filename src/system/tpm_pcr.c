/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/tpm_esys.h"

#include "base/util.h"
#include "system/mac.h"

static const struct bank {
	TPMI_ALG_HASH alg;
	enum hash hash;
} banks[] = {
	{ TPM2_ALG_SHA1, HASH_SHA1 },
	{ TPM2_ALG_SHA256, HASH_SHA256 },
	{ TPM2_ALG_SHA384, HASH_SHA384 },
	{ TPM2_ALG_SHA512, HASH_SHA512 },
};

static bool has_pcr(const TPMS_PCR_SELECTION *bank, unsigned pcr)
{
	return pcr / 8 < bank->sizeofSelect && bank->pcrSelect[pcr / 8] >> pcr % 8 & 1;
}

static bool add_digest(TPMI_ALG_HASH alg, const char *data, const struct secret *key,
		       TPML_DIGEST_VALUES *to)
{
	unsigned char digest[HASH_MAX];
	TPMT_HA *value = &to->digests[to->count];

	for (size_t i = 0; i < ARRAY_SIZE(banks); i++) {
		if (banks[i].alg != alg)
			continue;
		if (!(key ? hmac(banks[i].hash, key->bytes, key->len, data, strlen(data), digest) :
			    hash_of(banks[i].hash, data, strlen(data), digest)))
			return false;
		value->hashAlg = alg;
		memcpy(&value->digest, digest, hash_size(banks[i].hash));
		to->count++;
		break;
	}
	/* The digest of a bank that is unknown here is left out: nothing can be said in it. */
	return true;
}

enum tpm_fault tpm_pcr_extend(struct tpm *tpm, unsigned pcr, const char *data,
			      const struct secret *key)
{
	TPMS_CAPABILITY_DATA *found = NULL;
	TPML_DIGEST_VALUES values = { 0 };
	enum tpm_fault fault = tpm_result(
		tpm, Esys_GetCapability(tpm->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
					TPM2_CAP_PCRS, 0, 1, NULL, &found));

	for (uint32_t i = 0; fault == TPM_OK && i < found->data.assignedPCR.count; i++) {
		const TPMS_PCR_SELECTION *bank = &found->data.assignedPCR.pcrSelections[i];

		if (has_pcr(bank, pcr) && !add_digest(bank->hash, data, key, &values))
			fault = TPM_FAILED;
	}
	Esys_Free(found);
	if (fault == TPM_OK && values.count == 0)
		fault = TPM_FAILED;
	if (fault == TPM_OK)
		fault = tpm_result(tpm,
				   Esys_PCR_Extend(tpm->esys, ESYS_TR_PCR0 + pcr, ESYS_TR_PASSWORD,
						   ESYS_TR_NONE, ESYS_TR_NONE, &values));
	return fault;
}
