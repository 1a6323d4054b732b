/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/util.h"
#include "facts/cipher.h"
#include "test.h"

/* The names joined by blanks. */
static const char *joined(const struct cipher *cipher)
{
	static char buf[2048];

	buf[0] = '\0';
	for (size_t i = 0; i < cipher->n; i++)
		str_append(buf, sizeof(buf), "%s%s", i ? " " : "", cipher->names[i]);
	return buf;
}

/* dm ciphers and tag sizes as cryptsetup 2.8.8 makes them with `luksFormat --integrity I --cipher
 * C`. */
TEST(modes)
{
	static const struct {
		const char *encryption, *integrity, *dm_cipher;
		unsigned tag_size;
		const char *names;
	} rows[] = {
		{ "aes-xts-plain64", "hmac(sha256)", "capi:authenc(hmac(sha256),xts(aes))-plain64",
		  32,
		  "authenc(hmac(sha256),xts(aes)) authenc hmac(sha256) hmac sha256 xts(aes) xts aes" },
		{ "aes-xts-random", "hmac(sha256)", "capi:authenc(hmac(sha256),xts(aes))-random",
		  48,
		  "authenc(hmac(sha256),xts(aes)) authenc hmac(sha256) hmac sha256 xts(aes) xts aes" },
		{ "aes-xts-plain64", "hmac(sha512)", "capi:authenc(hmac(sha512),xts(aes))-plain64",
		  64,
		  "authenc(hmac(sha512),xts(aes)) authenc hmac(sha512) hmac sha512 xts(aes) xts aes" },
		{ "aes-xts-plain64", "hmac(sha1)", "capi:authenc(hmac(sha1),xts(aes))-plain64", 20,
		  "authenc(hmac(sha1),xts(aes)) authenc hmac(sha1) hmac sha1 xts(aes) xts aes" },
		{ "aes-xts-plain64", "phmac(sha256)",
		  "capi:authenc(phmac(sha256),xts(aes))-plain64", 32,
		  "authenc(phmac(sha256),xts(aes)) authenc phmac(sha256) phmac sha256 xts(aes) xts aes" },
		{ "aes-xts-plain64", "cmac(aes)", "capi:authenc(cmac(aes),xts(aes))-plain64", 16,
		  "authenc(cmac(aes),xts(aes)) authenc cmac(aes) cmac aes xts(aes) xts" },
		{ "aes-cbc-essiv:sha256", "hmac(sha256)",
		  "capi:authenc(hmac(sha256),cbc(aes))-essiv:sha256", 32,
		  "essiv(authenc(hmac(sha256),cbc(aes)),sha256) essiv authenc(hmac(sha256),cbc(aes)) authenc "
		  "hmac(sha256) "
		  "hmac sha256 cbc(aes) cbc aes" },
		{ "serpent-xts-plain64", "hmac(sha256)",
		  "capi:authenc(hmac(sha256),xts(serpent))-plain64", 32,
		  "authenc(hmac(sha256),xts(serpent)) authenc hmac(sha256) hmac sha256 xts(serpent) xts serpent" },
		{ "xchacha20,aes-adiantum-plain64", "hmac(sha256)",
		  "capi:authenc(hmac(sha256),adiantum(xchacha20,aes))-plain64", 32,
		  "authenc(hmac(sha256),adiantum(xchacha20,aes)) authenc hmac(sha256) hmac sha256 "
		  "adiantum(xchacha20,aes) "
		  "adiantum xchacha20 aes nhpoly1305" },
		{ "aes-gcm-random", "aead", "capi:gcm(aes)-random", 28,
		  "gcm(aes) gcm aes ctr(aes) ctr ghash" },
		{ "aes-ccm-random", "aead", "capi:rfc4309(ccm(aes))-random", 24,
		  "rfc4309(ccm(aes)) rfc4309 ccm(aes) ccm aes ctr(aes) ctr cbcmac" },
		{ "chacha20-random", "poly1305", "capi:rfc7539(chacha20,poly1305)-random", 28,
		  "rfc7539(chacha20,poly1305) rfc7539 chacha20 poly1305" },
		{ "aegis128-random", "aead", "capi:aegis128-random", 32, "aegis128" },
		{ "aegis256-random", "aead", "capi:aegis256-random", 48, "aegis256" },
		{ "aes-xts-random", "none", "capi:xts(aes)-random", 16, "xts(aes) xts aes" },
		/* Without integrity the table holds the header's text. */
		{ "aes-xts-plain64", NULL, "aes-xts-plain64", 0, "xts(aes) xts aes" },
		{ "aes-xts-plain64", "", "aes-xts-plain64", 0, "xts(aes) xts aes" },
		{ "aes-cbc-essiv:sha256", NULL, "aes-cbc-essiv:sha256", 0,
		  "essiv(cbc(aes),sha256) essiv cbc(aes) cbc aes sha256" },
		{ "aes-plain", NULL, "aes-plain", 0, "cbc(aes) cbc aes" },
		{ "cipher_null-ecb", NULL, "cipher_null-ecb", 0,
		  "ecb(cipher_null) ecb cipher_null" },
		{ "aes:64-cbc-lmk", NULL, "aes:64-cbc-lmk", 0, "cbc(aes) cbc aes md5" },
		{ "aes-cbc-tcw", NULL, "aes-cbc-tcw", 0, "cbc(aes) cbc aes crc32" },
		{ "aes-cbc-elephant", NULL, "aes-cbc-elephant", 0,
		  "cbc(aes) cbc aes ecb(aes) ecb" },
		{ "aes-cbc-eboiv", NULL, "aes-cbc-eboiv", 0, "cbc(aes) cbc aes" },
		{ "aes-hctr2-plain64", NULL, "aes-hctr2-plain64", 0,
		  "hctr2(aes) hctr2 aes xctr(aes) xctr polyval" },
		{ "capi:xts(aes)-plain64", NULL, "capi:xts(aes)-plain64", 0, "xts(aes) xts aes" },
		{ "capi:cbc(aes)-essiv:sha256", NULL, "capi:cbc(aes)-essiv:sha256", 0,
		  "essiv(cbc(aes),sha256) essiv cbc(aes) cbc aes sha256" },
		{ "capi:xts(aes-generic)-plain64", NULL, "capi:xts(aes-generic)-plain64", 0,
		  "xts(aes-generic) xts aes-generic" },
		/* A future hash: the size of its tag is not known. */
		{ "aes-xts-plain64", "hmac(sha3-256)",
		  "capi:authenc(hmac(sha3-256),xts(aes))-plain64", 0,
		  "authenc(hmac(sha3-256),xts(aes)) authenc hmac(sha3-256) hmac sha3-256 xts(aes) xts aes" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct cipher cipher = { .n = 0 };

		CHECK_ROW(cipher_read(rows[i].encryption, rows[i].integrity, &cipher) == 0,
			  rows[i].encryption);
		CHECK_STR(cipher.dm, rows[i].dm_cipher);
		CHECK_STR(joined(&cipher), rows[i].names);
		CHECK_ROW(cipher_tag_size(rows[i].encryption, rows[i].integrity) ==
				  rows[i].tag_size,
			  rows[i].dm_cipher);
	}
}

TEST(nonsense)
{
	static const struct {
		const char *encryption, *integrity;
	} rows[] = {
		{ "", NULL },
		{ "aes", NULL },
		{ "-", NULL },
		{ "--", NULL },
		{ "aes-", NULL },
		{ "aes-xts", NULL },
		{ "aes-xts-", NULL },
		{ "-xts-plain64", NULL },
		{ "aes--plain64", NULL },
		{ "aes-xts-plain64:", NULL },
		{ "aes-xts-plain64 0", NULL },
		{ "aes-xts-plain64:a b", NULL },
		{ "aes-cbc-essiv", NULL },
		{ "aes-cbc-essiv:", NULL },
		{ "aes-cbc-essiv:sha256)", NULL },
		{ "aes,-xts-plain64", NULL },
		{ "aes(-xts-plain64", NULL },
		{ "aes)-xts-plain64", NULL },
		{ "a/b-xts-plain64", NULL },
		{ "\xc3\xa9-xts-plain64", NULL },
		{ "capi:", NULL },
		{ "capi:xts(aes", NULL },
		{ "capi:xts(aes))-plain", NULL },
		{ "capi:xts(aes)x-plain", NULL },
		{ "capi:xts()-plain", NULL },
		{ "capi:xts(aes,)-plain", NULL },
		{ "capi:-plain64", NULL },
		{ "capi:xts(aes)-plain64", "hmac(sha256)" },
		{ "", "aead" },
		{ "aes", "aead" },
		{ "aes-", "aead" },
		{ "aes-gcm-", "aead" },
		{ "aes-xts-plain64", "hmac(sha256" },
		{ "aes-xts-plain64", "hmac(sha256),x" },
		{ "aes-xts-plain64", "hmac(sha256)),x(" },
		{ "aes-xts-plain64", " " },
		{ "aes-xts-plain64", "hmac sha256" },
		{ "aes-xts-plain64", "hmac(sha256)\n" },
		{ "aes:2-xts-plain64", "aead" },
		{ "null", NULL },
		{ "aes:-xts-plain64", NULL },
		{ "aes:1 2-xts-plain64", NULL },
		{ "aes:x-xts-plain64", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct cipher cipher = { .n = 4711, .dm = "untouched" };

		CHECK_ROW(cipher_read(rows[i].encryption, rows[i].integrity, &cipher) == -EINVAL,
			  rows[i].encryption);
		CHECK_ROW(cipher.n == 4711 && str_eq(cipher.dm, "untouched"), rows[i].encryption);
	}
}

TEST(too_much)
{
	struct cipher cipher = { .dm = "untouched" };
	char text[300];

	CHECK_INT(cipher_read("capi:a(b(c(d(e(f(g(h(i(j(k(l(m(n))))))))))))))", NULL, &cipher),
		  -E2BIG);
	memset(text, 'a', sizeof(text));
	(void)str_copy(text + 150, 100, "-xts-plain64");
	CHECK_INT(cipher_read(text, NULL, &cipher), -E2BIG);
	CHECK_INT(cipher_read(text, "aead", &cipher), -E2BIG);
	(void)str_copy(text + 120, 100, "-xts-plain64");
	CHECK_INT(cipher_read(text, "hmac(sha256)", &cipher), -E2BIG);
	memset(text, '0', sizeof(text));
	memcpy(text, "aes:", 4);
	(void)str_copy(text + CIPHER_DM_MAX, 20, "-cbc-lmk");
	CHECK_INT(cipher_read(text, NULL, &cipher), -E2BIG);
	CHECK_STR(cipher.dm, "untouched");
}

/* What is missing when the kernel has exactly these names. */
static const char *missing(const char *encryption, const char *integrity, const char *has)
{
	static struct cipher cipher;
	bool found[CIPHER_NAMES_MAX] = { false };

	CHECK(cipher_read(encryption, integrity, &cipher) == 0);
	for (size_t i = 0; i < cipher.n; i++) {
		cleanup_free char *word = xasprintf(" %s ", cipher.names[i]);

		found[i] = strstr(has, word) != NULL;
	}
	return cipher_missing(&cipher, found);
}

TEST(what_is_missing)
{
	static const struct {
		const char *encryption, *integrity, *has, *missing;
	} rows[] = {
		{ "aes-xts-plain64", "hmac(sha256)", " authenc hmac sha256 xts aes ", NULL },
		{ "aes-xts-plain64", "hmac(sha256)", " authenc hmac sha256 xts(aes) ", NULL },
		{ "aes-xts-plain64", "hmac(sha256)", " authenc hmac(sha256) xts aes ", NULL },
		{ "aes-xts-plain64", "hmac(sha256)", " authenc(hmac(sha256),xts(aes)) ", NULL },
		{ "aes-xts-plain64", "hmac(sha256)", " hmac sha256 xts aes ", "authenc" },
		{ "aes-xts-plain64", "hmac(sha256)", " authenc sha256 xts aes ", "hmac" },
		{ "aes-xts-plain64", "hmac(sha256)", " authenc hmac sha256 aes ", "xts" },
		{ "aes-xts-plain64", "hmac(sha256)", " authenc hmac sha256 xts ", "aes" },
		{ "aes-xts-plain64", "hmac(sha256)", " ", "authenc" },
		{ "aes-xts-plain64", "cmac(aes)", " authenc cmac xts ", "aes" },
		{ "aes-cbc-essiv:sha256", "hmac(sha256)", " authenc hmac sha256 cbc aes ",
		  "essiv" },
		{ "aes-cbc-essiv:sha256", "hmac(sha256)", " essiv authenc hmac sha256 cbc aes ",
		  NULL },
		{ "aegis128-random", "aead", " ", "aegis128" },
		{ "aegis128-random", "aead", " aegis128 ", NULL },
		{ "xchacha20,aes-adiantum-plain64", "hmac(sha256)",
		  " authenc hmac sha256 adiantum xchacha20 aes ", NULL },
		{ "chacha20-random", "poly1305", " rfc7539 chacha20 ", NULL },
		{ "aes-gcm-random", "aead", " gcm aes ", NULL },
	};
	const struct cipher none = { .n = 0 };
	const bool found[CIPHER_NAMES_MAX] = { false };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		CHECK_STR(missing(rows[i].encryption, rows[i].integrity, rows[i].has),
			  rows[i].missing);
	CHECK(cipher_missing(&none, found) == NULL);
}

TEST(all_modes_make_sense)
{
	const struct cipher_mode *all;
	size_t n = cipher_modes(&all);

	CHECK(n > 10);
	for (size_t i = 0; i < n; i++) {
		struct cipher cipher;

		CHECK_ROW(cipher_read(all[i].encryption, all[i].integrity, &cipher) == 0,
			  all[i].encryption);
		CHECK_ROW(cipher_tag_size(all[i].encryption, all[i].integrity) >= 16,
			  all[i].encryption);
	}
}

TEST_MAIN(modes, nonsense, too_much, what_is_missing, all_modes_make_sense)
