/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/luks_json.h"

#include "base/parse.h"
#include "base/util.h"
#include "facts/cipher.h"
#include "system/sha256.h"

#include <json-c/json.h>
#include <stdio.h>

#define TOKENS_MAX 32 /* of the LUKS2 format */

/* --- values --- */

typedef struct json_object json;

static json *member(json *of, const char *name, enum json_type type)
{
	json *value = NULL;

	return of && json_object_object_get_ex(of, name, &value) &&
			       json_object_is_type(value, type) ?
		       value :
		       NULL;
}

/* The string without a NUL in it, or "". */
static const char *text_of(json *value)
{
	const char *text = json_object_is_type(value, json_type_string) ?
				   json_object_get_string(value) :
				   "";

	return value && strlen(text) == (size_t)json_object_get_string_len(value) ? text : "";
}

static const char *text(json *of, const char *name)
{
	return text_of(member(of, name, json_type_string));
}

/* A string that does not fit is no string that anything here knows. */
static void copy(char *dst, size_t size, const char *from)
{
	if (!str_copy(dst, size, from))
		dst[0] = '\0';
}

/* As libcryptsetup: an int, then taken for an unsigned one. */
static uint32_t number(json *of, const char *name)
{
	json *value = member(of, name, json_type_int);

	return value ? (uint32_t)json_object_get_int(value) : 0;
}

/* 64-bit numbers are strings of decimal digits. */
static bool big_number(json *of, const char *name, uint64_t *ret)
{
	return parse_u64(text(of, name), UINT64_MAX, ret) == 0;
}

/* Does the array hold this string? */
static bool lists(json *array, const char *string)
{
	size_t n = array ? json_object_array_length(array) : 0;

	for (size_t i = 0; i < n; i++)
		if (str_eq(text_of(json_object_array_get_idx(array, i)), string))
			return true;
	return false;
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
	const char *type = text(kdf, "type");

	slot->salt = base64_size(text(kdf, "salt"));
	if (str_eq(type, "pbkdf2")) {
		slot->kdf = KDF_PBKDF2;
		copy(slot->hash, sizeof(slot->hash), text(kdf, "hash"));
		slot->iterations = number(kdf, "iterations");
	} else if (str_eq(type, "argon2i") || str_eq(type, "argon2id")) {
		slot->kdf = str_eq(type, "argon2i") ? KDF_ARGON2I : KDF_ARGON2ID;
		slot->iterations = number(kdf, "time");
		slot->memory = number(kdf, "memory");
		slot->lanes = number(kdf, "cpus");
	}
}

/* libcryptsetup splits a key into 4000 stripes, whatever number the header has. */
#define STRIPES 4000

static void read_keyslot(json *from, struct keyslot *slot)
{
	json *area = member(from, "area", json_type_object);
	json *af = member(from, "af", json_type_object);
	json *priority = member(from, "priority", json_type_int);

	slot->priority = KEYSLOT_NORMAL;
	if (priority && json_object_get_int(priority) == 0)
		slot->priority = KEYSLOT_IGNORE;
	else if (priority && json_object_get_int(priority) == 2)
		slot->priority = KEYSLOT_PREFER;
	slot->key_size = number(from, "key_size");
	read_kdf(member(from, "kdf", json_type_object), slot);
	copy(slot->area_encryption, sizeof(slot->area_encryption), text(area, "encryption"));
	slot->area_key_size = number(area, "key_size");
	slot->alone = !header_area_in_library(slot->area_encryption);
	slot->af_known = str_eq(text(from, "type"), "luks2") && str_eq(text(area, "type"), "raw") &&
			 str_eq(text(af, "type"), "luks1") && number(af, "stripes") == STRIPES;
	copy(slot->af_hash, sizeof(slot->af_hash), text(af, "hash"));
}

static unsigned count_digests(json *digests, const char *keyslot)
{
	unsigned n = 0;

	json_object_object_foreach(digests, key, digest)
	{
		(void)key;
		n += lists(member(digest, "keyslots", json_type_array), keyslot);
	}
	return n;
}

/* The keyslots of the segment's digest, in the order of their numbers. */
static void read_keyslots(json *root, json *digests, json *digest, struct header *ret)
{
	json *keyslots = member(root, "keyslots", json_type_object);
	json *listed = member(digest, "keyslots", json_type_array);

	for (int i = 0; i < KEYSLOTS_MAX; i++) {
		char name[16];
		struct keyslot slot = { .number = i };
		json *from;

		snprintf(name, sizeof(name), "%d", i);
		from = lists(listed, name) ? member(keyslots, name, json_type_object) : NULL;
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
		if (lists(listed, name))
			set |= 1U << h->keyslot[i].number;
	}
	return set;
}

/* All members that libcryptsetup allows in it, and no others. False: it is left out. */
static bool read_keyring_token(json *from, const struct header *h, struct keyring_token *ret)
{
	const char *key = text(from, "key_description");

	ret->keyslots = listed_keyslots(member(from, "keyslots", json_type_array), h);
	return json_object_object_length(from) == 3 && ret->keyslots && key[0] &&
	       is_printable_ascii(key) && str_copy(ret->key, sizeof(ret->key), key);
}

/* In the order of their numbers; the keyslots are read already. */
static void read_tokens(json *root, struct header *ret)
{
	json *tokens = member(root, "tokens", json_type_object);

	for (int i = 0; i < TOKENS_MAX && ret->keyring_tokens < KEYRING_TOKENS_MAX; i++) {
		struct keyring_token token = { .number = i };
		char name[16];
		json *from;

		snprintf(name, sizeof(name), "%d", i);
		from = member(tokens, name, json_type_object);
		if (from && str_eq(text(from, "type"), "luks2-keyring") &&
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
		const char *value = text(digest, names[i]);
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
	json *iterations = member(digest, "iterations", json_type_int);

	/* libcryptsetup expects this description when it works with the mapping later. */
	snprintf(ret->key_description, sizeof(ret->key_description), "cryptsetup:%s-d%s", ret->uuid,
		 number_text);
	if (!str_eq(text(digest, "type"), "pbkdf2"))
		return;
	copy(ret->digest_hash, sizeof(ret->digest_hash), text(digest, "hash"));
	/* Not an int, for libcryptsetup; negative ones become huge. */
	ret->digest_iterations = iterations ? (uint64_t)json_object_get_int64(iterations) : 0;
	ret->digest_salt = base64_size(text(digest, "salt"));
	ret->digest_size = base64_size(text(digest, "digest"));
	hash_digest(digest, ret);
}

/* All that hangs on the digest of the segment with this number. */
static void read_digests(json *root, const char *segment, struct header *ret)
{
	json *digests = member(root, "digests", json_type_object);
	json *the_one = NULL;

	if (!digests)
		return;
	json_object_object_foreach(digests, key, digest)
	{
		if (!lists(member(digest, "segments", json_type_array), segment))
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

	copy(ret->integrity, sizeof(ret->integrity), text(integrity, "type"));
	ret->integrity_key_size = number(integrity, "key_size");
	ret->plain_journal = str_eq(text(integrity, "journal_encryption"), "none") &&
			     str_eq(text(integrity, "journal_integrity"), "none");
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
	ret->crypt = str_eq(text(segment, "type"), "crypt");
	ret->dynamic = str_eq(text(segment, "size"), "dynamic");
	copy(ret->encryption, sizeof(ret->encryption), text(segment, "encryption"));
	ret->sector_size = number(segment, "sector_size");
	(void)big_number(segment, "offset", &ret->data_offset);
	(void)big_number(segment, "iv_tweak", &ret->iv_offset);
	read_integrity(member(segment, "integrity", json_type_object), ret);
}

static void read_requirements(json *root, struct header *ret)
{
	json *config = member(root, "config", json_type_object);
	json *requirements = member(config, "requirements", json_type_object);
	json *mandatory = member(requirements, "mandatory", json_type_array);
	size_t n = mandatory ? json_object_array_length(mandatory) : 0;

	for (size_t i = 0; i < n; i++) {
		const char *name = text_of(json_object_array_get_idx(mandatory, i));

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
	json *segments = member(root, "segments", json_type_object);

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
