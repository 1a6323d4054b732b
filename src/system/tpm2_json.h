/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tpm2_json: the JSON of systemd-cryptenroll, systemd-measure and systemd-pcrlock.
 */
#ifndef INTACT_SYSTEM_TPM2_JSON_H
#define INTACT_SYSTEM_TPM2_JSON_H

#include "facts/tpm2_token.h"
#include "system/json_value.h"

/*
 * Reads a token. NULL: it can be used. Else why not, a clause about "the token", perhaps in buf: a
 * field that begins with "tpm2" and is unknown here may change what the others mean, so that a try
 * without it would only cost an attempt. *ret is always filled as far as the token can be read.
 */
const char *tpm2_json_read(json *token, int number, struct tpm2_token *ret, char *buf, size_t size);
/* The token with this number in the JSON of a LUKS2 header. NULL, or why it cannot be used. */
const char *tpm2_json_find(const char *header, int number, struct tpm2_token *ret, char *buf,
			   size_t size);

/* The signature of a policy in the content of a tpm2-pcr-signature.json. */
struct tpm2_signed {
	enum tpm2_alg bank;
	uint32_t pcrs;
	const unsigned char *fingerprint; /* of the key, 32 bytes */
	const char *ref;		  /* or NULL */
	const unsigned char *policy;	  /* 32 bytes */
};
struct tpm2_signature {
	size_t len;
	unsigned char bytes[TPM2_MODULUS_MAX];
};
/* False: there is none for it. */
bool tpm2_json_signature(const char *file, const struct tpm2_signed *of,
			 struct tpm2_signature *ret);

/* What pcrlock allows: for each PCR up to 8 values. */
#define TPM2_VALUES_MAX 8
struct tpm2_pcrlock {
	enum tpm2_alg bank;
	uint32_t pcrs; /* that have values */
	unsigned n_values[TPM2_PCRS];
	unsigned char value[TPM2_PCRS][TPM2_VALUES_MAX][TPM2_DIGEST_MAX];
	size_t value_len; /* bytes of each */
};
/* Reads a pcrlock.json, if its NV index and its storage key are those of the token. False: it is
 * another's, or is not whole. */
bool tpm2_json_pcrlock(const char *file, const struct tpm2_token *token, struct tpm2_pcrlock *ret);

#endif
