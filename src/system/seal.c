/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/seal.h"

#include "base/bytes.h"
#include "base/util.h"
#include "system/seal_fast.h"
#include "system/seal_gcm.h"

#include <mbedtls/aes.h>
#include <mbedtls/gcm.h>
#include <mbedtls/md.h>
#include <sys/mman.h>

#define MAC_MAX 64
#define BLOCK_MAX 128 /* of a hash */
#define AAD 24	      /* what dm-crypt authenticates beside the data: the sector, and the IV */
#define KEY_MAX 32    /* of AES-GCM */

struct seal {
	struct seal_sizes sizes;
	unsigned sector_size;
	bool fast; /* AES at least */
	/* AES-GCM. */
	const struct mode *mode;
	struct seal_gcm gcm;
	unsigned char key[KEY_MAX];
	size_t key_size;
	/* AES-XTS and HMAC. */
	struct seal_fast with;
	mbedtls_aes_xts_context xts;
	mbedtls_md_type_t hash;
	/* The key of HMAC, as its two hashes begin. */
	unsigned char inner[BLOCK_MAX], outer[BLOCK_MAX];
	size_t block;
};

static const struct mac {
	const char *integrity;
	mbedtls_md_type_t hash;
	unsigned size, block;
} macs[] = {
	{ "hmac(sha1)", MBEDTLS_MD_SHA1, 20, 64 },
	{ "hmac(sha256)", MBEDTLS_MD_SHA256, 32, 64 },
	{ "hmac(sha512)", MBEDTLS_MD_SHA512, 64, 128 },
};

static const struct mac *find_mac(const char *integrity)
{
	for (size_t i = 0; i < ARRAY_SIZE(macs); i++)
		if (str_eq(macs[i].integrity, integrity))
			return &macs[i];
	return NULL;
}

static const struct mode {
	const char *encryption;
	bool aead;    /* it has its own MAC */
	unsigned iv;  /* bytes that are stored */
	unsigned key; /* bytes, or twice as many */
} modes[] = {
	{ "aes-xts-plain64", false, 0, 32 },
	{ "aes-xts-random", false, 16, 32 },
	{ "aes-gcm-random", true, SEAL_GCM_IV, 16 },
};

static const struct mode *find_mode(const char *encryption)
{
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++)
		if (str_eq(modes[i].encryption, encryption))
			return &modes[i];
	return NULL;
}

bool seal_sizes(const char *encryption, const char *integrity, struct seal_sizes *ret)
{
	const struct mode *mode = find_mode(encryption);
	const struct mac *mac = find_mac(integrity);

	if (!mode || (mode->aead ? !str_eq(integrity, "aead") : !mac))
		return false;
	*ret = (struct seal_sizes){ .mac = mode->aead ? SEAL_GCM_MAC : mac->size,
				    .iv = mode->iv,
				    .mac_key = mode->aead ? 0 : mac->size,
				    .cipher_key = mode->key };
	return true;
}

bool seal_takes_key(const struct seal_sizes *sizes, size_t key_size)
{
	return key_size == sizes->mac_key + sizes->cipher_key ||
	       key_size == sizes->mac_key + 2 * sizes->cipher_key;
}

/* --- one sector ------------------------------------------------------------------------------- */

struct piece {
	const unsigned char *data;
	size_t len;
};

/* Of the key's block (inner or outer) and the pieces. */
static bool hash(const struct seal *s, const unsigned char *key, const struct piece *texts,
		 size_t n, unsigned char *ret)
{
	mbedtls_md_context_t md;
	bool ok;

	mbedtls_md_init(&md);
	ok = mbedtls_md_setup(&md, mbedtls_md_info_from_type(s->hash), 0) == 0 &&
	     mbedtls_md_starts(&md) == 0 && mbedtls_md_update(&md, key, s->block) == 0;
	for (size_t i = 0; ok && i < n; i++)
		ok = mbedtls_md_update(&md, texts[i].data, texts[i].len) == 0;
	ok = ok && mbedtls_md_finish(&md, ret) == 0;
	mbedtls_md_free(&md);
	return ok;
}

static bool mac_one(const struct seal *s, const unsigned char *aad, const unsigned char *data,
		    unsigned char *ret)
{
	unsigned char sum[MAC_MAX];
	const struct piece inner[] = { { aad, AAD }, { data, s->sector_size } };
	const struct piece outer[] = { { sum, s->sizes.mac } };

	return hash(s, s->inner, inner, 2, sum) && hash(s, s->outer, outer, 1, ret);
}

static bool encrypt_one(const struct seal *s, const unsigned char *iv, unsigned char *data)
{
	/* It takes a context that it does not change. */
	mbedtls_aes_xts_context *xts = (mbedtls_aes_xts_context *)(uintptr_t)&s->xts;

	memset(data, 0, s->sector_size);
	return mbedtls_aes_crypt_xts(xts, MBEDTLS_AES_ENCRYPT, s->sector_size, iv, data, data) == 0;
}

static void make_aad(const struct seal *s, uint64_t sector, const unsigned char *tag,
		     unsigned char aad[static AAD])
{
	memset(aad, 0, AAD);
	put_le(aad, sector, 8);
	if (s->sizes.iv)
		memcpy(aad + 8, tag + s->sizes.mac, 16);
	else
		put_le(aad + 8, sector, 8);
}

/* Two sectors, or one and the same one twice. */
static bool seal_two(const struct seal *s, const uint64_t sector[static 2],
		     unsigned char *const data[static 2], unsigned char *const tag[static 2])
{
	unsigned char aad[2][AAD];
	struct seal_pair pair;
	bool ok = true;

	for (unsigned i = 0; i < 2; i++) {
		make_aad(s, sector[i], tag[i], aad[i]);
		pair.aad[i] = aad[i];
		pair.data[i] = data[i];
		pair.mac[i] = tag[i];
	}
	if (s->fast)
		seal_fast_pair(&s->with, &pair);
	for (unsigned i = 0; i < 2 && ok; i++)
		ok = (s->fast || encrypt_one(s, aad[i] + 8, data[i])) &&
		     (seal_is_fast(s) || mac_one(s, aad[i], data[i], tag[i]));
	return ok;
}

/* Mbed TLS changes a context of GCM: each call has one of its own. */
static bool gcm_portable(const struct seal *s, const unsigned char *aad, unsigned char *data,
			 unsigned char *mac)
{
	mbedtls_gcm_context gcm;
	bool ok;

	memset(data, 0, s->sector_size);
	mbedtls_gcm_init(&gcm);
	ok = mbedtls_gcm_setkey(&gcm, MBEDTLS_CIPHER_ID_AES, s->key, (unsigned)s->key_size * 8) ==
		     0 &&
	     mbedtls_gcm_crypt_and_tag(&gcm, MBEDTLS_GCM_ENCRYPT, s->sector_size, aad + 8,
				       SEAL_GCM_IV, aad, SEAL_GCM_AAD, data, data, SEAL_GCM_MAC,
				       mac) == 0;
	mbedtls_gcm_free(&gcm);
	return ok;
}

static bool seal_gcm_zeros(const struct seal *s, uint64_t sector, size_t blocks,
			   unsigned char *data, unsigned char *tags)
{
	bool ok = true;

	for (size_t i = 0; i < blocks && ok; i++) {
		unsigned char *tag = tags + i * (SEAL_GCM_MAC + SEAL_GCM_IV), aad[SEAL_GCM_AAD];

		put_le(aad, sector + i * (s->sector_size / 512), 8);
		memcpy(aad + 8, tag + SEAL_GCM_MAC, SEAL_GCM_IV);
		if (s->fast)
			seal_gcm_sector(&s->gcm, aad, data + i * s->sector_size, tag);
		else
			ok = gcm_portable(s, aad, data + i * s->sector_size, tag);
	}
	return ok;
}

bool seal_zeros(const struct seal *s, uint64_t sector, size_t blocks, unsigned char *data,
		unsigned char *tags)
{
	const unsigned size = s->sizes.mac + s->sizes.iv, step = s->sector_size / 512;

	if (s->mode->aead)
		return seal_gcm_zeros(s, sector, blocks, data, tags);
	for (size_t i = 0; i < blocks; i += 2) {
		size_t both[2] = { i, i + 1 < blocks ? i + 1 : i };
		uint64_t at[2];
		unsigned char *d[2], *t[2];

		for (unsigned j = 0; j < 2; j++) {
			at[j] = sector + both[j] * step;
			d[j] = data + both[j] * s->sector_size;
			t[j] = tags + both[j] * size;
		}
		if (!seal_two(s, at, d, t))
			return false;
	}
	return true;
}

/* --- the keys --------------------------------------------------------------------------------- */

static void set_mac_key(struct seal *s, const struct mac *mac, const unsigned char *key)
{
	s->hash = mac->hash;
	s->block = mac->block;
	memset(s->inner, 0x36, s->block);
	memset(s->outer, 0x5c, s->block);
	for (unsigned i = 0; i < mac->size; i++) {
		s->inner[i] ^= key[i];
		s->outer[i] ^= key[i];
	}
}

#define PROBE 8 /* sectors */

/* What the instructions give must be what the portable code gives, on this very processor. */
static int compare(struct seal *s)
{
	size_t data = PROBE * (size_t)s->sector_size, tags = PROBE * (MAC_MAX + 16);
	cleanup_free unsigned char *all = calloc(2, data + tags);
	unsigned char *one = all, *two = all ? all + data + tags : NULL;
	bool ok;

	if (!all)
		return -ENOMEM;
	ok = seal_zeros(s, 12345678, PROBE, one, one + data);
	s->fast = false;
	ok = ok && seal_zeros(s, 12345678, PROBE, two, two + data) &&
	     memcmp(one, two, data + tags) == 0;
	s->fast = true;
	return ok ? 0 : -EIO;
}

static int set_xts_keys(struct seal *s, const struct seal_spec *spec)
{
	const struct mac *mac = find_mac(spec->integrity);
	size_t aes = spec->key_size - mac->size;
	const unsigned char *mac_key = spec->key + aes;

	set_mac_key(s, mac, mac_key);
	if (mbedtls_aes_xts_setkey_enc(&s->xts, spec->key, (unsigned)aes * 8) != 0)
		return -EINVAL;
	s->fast = !spec->portable &&
		  seal_fast_init(&s->with, spec->key, aes,
				 mac->hash == MBEDTLS_MD_SHA256 ? mac_key : NULL, s->sector_size);
	return 0;
}

static int set_keys(struct seal *s, const struct seal_spec *spec)
{
	int r = 0;

	if (s->mode->aead) {
		memcpy(s->key, spec->key, spec->key_size);
		s->key_size = spec->key_size;
		s->fast = !spec->portable &&
			  seal_gcm_init(&s->gcm, spec->key, spec->key_size, s->sector_size);
	} else {
		r = set_xts_keys(s, spec);
	}
	return r == 0 && s->fast ? compare(s) : r;
}

int seal_new(const struct seal_spec *spec, struct seal **ret)
{
	struct seal_sizes sizes;
	struct seal *s;
	int r;

	if (!seal_sizes(spec->encryption, spec->integrity, &sizes))
		return -EOPNOTSUPP;
	if (!seal_takes_key(&sizes, spec->key_size))
		return -EINVAL;
	s = mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (s == MAP_FAILED)
		return -ENOMEM;
	(void)mlock(s, sizeof(*s));
	(void)madvise(s, sizeof(*s), MADV_DONTDUMP);
	s->sizes = sizes;
	s->mode = find_mode(spec->encryption);
	s->sector_size = spec->sector_size;
	mbedtls_aes_xts_init(&s->xts);
	r = set_keys(s, spec);
	if (r < 0)
		seal_free(s);
	else
		*ret = s;
	return r;
}

struct seal *seal_free(struct seal *s)
{
	if (s) {
		mbedtls_aes_xts_free(&s->xts);
		explicit_bzero(s, sizeof(*s));
		(void)munmap(s, sizeof(*s));
	}
	return NULL;
}

bool seal_is_fast(const struct seal *s)
{
	return s->fast && (s->mode->aead || s->with.mac);
}

bool seal_mac(const unsigned char *key, size_t key_size, const void *data, size_t len,
	      unsigned char ret[static 32])
{
	return mbedtls_md_hmac(mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), key, key_size, data,
			       len, ret) == 0;
}
