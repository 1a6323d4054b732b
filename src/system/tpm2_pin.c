/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/tpm2_pin.h"

#include "base/encoding.h"
#include "base/util.h"
#include "system/mac.h"

#include <argon2.h>

#define PBKDF2_ITERATIONS 10000
#define LOCK_INFO "systemd-tpm2-argon2id-lock"

/* The authorisation value is the hash of a text. TPM2 takes zero bytes at its end for none. */
static enum tpm_fault set_auth(const unsigned char *text, size_t len, struct tpm2_pin *ret)
{
	if (!sha256(text, len, ret->auth))
		return TPM_FAILED;
	ret->len = TPM2_PART_SIZE;
	while (ret->len > 0 && ret->auth[ret->len - 1] == 0)
		ret->len--;
	return TPM_OK;
}

/* Derived bytes go in as base64: a text, like a PIN. */
static enum tpm_fault set_derived(const unsigned char *bytes, struct tpm2_pin *ret)
{
	struct secret *text = secret_new();
	enum tpm_fault fault = TPM_FAILED;

	if (text && base64_add(text, bytes, TPM2_PART_SIZE))
		fault = set_auth(text->bytes, text->len, ret);
	secret_free(text);
	return fault;
}

static enum tpm_fault by_pbkdf2(const struct tpm2_token *token, const struct secret *pin,
				struct tpm2_pin *ret)
{
	unsigned char derived[TPM2_PART_SIZE];
	enum tpm_fault fault = TPM_FAILED;

	if (pbkdf2_sha256(pin->bytes, pin->len, token->salt, token->salt_len, PBKDF2_ITERATIONS,
			  derived))
		fault = set_derived(derived, ret);
	explicit_bzero(derived, sizeof(derived));
	return fault;
}

static enum tpm_fault by_argon2id(const struct tpm2_token *token, const struct secret *pin,
				  uint64_t memory, struct tpm2_pin *ret)
{
	unsigned char derived[2 * TPM2_PART_SIZE];
	enum tpm_fault fault = TPM_FAILED;
	int r;

	if (token->memory / 1024 > memory)
		return TPM_MEMORY;
	r = argon2id_hash_raw(token->iterations, (uint32_t)(token->memory / 1024), token->lanes,
			      pin->bytes, pin->len, token->salt, token->salt_len, derived,
			      sizeof(derived));
	if (r == ARGON2_MEMORY_ALLOCATION_ERROR)
		fault = TPM_MEMORY;
	else if (r == ARGON2_OK)
		fault = set_derived(derived + TPM2_PART_SIZE, ret);
	memcpy(ret->other, derived, TPM2_PART_SIZE);
	ret->mixed = true;
	explicit_bzero(derived, sizeof(derived));
	return fault;
}

enum tpm_fault tpm2_pin_derive(const struct tpm2_token *token, const struct secret *pin,
			       uint64_t memory, struct tpm2_pin *ret)
{
	*ret = (struct tpm2_pin){ 0 };
	if (token->memory)
		return by_argon2id(token, pin, memory, ret);
	if (token->salt_len > 0)
		return by_pbkdf2(token, pin, ret);
	return set_auth(pin->bytes, pin->len, ret);
}

bool tpm2_pin_passphrase(const struct tpm2_pin *pin, const struct secret *unsealed,
			 struct secret *ret)
{
	unsigned char key[SHA256_SIZE];
	bool good;

	if (!pin->mixed)
		return base64_add(ret, unsealed->bytes, unsealed->len);
	good = hkdf_sha256(pin->other, TPM2_PART_SIZE, unsealed->bytes, unsealed->len, LOCK_INFO,
			   key) &&
	       base64_add(ret, key, sizeof(key));
	explicit_bzero(key, sizeof(key));
	return good;
}
