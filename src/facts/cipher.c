/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "facts/cipher.h"

#include "base/util.h"

#include <stdio.h>

/* A cipher specification taken apart: "aes-cbc-essiv:sha256" is {"aes", "cbc", "essiv", "sha256"}.
 */
struct spec {
	char api[MODPLAN_NAME_MAX]; /* as the kernel's crypto API writes it: "cbc(aes)", "aegis128"
				     */
	char mode[32];		    /* "cbc"; "" when the cipher brings its own */
	char iv[32];		    /* "essiv", "plain64", "random"; "" for none */
	char iv_option[32];	    /* "sha256" */
};

/*
 * What a template or an IV generator asks the kernel's crypto API for besides the names in its
 * brackets; * is the (first) name in them. Names of algorithms, too: which module offers one,
 * libkmod knows.
 *
 * crypto/gcm.c and ccm.c build ctr(X) and their hashes by themselves, adiantum.c and hctr2.c their
 * universal hash; dm-crypt's crypt_iv_lmk_ctr, crypt_iv_tcw_ctr and crypt_iv_elephant_ctr allocate
 * the others. (xts and lrw ask for ecb: their modules say so in a softdep, which libkmod follows.)
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

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '-' || c == '.' || c == '+';
}

static size_t name_len(const char *s)
{
	size_t len = 0;

	if (*s == '-' || *s == '.' || *s == '+')
		return 0;
	while (is_name_char(s[len]))
		len++;
	return len;
}

static int add_name(struct modplan *plan, const char *name, size_t len)
{
	if (len == 0)
		return -EINVAL;
	if (len >= MODPLAN_NAME_MAX)
		return -E2BIG;
	for (size_t i = 0; i < plan->n; i++)
		if (strlen(plan->names[i]) == len && memcmp(plan->names[i], name, len) == 0)
			return 0;
	if (plan->n == MODPLAN_MAX)
		return -E2BIG;
	memcpy(plan->names[plan->n], name, len);
	plan->names[plan->n++][len] = '\0';
	return 0;
}

static int add_additions(struct modplan *plan, const char *name, size_t len, const char *first,
			 size_t first_len)
{
	for (size_t i = 0; i < ARRAY_SIZE(additions); i++) {
		const struct addition *a = &additions[i];

		if (strlen(a->name) != len || memcmp(a->name, name, len) != 0)
			continue;
		for (size_t j = 0; j < ARRAY_SIZE(a->adds) && a->adds[j]; j++) {
			const char *text = a->adds[j], *hole = strchr(text, '*');
			char added[MODPLAN_NAME_MAX];
			int r;

			r = snprintf(added, sizeof(added), "%.*s%.*s%s", (int)strcspn(text, "*"),
				     text, hole ? (int)first_len : 0, first, hole ? hole + 1 : "");
			if (r >= (int)sizeof(added))
				return -E2BIG;
			r = add_name(plan, added, strlen(added));
			if (r < 0)
				return r;
		}
	}
	return 0;
}

/* Length of "name" or "name(spec,…)" at s; 0 when it is not one. Looks at brackets only. */
static size_t instance_len(const char *s)
{
	size_t len = name_len(s), depth = 0;

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

/* The instance at *s and all in it; *s is moved behind it. The recursion ends when plan->names is
 * full. */
static int add_instance(struct modplan *plan, const char **s)
{
	size_t template_len = name_len(*s), len = instance_len(*s), first_len;
	const char *template = *s, *p = *s + template_len;
	int r;

	if (len == 0)
		return -EINVAL;
	r = add_name(plan, template, len);
	if (r < 0 || *p != '(') {
		*s = p;
		return r;
	}
	r = add_name(plan, template, template_len);
	if (r < 0)
		return r;
	first_len = instance_len(p + 1);
	do {
		p++;
		r = add_instance(plan, &p);
		if (r < 0)
			return r;
	} while (*p == ',');
	if (*p != ')')
		return -EINVAL;
	*s = p + 1;
	return add_additions(plan, template, template_len, template + template_len + 1, first_len);
}

/* A part of a specification into a field of fixed size. */
static int take(char *dst, size_t size, const char *s, size_t len)
{
	if (len >= size)
		return -E2BIG;
	memcpy(dst, s, len);
	dst[len] = '\0';
	return 0;
}

/* "essiv:sha256", "plain64" or "" */
static int split_iv(const char *iv, struct spec *ret)
{
	size_t len = name_len(iv);
	const char *option = iv[len] == ':' ? iv + len + 1 : "";
	int r;

	if (iv[len] && (iv[len] != ':' || !*option || option[name_len(option)]))
		return -EINVAL;
	r = take(ret->iv, sizeof(ret->iv), iv, len);
	return r < 0 ? r : take(ret->iv_option, sizeof(ret->iv_option), option, strlen(option));
}

/* "capi:xts(aes)-plain64", as crypt_ctr_cipher_new() in drivers/md/dm-crypt.c takes it apart. */
static int split_capi(const char *spec, struct spec *ret)
{
	const char *colon = strrchr(spec, ':'), *dash;
	size_t len = colon ? (size_t)(colon - spec) : strlen(spec);
	int r;

	for (dash = spec + len; dash > spec && *dash != '-'; dash--)
		;
	if (dash == spec)
		return colon ? -EINVAL : take(ret->api, sizeof(ret->api), spec, len);
	r = split_iv(dash + 1, ret);
	return r < 0 ? r : take(ret->api, sizeof(ret->api), spec, (size_t)(dash - spec));
}

/*
 * CIPHER-IV with integrity ("aegis128-random": the cipher brings its mode), as cipher_dm2c() of
 * libcryptsetup takes it.
 */
static int split_aead(const char *encryption, const char *iv, struct spec *ret)
{
	int r = split_iv(iv, ret);

	return r < 0 ? r : take(ret->api, sizeof(ret->api), encryption, strcspn(encryption, "-"));
}

/* CIPHER[:KEYS]-MODE-IV, as dm-crypt's crypt_ctr_cipher_old() takes it, which completes -plain and
 * -ecb. */
static int split_plain(const char *encryption, const char *mode, const char *iv, struct spec *ret)
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
	r = snprintf(ret->api, sizeof(ret->api), "%s(%.*s)", ret->mode, (int)cipher_len,
		     encryption);
	return r < (int)sizeof(ret->api) ? 0 : -E2BIG;
}

static int split(const char *encryption, bool integrity, struct spec *ret)
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
	/* libcryptsetup would put a key count inside the brackets, where dm-crypt does not know it.
	 */
	keys = strchr(encryption, ':');
	if (keys && keys < mode)
		return -EINVAL;
	return iv ? split_plain(encryption, mode, iv, ret) : split_aead(encryption, mode, ret);
}

/* What is put around a cipher that authenticates by itself; with any other integrity it is
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

/* What dm-crypt asks the crypto API for, without its IV, as cipher_dm2c() of libcryptsetup composes
 * it. */
static int compose(const struct spec *spec, const char *integrity, char *api, size_t size)
{
	size_t i = 0;
	int n;

	while (i < ARRAY_SIZE(wrappings) &&
	       (!str_eq(wrappings[i].integrity, integrity) ||
		(wrappings[i].mode && !str_eq(wrappings[i].mode, spec->mode))))
		i++;
	if (i < ARRAY_SIZE(wrappings))
		n = snprintf(api, size, "%s%s%s", wrappings[i].before, spec->api,
			     wrappings[i].after);
	else
		n = snprintf(api, size, "authenc(%s,%s)", integrity, spec->api);
	return n < (int)size ? 0 : -E2BIG;
}

/* dm-crypt's essiv is a template around the whole since Linux 5.4; names[0] is always what must
 * work. */
static int add_names(struct modplan *plan, const char *api, const struct spec *spec)
{
	char wrapped[MODPLAN_NAME_MAX];
	const char *p = api;
	int r;

	if (str_eq(spec->iv, "essiv")) {
		if (!*spec->iv_option)
			return -EINVAL;
		if (snprintf(wrapped, sizeof(wrapped), "essiv(%s,%s)", api, spec->iv_option) >=
		    (int)sizeof(wrapped))
			return -E2BIG;
		p = wrapped;
	}
	r = add_instance(plan, &p);
	if (r < 0)
		return r;
	if (*p)
		return -EINVAL;
	/* the cipher in the innermost brackets is what elephant's ecb works with */
	p = strrchr(spec->api, '(');
	p = p ? p + 1 : spec->api;
	return add_additions(plan, spec->iv, strlen(spec->iv), p, name_len(p));
}

int modplan_build(const char *encryption, const char *integrity, struct modplan *ret,
		  char *dm_cipher, size_t dm_cipher_size)
{
	const char *capi = str_after(encryption, "capi:");
	struct spec spec = { .api = "" };
	struct modplan plan = { .n = 0 };
	char api[MODPLAN_NAME_MAX];
	char text[MODPLAN_NAME_MAX + 80] = "";
	int r;

	if (!integrity)
		integrity = "";
	/* libcryptsetup would put "capi:" inside the brackets, which dm-crypt refuses; and it would
	 * let an integrity type of more than one name close them. */
	if (*integrity && (capi || instance_len(integrity) != strlen(integrity)))
		return -EINVAL;
	r = capi ? split_capi(capi, &spec) : split(encryption, *integrity, &spec);
	if (r < 0)
		return r;
	r = compose(&spec, integrity, api, sizeof(api));
	if (r < 0)
		return r;
	r = add_names(&plan, api, &spec);
	if (r < 0)
		return r;

	if (*integrity)
		str_append(text, sizeof(text), "capi:%s-%s%s%s", api, spec.iv,
			   *spec.iv_option ? ":" : "", spec.iv_option);
	else if (!str_copy(text, sizeof(text), encryption))
		return -E2BIG;
	if (dm_cipher && strlen(text) >= dm_cipher_size)
		return -E2BIG;
	if (dm_cipher)
		(void)str_copy(dm_cipher, dm_cipher_size, text);
	*ret = plan;
	return 0;
}

/* Since Linux 6.16 rfc7539 takes poly1305 from a library; the name in its brackets is only
 * compared. */
static bool is_optional(const char *name)
{
	return str_eq(name, "poly1305");
}

/* The index of the name of len bytes at s; modplan_build has put it there. */
static size_t index_of(const struct modplan *plan, const char *s, size_t len)
{
	size_t i = 0;

	while (i + 1 < plan->n &&
	       (strlen(plan->names[i]) != len || memcmp(plan->names[i], s, len) != 0))
		i++;
	return i;
}

const char *modplan_missing(const struct modplan *plan, const bool found[static MODPLAN_MAX])
{
	const char *p = plan->n > 0 ? plan->names[0] : "";

	/* Every instance of names[0], outermost first; one that is there ready-made is passed over.
	 */
	while (*p) {
		size_t len = instance_len(p), template_len = name_len(p);
		size_t whole = index_of(plan, p, len), template = index_of(plan, p, template_len);

		if (len == 0) {
			p++; /* a bracket or a comma */
		} else if (found[whole] || is_optional(plan->names[whole])) {
			p += len;
		} else if (found[template] && template != whole) {
			p += template_len;
		} else {
			return plan->names[template];
		}
	}
	return NULL;
}

/* Authentication tags; INTEGRITY_tag_size() in libcryptsetup has the same. */
static const struct {
	const char *integrity;
	unsigned size;
} auth_tags[] = {
	{ "aead", 16 },	       { "poly1305", 16 },	{ "cmac(aes)", 16 },
	{ "hmac(sha1)", 20 },  { "hmac(sha256)", 32 },	{ "hmac(sha512)", 64 },
	{ "phmac(sha1)", 20 }, { "phmac(sha256)", 32 }, { "phmac(sha512)", 64 },
	{ "none", 0 },
};

/* A random IV is stored beside the tag, and it is as long as the mode wants it. */
static const struct {
	const char *mode;
	unsigned size;
} random_ivs[] = {
	{ "xts", 16 },
	{ "ctr", 16 },
	{ "gcm", 12 },
	{ "ccm", 8 },
};

static unsigned random_iv_size(const struct spec *spec, const char *integrity)
{
	if (!str_eq(spec->iv, "random"))
		return 0;
	if (str_eq(integrity, "poly1305"))
		return 12;
	if (!*spec->mode)
		return str_eq(spec->api, "aegis256") ? 32 : 16;
	for (size_t i = 0; i < ARRAY_SIZE(random_ivs); i++)
		if (str_eq(random_ivs[i].mode, spec->mode))
			return random_ivs[i].size;
	return 0;
}

unsigned modplan_tag_size(const char *encryption, const char *integrity)
{
	struct spec spec = { .api = "" };

	if (!integrity || !*integrity || split(encryption, true, &spec) < 0)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(auth_tags); i++)
		if (str_eq(auth_tags[i].integrity, integrity))
			return auth_tags[i].size + random_iv_size(&spec, integrity);
	return 0;
}

/* Left out: "none", which authenticates nothing, and phmac(…), whose keys only s390's firmware can
 * use. */
static const struct modplan_mode modes[] = {
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

size_t modplan_all(const struct modplan_mode **ret)
{
	*ret = modes;
	return ARRAY_SIZE(modes);
}
