/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "facts/tpm2_token.h"

#include "base/encoding.h"
#include "base/util.h"

static const struct {
	const char *name;
	enum tpm2_alg alg;
} hashes[] = {
	{ "sha1", TPM2_SHA1 },
	{ "sha256", TPM2_SHA256 },
	{ "sha384", TPM2_SHA384 },
	{ "sha512", TPM2_SHA512 },
};

enum tpm2_alg tpm2_hash_named(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(hashes); i++)
		if (str_eq(hashes[i].name, name))
			return hashes[i].alg;
	return TPM2_NO_ALG;
}

const char *tpm2_hash_name(enum tpm2_alg alg)
{
	for (size_t i = 0; i < ARRAY_SIZE(hashes); i++)
		if (hashes[i].alg == alg)
			return hashes[i].name;
	return "?";
}

/* --- sized parts, big endian --- */

/* What is left to be read. */
struct reader {
	const unsigned char *at;
	size_t left;
};

static bool take(struct reader *r, size_t len, const unsigned char **ret)
{
	if (r->left < len)
		return false;
	*ret = r->at;
	r->at += len;
	r->left -= len;
	return true;
}

static bool take_number(struct reader *r, size_t len, uint32_t *ret)
{
	const unsigned char *bytes;

	if (!take(r, len, &bytes))
		return false;
	for (*ret = 0; len > 0; len--)
		*ret = *ret << 8 | *bytes++;
	return true;
}

/* A size in two bytes and that many bytes; *ret has both. */
static bool take_sized(struct reader *r, size_t max, struct tpm2_part *ret)
{
	const unsigned char *start = r->at, *bytes;
	uint32_t len;

	if (!take_number(r, 2, &len) || len == 0 || len > max || !take(r, len, &bytes))
		return false;
	*ret = (struct tpm2_part){ start, len + 2 };
	return true;
}

bool tpm2_blob_parts(const unsigned char *blob, size_t len, struct tpm2_parts *ret)
{
	struct reader r = { blob, len };
	struct tpm2_parts parts = { 0 };

	if (!take_sized(&r, TPM2_BLOB_MAX, &parts.private) ||
	    !take_sized(&r, TPM2_BLOB_MAX, &parts.public) ||
	    (r.left > 0 && !take_sized(&r, TPM2_BLOB_MAX, &parts.seed)) || r.left > 0)
		return false;
	*ret = parts;
	return true;
}

/* Where each kind of handle lives: persistent objects, NV indexes. */
static bool handle_in_range(uint32_t handle, enum tpm2_handle_kind kind)
{
	return kind == TPM2_HANDLE_KEY ? handle >= 0x81000000 && handle <= 0x81ffffff :
					 handle >= 0x01000000 && handle <= 0x01ffffff;
}

bool tpm2_handle_valid(const unsigned char *bytes, size_t len, enum tpm2_handle_kind kind)
{
	struct reader r = { bytes, len };
	struct tpm2_part name, public;
	uint32_t handle, type;

	return take_number(&r, 4, &handle) && handle_in_range(handle, kind) &&
	       take_sized(&r, 2 + TPM2_DIGEST_MAX, &name) && take_number(&r, 4, &type) &&
	       type == kind && take_sized(&r, TPM2_KEY_MAX, &public) && r.left == 0;
}

/* --- the public key --- */

/* The content of a DER element of this type. */
static bool take_der(struct reader *r, unsigned char type, struct reader *ret)
{
	const unsigned char *bytes;
	uint32_t got, len;

	if (!take_number(r, 1, &got) || got != type || !take_number(r, 1, &len))
		return false;
	if (len & 0x80) {
		size_t n = len & 0x7f;

		if (n == 0 || n > 2 || !take_number(r, n, &len) || len < 0x80)
			return false;
	}
	if (!take(r, len, &bytes))
		return false;
	*ret = (struct reader){ bytes, len };
	return true;
}

static bool read_rsa(struct reader r, struct tpm2_rsa *ret)
{
	struct reader key, modulus, exponent;
	uint32_t zero;

	if (r.left > sizeof(ret->der))
		return false;
	memcpy(ret->der, r.at, r.left);
	ret->der_len = r.left;
	if (!take_der(&r, 0x30, &key) || r.left > 0 || !take_der(&key, 0x02, &modulus) ||
	    !take_der(&key, 0x02, &exponent) || key.left > 0)
		return false;
	/* One zero byte keeps a number positive whose first bit is set. */
	if (modulus.left < 2 || exponent.left > 4 || !take_number(&modulus, 1, &zero) || zero != 0)
		return false;
	if (modulus.left > sizeof(ret->modulus) || !(modulus.at[0] & 0x80) || modulus.left % 8)
		return false;
	memcpy(ret->modulus, modulus.at, modulus.left);
	ret->len = modulus.left;
	return take_number(&exponent, exponent.left, &ret->exponent) && ret->exponent >= 3;
}

static bool read_der(struct reader r, struct tpm2_rsa *ret)
{
	/* SEQUENCE { OID 1.2.840.113549.1.1.1, NULL } */
	static const unsigned char rsa[] = { 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7,
					     0x0d, 0x01, 0x01, 0x01, 0x05, 0x00 };
	struct reader all, algorithm, bits;
	uint32_t unused;

	return take_der(&r, 0x30, &all) && r.left == 0 && take_der(&all, 0x30, &algorithm) &&
	       algorithm.left == sizeof(rsa) && memcmp(algorithm.at, rsa, sizeof(rsa)) == 0 &&
	       take_der(&all, 0x03, &bits) && all.left == 0 && take_number(&bits, 1, &unused) &&
	       unused == 0 && read_rsa(bits, ret);
}

bool tpm2_pem_read(const char *pem, struct tpm2_rsa *ret)
{
	static const char begin[] = "-----BEGIN PUBLIC KEY-----\n",
			  end[] = "-----END PUBLIC KEY-----";
	unsigned char der[TPM2_PEM_MAX];
	char text[TPM2_PEM_MAX];
	const char *from = strstr(pem, begin);
	size_t len = 0;
	int n;

	if (!from)
		return false;
	for (from += sizeof(begin) - 1; *from && *from != '-'; from++)
		if (*from != '\n' && *from != '\r') {
			if (len >= sizeof(text) - 1)
				return false;
			text[len++] = *from;
		}
	text[len] = '\0';
	n = base64_decode(text, der, sizeof(der));
	*ret = (struct tpm2_rsa){ 0 };
	return str_after(from, end) && n > 0 && read_der((struct reader){ der, (size_t)n }, ret);
}

/* --- the token --- */

static bool blobs_valid(const struct tpm2_token *token)
{
	for (unsigned i = 0; i < token->n_blobs; i++) {
		struct tpm2_parts parts;

		if (!tpm2_blob_parts(token->blob[i].bytes, token->blob[i].len, &parts))
			return false;
	}
	return token->n_blobs > 0;
}

const char *tpm2_token_check(const struct tpm2_token *token)
{
	const bool is_signed = token->signed_pcrs != 0;
	const unsigned shards = is_signed && token->pcrlock ? 2 : 1;
	struct tpm2_rsa rsa;

	if (token->keyslot < 0)
		return "does not name one keyslot";
	if (token->n_blobs != shards || token->n_hashes > shards ||
	    (token->n_hashes > 0 && token->n_hashes != shards))
		return "has another number of sealed objects than its policy needs";
	if (!blobs_valid(token))
		return "holds a sealed object that no TPM can load";
	if (token->srk_len > 0 && !tpm2_handle_valid(token->srk, token->srk_len, TPM2_HANDLE_KEY))
		return "names its storage key in a form that is not known";
	if (is_signed && !tpm2_pem_read(token->pem, &rsa))
		return "has a public key that is not RSA";
	if (token->pcrlock && !tpm2_handle_valid(token->nv, token->nv_len, TPM2_HANDLE_NV))
		return "names its pcrlock index in a form that is not known";
	if (!!token->memory != !!token->iterations || !!token->memory != !!token->lanes)
		return "has only a part of the numbers that Argon2id needs";
	if (token->memory && (!token->pin || token->salt_len == 0))
		return "asks for Argon2id without a PIN or a salt";
	if (token->lanes > 255 || token->iterations > 1000000 ||
	    token->memory / 1024 > UINT32_MAX || (token->memory && token->memory < 8192))
		return "asks for an Argon2id that no genuine token needs";
	return NULL;
}
