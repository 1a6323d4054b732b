/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * advice: the ways in which a volume can be protected, what each of them stops, and which one a
 * machine should take that computes them at given speeds. Measures nothing.
 */
#ifndef INTACT_POLICY_ADVICE_H
#define INTACT_POLICY_ADVICE_H

#include <stddef.h>
#include <stdint.h>

enum advice_stops {
	ADVICE_STOPS_NOTHING,	/* it encrypts, but finds no change */
	ADVICE_STOPS_ACCIDENTS, /* what the disk lost; who changes data can change the checksum */
	ADVICE_STOPS_ATTACKERS, /* also what was changed by anyone without the key */
};

enum {
	ADVICE_HMAC_SHA256,
	ADVICE_HMAC_SHA512,
	ADVICE_HMAC_SHA1,
	ADVICE_AES_GCM,
	ADVICE_CHACHA20,
	ADVICE_AEGIS128,
	ADVICE_WEAK,
	ADVICE_WEAK_ADIANTUM,
	ADVICE_PLAIN,
	ADVICE_MODES,
};

struct advice_mode {
	const char *name;
	enum advice_stops stops;
	const char *command; /* that makes such a volume, without the device */
	/* As a LUKS2 header names them; integrity is NULL without a MAC. */
	const char *encryption, *integrity;
	const char *checksum; /* of a standalone dm-integrity device below, or NULL */
	/* Bytes. */
	unsigned key, mac_key, iv, tag;
};

extern const struct advice_mode advice_modes[ADVICE_MODES];

/* Bytes a second; 0: not measured. */
struct advice_speed {
	uint64_t one, all; /* with one processor, with all of them */
};

/* "an attacker with the disk" */
const char *advice_stops_text(enum advice_stops stops);

/* The speed of two steps that all data take one after the other. 0 when one of them is 0. */
uint64_t advice_in_turn(uint64_t first, uint64_t second);

/* The number of the recommended mode. What was not measured is only taken when nothing was. */
size_t advice_choose(const struct advice_speed speeds[static ADVICE_MODES]);

/* "1.9 GB/s"; "-": not measured. */
const char *advice_speed_text(uint64_t speed, char buf[static 32]);

/* The recommendation in one sentence. */
#define ADVICE_TEXT 400
void advice_text(const struct advice_speed speeds[static ADVICE_MODES],
		 char ret[static ADVICE_TEXT]);

#endif
