/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `intact advise` recommends to machines whose speeds are given here. */
#include "policy/advice.h"

#include "facts/cipher.h"
#include "policy/allowed.h"
#include "test.h"

/* MB/s with all processors, in the order of the modes. */
struct machine {
	const char *name;
	unsigned all[ADVICE_MODES];
	size_t best;
	const char *text; /* a part of the sentence */
};

static const struct machine machines[] = {
	{ "AES and SHA instructions",
	  { 7100, 4200, 6000, 16000, 3000, 20000, 22000, 9000, 30000 },
	  ADVICE_HMAC_SHA256,
	  "Use hmac-sha256 (`intact format DEVICE`): it finds what an attacker or a failing disk "
	  "has changed, and this machine reaches 7.1 GB/s with it." },
	/* The default is fast enough for any disk. */
	{ "SHA-512 much faster, and plenty of both",
	  { 1800, 3600, 2500, 9000, 2000, 9000, 12000, 6000, 15000 },
	  ADVICE_HMAC_SHA256,
	  "reaches 1.8 GB/s" },
	/* 64-bit arithmetic favours SHA-512. */
	{ "AES without SHA instructions",
	  { 400, 640, 500, 3000, 900, 4000, 3500, 1500, 4000 },
	  ADVICE_HMAC_SHA512,
	  "Use hmac-sha512 (`intact format --integrity hmac-sha512 DEVICE`): it finds what an "
	  "attacker or a failing disk has changed, and this machine reaches 640 MB/s with it, but "
	  "only 400 MB/s with hmac-sha256." },
	{ "SHA-512 a little faster",
	  { 400, 600, 500, 3000, 900, 4000, 3500, 1500, 4000 },
	  ADVICE_HMAC_SHA256,
	  "reaches 400 MB/s" },
	{ "four slow cores of ARM",
	  { 110, 90, 130, 80, 300, 60, 200, 400, 240 },
	  ADVICE_HMAC_SHA256,
	  "reaches 110 MB/s" },
	{ "one slow core of ARM",
	  { 21, 17, 25, 16, 48, 12, 34, 70, 40 },
	  ADVICE_CHACHA20,
	  "Use chacha20-poly1305 (`intact format --cipher chacha20-random DEVICE`)" },
	/* Not twice as fast: nobody leaves the default for that. */
	{ "one slow core, ChaCha20 a little faster",
	  { 30, 24, 35, 20, 59, 12, 34, 70, 40 },
	  ADVICE_HMAC_SHA256,
	  "reaches 30 MB/s" },
	{ "a very slow core",
	  { 5, 4, 6, 3, 9, 2, 20, 24, 25 },
	  ADVICE_WEAK,
	  "Use `intact format --weak-hardware DEVICE`, which finds accidents only: this machine "
	  "reaches 20 MB/s with it, but only 9.0 MB/s with chacha20-poly1305, the fastest mode that "
	  "also finds what an attacker has changed." },
	{ "a very slow core without AES instructions",
	  { 5, 4, 6, 3, 9, 2, 10, 24, 12 },
	  ADVICE_WEAK_ADIANTUM,
	  "`intact format --weak-hardware --cipher xchacha12,aes-adiantum-plain64 DEVICE`" },
	/* Checksums would not make it much faster. */
	{ "a very slow core that is slow at everything",
	  { 5, 4, 6, 3, 5, 2, 8, 9, 10 },
	  ADVICE_HMAC_SHA256,
	  "reaches 5.0 MB/s" },
	/* SHA-1 alone is faster: it is not recommended. */
	{ "SHA-1 alone", { 20, 20, 200, 0, 0, 0, 21, 21, 21 }, ADVICE_HMAC_SHA256, "20 MB/s" },
	{ "nothing but the default was measured",
	  { 900, 0, 0, 0, 0, 0, 0, 0, 0 },
	  ADVICE_HMAC_SHA256,
	  "reaches 900 MB/s" },
	{ "the kernel lacks SHA-256",
	  { 0, 500, 0, 0, 0, 0, 0, 0, 0 },
	  ADVICE_HMAC_SHA512,
	  "reaches 500 MB/s with it." },
	{ "nothing that stops attackers was measured",
	  { 0, 0, 0, 0, 0, 0, 500, 500, 500 },
	  ADVICE_HMAC_SHA256,
	  "Use hmac-sha256 (`intact format DEVICE`): it finds what an attacker or a failing disk "
	  "has changed." },
	{ "nothing was measured", { 0 }, ADVICE_HMAC_SHA256, "has changed." },
};

TEST(recommendations)
{
	for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++) {
		const struct machine *m = &machines[i];
		struct advice_speed speeds[ADVICE_MODES];
		char text[ADVICE_TEXT];
		size_t len;

		for (size_t j = 0; j < ADVICE_MODES; j++)
			speeds[j] = (struct advice_speed){ m->all[j] * 250000ULL,
							   m->all[j] * 1000000ULL };
		CHECK_ROW(advice_choose(speeds) == m->best, m->name);
		advice_text(speeds, text);
		CHECK_HAS(text, m->text);
		/* One sentence, and all of it. */
		len = strlen(text);
		CHECK_ROW(len > 1 && text[len - 1] == '.', m->name);
		CHECK_ROW(!strstr(text, ". "), m->name);
	}
}

/* Each is what a header may ask for, with the key that its measurement uses. */
TEST(modes_are_real)
{
	for (size_t i = 0; i < ADVICE_MODES; i++) {
		const struct advice_mode *m = &advice_modes[i];
		struct cipher cipher;

		CHECK_ROW(m->name && m->command && m->key && m->iv, m->name);
		CHECK_ROW(cipher_read(m->encryption, m->integrity, &cipher) == 0, m->name);
		CHECK_ROW((m->stops == ADVICE_STOPS_ATTACKERS) == (m->integrity != NULL), m->name);
		CHECK_ROW((m->stops == ADVICE_STOPS_ACCIDENTS) == (m->checksum != NULL), m->name);
		CHECK_ROW(!m->integrity || allowed_segment(m->encryption, m->integrity,
							   m->key + m->mac_key, 0),
			  m->name);
		CHECK_ROW(!m->integrity || m->tag >= 16, m->name);
		CHECK_ROW(advice_stops_text(m->stops)[0], m->name);
	}
}

TEST(two_steps)
{
	CHECK_INT(advice_in_turn(100, 100), 50);
	CHECK_INT(advice_in_turn(400, 100), 80);
	CHECK_INT(advice_in_turn(0, 100), 0);
	CHECK_INT(advice_in_turn(100, 0), 0);
}

TEST(speeds)
{
	char buf[32];

	CHECK_STR(advice_speed_text(0, buf), "-");
	CHECK_STR(advice_speed_text(42000, buf), "0.0 MB/s");
	CHECK_STR(advice_speed_text(9990000, buf), "9.9 MB/s");
	CHECK_STR(advice_speed_text(10000000, buf), "10 MB/s");
	CHECK_STR(advice_speed_text(999999999, buf), "999 MB/s");
	CHECK_STR(advice_speed_text(1900000000, buf), "1.9 GB/s");
	CHECK_STR(advice_speed_text(22000000000, buf), "22 GB/s");
}

TEST_MAIN(recommendations, modes_are_real, two_steps, speeds)
