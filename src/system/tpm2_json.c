/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/tpm2_json.h"

#include "base/encoding.h"
#include "base/util.h"

#include <stdio.h>

/* One token while it is read. */
struct reading {
	json *from;
	struct tpm2_token *to;
	bool bad; /* a field does not have the type or the form that it should */
};

/* --- fields --- */

static json *field(struct reading *r, const char *name, enum json_type type)
{
	json *value = NULL;

	if (!json_object_object_get_ex(r->from, name, &value))
		return NULL;
	if (!json_object_is_type(value, type)) {
		r->bad = true;
		return NULL;
	}
	return value;
}

static bool flag(struct reading *r, const char *name)
{
	json *value = field(r, name, json_type_boolean);

	return value && json_object_get_boolean(value);
}

/* 0 when it is not there; a number that is there is not 0. */
static uint64_t count(struct reading *r, const char *name, uint64_t max)
{
	json *value = field(r, name, json_type_int);
	int64_t number = value ? json_object_get_int64(value) : 0;

	if (value && (number <= 0 || (uint64_t)number > max))
		r->bad = true;
	return number > 0 ? (uint64_t)number : 0;
}

static uint32_t pcrs(struct reading *r, const char *name)
{
	json *value = field(r, name, json_type_array);
	uint32_t bits = 0;

	if (value && !json_bits(value, TPM2_PCRS, &bits))
		r->bad = true;
	return bits;
}

static size_t base64(struct reading *r, json *value, unsigned char *ret, size_t max)
{
	int n = base64_decode(json_text_of(value), ret, max);

	if (n <= 0)
		r->bad = true;
	return n > 0 ? (size_t)n : 0;
}

static size_t base64_field(struct reading *r, const char *name, unsigned char *ret, size_t max)
{
	json *value = field(r, name, json_type_string);

	return value ? base64(r, value, ret, max) : 0;
}

static void text_field(struct reading *r, const char *name, char *ret, size_t size)
{
	json *value = field(r, name, json_type_string);

	/* Neither a NUL in it nor too long. */
	if (value &&
	    (strlen(json_object_get_string(value)) != (size_t)json_object_get_string_len(value) ||
	     !str_copy(ret, size, json_object_get_string(value))))
		r->bad = true;
}

/* --- parts of a token --- */

static bool is_known(const char *name)
{
	static const char *const known[] = {
		"tpm2-blob",
		"tpm2-pcrs",
		"tpm2-pcr-bank",
		"tpm2-primary-alg",
		"tpm2-policy-hash",
		"tpm2-pin",
		"tpm2_salt",
		"tpm2_srk",
		"tpm2_pubkey",
		"tpm2_pubkey_pcrs",
		"tpm2_pubkey_ref",
		"tpm2_pcrlock",
		"tpm2_pcrlock_nv",
		"tpm2_argon2id_memcost",
		"tpm2_argon2id_iterations",
		"tpm2_argon2id_lanes",
	};

	if (!str_after(name, "tpm2"))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (str_eq(name, known[i]))
			return true;
	return false;
}

static const char *unknown_field(json *token)
{
	json_object_object_foreach(token, name, value)
	{
		(void)value;
		if (!is_known(name))
			return name;
	}
	return NULL;
}

static void read_keyslot(struct reading *r)
{
	json *listed = field(r, "keyslots", json_type_array);

	r->to->keyslot = -1;
	if (!listed || json_object_array_length(listed) != 1)
		return;
	for (int i = 0; i < 32; i++) {
		char name[16];

		snprintf(name, sizeof(name), "%d", i);
		if (json_lists(listed, name))
			r->to->keyslot = i;
	}
}

static void read_blob(struct reading *r, json *value)
{
	struct tpm2_blob *blob = &r->to->blob[r->to->n_blobs++];

	blob->len = base64(r, value, blob->bytes, sizeof(blob->bytes));
}

static void read_hash(struct reading *r, json *value)
{
	struct tpm2_hash *hash = &r->to->hash[r->to->n_hashes++];
	int n = hex_decode(json_text_of(value), hash->bytes, sizeof(hash->bytes));

	if (n <= 0)
		r->bad = true;
	hash->len = n > 0 ? (size_t)n : 0;
}

/* One string, or an array of them: a shard each. */
static void read_shards(struct reading *r, const char *name,
			void (*read)(struct reading *r, json *value))
{
	json *value = NULL;
	size_t n;

	if (!json_object_object_get_ex(r->from, name, &value)) {
		r->bad = true;
		return;
	}
	if (!json_object_is_type(value, json_type_array)) {
		read(r, value);
		return;
	}
	n = json_object_array_length(value);
	if (n == 0 || n > TPM2_SHARDS)
		r->bad = true;
	for (size_t i = 0; i < n && i < TPM2_SHARDS; i++)
		read(r, json_object_array_get_idx(value, i));
}

static void read_algorithms(struct reading *r)
{
	char bank[16] = "", primary[16] = "";

	text_field(r, "tpm2-pcr-bank", bank, sizeof(bank));
	text_field(r, "tpm2-primary-alg", primary, sizeof(primary));
	r->to->bank = tpm2_hash_named(bank);
	r->to->primary = str_eq(primary, "ecc") ? TPM2_ECC :
			 str_eq(primary, "rsa") ? TPM2_RSA :
						  TPM2_NO_ALG;
	if ((bank[0] && !r->to->bank) || (primary[0] && !r->to->primary))
		r->bad = true;
}

static void read_signed(struct reading *r)
{
	struct tpm2_token *to = r->to;
	size_t n = base64_field(r, "tpm2_pubkey", (unsigned char *)to->pem, sizeof(to->pem) - 1);

	to->pem[n] = '\0';
	to->signed_pcrs = pcrs(r, "tpm2_pubkey_pcrs");
	text_field(r, "tpm2_pubkey_ref", to->ref, sizeof(to->ref));
	to->has_ref = json_object_object_get_ex(r->from, "tpm2_pubkey_ref", NULL);
}

static void read_all(struct reading *r)
{
	struct tpm2_token *to = r->to;

	read_keyslot(r);
	read_shards(r, "tpm2-blob", read_blob);
	read_shards(r, "tpm2-policy-hash", read_hash);
	to->pcrs = pcrs(r, "tpm2-pcrs");
	if (!json_member(r->from, "tpm2-pcrs", json_type_array))
		r->bad = true;
	read_algorithms(r);
	to->pin = flag(r, "tpm2-pin");
	to->salt_len = base64_field(r, "tpm2_salt", to->salt, sizeof(to->salt));
	to->srk_len = base64_field(r, "tpm2_srk", to->srk, sizeof(to->srk));
	read_signed(r);
	to->pcrlock = flag(r, "tpm2_pcrlock");
	to->nv_len = base64_field(r, "tpm2_pcrlock_nv", to->nv, sizeof(to->nv));
	to->memory = count(r, "tpm2_argon2id_memcost", INT64_MAX);
	to->iterations = (uint32_t)count(r, "tpm2_argon2id_iterations", UINT32_MAX);
	to->lanes = (uint32_t)count(r, "tpm2_argon2id_lanes", UINT32_MAX);
}

const char *tpm2_json_read(json *token, int number, struct tpm2_token *ret, char *buf, size_t size)
{
	struct reading r = { .from = token, .to = ret };
	const char *unknown = unknown_field(token);

	*ret = (struct tpm2_token){ .number = number, .keyslot = -1 };
	read_all(&r);
	if (unknown) {
		(void)snprintf(buf, size, "has the field \"%.40s\", which is unknown here",
			       unknown);
		return buf;
	}
	if (r.bad)
		return "has a field of a form that is unknown here";
	return tpm2_token_check(ret);
}

const char *tpm2_json_find(const char *header, int number, struct tpm2_token *ret, char *buf,
			   size_t size)
{
	json *root = json_tokener_parse(header);
	char name[16];
	json *token;
	const char *wrong = "is not in the header";

	snprintf(name, sizeof(name), "%d", number);
	token = json_member(json_member(root, "tokens", json_type_object), name, json_type_object);
	if (token && str_eq(json_text(token, "type"), "systemd-tpm2"))
		wrong = tpm2_json_read(token, number, ret, buf, size);
	json_object_put(root);
	return wrong;
}

/* --- signatures --- */

static bool is_hex(json *entry, const char *name, const unsigned char *bytes, size_t len)
{
	unsigned char got[TPM2_DIGEST_MAX];

	return hex_decode(json_text(entry, name), got, sizeof(got)) == (int)len &&
	       memcmp(got, bytes, len) == 0;
}

static bool signs(json *entry, const struct tpm2_signed *of)
{
	json *ref = NULL;
	uint32_t bits;

	if (json_object_object_get_ex(entry, "ref", &ref) != (of->ref != NULL))
		return false;
	return json_bits(json_member(entry, "pcrs", json_type_array), TPM2_PCRS, &bits) &&
	       bits == of->pcrs && (!of->ref || str_eq(json_text_of(ref), of->ref)) &&
	       is_hex(entry, "pkfp", of->fingerprint, 32) && is_hex(entry, "pol", of->policy, 32);
}

bool tpm2_json_signature(const char *file, const struct tpm2_signed *of, struct tpm2_signature *ret)
{
	json *root = json_tokener_parse(file);
	json *bank = json_object_is_type(root, json_type_object) ?
			     json_member(root, tpm2_hash_name(of->bank), json_type_array) :
			     NULL;
	size_t n = bank ? json_object_array_length(bank) : 0;
	int len = -1;

	for (size_t i = 0; i < n && len < 0; i++) {
		json *entry = json_object_array_get_idx(bank, i);

		if (json_object_is_type(entry, json_type_object) && signs(entry, of))
			len = base64_decode(json_text(entry, "sig"), ret->bytes,
					    sizeof(ret->bytes));
	}
	json_object_put(root);
	ret->len = len > 0 ? (size_t)len : 0;
	return len > 0;
}

/* --- pcrlock --- */

/* Is the field these bytes in base64? */
static bool is_base64(json *root, const char *name, const unsigned char *bytes, size_t len)
{
	unsigned char got[TPM2_KEY_MAX];

	return base64_decode(json_text(root, name), got, sizeof(got)) == (int)len &&
	       memcmp(got, bytes, len) == 0;
}

static size_t digest_size(enum tpm2_alg alg)
{
	return alg == TPM2_SHA1 ? 20 : alg == TPM2_SHA256 ? 32 : alg == TPM2_SHA384 ? 48 : 64;
}

static bool read_pcr(json *entry, struct tpm2_pcrlock *ret)
{
	json *values = json_member(entry, "values", json_type_array);
	json *number = json_member(entry, "pcr", json_type_int);
	size_t n = values ? json_object_array_length(values) : 0;
	int64_t pcr = number ? json_object_get_int64(number) : -1;

	if (pcr < 0 || pcr >= TPM2_PCRS || n == 0 || n > TPM2_VALUES_MAX || ret->n_values[pcr] > 0)
		return false;
	for (size_t i = 0; i < n; i++)
		if (hex_decode(json_text_of(json_object_array_get_idx(values, i)),
			       ret->value[pcr][i], TPM2_DIGEST_MAX) != (int)ret->value_len)
			return false;
	ret->n_values[pcr] = (unsigned)n;
	ret->pcrs |= UINT32_C(1) << pcr;
	return true;
}

static bool read_pcrlock(json *root, const struct tpm2_token *token, struct tpm2_pcrlock *ret)
{
	json *pcr_values = json_member(root, "pcrValues", json_type_array);
	size_t n = pcr_values ? json_object_array_length(pcr_values) : 0;

	*ret = (struct tpm2_pcrlock){ .bank = tpm2_hash_named(json_text(root, "pcrBank")) };
	if (!ret->bank || !pcr_values || !is_base64(root, "nvHandle", token->nv, token->nv_len) ||
	    !is_base64(root, "srkHandle", token->srk, token->srk_len))
		return false;
	ret->value_len = digest_size(ret->bank);
	for (size_t i = 0; i < n; i++)
		if (!read_pcr(json_object_array_get_idx(pcr_values, i), ret))
			return false;
	return true;
}

bool tpm2_json_pcrlock(const char *file, const struct tpm2_token *token, struct tpm2_pcrlock *ret)
{
	json *root = json_tokener_parse(file);
	bool good = json_object_is_type(root, json_type_object) && read_pcrlock(root, token, ret);

	json_object_put(root);
	return good;
}
