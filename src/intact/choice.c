/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "intact/choice.h"

#include "base/util.h"
#include "facts/cipher_spec.h"
#include "policy/allowed.h"
#include "system/luks_make.h"
#include "system/seal.h"

#include <inttypes.h>
#include <stdio.h>

#define KEY_MAX 128 /* bytes, of a cipher */
#define TB UINT64_C(1000000000000)

/* The first that fits a cipher is taken where no other is asked for. */
static const struct integrity_name {
	const char *option, *header;
} names[] = {
	{ "hmac-sha256", "hmac(sha256)" }, { "hmac-sha512", "hmac(sha512)" },
	{ "hmac-sha1", "hmac(sha1)" },	   { "aead", "aead" },
	{ "poly1305", "poly1305" },	   { "cmac-aes", "cmac(aes)" },
};

static const struct integrity_name *find_name(const char *option)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (str_eq(option, names[i].option) || str_eq(option, names[i].header))
			return &names[i];
	return NULL;
}

/* Bytes of the tag without a stored IV. */
static unsigned mac_size(const char *integrity)
{
	return cipher_tag_size("aes-xts-plain64", integrity);
}

/* Cipher and MAC share one key. */
static bool is_one(const char *integrity)
{
	return str_eq(integrity, "aead") || str_eq(integrity, "poly1305");
}

/* The key of a MAC is as long as its tag. */
static unsigned own_key(const char *integrity)
{
	return is_one(integrity) ? 0 : mac_size(integrity);
}

/* What both have in common in all questions about them. */
struct pair {
	const char *encryption, *integrity;
	unsigned integrity_key; /* bytes; 0: its own */
};

static bool fits(const struct pair *p, unsigned key)
{
	unsigned mac_key = p->integrity_key ? p->integrity_key : own_key(p->integrity);

	return allowed_segment(p->encryption, p->integrity, key + mac_key, p->integrity_key);
}

static bool fits_any(const struct pair *p)
{
	for (unsigned key = 1; key <= KEY_MAX; key++)
		if (fits(p, key))
			return true;
	return false;
}

/* The largest key up to 512 bits; those of CCM have 24 bits more, a salt. 0: there is none. */
static unsigned default_key(const struct pair *p)
{
	for (unsigned key = 64; key > 0; key--)
		if (fits(p, key))
			return key;
	return 0;
}

/* --- refusals --------------------------------------------------------------------------------- */

static const char *refuse(char why[static CHOICE_WHY], const char *fmt, ...) PRINTF_LIKE(2, 3);
static const char *refuse(char why[static CHOICE_WHY], const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(why, CHOICE_WHY, fmt, ap);
	va_end(ap);
	return why;
}

static const char *refuse_integrity(const char *option, char why[static CHOICE_WHY])
{
	if (str_eq(option, "none"))
		return refuse(why, "--integrity none finds no change on the disk: it is not "
				   "offered");
	if (str_after(option, "phmac"))
		return refuse(why,
			      "the keys of %.30s are in the firmware of IBM Z: use "
			      "`cryptsetup luksFormat` for them",
			      option);
	return refuse(why,
		      "\"%.30s\" is no integrity algorithm: --integrity takes hmac-sha256, "
		      "hmac-sha512, hmac-sha1, aead, poly1305 or cmac-aes",
		      option);
}

/* No key fits. */
static const char *refuse_cipher(const struct pair *p, const char *option,
				 char why[static CHOICE_WHY])
{
	for (size_t i = 0; option && i < ARRAY_SIZE(names); i++)
		if (fits_any(&(struct pair){ p->encryption, names[i].header, 0 }))
			return refuse(why, "%.60s takes --integrity %s, but not %s", p->encryption,
				      names[i].option, option);
	return refuse(why,
		      "\"%.60s\" is no cipher that a protected volume may have: intact-unlock "
		      "would refuse to open it",
		      p->encryption);
}

static const char *refuse_key(const struct pair *p, unsigned bits, char why[static CHOICE_WHY])
{
	unsigned n = 0;

	(void)refuse(why, "%.60s takes a key of ", p->encryption);
	for (unsigned key = 1; key <= KEY_MAX; key++)
		if (fits(p, key))
			str_append(why, CHOICE_WHY, "%s%u", n++ ? " or " : "", key * 8);
	str_append(why, CHOICE_WHY, " bits, not %u", bits);
	return why;
}

/* Only HMAC takes keys of several sizes. */
static const char *refuse_integrity_key(const struct pair *p, unsigned bits,
					char why[static CHOICE_WHY])
{
	const struct pair own = { p->encryption, p->integrity, 0 };

	if (bits == 0 || !fits_any(&own))
		return NULL;
	if (str_after(p->integrity, "hmac(") && bits % 8 == 0 && fits_any(p))
		return NULL;
	return refuse(why, "%s has no --integrity-key-size of %u bits", p->integrity, bits);
}

/* --- the choice ------------------------------------------------------------------------------- */

static bool is_computed(const struct choice *c)
{
	struct seal_sizes sizes;

	return !c->integrity_key_size && seal_sizes(c->encryption, c->integrity, &sizes) &&
	       seal_takes_key(&sizes, c->key_size);
}

/* The sizes are those of p and a cipher with key bytes, which fit. */
static bool set(const struct pair *p, unsigned key, struct choice *ret)
{
	struct choice c = { .tag_size = cipher_tag_size(p->encryption, p->integrity) };

	if (p->integrity_key != own_key(p->integrity))
		c.integrity_key_size = p->integrity_key;
	c.key_size = key + (p->integrity_key ? p->integrity_key : own_key(p->integrity));
	if (c.tag_size == 0 || !str_copy(c.encryption, sizeof(c.encryption), p->encryption) ||
	    !str_copy(c.integrity, sizeof(c.integrity), p->integrity))
		return false;
	c.computed = is_computed(&c);
	*ret = c;
	return true;
}

/* The integrity algorithm that is asked for, or the first that fits. */
static const struct integrity_name *choose_integrity(const struct choice_options *o)
{
	if (o->integrity)
		return find_name(o->integrity);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (fits_any(&(struct pair){ o->encryption, names[i].header, 0 }))
			return &names[i];
	return &names[0];
}

const char *choice_make(const struct choice_options *o, struct choice *ret,
			char why[static CHOICE_WHY])
{
	const struct integrity_name *name = choose_integrity(o);
	struct pair p = { .encryption = o->encryption, .integrity_key = o->integrity_key_bits / 8 };
	unsigned key = o->key_bits / 8;

	if (!name)
		return refuse_integrity(o->integrity, why);
	p.integrity = name->header;
	if (refuse_integrity_key(&p, o->integrity_key_bits, why))
		return why;
	if (!fits_any(&p))
		return refuse_cipher(&p, o->integrity, why);
	/* A header of it may be opened; but with a number that repeats at every write of a sector,
	 * two copies of the disk are enough to read and to forge that sector. */
	if (is_one(p.integrity) &&
	    cipher_tag_size(p.encryption, p.integrity) == mac_size(p.integrity))
		return refuse(why,
			      "%.60s encrypts each write of a sector with the same numbers: "
			      "take it with \"-random\" at its end",
			      p.encryption);
	if (o->key_bits ? o->key_bits % 8 || !fits(&p, key) : !(key = default_key(&p)))
		return refuse_key(&p, o->key_bits, why);
	return set(&p, key, ret) ? NULL : refuse_cipher(&p, NULL, why);
}

bool choice_of_header(const struct header *h, struct choice *ret)
{
	const struct pair p = { h->encryption, h->integrity, h->integrity_key_size };
	unsigned mac_key;

	if (!header_authenticates(h) || !h->crypt || !h->dynamic || h->segments != 1 ||
	    h->data_offset != LUKS_MAKE_OFFSET || h->iv_offset != 0 || !h->plain_journal ||
	    h->inline_tags || h->requirement[0] || h->sector_size < 512 || h->sector_size > 4096 ||
	    (h->sector_size & (h->sector_size - 1)))
		return false;
	mac_key = p.integrity_key ? p.integrity_key : own_key(p.integrity);
	return h->key_size > mac_key && fits(&p, h->key_size - mac_key) &&
	       set(&p, h->key_size - mac_key, ret);
}

/* --- what to know about it -------------------------------------------------------------------- */

const char *choice_warning(const struct choice *c, unsigned sector_size, uint64_t size,
			   char text[static CHOICE_WHY])
{
	unsigned iv = c->tag_size > mac_size(c->integrity) ? c->tag_size - mac_size(c->integrity) :
							     0;
	/* NIST SP 800-38D: at most 2^32 random numbers of 96 bits with one key. */
	uint64_t limit = (uint64_t)sector_size << 32;

	if (iv == 0 || iv >= 16)
		return NULL;
	if (iv < 12)
		return refuse(text,
			      "%s draws a random number of only %u bits for each sector that is "
			      "written: on a disk in use some sectors will share one, and are "
			      "then no longer secret. Take aes-gcm-random or hmac-sha256 instead.",
			      c->encryption, iv * 8);
	if (size >= limit)
		return refuse(text,
			      "%s draws a short random number (%u bits) for each sector that is "
			      "written, which is good for %" PRIu64 " TB: the format alone writes "
			      "more. Take hmac-sha256 instead.",
			      c->encryption, iv * 8, limit / TB);
	return refuse(text,
		      "%s draws a short random number (%u bits) for each sector that is written: "
		      "before %" PRIu64 " TB are written, this disk must be formatted anew, or it "
		      "is no longer protected. See intact(8).",
		      c->encryption, iv * 8, limit / TB);
}
