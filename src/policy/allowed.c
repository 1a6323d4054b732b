/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/allowed.h"

#include "base/escape.h"
#include "base/util.h"

#include <stdio.h>

/* Key sizes in bytes; 0 ends a list. */
#define SIZES_MAX 4

/* Block ciphers of 128 bits that have a standard or were finalists of one, and their keys. */
static const struct cipher {
	const char *name;
	unsigned keys[SIZES_MAX];
} block_ciphers[] = {
	{ "aes", { 16, 24, 32 } },
	{ "serpent", { 16, 24, 32 } },
	{ "twofish", { 16, 24, 32 } },
	{ "camellia", { 16, 24, 32 } },
	{ "aria", { 16, 24, 32 } },
	{ "cast6", { 16, 24, 32 } },
	{ "sm4", { 16 } },
	{ "seed", { 16 } },
};

/* What dm-crypt makes of a block cipher. */
static const struct mode {
	const char *name;
	const char *integrity; /* the type it stands beside; NULL: any MAC */
	unsigned keys;	       /* of the block cipher that it takes ... */
	unsigned salt;	       /* ... and bytes beside them: rfc4309's, for CCM */
	const char *ivs;       /* allowed IV generators, a blank around each */
	bool in_area;	       /* for key material, too */
} modes[] = {
	{ "xts", NULL, 2, 0, " plain plain64 plain64be essiv:sha256 random ", true },
	{ "cbc", NULL, 1, 0, " plain plain64 plain64be essiv:sha256 random ", true },
	{ "ctr", NULL, 1, 0, " random ", false },
	{ "gcm", "aead", 1, 0, " random ", false },
	{ "ccm", "aead", 1, 3, " random ", false },
};

/* Ciphers that are a mode of their own. */
static const struct whole {
	const char *name; /* before the IV generator */
	const char *integrity;
	const char *ivs;
	unsigned keys[SIZES_MAX];
	bool in_area;
} wholes[] = {
	{ "aegis128", "aead", " random ", { 16 }, false },
	{ "chacha20", "poly1305", " random plain64 ", { 32 }, false },
	{ "xchacha20,aes-adiantum", NULL, " plain64 plain random ", { 32 }, true },
	{ "xchacha12,aes-adiantum", NULL, " plain64 plain random ", { 32 }, true },
	{ "aes-hctr2", NULL, " plain64 plain random ", { 16, 24, 32 }, true },
};

/* MACs beside a cipher: their own key in bytes, and what a header may set aside for it. */
static const struct mac {
	const char *integrity;
	unsigned key, least, most;
} macs[] = {
	{ "hmac(sha1)", 20, 16, 128 },
	{ "hmac(sha256)", 32, 16, 128 },
	{ "hmac(sha512)", 64, 16, 256 },
	{ "cmac(aes)", 16, 16, 32 },
	/* Keys of IBM Z's firmware; libcryptsetup asks for their size in each header. */
	{ "phmac(sha1)", 0, 16, 256 },
	{ "phmac(sha256)", 0, 16, 256 },
	{ "phmac(sha512)", 0, 16, 256 },
};

static bool has_word(const char *words, const char *word)
{
	size_t len = strlen(word);

	if (len == 0 || strchr(word, ' '))
		return false;
	for (const char *p = words; (p = strstr(p, word)); p++)
		if (p[-1] == ' ' && p[len] == ' ')
			return true;
	return false;
}

static bool has_size(const unsigned sizes[static SIZES_MAX], unsigned times, unsigned more,
		     unsigned size)
{
	for (size_t i = 0; i < SIZES_MAX && sizes[i]; i++)
		if (sizes[i] * times + more == size)
			return true;
	return false;
}

/* What a cipher is for: a keyslot's key material (which has no room for a random IV), or a segment
 * with this integrity; NULL: with a MAC. */
struct use {
	bool area;
	const char *integrity;
};

static bool fits_use(const struct use *use, const char *integrity, bool in_area, const char *iv)
{
	if (use->area)
		return in_area && !str_eq(iv, "random");
	return use->integrity && integrity ? str_eq(use->integrity, integrity) :
					     !use->integrity && !integrity;
}

/* Is text "NAME-MODE-IV" with this name and mode? Returns the IV generator, or NULL. */
static const char *iv_of(const char *text, const char *name, const char *mode)
{
	const char *rest = str_after(text, name);

	rest = rest && *rest == '-' ? str_after(rest + 1, mode) : NULL;
	return rest && *rest == '-' ? rest + 1 : NULL;
}

/* Is it one of the block ciphers in one of the modes? */
static bool is_block_mode(const char *encryption, unsigned key_size, const struct use *use)
{
	for (size_t i = 0; i < ARRAY_SIZE(block_ciphers); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(modes); j++) {
			const struct mode *m = &modes[j];
			const char *iv = iv_of(encryption, block_ciphers[i].name, m->name);

			if (iv && fits_use(use, m->integrity, m->in_area, iv) &&
			    has_word(m->ivs, iv) &&
			    has_size(block_ciphers[i].keys, m->keys, m->salt, key_size))
				return true;
		}
	}
	return false;
}

static bool is_whole(const char *encryption, unsigned key_size, const struct use *use)
{
	for (size_t i = 0; i < ARRAY_SIZE(wholes); i++) {
		const struct whole *w = &wholes[i];
		const char *iv = str_after(encryption, w->name);

		if (iv && *iv == '-' && fits_use(use, w->integrity, w->in_area, iv + 1) &&
		    has_word(w->ivs, iv + 1) && has_size(w->keys, 1, 0, key_size))
			return true;
	}
	return false;
}

static bool is_cipher(const char *encryption, unsigned key_size, const struct use *use)
{
	return is_block_mode(encryption, key_size, use) || is_whole(encryption, key_size, use);
}

bool allowed_area(const char *encryption, unsigned key_size)
{
	return is_cipher(encryption, key_size, &(struct use){ .area = true });
}

bool allowed_segment(const char *encryption, const char *integrity, unsigned key_size,
		     unsigned integrity_key_size)
{
	for (size_t i = 0; i < ARRAY_SIZE(macs); i++) {
		unsigned mac_key = integrity_key_size ? integrity_key_size : macs[i].key;

		if (str_eq(macs[i].integrity, integrity))
			return mac_key >= macs[i].least && mac_key <= macs[i].most &&
			       mac_key < key_size &&
			       is_cipher(encryption, key_size - mac_key, &(struct use){ 0 });
	}
	return integrity_key_size == 0 &&
	       is_cipher(encryption, key_size, &(struct use){ .integrity = integrity });
}

/* --- keyslots --------------------------------------------------------------------------------- */

/* Those that this build of libcryptsetup has (deps/config/mbedtls_config.h), and their bytes. */
static const struct hash {
	const char *name;
	unsigned size;
} hashes[] = {
	{ "sha1", 20 },	  { "sha224", 28 }, { "sha256", 32 },
	{ "sha384", 48 }, { "sha512", 64 }, { "ripemd160", 20 },
};

static const struct hash *find_hash(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(hashes); i++)
		if (str_eq(hashes[i].name, name))
			return &hashes[i];
	return NULL;
}

/*
 * Seconds that a derivation may take, estimated for a slow core. cryptsetup's default is 2 s on the
 * machine that made the keyslot; --iter-time 60000 on a fast one still fits.
 */
#define SECONDS_MAX 600
#define DIGEST_SECONDS_MAX 60	  /* of the digest; cryptsetup's default is an eighth of a second */
#define PBKDF2_PER_SECOND 1000000 /* iterations */
#define ARGON2_PER_SECOND 524288  /* passes over one KiB */

/* cryptsetup's limit, KiB. A keyslot that asks for more than the machine has is left out for that,
 * with a better message: see keyslots.c. */
#define MEMORY_MAX (4 << 20)

static uint64_t seconds_of(const struct keyslot *slot)
{
	uint64_t memory = slot->memory < MEMORY_MAX ? slot->memory : MEMORY_MAX;

	if (slot->kdf == KDF_PBKDF2)
		return slot->iterations / PBKDF2_PER_SECOND;
	return memory * slot->iterations / ARGON2_PER_SECOND;
}

uint64_t allowed_seconds(const struct header *h, const struct keyslot *slot)
{
	return seconds_of(slot) + h->digest_iterations / PBKDF2_PER_SECOND;
}

/* LUKS_SALTSIZE and LUKS_DIGESTSIZE of libcryptsetup: the digest may be cut to that of LUKS1. */
#define SALT 32
#define DIGEST_CUT 20

bool allowed_digest(const struct header *h)
{
	const struct hash *hash = find_hash(h->digest_hash);

	if (h->digest_salt != SALT || h->digest_iterations == 0 ||
	    h->digest_iterations / PBKDF2_PER_SECOND > DIGEST_SECONDS_MAX)
		return false;
	return hash && (h->digest_size == hash->size || h->digest_size == DIGEST_CUT);
}

static void refuse(char *why, size_t size, const char *fmt, ...) PRINTF_LIKE(3, 4);
static void refuse(char *why, size_t size, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(why, size, fmt, ap);
	va_end(ap);
	str_printable(why);
}

/* The key derivation. */
static void judge_kdf(const struct keyslot *slot, char *why, size_t size)
{
	if (slot->kdf == KDF_OTHER)
		refuse(why, size, "uses an unknown key derivation");
	else if (slot->kdf == KDF_PBKDF2 && !find_hash(slot->hash))
		refuse(why, size, "derives its key with %.31s, which is not a known hash",
		       slot->hash[0] ? slot->hash : "no hash");
	else if (slot->salt != SALT)
		refuse(why, size, "derives its key with a salt of %u bytes instead of %d",
		       slot->salt, SALT);
	else if (slot->iterations < 1)
		refuse(why, size, "asks for a key derivation of no iteration at all");
	else if (slot->kdf != KDF_PBKDF2 && (slot->lanes < 1 || slot->memory < 8))
		refuse(why, size,
		       "asks Argon2 for %u threads and %llu KiB of memory, which cannot be",
		       slot->lanes, (unsigned long long)slot->memory);
	else if (seconds_of(slot) > SECONDS_MAX)
		refuse(why, size,
		       "asks for a key derivation of more than %d minutes (%u iterations); no "
		       "genuine keyslot does",
		       SECONDS_MAX / 60, slot->iterations);
}

/* How the key is stored. */
static void judge_material(const struct keyslot *slot, unsigned volume_key_size, char *why,
			   size_t size)
{
	if (!allowed_area(slot->area_encryption, slot->area_key_size))
		refuse(why, size,
		       "encrypts its key with %.40s and %u key bytes, which is not a known cipher",
		       slot->area_encryption[0] ? slot->area_encryption : "no cipher",
		       slot->area_key_size);
	else if (!slot->af_known)
		refuse(why, size, "stores its key in an unknown way");
	else if (!find_hash(slot->af_hash))
		refuse(why, size, "stores its key with %.31s, which is not a known hash",
		       slot->af_hash[0] ? slot->af_hash : "no hash");
	else if (slot->key_size != volume_key_size)
		refuse(why, size, "holds a key of %u bytes instead of %u", slot->key_size,
		       volume_key_size);
	else if (slot->digests != 1)
		refuse(why, size, "belongs to %u volume keys at once", slot->digests);
}

void allowed_keyslot(const struct keyslot *slot, unsigned volume_key_size, char *why, size_t size)
{
	why[0] = '\0';
	judge_material(slot, volume_key_size, why, size);
	if (!why[0])
		judge_kdf(slot, why, size);
}
