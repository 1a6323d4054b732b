/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/luks_json.h"

#include "base/parse.h"
#include "base/util.h"
#include "facts/cipher.h"
#include "system/fresh_json.h"
#include "system/json_value.h"
#include "system/sha256.h"
#include "system/tpm2_json.h"

#include <stdio.h>

#define TOKENS_MAX 32 /* of the LUKS2 format */

/* --- values --- */

/* A string that does not fit is no string that anything here knows. */
static void copy(char *dst, size_t size, const char *from)
{
	if (!str_copy(dst, size, from))
		dst[0] = '\0';
}

/* 64-bit numbers are strings of decimal digits. */
static bool big_number(json *of, const char *name, uint64_t *ret)
{
	return parse_u64(json_text(of, name), UINT64_MAX, ret) == 0;
}

/* The bytes that a text in base64 stands for; 0: it is none, has blanks in it, or has bits after
 * the last byte. libcryptsetup reads none of these. */
static unsigned base64_size(const char *s)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t len = strspn(s, digits), padding = strspn(s + len, "=");

	if (s[len + padding] || padding > 2 || (len + padding) % 4 || len + padding > 1024)
		return 0;
	if (padding && (strchr(digits, s[len - 1]) - digits) % (padding == 2 ? 16 : 4))
		return 0;
	return (unsigned)((len + padding) / 4 * 3 - padding);
}

/* --- keyslots --- */

static void read_kdf(json *kdf, struct keyslot *slot)
{
	const char *type = json_text(kdf, "type");

	slot->salt = base64_size(json_text(kdf, "salt"));
	if (str_eq(type, "pbkdf2")) {
		slot->kdf = KDF_PBKDF2;
		copy(slot->hash, sizeof(slot->hash), json_text(kdf, "hash"));
		slot->iterations = json_number(kdf, "iterations");
	} else if (str_eq(type, "argon2i") || str_eq(type, "argon2id")) {
		slot->kdf = str_eq(type, "argon2i") ? KDF_ARGON2I : KDF_ARGON2ID;
		slot->iterations = json_number(kdf, "time");
		slot->memory = json_number(kdf, "memory");
		slot->lanes = json_number(kdf, "cpus");
	}
}

/* libcryptsetup splits a key into 4000 stripes, whatever number the header has. */
#define STRIPES 4000

static void read_keyslot(json *from, struct keyslot *slot)
{
	json *area = json_member(from, "area", json_type_object);
	json *af = json_member(from, "af", json_type_object);
	json *priority = json_member(from, "priority", json_type_int);

	slot->priority = KEYSLOT_NORMAL;
	if (priority && json_object_get_int(priority) == 0)
		slot->priority = KEYSLOT_IGNORE;
	else if (priority && json_object_get_int(priority) == 2)
		slot->priority = KEYSLOT_PREFER;
	slot->key_size = json_number(from, "key_size");
	read_kdf(json_member(from, "kdf", json_type_object), slot);
	copy(slot->area_encryption, sizeof(slot->area_encryption), json_text(area, "encryption"));
	slot->area_key_size = json_number(area, "key_size");
	slot->alone = !header_area_in_library(slot->area_encryption);
	slot->af_known = str_eq(json_text(from, "type"), "luks2") &&
			 str_eq(json_text(area, "type"), "raw") &&
			 str_eq(json_text(af, "type"), "luks1") &&
			 json_number(af, "stripes") == STRIPES;
	copy(slot->af_hash, sizeof(slot->af_hash), json_text(af, "hash"));
}

static unsigned count_digests(json *digests, const char *keyslot)
{
	unsigned n = 0;

	json_object_object_foreach(digests, key, digest)
	{
		(void)key;
		n += json_lists(json_member(digest, "keyslots", json_type_array), keyslot);
	}
	return n;
}

/* The keyslots of the segment's digest, in the order of their numbers. */
static void read_keyslots(json *root, json *digests, json *digest, struct header *ret)
{
	json *keyslots = json_member(root, "keyslots", json_type_object);
	json *listed = json_member(digest, "keyslots", json_type_array);

	for (int i = 0; i < KEYSLOTS_MAX; i++) {
		char name[16];
		struct keyslot slot = { .number = i };
		json *from;

		snprintf(name, sizeof(name), "%d", i);
		from = json_lists(listed, name) ? json_member(keyslots, name, json_type_object) :
						  NULL;
		if (!from)
			continue;
		read_keyslot(from, &slot);
		slot.digests = count_digests(digests, name);
		ret->keyslot[ret->keyslots++] = slot;
	}
	if (ret->keyslots > 0)
		ret->key_size = ret->keyslot[0].key_size;
}

/* --- tokens --- */

static bool is_printable_ascii(const char *s)
{
	for (; *s; s++)
		if (*s < ' ' || *s > '~')
			return false;
	return true;
}

/* A bit for each keyslot of the segment that is in the array. */
static uint32_t listed_keyslots(json *listed, const struct header *h)
{
	uint32_t set = 0;

	for (size_t i = 0; i < h->keyslots; i++) {
		char name[16];

		snprintf(name, sizeof(name), "%d", h->keyslot[i].number);
		if (json_lists(listed, name))
			set |= 1U << h->keyslot[i].number;
	}
	return set;
}

/* All members that libcryptsetup allows in it, and no others. False: it is left out. */
static bool read_keyring_token(json *from, const struct header *h, struct keyring_token *ret)
{
	const char *key = json_text(from, "key_description");

	ret->keyslots = listed_keyslots(json_member(from, "keyslots", json_type_array), h);
	return json_object_object_length(from) == 3 && ret->keyslots && key[0] &&
	       is_printable_ascii(key) && str_copy(ret->key, sizeof(ret->key), key);
}

static void read_tpm2_token(json *from, int number, struct header *ret)
{
	cleanup_free struct tpm2_token *token = xcalloc(1, sizeof(*token));
	struct tpm2_summary *to = &ret->tpm2_token[ret->tpm2_tokens++];
	char buf[sizeof(to->wrong)];
	const char *wrong = tpm2_json_read(from, number, token, buf, sizeof(buf));

	*to = (struct tpm2_summary){ .number = number,
				     .pin = token->pin,
				     .files = token->signed_pcrs || token->pcrlock,
				     .pcrs = token->pcrs };
	if (token->keyslot >= 0)
		to->keyslots = listed_keyslots(json_member(from, "keyslots", json_type_array), ret);
	if (!wrong && !to->keyslots)
		wrong = "names a keyslot that the volume does not use";
	(void)str_copy(to->wrong, sizeof(to->wrong), wrong ? wrong : "");
}

/* In the order of their numbers; the keyslots are read already. */
static void read_tokens(json *root, struct header *ret)
{
	json *tokens = json_member(root, "tokens", json_type_object);

	for (int i = 0; i < TOKENS_MAX; i++) {
		struct keyring_token token = { .number = i };
		char name[16];
		json *from;

		snprintf(name, sizeof(name), "%d", i);
		from = json_member(tokens, name, json_type_object);
		if (!from)
			continue;
		if (str_eq(json_text(from, "type"), "systemd-tpm2") &&
		    ret->tpm2_tokens < TPM2_TOKENS_MAX)
			read_tpm2_token(from, i, ret);
		if (str_eq(json_text(from, "type"), FRESH_TOKEN))
			fresh_json_read(from, i, ret);
		if (str_eq(json_text(from, "type"), "luks2-keyring") &&
		    ret->keyring_tokens < KEYRING_TOKENS_MAX &&
		    read_keyring_token(from, ret, &token))
			ret->keyring_token[ret->keyring_tokens++] = token;
	}
}

/* --- digests --- */

static void hash_digest(json *digest, struct header *ret)
{
	static const char *const names[] = { "type", "hash", "iterations", "salt", "digest" };
	char all[1024];
	unsigned char sum[SHA256_SIZE];
	size_t len = 0;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const char *value = json_text(digest, names[i]);
		char iterations[32];

		if (str_eq(names[i], "iterations")) {
			snprintf(iterations, sizeof(iterations), "%llu",
				 (unsigned long long)ret->digest_iterations);
			value = iterations;
		}
		if (!value[0] || !str_copy(all + len, sizeof(all) - len, value))
			return;
		len += strlen(value) + 1;
		if (len >= sizeof(all))
			return;
	}
	if (!sha256(all, len, sum))
		return;
	str_copy(ret->key_digest, sizeof(ret->key_digest), "sha256:");
	for (size_t i = 0; i < sizeof(sum); i++)
		str_append(ret->key_digest, sizeof(ret->key_digest), "%02x", sum[i]);
}

static void read_digest(json *digest, const char *number_text, struct header *ret)
{
	json *iterations = json_member(digest, "iterations", json_type_int);

	/* libcryptsetup expects this description when it works with the mapping later. */
	snprintf(ret->key_description, sizeof(ret->key_description), "cryptsetup:%s-d%s", ret->uuid,
		 number_text);
	if (!str_eq(json_text(digest, "type"), "pbkdf2"))
		return;
	copy(ret->digest_hash, sizeof(ret->digest_hash), json_text(digest, "hash"));
	/* Not an int, for libcryptsetup; negative ones become huge. */
	ret->digest_iterations = iterations ? (uint64_t)json_object_get_int64(iterations) : 0;
	ret->digest_salt = base64_size(json_text(digest, "salt"));
	ret->digest_size = base64_size(json_text(digest, "digest"));
	hash_digest(digest, ret);
}

/* All that hangs on the digest of the segment with this number. */
static void read_digests(json *root, const char *segment, struct header *ret)
{
	json *digests = json_member(root, "digests", json_type_object);
	json *the_one = NULL;

	if (!digests)
		return;
	json_object_object_foreach(digests, key, digest)
	{
		if (!json_lists(json_member(digest, "segments", json_type_array), segment))
			continue;
		if (ret->digests++ == 0) {
			the_one = digest;
			read_digest(digest, key, ret);
		}
	}
	read_keyslots(root, digests, the_one, ret);
}

/* --- the segment --- */

static void read_integrity(json *integrity, struct header *ret)
{
	struct cipher cipher;

	copy(ret->integrity, sizeof(ret->integrity), json_text(integrity, "type"));
	ret->integrity_key_size = json_number(integrity, "key_size");
	ret->plain_journal = str_eq(json_text(integrity, "journal_encryption"), "none") &&
			     str_eq(json_text(integrity, "journal_integrity"), "none");
	if (cipher_read(ret->encryption, ret->integrity, &cipher) < 0 ||
	    !str_copy(ret->dm_cipher, sizeof(ret->dm_cipher), cipher.dm))
		ret->dm_cipher[0] = '\0';
	if (ret->integrity[0])
		ret->tag_size = cipher_tag_size(ret->encryption, ret->integrity);
	/* By default, a hash's key is as long as its tag, which is the tag size with plain64
	 * because that stores no IV. Only another size matters later. */
	if (ret->integrity_key_size == cipher_tag_size("aes-xts-plain64", ret->integrity))
		ret->integrity_key_size = 0;
}

static void read_segment(json *segment, struct header *ret)
{
	json *flags = json_member(segment, "flags", json_type_array);

	/* A re-encryption marks its segments; a volume that is whole has none that are marked. */
	ret->crypt = str_eq(json_text(segment, "type"), "crypt") &&
		     (!flags || json_object_array_length(flags) == 0);
	ret->dynamic = str_eq(json_text(segment, "size"), "dynamic");
	copy(ret->encryption, sizeof(ret->encryption), json_text(segment, "encryption"));
	ret->sector_size = json_number(segment, "sector_size");
	(void)big_number(segment, "offset", &ret->data_offset);
	(void)big_number(segment, "iv_tweak", &ret->iv_offset);
	read_integrity(json_member(segment, "integrity", json_type_object), ret);
}

static void read_requirements(json *root, struct header *ret)
{
	json *config = json_member(root, "config", json_type_object);
	json *requirements = json_member(config, "requirements", json_type_object);
	json *mandatory = json_member(requirements, "mandatory", json_type_array);
	size_t n = mandatory ? json_object_array_length(mandatory) : 0;

	for (size_t i = 0; i < n; i++) {
		const char *name = json_text_of(json_object_array_get_idx(mandatory, i));

		if (str_eq(name, "inline-hw-tags"))
			ret->inline_tags = true;
		else if (!ret->requirement[0])
			(void)str_copy(ret->requirement, sizeof(ret->requirement),
				       name[0] ? name : "one without a name");
	}
}

bool luks_json_read(const char *text_, struct header *ret)
{
	json *root = json_tokener_parse(text_);
	json *segments = json_member(root, "segments", json_type_object);

	if (segments) {
		json_object_object_foreach(segments, key, segment)
		{
			if (ret->segments++ > 0)
				continue;
			read_segment(segment, ret);
			read_digests(root, key, ret);
		}
	}
	read_tokens(root, ret);
	read_requirements(root, ret);
	bool object = root && json_object_is_type(root, json_type_object);
	json_object_put(root);
	return object;
}

static void add_integrity(json *segment, const char *integrity, unsigned key_size)
{
	json *protection = json_object_new_object();

	if (!protection)
		return;
	json_object_object_add(protection, "type", json_object_new_string(integrity));
	json_object_object_add(protection, "journal_encryption", json_object_new_string("none"));
	json_object_object_add(protection, "journal_integrity", json_object_new_string("none"));
	if (key_size)
		json_object_object_add(protection, "key_size", json_object_new_int((int)key_size));
	json_object_object_add(segment, "integrity", protection);
}

char *luks_json_with_cipher(const char *text_, const char *encryption, const char *integrity,
			    unsigned integrity_key_size)
{
	json *root = json_tokener_parse(text_);
	json *segment = json_member(json_member(root, "segments", json_type_object), "0",
				    json_type_object);
	char *ret = NULL;

	if (segment) {
		json_object_object_add(segment, "encryption", json_object_new_string(encryption));
		if (integrity)
			add_integrity(segment, integrity, integrity_key_size);
		ret = xstrdup(json_object_to_json_string_ext(
			root, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	}
	json_object_put(root);
	return ret;
}
