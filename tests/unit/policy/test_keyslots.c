/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tables: a header, a machine → the order, and what starts side by side.
 */
#include "base/util.h"
#include "config/volume.h"
#include "genuine.h"
#include "policy/keyslots.h"
#include "test.h"

#define MIB(n) ((uint64_t)(n) << 10)
#define GIB(n) MIB((uint64_t)(n) << 10)

/* Slots are written as they are typed to cryptsetup: number, priority, memory, iterations, lanes.
 */
#define N KEYSLOT_NORMAL
#define ARGON2(n, mem, threads)                                                              \
	{                                                                                    \
		.number = n, .priority = N, .memory = mem, .iterations = 4, .lanes = threads \
	}
#define PBKDF2(n, count)                                        \
	{                                                       \
		.number = n, .priority = N, .iterations = count \
	}

struct row {
	const char *what;
	struct keyslot slots[5];
	struct budget budget;
	int only;
	const char *order;    /* as they would be started with nothing else running */
	const char *together; /* what is started at once */
	uint64_t want;
};

static const struct row rows[] = {
	{ "one slot",
	  { ARGON2(0, GIB(1), 4) },
	  { 2, GIB(2), GIB(4) },
	  KEYSLOT_ANY,
	  "0",
	  "0",
	  GIB(1) },
	{ "four lanes use two CPUs up",
	  { ARGON2(0, GIB(1), 4), ARGON2(1, GIB(1), 4) },
	  { 2, GIB(8), GIB(9) },
	  KEYSLOT_ANY,
	  "0 1",
	  "0",
	  GIB(1) },
	{ "two slots of one lane",
	  { ARGON2(0, MIB(700), 1), ARGON2(1, MIB(700), 1) },
	  { 2, GIB(8), GIB(9) },
	  KEYSLOT_ANY,
	  "0 1",
	  "0 1",
	  MIB(1600) },
	{ "the same on one CPU",
	  { ARGON2(0, MIB(700), 1), ARGON2(1, MIB(700), 1) },
	  { 1, GIB(8), GIB(9) },
	  KEYSLOT_ANY,
	  "0 1",
	  "0",
	  MIB(700) },
	{ "the same without memory",
	  { ARGON2(0, MIB(700), 1), ARGON2(1, MIB(700), 1) },
	  { 2, MIB(1599), GIB(2) },
	  KEYSLOT_ANY,
	  "0 1",
	  "0",
	  MIB(700) },
	{ "as many as there are CPUs",
	  { PBKDF2(0, 9), PBKDF2(1, 9), PBKDF2(2, 9), PBKDF2(3, 9) },
	  { 3, GIB(1), GIB(2) },
	  KEYSLOT_ANY,
	  "0 1 2 3",
	  "0 1 2",
	  0 },
	{ "two CPUs of six are spare",
	  { ARGON2(0, MIB(7), 4), ARGON2(1, MIB(7), 4), ARGON2(2, MIB(7), 4) },
	  { 6, GIB(1), GIB(2) },
	  KEYSLOT_ANY,
	  "0 1 2",
	  "0 1",
	  MIB(16) },
	{ "cheapest first",
	  { ARGON2(0, GIB(1), 4), PBKDF2(1, 1000), ARGON2(2, MIB(64), 1), PBKDF2(3, 2000000) },
	  { 1, GIB(2), GIB(4) },
	  KEYSLOT_ANY,
	  "1 2 3 0",
	  "1",
	  0 },
	{ "lanes make it cheap",
	  { ARGON2(0, MIB(64), 1), ARGON2(1, MIB(128), 4) },
	  { 4, GIB(2), GIB(4) },
	  KEYSLOT_ANY,
	  "1 0",
	  "1",
	  MIB(128) },
	{ "priority",
	  { { .number = 0, .priority = KEYSLOT_IGNORE, .iterations = 10 },
	    PBKDF2(1, 10),
	    { .number = 2,
	      .priority = KEYSLOT_PREFER,
	      .memory = GIB(1),
	      .iterations = 4,
	      .lanes = 1 },
	    PBKDF2(3, 5) },
	  { 2, GIB(2), GIB(4) },
	  KEYSLOT_ANY,
	  "2 3 1",
	  "2 3",
	  MIB(1171) },
	{ "a lower priority does not overtake",
	  { { .number = 0,
	      .priority = KEYSLOT_PREFER,
	      .memory = MIB(500),
	      .iterations = 4,
	      .lanes = 1 },
	    { .number = 1,
	      .priority = KEYSLOT_PREFER,
	      .memory = MIB(600),
	      .iterations = 4,
	      .lanes = 1 },
	    PBKDF2(2, 5) },
	  { 4, GIB(1), GIB(2) },
	  KEYSLOT_ANY,
	  "0 1 2",
	  "0",
	  MIB(500) },
	{ "ignored, but asked for",
	  { { .number = 0, .priority = KEYSLOT_IGNORE, .iterations = 10 }, PBKDF2(1, 10) },
	  { 2, GIB(2), GIB(4) },
	  0,
	  "0",
	  "0",
	  0 },
	{ "only one asked for",
	  { PBKDF2(0, 10), PBKDF2(1, 10), PBKDF2(2, 10) },
	  { 4, GIB(2), GIB(4) },
	  1,
	  "1",
	  "1",
	  0 },
	{ "asked for, not there", { PBKDF2(0, 10) }, { 4, GIB(2), GIB(4) }, 7, "", "", 0 },
	{ "too big for what is free: last, alone",
	  { { .number = 0,
	      .priority = KEYSLOT_PREFER,
	      .memory = GIB(2),
	      .iterations = 4,
	      .lanes = 1 },
	    ARGON2(1, MIB(256), 1) },
	  { 4, GIB(1), GIB(4) },
	  KEYSLOT_ANY,
	  "1 0",
	  "1",
	  MIB(256) },
	{ "too big for the machine",
	  { ARGON2(0, GIB(4), 1), ARGON2(1, MIB(256), 1) },
	  { 4, GIB(1), GIB(4) },
	  KEYSLOT_ANY,
	  "1",
	  "1",
	  MIB(256) },
	{ "four TiB",
	  { ARGON2(0, UINT32_MAX, 4), PBKDF2(1, 5) },
	  { 4, GIB(1), GIB(4) },
	  KEYSLOT_ANY,
	  "1",
	  "1",
	  0 },
	{ "four TiB only",
	  { { .priority = N,
	      .memory = UINT32_MAX,
	      .iterations = UINT32_MAX,
	      .lanes = UINT32_MAX } },
	  { 4, GIB(1), GIB(4) },
	  KEYSLOT_ANY,
	  "",
	  "",
	  0 },
	{ "a million lanes",
	  { ARGON2(0, GIB(1), 1000000) },
	  { 4, GIB(2), GIB(4) },
	  KEYSLOT_ANY,
	  "",
	  "",
	  0 },
	{ "own mapping: alone",
	  { { .priority = N, .iterations = 5, .alone = true }, PBKDF2(1, 9), PBKDF2(2, 9) },
	  { 4, GIB(1), GIB(4) },
	  KEYSLOT_ANY,
	  "0 1 2",
	  "0",
	  0 },
	{ "own mapping: not beside",
	  { PBKDF2(0, 1),
	    { .number = 1, .priority = N, .iterations = 5, .alone = true },
	    PBKDF2(2, 9) },
	  { 4, GIB(1), GIB(4) },
	  KEYSLOT_ANY,
	  "0 1 2",
	  "0 2",
	  0 },
	{ "the small one beside the big one",
	  { ARGON2(0, MIB(400), 1), ARGON2(1, MIB(600), 1), ARGON2(2, MIB(900), 1) },
	  { 4, MIB(1200), GIB(2) },
	  KEYSLOT_ANY,
	  "0 1 2",
	  "0 1",
	  MIB(1143) },
	{ "an unknown machine",
	  { ARGON2(0, GIB(1), 4), ARGON2(1, GIB(1), 4) },
	  { 8, UINT64_MAX / 1024, UINT64_MAX / 1024 },
	  KEYSLOT_ANY,
	  "0 1",
	  "0 1",
	  MIB(2341) },
};

static struct header header(const struct row *row)
{
	struct header h = { .key_size = 96 };

	while (h.keyslots < ARRAY_SIZE(row->slots) && row->slots[h.keyslots].iterations) {
		h.keyslot[h.keyslots] = genuine_slot(row->slots[h.keyslots]);
		h.keyslots++;
	}
	return h;
}

TEST(orders)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct header h = header(&rows[i]);
		struct keyslot_plan plan;
		char order[64] = "";

		keyslots_plan(&h, rows[i].only, &rows[i].budget, &plan);
		for (size_t j = 0; j < plan.n; j++)
			str_append(order, sizeof(order), "%s%d", j ? " " : "",
				   plan.slots[j].number);
		CHECK_ROW(str_eq(order, rows[i].order), rows[i].what);
		if (!str_eq(order, rows[i].order))
			printf("#   got %s\n", order);
	}
}

TEST(side_by_side)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct header h = header(&rows[i]);
		enum slot_state states[KEYSLOTS_MAX] = { SLOT_WAITING };
		struct keyslot_plan plan;
		char together[64] = "";
		int slot;

		keyslots_plan(&h, rows[i].only, &rows[i].budget, &plan);
		while ((slot = keyslots_next(&plan, &rows[i].budget, states)) >= 0) {
			states[slot] = SLOT_RUNNING;
			str_append(together, sizeof(together), "%s%d", together[0] ? " " : "",
				   plan.slots[slot].number);
		}
		CHECK_ROW(str_eq(together, rows[i].together), rows[i].what);
		if (!str_eq(together, rows[i].together))
			printf("#   got %s\n", together);
	}
}

/* With no more than it says it wants, the plan does the same. */
TEST(wants)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct header h = header(&rows[i]);
		struct budget granted = rows[i].budget;
		uint64_t want = keyslots_want(&h, rows[i].only, &granted);

		/* A KiB more or less does not matter, and the table is in MiB. */
		CHECK_ROW((want + 1023) / 1024 == rows[i].want / 1024, rows[i].what);
		granted.memory = want;
		CHECK_ROW(keyslots_want(&h, rows[i].only, &granted) == want, rows[i].what);
		CHECK_ROW(keyslots_floor(&h, rows[i].only, &rows[i].budget) <=
				  rows[i].budget.memory,
			  rows[i].what);
	}
}

/* Whatever the header says, every slot of the plan is started once, one after the other at least.
 */
TEST(all_get_their_turn)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct header h = header(&rows[i]);
		enum slot_state states[KEYSLOTS_MAX] = { SLOT_WAITING };
		struct keyslot_plan plan;
		size_t started = 0, running = 0;
		int slot;

		keyslots_plan(&h, rows[i].only, &rows[i].budget, &plan);
		CHECK_ROW(plan.n + plan.n_left <= h.keyslots, rows[i].what);
		do {
			while ((slot = keyslots_next(&plan, &rows[i].budget, states)) >= 0) {
				CHECK_ROW(states[slot] == SLOT_WAITING, rows[i].what);
				states[slot] = SLOT_RUNNING;
				started++;
				running++;
			}
			for (size_t j = 0; j < plan.n; j++)
				if (states[j] == SLOT_RUNNING) {
					states[j] = SLOT_ENDED;
					running--;
					break;
				}
		} while (running > 0 || keyslots_next(&plan, &rows[i].budget, states) >= 0);
		CHECK_ROW(started == plan.n, rows[i].what);
	}
}

/* More than a header can hold does not get past the arrays. */
TEST(too_many)
{
	struct header h = { .keyslots = 1000, .key_size = 96 };
	struct budget budget = { 64, GIB(1), GIB(2) };
	struct keyslot_plan plan;

	for (int i = 0; i < KEYSLOTS_MAX; i++)
		h.keyslot[i] = genuine_slot((struct keyslot)PBKDF2(i, 1000 - i));
	keyslots_plan(&h, KEYSLOT_ANY, &budget, &plan);
	CHECK_INT(plan.n, KEYSLOTS_MAX);
	CHECK_INT(plan.slots[0].number, KEYSLOTS_MAX - 1);
	CHECK_INT(keyslots_want(&h, KEYSLOT_ANY, &budget), 0);
}

TEST(explains)
{
	struct header h = { .keyslots = 3,
			    .key_size = 96,
			    .keyslot = { ARGON2(0, UINT32_MAX, 4), ARGON2(1, GIB(2), 4),
					 ARGON2(4, MIB(64), 5000) } };
	struct budget budget = { 4, MIB(300), MIB(512) };
	struct keyslot_plan plan;
	char text[256];

	for (size_t i = 0; i < h.keyslots; i++)
		h.keyslot[i] = genuine_slot(h.keyslot[i]);
	keyslots_plan(&h, KEYSLOT_ANY, &budget, &plan);
	keyslots_explain(&plan, &budget, text, sizeof(text));
	CHECK_STR(
		text,
		"keyslot 0 asks for 3.9 TiB of memory, more than the 512 MiB this machine has; keyslot 1 asks for 2 GiB of memory, "
		"more than the 512 MiB this machine has; keyslot 4 asks for 5000 threads; no genuine header needs more than 256");
	budget.total = UINT64_MAX / 1024;
	h.keyslots = 2;
	keyslots_plan(&h, KEYSLOT_ANY, &budget, &plan);
	keyslots_explain(&plan, &budget, text, sizeof(text));
	CHECK_STR(text, "");
}

/* What may not be used is neither planned nor counted, and is named. */
TEST(refused)
{
	struct header h = { .keyslots = 3, .key_size = 96 };
	struct budget budget = { 4, GIB(1), GIB(2) };
	struct keyslot_plan plan;
	char text[256];

	for (int i = 0; i < 3; i++)
		h.keyslot[i] = genuine_slot((struct keyslot)ARGON2(i, MIB(64), 4));
	CHECK_INT(keyslots_refused(&h, text, sizeof(text)), 0);
	CHECK_STR(text, "");
	h.keyslot[0].area_key_size = 1;
	h.keyslot[2].kdf = KDF_OTHER;
	CHECK_INT(keyslots_refused(&h, text, sizeof(text)), 2);
	CHECK_STR(text, "keyslot 0 encrypts its key with aes-xts-plain64 and 1 key bytes, which is "
			"not a known cipher; keyslot 2 uses an unknown key derivation");
	keyslots_plan(&h, KEYSLOT_ANY, &budget, &plan);
	CHECK_INT(plan.n, 1);
	CHECK_INT(plan.slots[0].number, 1);
	CHECK_INT(plan.n_left, 0);
	keyslots_plan(&h, 2, &budget, &plan);
	CHECK_INT(plan.n, 0);
}

/* Each is allowed alone. The dearest are left out, and named; the cheapest is always tried. */
TEST(too_dear)
{
	struct header h = { .keyslots = KEYSLOTS_MAX, .key_size = 96 };
	struct budget budget = { 1, GIB(8), GIB(9) };
	struct keyslot_plan plan;
	char text[256];

	/* As cryptsetup makes them on a fast machine. */
	for (int i = 0; i < KEYSLOTS_MAX; i++)
		h.keyslot[i] = genuine_slot((struct keyslot)ARGON2(i, GIB(1), 4));
	CHECK_INT(keyslots_refused(&h, text, sizeof(text)), 0);
	keyslots_plan(&h, KEYSLOT_ANY, &budget, &plan);
	CHECK_INT(plan.n, KEYSLOTS_MAX);
	/* 500, 400, 300 and 200 seconds, and one that is tried only when it is asked for. */
	h.keyslots = 5;
	for (int i = 0; i < 4; i++)
		h.keyslot[i] =
			genuine_slot((struct keyslot)PBKDF2(i, (uint32_t)(5 - i) * 100000000));
	h.keyslot[4] = genuine_slot((struct keyslot)PBKDF2(4, 1000));
	h.keyslot[4].priority = KEYSLOT_IGNORE;
	h.keyslot[0].priority = KEYSLOT_PREFER;
	CHECK_INT(keyslots_refused(&h, text, sizeof(text)), 1);
	CHECK_STR(text,
		  "keyslot 0 would make the attempt with all keyslots take more than 20 minutes");
	keyslots_plan(&h, KEYSLOT_ANY, &budget, &plan);
	CHECK_INT(plan.n, 3);
	CHECK_INT(plan.slots[0].number, 3);
	keyslots_plan(&h, 0, &budget, &plan);
	CHECK_INT(plan.n, 1);
	/* Each key is compared with the digest. */
	h.digest_iterations = 59000000;
	h.keyslot[3].kdf = KDF_OTHER;
	h.keyslot[4] = genuine_slot((struct keyslot)PBKDF2(4, 550000000));
	CHECK_INT(keyslots_refused(&h, text, sizeof(text)), 3);
	CHECK_STR(text,
		  "keyslot 3 uses an unknown key derivation; keyslot 0, 4 would make the attempt "
		  "with all keyslots take more than 20 minutes");
	keyslots_plan(&h, KEYSLOT_ANY, &budget, &plan);
	CHECK_INT(plan.n, 2);
}

TEST_MAIN(too_dear, refused, orders, side_by_side, wants, all_get_their_turn, too_many, explains)
