/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "facts/cipher_spec.h"

#include "base/util.h"

#include <stdio.h>

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '-' || c == '.' || c == '+';
}

size_t cipher_name_len(const char *s)
{
	size_t len = 0;

	if (*s == '-' || *s == '.' || *s == '+')
		return 0;
	while (is_name_char(s[len]))
		len++;
	return len;
}

size_t cipher_instance_len(const char *s)
{
	size_t len = cipher_name_len(s), depth = 0;

	if (len == 0 || s[len] != '(')
		return len;
	do {
		if (s[len] == '(')
			depth++;
		else if (s[len] == ')')
			depth--;
		else if (!s[len])
			return 0;
		len++;
	} while (depth > 0);
	return len;
}

/* Copies a part of a specification into a field of fixed size. */
static int take(char *dst, size_t size, const char *s, size_t len)
{
	if (len >= size)
		return -E2BIG;
	memcpy(dst, s, len);
	dst[len] = '\0';
	return 0;
}

/* "essiv:sha256", "plain64" or "" */
static int split_iv(const char *iv, struct cipher_spec *ret)
{
	size_t len = cipher_name_len(iv);
	const char *option = iv[len] == ':' ? iv + len + 1 : "";
	int r;

	if (iv[len] && (iv[len] != ':' || !*option || option[cipher_name_len(option)]))
		return -EINVAL;
	r = take(ret->iv, sizeof(ret->iv), iv, len);
	return r < 0 ? r : take(ret->iv_option, sizeof(ret->iv_option), option, strlen(option));
}

/* "capi:xts(aes)-plain64", split as in crypt_ctr_cipher_new() of drivers/md/dm-crypt.c. */
static int split_capi(const char *spec, struct cipher_spec *ret)
{
	const char *colon = strrchr(spec, ':'), *dash;
	size_t len = colon ? (size_t)(colon - spec) : strlen(spec);
	int r;

	for (dash = spec + len; dash > spec && *dash != '-'; dash--)
		;
	if (dash == spec)
		return colon ? -EINVAL : take(ret->cipher, sizeof(ret->cipher), spec, len);
	r = split_iv(dash + 1, ret);
	return r < 0 ? r : take(ret->cipher, sizeof(ret->cipher), spec, (size_t)(dash - spec));
}

/* CIPHER-IV with integrity ("aegis128-random": a cipher without a separate mode), split as in
 * cipher_dm2c() of libcryptsetup. */
static int split_aead(const char *encryption, const char *iv, struct cipher_spec *ret)
{
	int r = split_iv(iv, ret);

	return r < 0 ? r :
		       take(ret->cipher, sizeof(ret->cipher), encryption, strcspn(encryption, "-"));
}

/* CIPHER[:KEYS]-MODE-IV, split as in crypt_ctr_cipher_old() of dm-crypt, which also completes
 * -plain and -ecb. */
static int split_plain(const char *encryption, const char *mode, const char *iv,
		       struct cipher_spec *ret)
{
	size_t cipher_len = strcspn(encryption, "-:");
	const char *keys = encryption[cipher_len] == ':' ? encryption + cipher_len + 1 : NULL;
	int r;

	if (keys && (*keys == '-' || keys[strspn(keys, "0123456789")] != '-'))
		return -EINVAL;
	if (!iv && str_eq(mode, "plain")) {
		mode = "cbc";
		iv = "plain";
	} else if (!iv && str_eq(mode, "ecb")) {
		iv = "";
	}
	if (!iv || cipher_len == 0)
		return -EINVAL;
	r = take(ret->mode, sizeof(ret->mode), mode, strcspn(mode, "-"));
	if (r == 0)
		r = split_iv(iv, ret);
	if (r < 0)
		return r;
	r = snprintf(ret->cipher, sizeof(ret->cipher), "%s(%.*s)", ret->mode, (int)cipher_len,
		     encryption);
	return r < (int)sizeof(ret->cipher) ? 0 : -E2BIG;
}

static int split(const char *encryption, bool integrity, struct cipher_spec *ret)
{
	const char *mode = strchr(encryption, '-'), *iv = mode ? strchr(mode + 1, '-') : NULL,
		   *keys;

	if (!mode || !mode[1] || (iv && !iv[1]))
		return -EINVAL;
	mode++;
	if (iv)
		iv++;
	if (!integrity)
		return split_plain(encryption, mode, iv, ret);
	/* libcryptsetup would put the key count inside the brackets, where dm-crypt does not accept
	 * it. */
	keys = strchr(encryption, ':');
	if (keys && keys < mode)
		return -EINVAL;
	return iv ? split_plain(encryption, mode, iv, ret) : split_aead(encryption, mode, ret);
}

/* What libcryptsetup puts around the cipher; with any integrity that is not listed it is
 * authenc(). */
static const struct {
	const char *integrity;
	const char *mode; /* NULL: any */
	const char *before, *after;
} wrappings[] = {
	{ "", NULL, "", "" },
	{ "none", NULL, "", "" },
	{ "aead", "ccm", "rfc4309(", ")" },
	{ "aead", NULL, "", "" },
	{ "poly1305", NULL, "rfc7539(", ",poly1305)" },
};

/* Sets spec->api, composed as in cipher_dm2c() of libcryptsetup. */
static int compose(struct cipher_spec *spec, const char *integrity)
{
	size_t i = 0, size = sizeof(spec->api);
	int n;

	while (i < ARRAY_SIZE(wrappings) &&
	       (!str_eq(wrappings[i].integrity, integrity) ||
		(wrappings[i].mode && !str_eq(wrappings[i].mode, spec->mode))))
		i++;
	if (i < ARRAY_SIZE(wrappings))
		n = snprintf(spec->api, size, "%s%s%s", wrappings[i].before, spec->cipher,
			     wrappings[i].after);
	else
		n = snprintf(spec->api, size, "authenc(%s,%s)", integrity, spec->cipher);
	return n < (int)size ? 0 : -E2BIG;
}

int cipher_spec_parse(const char *encryption, const char *integrity, struct cipher_spec *ret)
{
	const char *capi = str_after(encryption, "capi:");
	struct cipher_spec spec = { .iv = "" };
	int r;

	/* libcryptsetup would put "capi:" inside the brackets, which dm-crypt refuses, and would
	 * let an integrity type of more than one name close them. */
	if (*integrity && (capi || cipher_instance_len(integrity) != strlen(integrity)))
		return -EINVAL;
	r = capi ? split_capi(capi, &spec) : split(encryption, *integrity, &spec);
	if (r == 0)
		r = compose(&spec, integrity);
	if (r < 0)
		return r;
	*ret = spec;
	return 0;
}

/* Sizes of authentication tags, as in INTEGRITY_tag_size() of libcryptsetup. */
static const struct {
	const char *integrity;
	unsigned size;
} auth_tags[] = {
	{ "aead", 16 },	       { "poly1305", 16 },	{ "cmac(aes)", 16 },
	{ "hmac(sha1)", 20 },  { "hmac(sha256)", 32 },	{ "hmac(sha512)", 64 },
	{ "phmac(sha1)", 20 }, { "phmac(sha256)", 32 }, { "phmac(sha512)", 64 },
	{ "none", 0 },
};

/* A random IV is stored with the tag. */
static const struct {
	const char *mode;
	unsigned size;
} random_ivs[] = {
	{ "xts", 16 },
	{ "ctr", 16 },
	{ "gcm", 12 },
	{ "ccm", 8 },
};

static unsigned random_iv_size(const struct cipher_spec *spec, const char *integrity)
{
	if (!str_eq(spec->iv, "random"))
		return 0;
	if (str_eq(integrity, "poly1305"))
		return 12;
	if (!*spec->mode)
		return str_eq(spec->cipher, "aegis256") ? 32 : 16;
	for (size_t i = 0; i < ARRAY_SIZE(random_ivs); i++)
		if (str_eq(random_ivs[i].mode, spec->mode))
			return random_ivs[i].size;
	return 0;
}

unsigned cipher_tag_size(const char *encryption, const char *integrity)
{
	struct cipher_spec spec = { .iv = "" };

	if (!integrity || !*integrity || split(encryption, true, &spec) < 0)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(auth_tags); i++)
		if (str_eq(auth_tags[i].integrity, integrity))
			return auth_tags[i].size + random_iv_size(&spec, integrity);
	return 0;
}
