/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a token of systemd-cryptenroll, a file of signatures or a pcrlock policy may hold. The first
 * line of the input says which: "token", "signature", "pcrlock", "pem", "blob", "key" or "nv"; or
 * "digits", for the base64 and the hexadecimal digits in them.
 */
#include "fuzz.h"

#include "base/encoding.h"
#include "system/tpm2_credential.h"
#include "system/tpm2_json.h"

static struct tpm2_token token;

/* What tpm2-tss is given has been looked at. */
static void check_token(const struct tpm2_token *t)
{
	struct tpm2_parts parts;
	struct tpm2_rsa rsa;

	MUST(t->keyslot >= 0 && t->keyslot < 32);
	MUST(t->n_blobs >= 1 && t->n_blobs <= TPM2_SHARDS && t->n_hashes <= t->n_blobs);
	for (unsigned i = 0; i < t->n_blobs; i++)
		MUST(tpm2_blob_parts(t->blob[i].bytes, t->blob[i].len, &parts));
	MUST(t->pcrs >> TPM2_PCRS == 0 && t->signed_pcrs >> TPM2_PCRS == 0);
	MUST(!t->srk_len || tpm2_handle_valid(t->srk, t->srk_len, TPM2_HANDLE_KEY));
	MUST(!t->pcrlock || tpm2_handle_valid(t->nv, t->nv_len, TPM2_HANDLE_NV));
	MUST(!t->signed_pcrs || tpm2_pem_read(t->pem, &rsa));
	MUST(!t->memory || (t->iterations && t->lanes && t->lanes < 256 && t->salt_len));
}

static void read_token(const char *text)
{
	char buf[96], again[96];
	json *from = json_tokener_parse(text);
	const char *wrong;

	if (json_object_is_type(from, json_type_object)) {
		struct tpm2_token *twice = calloc(1, sizeof(*twice));

		wrong = tpm2_json_read(from, 7, &token, buf, sizeof(buf));
		if (!wrong)
			check_token(&token);
		else
			MUST(strlen(wrong) < 96);
		/* A field that is unknown makes any token one that is not used. */
		json_object_object_add(from, "tpm2_new", json_object_new_int(1));
		MUST(tpm2_json_read(from, 7, twice, again, sizeof(again)));
		free(twice);
	}
	json_object_put(from);
}

static void read_signature(const char *text)
{
	static const unsigned char zeros[32];
	const struct tpm2_signed plain = {
		.bank = TPM2_SHA256, .pcrs = 1 << 11, .fingerprint = zeros, .policy = zeros
	};
	struct tpm2_signed with_ref = plain;
	struct tpm2_signature found;

	with_ref.ref = "ref";
	if (tpm2_json_signature(text, &plain, &found))
		MUST(found.len > 0 && found.len <= sizeof(found.bytes));
	if (tpm2_json_signature(text, &with_ref, &found))
		MUST(strstr(text, "ref"));
}

/* Its handles are those of a token with three zero bytes for each. */
static void read_pcrlock(const char *text)
{
	struct tpm2_pcrlock *lock = calloc(1, sizeof(*lock));

	token = (struct tpm2_token){ .srk_len = 3, .nv_len = 3 };
	if (tpm2_json_pcrlock(text, &token, lock)) {
		MUST(lock->bank && lock->value_len <= TPM2_DIGEST_MAX);
		for (unsigned pcr = 0; pcr < TPM2_PCRS; pcr++) {
			MUST(lock->n_values[pcr] <= TPM2_VALUES_MAX);
			MUST((lock->n_values[pcr] > 0) == (lock->pcrs >> pcr & 1));
		}
	}
	free(lock);
}

static void read_credential(const char *file)
{
	char *text = tpm2_credential_text(file);

	if (text) {
		MUST(strlen(text) > 0 && strlen(text) < strlen(file));
		read_pcrlock(text);
	}
	free(text);
}

static void read_pem(const char *text)
{
	struct tpm2_rsa rsa;

	if (tpm2_pem_read(text, &rsa)) {
		MUST(rsa.len > 0 && rsa.len <= TPM2_MODULUS_MAX && rsa.modulus[0] & 0x80);
		MUST(rsa.exponent >= 3 && rsa.der_len > rsa.len && rsa.der_len <= sizeof(rsa.der));
	}
}

static void read_blob(const uint8_t *data, size_t size)
{
	struct tpm2_parts parts;

	if (!tpm2_blob_parts(data, size, &parts))
		return;
	MUST(parts.private.bytes == data && parts.private.len > 2 && parts.public.len > 2);
	MUST(parts.public.bytes == data + parts.private.len);
	MUST(parts.private.len + parts.public.len + parts.seed.len == size);
}

static void read_handle(const uint8_t *data, size_t size, enum tpm2_handle_kind kind)
{
	if (tpm2_handle_valid(data, size, kind))
		MUST(size > 12 && data[0] == (kind == TPM2_HANDLE_KEY ? 0x81 : 0x01));
}

static void read_digits(const char *text, size_t size)
{
	static struct secret written;
	unsigned char bytes[48];
	int n = hex_decode(text, bytes, sizeof(bytes));

	MUST(n < 0 || (n <= (int)sizeof(bytes) && 2 * (size_t)n == strlen(text)));
	/* There is one way to write a number of bytes. */
	n = base64_decode(text, bytes, sizeof(bytes));
	written.len = 0;
	if (n >= 0) {
		MUST(n <= (int)sizeof(bytes) && base64_add(&written, bytes, (size_t)n));
		MUST(written.len == strlen(text));
		MUST(memcmp(written.bytes, text, written.len) == 0);
	}
	written.len = 0;
	MUST(base64_add(&written, (const unsigned char *)text, size) ==
	     ((size + 2) / 3 * 4 <= SECRET_MAX));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *newline = memchr(data, '\n', size), *rest = newline ? newline + 1 : data;
	size_t left = size - (size_t)(rest - data);
	char *text, what[16] = "";

	if (!newline || newline - data >= (ptrdiff_t)sizeof(what))
		return 0;
	memcpy(what, data, (size_t)(newline - data));
	/* Of exactly this size, so that a read beyond it shows. */
	text = malloc(left + 1);
	memcpy(text, rest, left);
	text[left] = '\0';
	if (str_eq(what, "token"))
		read_token(text);
	else if (str_eq(what, "signature"))
		read_signature(text);
	else if (str_eq(what, "pcrlock"))
		read_pcrlock(text);
	else if (str_eq(what, "credential"))
		read_credential(text);
	else if (str_eq(what, "pem"))
		read_pem(text);
	else if (str_eq(what, "blob"))
		read_blob((const uint8_t *)text, left);
	else if (str_eq(what, "key"))
		read_handle((const uint8_t *)text, left, TPM2_HANDLE_KEY);
	else if (str_eq(what, "nv"))
		read_handle((const uint8_t *)text, left, TPM2_HANDLE_NV);
	else if (str_eq(what, "digits"))
		read_digits(text, left);
	free(text);
	return 0;
}
