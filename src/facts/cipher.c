/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "facts/cipher.h"

#include "base/util.h"

#include <stdio.h>

/*
 * The algorithms that a template or an IV generator allocates besides its arguments; * stands for
 * the first argument.
 *
 * crypto/gcm.c and ccm.c allocate ctr(X) and a hash, adiantum.c and hctr2.c a universal hash;
 * dm-crypt's crypt_iv_lmk_ctr, crypt_iv_tcw_ctr and crypt_iv_elephant_ctr the others. The ecb of
 * xts and lrw is missing here: their modules have a softdep for it, which libkmod follows.
 */
static const struct addition {
	const char *name;
	const char *adds[3];
} additions[] = {
	{ "gcm", { "ctr(*)", "ctr", "ghash" } },
	{ "ccm", { "ctr(*)", "ctr", "cbcmac" } },
	{ "adiantum", { "nhpoly1305" } },
	{ "hctr2", { "xctr(*)", "xctr", "polyval" } },
	{ "lmk", { "md5" } },
	{ "tcw", { "crc32" } },
	{ "elephant", { "ecb(*)", "ecb" } },
};

static int add_name(struct cipher *cipher, const char *name, size_t len)
{
	if (len == 0)
		return -EINVAL;
	if (len >= CIPHER_NAME_MAX)
		return -E2BIG;
	for (size_t i = 0; i < cipher->n; i++)
		if (strlen(cipher->names[i]) == len && memcmp(cipher->names[i], name, len) == 0)
			return 0;
	if (cipher->n == CIPHER_NAMES_MAX)
		return -E2BIG;
	memcpy(cipher->names[cipher->n], name, len);
	cipher->names[cipher->n++][len] = '\0';
	return 0;
}

static int add_additions(struct cipher *cipher, const char *name, size_t len, const char *first,
			 size_t first_len)
{
	for (size_t i = 0; i < ARRAY_SIZE(additions); i++) {
		const struct addition *a = &additions[i];

		if (strlen(a->name) != len || memcmp(a->name, name, len) != 0)
			continue;
		for (size_t j = 0; j < ARRAY_SIZE(a->adds) && a->adds[j]; j++) {
			const char *text = a->adds[j], *hole = strchr(text, '*');
			char added[CIPHER_NAME_MAX];
			int r;

			r = snprintf(added, sizeof(added), "%.*s%.*s%s", (int)strcspn(text, "*"),
				     text, hole ? (int)first_len : 0, first, hole ? hole + 1 : "");
			if (r >= (int)sizeof(added))
				return -E2BIG;
			r = add_name(cipher, added, strlen(added));
			if (r < 0)
				return r;
		}
	}
	return 0;
}

/* Adds the instance at *s and its arguments; *s then points after it. The recursion ends at the
 * latest when cipher->names is full. */
static int add_instance(struct cipher *cipher, const char **s)
{
	size_t template_len = cipher_name_len(*s), len = cipher_instance_len(*s), first_len;
	const char *template = *s, *p = *s + template_len;
	int r;

	if (len == 0)
		return -EINVAL;
	r = add_name(cipher, template, len);
	if (r < 0 || *p != '(') {
		*s = p;
		return r;
	}
	r = add_name(cipher, template, template_len);
	if (r < 0)
		return r;
	first_len = cipher_instance_len(p + 1);
	do {
		p++;
		r = add_instance(cipher, &p);
		if (r < 0)
			return r;
	} while (*p == ',');
	if (*p != ')')
		return -EINVAL;
	*s = p + 1;
	return add_additions(cipher, template, template_len, template + template_len + 1,
			     first_len);
}

/* Since Linux 5.4 dm-crypt's essiv is a template around the whole. names[0] must be the whole. */
static int add_names(struct cipher *cipher, const struct cipher_spec *spec)
{
	char wrapped[CIPHER_NAME_MAX];
	const char *p = spec->api;
	int r;

	if (str_eq(spec->iv, "essiv")) {
		if (!*spec->iv_option)
			return -EINVAL;
		if (snprintf(wrapped, sizeof(wrapped), "essiv(%s,%s)", spec->api,
			     spec->iv_option) >= (int)sizeof(wrapped))
			return -E2BIG;
		p = wrapped;
	}
	r = add_instance(cipher, &p);
	if (r < 0)
		return r;
	if (*p)
		return -EINVAL;
	/* The ecb of elephant takes the innermost cipher. */
	p = strrchr(spec->cipher, '(');
	p = p ? p + 1 : spec->cipher;
	return add_additions(cipher, spec->iv, strlen(spec->iv), p, cipher_name_len(p));
}

int cipher_read(const char *encryption, const char *integrity, struct cipher *ret)
{
	struct cipher cipher = { .n = 0 };
	struct cipher_spec spec;
	int r;

	if (!integrity)
		integrity = "";
	r = cipher_spec_parse(encryption, integrity, &spec);
	if (r < 0)
		return r;
	r = add_names(&cipher, &spec);
	if (r < 0)
		return r;
	if (*integrity)
		str_append(cipher.dm, sizeof(cipher.dm), "capi:%s-%s%s%s", spec.api, spec.iv,
			   *spec.iv_option ? ":" : "", spec.iv_option);
	else if (!str_copy(cipher.dm, sizeof(cipher.dm), encryption))
		return -E2BIG;
	*ret = cipher;
	return 0;
}

/* Since Linux 6.16 rfc7539 uses a library for poly1305 and only compares the name. */
static bool is_optional(const char *name)
{
	return str_eq(name, "poly1305");
}

/* The index of the name of len bytes at s, which is in the list. */
static size_t index_of(const struct cipher *cipher, const char *s, size_t len)
{
	size_t i = 0;

	while (i + 1 < cipher->n &&
	       (strlen(cipher->names[i]) != len || memcmp(cipher->names[i], s, len) != 0))
		i++;
	return i;
}

const char *cipher_missing(const struct cipher *cipher, const bool found[static CIPHER_NAMES_MAX])
{
	const char *p = cipher->n > 0 ? cipher->names[0] : "";

	/* All instances in names[0], the outermost first. The arguments of an instance that the
	 * kernel implements as a whole are skipped. */
	while (*p) {
		size_t len = cipher_instance_len(p), template_len = cipher_name_len(p);
		size_t whole = index_of(cipher, p, len),
		       template = index_of(cipher, p, template_len);

		if (len == 0) {
			p++; /* a bracket or a comma */
		} else if (found[whole] || is_optional(cipher->names[whole])) {
			p += len;
		} else if (found[template] && template != whole) {
			p += template_len;
		} else {
			return cipher->names[template];
		}
	}
	return NULL;
}

/* Without "none", which authenticates nothing, and phmac(…), whose keys only the firmware of s390
 * can use. */
static const struct cipher_mode modes[] = {
	{ "aes-xts-plain64", "hmac(sha256)" },
	{ "aes-xts-random", "hmac(sha256)" },
	{ "aes-cbc-essiv:sha256", "hmac(sha256)" },
	{ "serpent-xts-plain64", "hmac(sha256)" },
	{ "twofish-xts-plain64", "hmac(sha256)" },
	{ "camellia-xts-plain64", "hmac(sha256)" },
	{ "xchacha20,aes-adiantum-plain64", "hmac(sha256)" },
	{ "xchacha12,aes-adiantum-plain64", "hmac(sha256)" },
	{ "aes-xts-plain64", "hmac(sha512)" },
	{ "aes-xts-random", "hmac(sha512)" },
	{ "aes-xts-plain64", "hmac(sha1)" },
	{ "aes-xts-plain64", "cmac(aes)" },
	{ "aes-xts-random", "cmac(aes)" },
	{ "aes-gcm-random", "aead" },
	{ "aes-ccm-random", "aead" },
	{ "aegis128-random", "aead" },
	{ "chacha20-random", "poly1305" },
};

size_t cipher_modes(const struct cipher_mode **ret)
{
	*ret = modes;
	return ARRAY_SIZE(modes);
}
