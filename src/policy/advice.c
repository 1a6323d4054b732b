/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/advice.h"

#include "base/util.h"

#include <inttypes.h>
#include <stdio.h>

#define MB 1000000ULL

/* More than most disks can do: no reason to leave the default for a faster mode. */
#define PLENTY (1000 * MB)
/* As fast as a memory card or a disk on USB 2. */
#define ENOUGH (60 * MB)
/* Below it, a system cannot be worked with. */
#define LEAST (15 * MB)

const struct advice_mode advice_modes[ADVICE_MODES] = {
	[ADVICE_HMAC_SHA256] = { .name = "hmac-sha256",
				 .stops = ADVICE_STOPS_ATTACKERS,
				 .command = "intact format",
				 .encryption = "aes-xts-plain64",
				 .integrity = "hmac(sha256)",
				 .key = 64,
				 .mac_key = 32,
				 .iv = 16,
				 .tag = 32 },
	[ADVICE_HMAC_SHA512] = { .name = "hmac-sha512",
				 .stops = ADVICE_STOPS_ATTACKERS,
				 .command = "intact format --integrity hmac-sha512",
				 .encryption = "aes-xts-plain64",
				 .integrity = "hmac(sha512)",
				 .key = 64,
				 .mac_key = 64,
				 .iv = 16,
				 .tag = 64 },
	[ADVICE_HMAC_SHA1] = { .name = "hmac-sha1",
			       .stops = ADVICE_STOPS_ATTACKERS,
			       .command = "intact format --integrity hmac-sha1",
			       .encryption = "aes-xts-plain64",
			       .integrity = "hmac(sha1)",
			       .key = 64,
			       .mac_key = 20,
			       .iv = 16,
			       .tag = 20 },
	[ADVICE_AES_GCM] = { .name = "aes-gcm-random",
			     .stops = ADVICE_STOPS_ATTACKERS,
			     .command = "intact format --cipher aes-gcm-random",
			     .encryption = "aes-gcm-random",
			     .integrity = "aead",
			     .key = 32,
			     .iv = 12,
			     .tag = 16 },
	[ADVICE_CHACHA20] = { .name = "chacha20-poly1305",
			      .stops = ADVICE_STOPS_ATTACKERS,
			      .command = "intact format --cipher chacha20-random",
			      .encryption = "chacha20-random",
			      .integrity = "poly1305",
			      .key = 32,
			      .iv = 12,
			      .tag = 16 },
	[ADVICE_AEGIS128] = { .name = "aegis128-random",
			      .stops = ADVICE_STOPS_ATTACKERS,
			      .command = "intact format --cipher aegis128-random",
			      .encryption = "aegis128-random",
			      .integrity = "aead",
			      .key = 16,
			      .iv = 16,
			      .tag = 16 },
	[ADVICE_WEAK] = { .name = "crc32c below LUKS2",
			  .stops = ADVICE_STOPS_ACCIDENTS,
			  .command = "intact format --weak-hardware",
			  .encryption = "aes-xts-plain64",
			  .checksum = "crc32c",
			  .key = 64,
			  .iv = 16 },
	[ADVICE_WEAK_ADIANTUM] = { .name = "the same, Adiantum",
				   .stops = ADVICE_STOPS_ACCIDENTS,
				   .command = "intact format --weak-hardware --cipher "
					      "xchacha12,aes-adiantum-plain64",
				   .encryption = "xchacha12,aes-adiantum-plain64",
				   .checksum = "crc32c",
				   .key = 32,
				   .iv = 32 },
	[ADVICE_PLAIN] = { .name = "LUKS2 alone",
			   .stops = ADVICE_STOPS_NOTHING,
			   .command = "cryptsetup luksFormat",
			   .encryption = "aes-xts-plain64",
			   .key = 64,
			   .iv = 16 },
};

const char *advice_stops_text(enum advice_stops stops)
{
	static const char *const texts[] = {
		[ADVICE_STOPS_NOTHING] = "nothing",
		[ADVICE_STOPS_ACCIDENTS] = "accidents",
		[ADVICE_STOPS_ATTACKERS] = "an attacker with the disk",
	};

	return texts[stops];
}

uint64_t advice_in_turn(uint64_t first, uint64_t second)
{
	if (!first || !second)
		return 0;
	return (uint64_t)(1 / (1 / (double)first + 1 / (double)second));
}

/* --- the choice ------------------------------------------------------------------------------- */

/* A is more than half as fast again as B. */
static bool is_much_faster(const struct advice_speed *a, const struct advice_speed *b)
{
	return a->all > b->all + b->all / 2;
}

static bool is_twice_as_fast(const struct advice_speed *a, const struct advice_speed *b)
{
	return a->all / 2 >= b->all && a->all > 0;
}

/* Of those that find what an attacker changes and that `intact format` computes itself. */
static size_t choose_ours(const struct advice_speed *s)
{
	return s[ADVICE_HMAC_SHA256].all < PLENTY &&
			       is_much_faster(&s[ADVICE_HMAC_SHA512], &s[ADVICE_HMAC_SHA256]) ?
		       ADVICE_HMAC_SHA512 :
		       ADVICE_HMAC_SHA256;
}

/* HMAC-SHA-1 is never worth it: where it is fast, SHA-256 is, too. */
static size_t choose_fastest(const struct advice_speed *s, enum advice_stops stops, size_t best)
{
	for (size_t i = 0; i < ADVICE_MODES; i++)
		if (advice_modes[i].stops == stops && i != ADVICE_HMAC_SHA1 &&
		    s[i].all > s[best].all)
			best = i;
	return best;
}

size_t advice_choose(const struct advice_speed s[static ADVICE_MODES])
{
	size_t best = choose_ours(s), fastest, weak = ADVICE_WEAK;

	if (s[best].all >= ENOUGH)
		return best;
	fastest = choose_fastest(s, ADVICE_STOPS_ATTACKERS, best);
	if (is_twice_as_fast(&s[fastest], &s[best]))
		best = fastest;
	if (is_much_faster(&s[ADVICE_WEAK_ADIANTUM], &s[ADVICE_WEAK]))
		weak = ADVICE_WEAK_ADIANTUM;
	/* Nobody gives up the protection from attackers for a figure that was not measured. */
	return s[best].all && s[best].all < LEAST && is_twice_as_fast(&s[weak], &s[best]) ? weak :
											    best;
}

/* --- texts ------------------------------------------------------------------------------------ */

const char *advice_speed_text(uint64_t speed, char buf[static 32])
{
	uint64_t unit = speed >= 1000 * MB ? 1000 * MB : MB;
	const char *name = speed >= 1000 * MB ? "GB/s" : "MB/s";

	if (!speed)
		snprintf(buf, 32, "-");
	else if (speed / unit < 10)
		snprintf(buf, 32, "%" PRIu64 ".%" PRIu64 " %s", speed / unit,
			 speed % unit / (unit / 10), name);
	else
		snprintf(buf, 32, "%" PRIu64 " %s", speed / unit, name);
	return buf;
}

static void say_weak(const struct advice_speed *s, size_t weak, char ret[static ADVICE_TEXT])
{
	size_t best = choose_fastest(s, ADVICE_STOPS_ATTACKERS, choose_ours(s));
	char fast[32], slow[32];

	snprintf(
		ret, ADVICE_TEXT,
		"Use `%s DEVICE`, which finds accidents only: this machine reaches %s with it, but "
		"only %s with %s, the fastest mode that also finds what an attacker has changed.",
		advice_modes[weak].command, advice_speed_text(s[weak].all, fast),
		advice_speed_text(s[best].all, slow), advice_modes[best].name);
}

void advice_text(const struct advice_speed s[static ADVICE_MODES], char ret[static ADVICE_TEXT])
{
	size_t best = advice_choose(s);
	const struct advice_speed *ordinary = &s[ADVICE_HMAC_SHA256];
	char speed[32];

	if (advice_modes[best].stops != ADVICE_STOPS_ATTACKERS) {
		say_weak(s, best, ret);
		return;
	}
	snprintf(ret, ADVICE_TEXT,
		 "Use %s (`%s DEVICE`): it finds what an attacker or a failing disk has changed",
		 advice_modes[best].name, advice_modes[best].command);
	if (s[best].all)
		str_append(ret, ADVICE_TEXT, ", and this machine reaches %s with it",
			   advice_speed_text(s[best].all, speed));
	if (best != ADVICE_HMAC_SHA256 && ordinary->all)
		str_append(ret, ADVICE_TEXT, ", but only %s with hmac-sha256",
			   advice_speed_text(ordinary->all, speed));
	str_append(ret, ADVICE_TEXT, ".");
}
