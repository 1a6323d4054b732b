/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which ciphers `intact format` makes, with which keys, and which of them it computes itself.
 * Linked as the programs are, since what is computed is known to the code that does.
 */
#include "facts/cipher.h"
#include "intact/choice.h"
#include "policy/advice.h"
#include "policy/allowed.h"
#include "test.h"

#include <stdint.h>

enum way { COMPUTED, THROUGH };

static const struct good {
	const char *encryption, *integrity; /* integrity NULL: not asked for */
	unsigned bits, integrity_bits;
	/* What is chosen. */
	const char *name;
	unsigned key, tag; /* bytes */
	enum way way;
} goods[] = {
	{ "aes-xts-plain64", NULL, 0, 0, "hmac(sha256)", 96, 32, COMPUTED },
	{ "aes-xts-plain64", "hmac-sha256", 256, 0, "hmac(sha256)", 64, 32, COMPUTED },
	{ "aes-xts-random", "hmac-sha512", 512, 0, "hmac(sha512)", 128, 80, COMPUTED },
	{ "aes-xts-plain64", "hmac-sha1", 0, 0, "hmac(sha1)", 84, 20, COMPUTED },
	{ "aes-xts-plain64", "hmac(sha256)", 0, 0, "hmac(sha256)", 96, 32, COMPUTED },
	{ "aes-xts-plain64", "hmac-sha256", 0, 256, "hmac(sha256)", 96, 32, COMPUTED },
	/* A key or an IV that is not computed here. */
	{ "aes-xts-plain64", "hmac-sha256", 384, 0, "hmac(sha256)", 80, 32, THROUGH },
	{ "aes-xts-plain64", "hmac-sha256", 0, 264, "hmac(sha256)", 97, 32, THROUGH },
	{ "aes-xts-plain64", "hmac-sha512", 0, 1024, "hmac(sha512)", 192, 64, THROUGH },
	{ "aes-xts-essiv:sha256", "hmac-sha512", 0, 0, "hmac(sha512)", 128, 64, THROUGH },
	{ "aes-cbc-essiv:sha256", NULL, 0, 0, "hmac(sha256)", 64, 32, THROUGH },
	{ "aes-cbc-essiv:sha256", "hmac-sha256", 128, 0, "hmac(sha256)", 48, 32, THROUGH },
	{ "aes-xts-plain64", "cmac-aes", 0, 0, "cmac(aes)", 80, 16, THROUGH },
	{ "serpent-xts-plain64", NULL, 0, 0, "hmac(sha256)", 96, 32, THROUGH },
	{ "twofish-xts-random", NULL, 0, 0, "hmac(sha256)", 96, 48, THROUGH },
	{ "camellia-xts-plain64", "hmac-sha1", 256, 0, "hmac(sha1)", 52, 20, THROUGH },
	{ "sm4-xts-plain64", NULL, 0, 0, "hmac(sha256)", 64, 32, THROUGH },
	{ "xchacha12,aes-adiantum-plain64", NULL, 0, 0, "hmac(sha256)", 64, 32, THROUGH },
	{ "aes-hctr2-plain64", NULL, 0, 0, "hmac(sha256)", 64, 32, THROUGH },
	{ "aes-ctr-random", NULL, 0, 0, "hmac(sha256)", 64, 48, THROUGH },
	/* Cipher and MAC in one. */
	{ "aes-gcm-random", NULL, 0, 0, "aead", 32, 28, COMPUTED },
	{ "aes-gcm-random", "aead", 128, 0, "aead", 16, 28, COMPUTED },
	{ "aes-gcm-random", "aead", 192, 0, "aead", 24, 28, THROUGH },
	{ "aes-ccm-random", "aead", 0, 0, "aead", 35, 24, THROUGH },
	{ "aes-ccm-random", "aead", 152, 0, "aead", 19, 24, THROUGH },
	{ "aegis128-random", NULL, 0, 0, "aead", 16, 32, THROUGH },
	{ "chacha20-random", NULL, 0, 0, "poly1305", 32, 28, THROUGH },
};

static struct choice_options options_of(const struct good *g)
{
	return (struct choice_options){ .encryption = g->encryption,
					.integrity = g->integrity,
					.key_bits = g->bits,
					.integrity_key_bits = g->integrity_bits };
}

TEST(what_is_made)
{
	for (size_t i = 0; i < sizeof(goods) / sizeof(goods[0]); i++) {
		const struct good *g = &goods[i];
		struct choice_options options = options_of(g);
		char why[CHOICE_WHY] = "";
		struct choice c = { 0 };

		CHECK_ROW(!choice_make(&options, &c, why), g->encryption);
		CHECK_STR(why, "");
		CHECK_STR(c.encryption, g->encryption);
		CHECK_STR(c.integrity, g->name);
		CHECK_ROW(c.key_size == g->key, g->encryption);
		CHECK_ROW(c.tag_size == g->tag, g->encryption);
		CHECK_ROW(c.computed == (g->way == COMPUTED), g->encryption);
		CHECK_ROW(c.integrity_key_size ==
				  (g->integrity_bits == 256 ? 0 : g->integrity_bits / 8),
			  g->encryption);
		/* intact-unlock opens it. */
		CHECK_ROW(allowed_segment(c.encryption, c.integrity, c.key_size,
					  c.integrity_key_size),
			  g->encryption);
	}
}

static const struct refused {
	const char *encryption, *integrity;
	unsigned bits, integrity_bits;
	const char *why; /* a part of it */
} refusals[] = {
	{ "aes-xts-plain64", "hmac-sha256", 320, 0,
	  "aes-xts-plain64 takes a key of 256 or 384 or 512 bits, not 320" },
	{ "aes-xts-plain64", NULL, 260, 0, "not 260" },
	{ "aes-gcm-random", NULL, 512, 0, "takes a key of 128 or 192 or 256 bits, not 512" },
	{ "aes-gcm-random", "hmac-sha256", 0, 0,
	  "aes-gcm-random takes --integrity aead, but not hmac-sha256" },
	{ "chacha20-random", "aead", 0, 0,
	  "chacha20-random takes --integrity poly1305, but not aead" },
	{ "aes-xts-plain64", "aead", 0, 0, "takes --integrity hmac-sha256, but not aead" },
	{ "aes-xts-plain64", "none", 0, 0, "--integrity none finds no change" },
	{ "aes-xts-plain64", "phmac-sha256", 0, 0, "firmware of IBM Z" },
	{ "aes-xts-plain64", "hmac-md5", 0, 0, "\"hmac-md5\" is no integrity algorithm" },
	{ "aes-xts-plain64", "crc32c", 0, 0, "\"crc32c\" is no integrity algorithm" },
	{ "aes-xts-plain64", "", 0, 0, "\"\" is no integrity algorithm" },
	{ "aes-xts-plain64", "hmac-sha256", 0, 64, "no --integrity-key-size of 64 bits" },
	{ "aes-xts-plain64", "hmac-sha256", 0, 257, "no --integrity-key-size of 257 bits" },
	{ "aes-gcm-random", "aead", 0, 256, "aead has no --integrity-key-size" },
	{ "aes-xts-plain64", "cmac-aes", 0, 256, "cmac(aes) has no --integrity-key-size" },
	/* A number that repeats when a sector is written again. */
	{ "chacha20-plain64", "poly1305", 0, 0, "take it with \"-random\" at its end" },
	{ "aes-gcm-plain64", "aead", 0, 0, "\"aes-gcm-plain64\" is no cipher" },
	{ "aes-ctr-plain64", NULL, 0, 0, "\"aes-ctr-plain64\" is no cipher" },
	/* What does nothing, or next to nothing. */
	{ "cipher_null-ecb", NULL, 0, 0, "is no cipher that a protected volume may have" },
	{ "null-xts-plain64", NULL, 0, 0, "is no cipher" },
	{ "aes-ecb", NULL, 0, 0, "is no cipher" },
	{ "des3_ede-cbc-plain64", NULL, 0, 0, "is no cipher" },
	{ "aes-xts-null", NULL, 0, 0, "is no cipher" },
	{ "capi:gcm(aes)-random", "aead", 0, 0, "is no cipher" },
	{ "aes-xts-plain64 1 allow_discards", NULL, 0, 0, "is no cipher" },
	{ "", NULL, 0, 0, "\"\" is no cipher" },
	{ "aes", NULL, 0, 0, "is no cipher" },
};

TEST(what_is_refused)
{
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		const struct refused *r = &refusals[i];
		const struct choice_options options = { r->encryption, r->integrity, r->bits,
							r->integrity_bits };
		char why[CHOICE_WHY] = "";
		struct choice c = { 0 };

		CHECK_ROW(choice_make(&options, &c, why) == why, r->encryption);
		CHECK_HAS(why, r->why);
		CHECK_ROW(!c.encryption[0], r->encryption);
	}
}

/* Whatever a header is likely to have. */
TEST(every_likely_mode)
{
	const struct cipher_mode *modes;
	size_t n = cipher_modes(&modes);

	CHECK(n > 10);
	for (size_t i = 0; i < n; i++) {
		const struct choice_options options = { .encryption = modes[i].encryption,
							.integrity = modes[i].integrity };
		char why[CHOICE_WHY] = "";
		struct choice c;

		CHECK_ROW(!choice_make(&options, &c, why), modes[i].encryption);
	}
}

/* What `intact advise` recommends is what the command then takes. */
TEST(advised_commands)
{
	for (size_t i = 0; i < ADVICE_MODES; i++) {
		const struct advice_mode *m = &advice_modes[i];
		const char *cipher = strstr(m->command, "--cipher "),
			   *integrity = strstr(m->command, "--integrity ");
		const struct choice_options options = {
			.encryption = cipher ? cipher + 9 : "aes-xts-plain64",
			.integrity = integrity ? integrity + 12 : NULL,
		};
		char why[CHOICE_WHY] = "";
		struct choice c;

		if (m->stops != ADVICE_STOPS_ATTACKERS)
			continue;
		CHECK_ROW(strncmp(m->command, "intact format", 13) == 0, m->name);
		CHECK_ROW(!choice_make(&options, &c, why), m->name);
		CHECK_STR(c.encryption, m->encryption);
		CHECK_STR(c.integrity, m->integrity);
		CHECK_ROW(c.key_size == m->key + m->mac_key, m->name);
	}
}

static struct header header_of(const struct choice *c)
{
	struct header h = { .crypt = true,
			    .dynamic = true,
			    .segments = 1,
			    .data_offset = 16 << 20,
			    .plain_journal = true,
			    .sector_size = 4096,
			    .key_size = c->key_size,
			    .integrity_key_size = c->integrity_key_size,
			    .tag_size = c->tag_size };

	(void)snprintf(h.encryption, sizeof(h.encryption), "%s", c->encryption);
	(void)snprintf(h.integrity, sizeof(h.integrity), "%s", c->integrity);
	return h;
}

/* At a resume the choice comes from the header, and is the same. */
TEST(headers_of_ours)
{
	for (size_t i = 0; i < sizeof(goods) / sizeof(goods[0]); i++) {
		struct choice_options options = options_of(&goods[i]);
		char why[CHOICE_WHY];
		struct choice made, read;
		struct header h;

		memset(&made, 0, sizeof(made));
		memset(&read, 0, sizeof(read));
		CHECK(!choice_make(&options, &made, why));
		h = header_of(&made);
		CHECK_ROW(choice_of_header(&h, &read), goods[i].encryption);
		CHECK_STR(read.encryption, made.encryption);
		CHECK_STR(read.integrity, made.integrity);
		CHECK_INT(read.key_size, made.key_size);
		CHECK_INT(read.integrity_key_size, made.integrity_key_size);
		CHECK_INT(read.tag_size, made.tag_size);
		CHECK_INT(read.computed, made.computed);
	}
}

TEST(headers_of_others)
{
	const struct choice_options options = { .encryption = "aes-gcm-random" };
	char why[CHOICE_WHY];
	struct choice c, read;
	struct header good, h;

	CHECK(!choice_make(&options, &c, why));
	good = header_of(&c);
	CHECK(choice_of_header(&good, &read));
#define OTHER(change)                                \
	do {                                         \
		h = good;                            \
		change;                              \
		CHECK(!choice_of_header(&h, &read)); \
	} while (0)
	OTHER(h.integrity[0] = '\0');
	OTHER(strcpy(h.integrity, "none"));
	OTHER(strcpy(h.encryption, "cipher_null-ecb"));
	OTHER(h.key_size = 0);
	OTHER(h.key_size = 31);
	OTHER(h.integrity_key_size = 16);
	OTHER(h.data_offset += 4096);
	OTHER(h.iv_offset = 1);
	OTHER(h.segments = 2);
	OTHER(h.dynamic = false);
	OTHER(h.crypt = false);
	OTHER(h.plain_journal = false);
	OTHER(h.inline_tags = true);
	OTHER(strcpy(h.requirement, "online-reencrypt"));
	OTHER(h.sector_size = 0);
	OTHER(h.sector_size = 8192);
	OTHER(h.sector_size = 1536);
#undef OTHER
}

TEST(warnings)
{
	static const struct {
		const char *encryption;
		unsigned sector;
		uint64_t size;
		const char *text; /* NULL: none */
	} rows[] = {
		{ "aes-xts-plain64", 4096, 1ULL << 50, NULL },
		{ "aes-xts-random", 4096, 1ULL << 50, NULL },
		{ "serpent-xts-random", 512, 1ULL << 50, NULL },
		{ "aegis128-random", 4096, 1ULL << 50, NULL },
		{ "aes-gcm-random", 4096, 1ULL << 40,
		  "aes-gcm-random draws a short random number (96 bits) for each sector that is "
		  "written: before 17 TB are written, this disk must be formatted anew" },
		{ "aes-gcm-random", 512, 1ULL << 40, "before 2 TB are written" },
		{ "chacha20-random", 4096, 1ULL << 40, "before 17 TB are written" },
		{ "aes-gcm-random", 4096, 1ULL << 44, "the format alone writes more" },
		{ "aes-ccm-random", 4096, 1ULL << 30, "of only 64 bits" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct choice_options options = { .encryption = rows[i].encryption };
		char why[CHOICE_WHY], text[CHOICE_WHY] = "";
		const char *said;
		struct choice c;

		CHECK(!choice_make(&options, &c, why));
		said = choice_warning(&c, rows[i].sector, rows[i].size, text);
		CHECK_ROW((said != NULL) == (rows[i].text != NULL), rows[i].encryption);
		if (rows[i].text)
			CHECK_HAS(text, rows[i].text);
		/* All of it. */
		CHECK_ROW(!said || text[strlen(text) - 1] == '.', rows[i].encryption);
	}
}

TEST_MAIN(what_is_made, what_is_refused, every_likely_mode, advised_commands, headers_of_ours,
	  headers_of_others, warnings)
