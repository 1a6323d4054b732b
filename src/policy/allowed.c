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
	{ "aes", { 16, 24, 32 } },     { "serpent", { 16, 24, 32 } },
	{ "twofish", { 16, 24, 32 } }, { "camellia", { 16, 24, 32 } },
	{ "aria", { 16, 24, 32 } },    { "sm4", { 16 } },
};

/* What dm-crypt makes of a block cipher, and how many of its keys that takes. */
static const struct mode {
	const char *name;
	unsigned keys;	 /* of the block cipher */
	const char *ivs; /* allowed IV generators, a blank around each */
	bool in_area;	 /* for key material, too: no random IV, which has nowhere to be stored */
} modes[] = {
	{ "xts", 2, " plain plain64 plain64be essiv:sha256 ", true },
	{ "cbc", 1, " essiv:sha256 essiv:sha512 plain64 plain ", true },
	{ "xts", 2, " random ", false },
	{ "cbc", 1, " random ", false },
	{ "ctr", 1, " random ", false },
};

/* Ciphers that are a mode of their own. integrity: the type they stand beside, NULL for any MAC. */
static const struct whole {
	const char *name; /* before the IV generator */
	const char *integrity;
	const char *ivs;
	unsigned keys[SIZES_MAX];
	bool in_area;
} wholes[] = {
	/* rfc4309 takes 3 bytes of salt beside the key of CCM. */
	{ "aes-gcm", "aead", " random ", { 16, 24, 32 }, false },
	{ "aes-ccm", "aead", " random ", { 19, 27, 35 }, false },
	{ "camellia-gcm", "aead", " random ", { 16, 24, 32 }, false },
	{ "aegis128", "aead", " random ", { 16 }, false },
	{ "chacha20", "poly1305", " random ", { 32 }, false },
	{ "xchacha20,aes-adiantum", NULL, " plain64 plain random ", { 32 }, true },
	{ "xchacha12,aes-adiantum", NULL, " plain64 plain random ", { 32 }, true },
	{ "aes-hctr2", NULL, " plain64 plain random ", { 16, 24, 32 }, true },
};

/* MACs beside a cipher: their own key in bytes, and the most that a header may set aside. */
static const struct mac {
	const char *integrity;
	unsigned key, least, most;
} macs[] = {
	{ "hmac(sha1)", 20, 20, 64 },
	{ "hmac(sha256)", 32, 32, 64 },
	{ "hmac(sha512)", 64, 32, 128 },
	{ "cmac(aes)", 16, 16, 32 },
	/* Keys of IBM Z's firmware; libcryptsetup asks for their size in each header. */
	{ "phmac(sha256)", 0, 32, 256 },
	{ "phmac(sha512)", 0, 32, 256 },
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

static bool has_size(const unsigned sizes[static SIZES_MAX], unsigned times, unsigned size)
{
	for (size_t i = 0; i < SIZES_MAX && sizes[i]; i++)
		if (sizes[i] * times == size)
			return true;
	return false;
}

/* Is text "NAME-MODE-IV" with this name and mode? Returns the IV generator, or NULL. */
static const char *iv_of(const char *text, const char *name, const char *mode)
{
	const char *rest = str_after(text, name);

	rest = rest && *rest == '-' ? str_after(rest + 1, mode) : NULL;
	return rest && *rest == '-' ? rest + 1 : NULL;
}

/* One of the block ciphers in one of the modes? */
static bool is_block_mode(const char *encryption, unsigned key_size, bool area)
{
	for (size_t i = 0; i < ARRAY_SIZE(block_ciphers); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(modes); j++) {
			const char *iv = iv_of(encryption, block_ciphers[i].name, modes[j].name);

			if (iv && (modes[j].in_area || !area) && has_word(modes[j].ivs, iv) &&
			    has_size(block_ciphers[i].keys, modes[j].keys, key_size))
				return true;
		}
	}
	return false;
}

/* integrity NULL: beside nothing, or beside any MAC. */
static bool is_whole(const char *encryption, const char *integrity, unsigned key_size, bool area)
{
	for (size_t i = 0; i < ARRAY_SIZE(wholes); i++) {
		const struct whole *w = &wholes[i];
		const char *iv = str_after(encryption, w->name);
		bool beside = integrity && w->integrity ? str_eq(integrity, w->integrity) :
							  !integrity && !w->integrity;

		if (beside && iv && *iv == '-' && (w->in_area || !area) &&
		    has_word(w->ivs, iv + 1) && !(area && str_eq(iv + 1, "random")) &&
		    has_size(w->keys, 1, key_size))
			return true;
	}
	return false;
}

bool allowed_area(const char *encryption, unsigned key_size)
{
	return is_block_mode(encryption, key_size, true) ||
	       is_whole(encryption, NULL, key_size, true);
}

bool allowed_segment(const char *encryption, const char *integrity, unsigned key_size,
		     unsigned integrity_key_size)
{
	for (size_t i = 0; i < ARRAY_SIZE(macs); i++) {
		unsigned mac_key = integrity_key_size ? integrity_key_size : macs[i].key;

		if (!str_eq(macs[i].integrity, integrity))
			continue;
		if (mac_key < macs[i].least || mac_key > macs[i].most || mac_key >= key_size)
			return false;
		return is_block_mode(encryption, key_size - mac_key, false) ||
		       is_whole(encryption, NULL, key_size - mac_key, false);
	}
	return integrity_key_size == 0 && is_whole(encryption, integrity, key_size, false);
}

/* --- keyslots --------------------------------------------------------------------------------- */

/* What cryptsetup's --hash accepts for LUKS2 and is not broken as a one-way function. */
static bool allowed_hash(const char *hash)
{
	return has_word(" sha1 sha224 sha256 sha384 sha512 sha3-224 sha3-256 sha3-384 sha3-512 "
			"ripemd160 whirlpool blake2b-512 blake2s-256 sm3 ",
			hash);
}

/*
 * Seconds that a derivation may take, estimated for a slow core: cryptsetup's own default is 2 s on
 * the machine that made the keyslot, and the most that its options make is about 10.
 */
#define SECONDS_MAX 600
#define PBKDF2_PER_SECOND 200000 /* iterations; a quarter of what a slow core does with SHA-256 */
#define ARGON2_KIB_PER_SECOND 65536 /* a pass over one KiB; likewise */

/* Saturating. */
static uint64_t seconds_of(const struct keyslot *slot)
{
	uint64_t kib;

	if (slot->kdf == KDF_PBKDF2)
		return slot->iterations / PBKDF2_PER_SECOND;
	if (__builtin_mul_overflow(slot->memory, (uint64_t)slot->iterations, &kib))
		return UINT64_MAX;
	return kib / ARGON2_KIB_PER_SECOND;
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

void allowed_keyslot(const struct keyslot *slot, unsigned volume_key_size, char *why, size_t size)
{
	why[0] = '\0';
	if (!allowed_area(slot->area_encryption, slot->area_key_size))
		refuse(why, size,
		       "encrypts its key material with %.40s and a key of %u bytes, which protects "
		       "nothing or is not known",
		       slot->area_encryption[0] ? slot->area_encryption : "no cipher",
		       slot->area_key_size);
	else if (slot->kdf == KDF_OTHER)
		refuse(why, size, "uses a key derivation that is not known");
	else if (slot->kdf == KDF_PBKDF2 && (!allowed_hash(slot->hash) || slot->iterations < 1))
		refuse(why, size, "derives its key with %.30s, which is no hash for PBKDF2",
		       slot->hash[0] ? slot->hash : "no hash");
	else if (slot->kdf != KDF_PBKDF2 &&
		 (slot->iterations < 1 || slot->memory < 8 || slot->lanes < 1))
		refuse(why, size, "asks Argon2 for %u passes over %llu KiB with %u threads",
		       slot->iterations, (unsigned long long)slot->memory, slot->lanes);
	else if (seconds_of(slot) > SECONDS_MAX)
		refuse(why, size,
		       "asks for a key derivation of more than %u minutes, which no genuine keyslot "
		       "does",
		       SECONDS_MAX / 60);
	else if (!slot->af_known || !allowed_hash(slot->af_hash))
		refuse(why, size, "splits its key in a way that is not known");
	else if (slot->key_size != volume_key_size)
		refuse(why, size, "holds a key of %u bytes, and the volume needs %u",
		       slot->key_size, volume_key_size);
}
