/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/keyslots.h"

#include "base/util.h"
#include "facts/job.h"
#include "policy/allowed.h"

/* cryptsetup uses up to 4. Each lane is a thread, and a hostile header could ask for as many as the
 * kernel has process ids. */
#define LANES_MAX 256

static unsigned threads(const struct keyslot *slot, const struct budget *budget)
{
	unsigned n = slot->lanes > 1 ? slot->lanes : 1;

	return n < budget->cpus ? n : budget->cpus;
}

/* How long a derivation takes, in a unit of its own: an Argon2 pass over one KiB takes as long as
 * two to four iterations of PBKDF2 here. */
static uint64_t duration(const struct keyslot *slot, const struct budget *budget)
{
	uint64_t work = slot->memory ? 3 * slot->memory * slot->iterations : slot->iterations;

	return work / threads(slot, budget);
}

static bool usable(const struct keyslot *slot, const struct budget *budget)
{
	return slot->lanes <= LANES_MAX && slot->memory < budget->total;
}

/*
 * Does a come before b?
 *
 * A slot that seems too big for the free memory comes last: free memory is an estimate, so the slot
 * is still tried, but if its process dies, the others had their chance. Next counts the header's
 * own priority. Among slots of one priority, each is as likely to belong to the passphrase; the
 * shortest first gives the shortest wait on average. (cryptsetup tries them by number.)
 */
static bool before(const struct keyslot *a, const struct keyslot *b, const struct budget *budget)
{
	bool a_fits = a->memory <= budget->memory, b_fits = b->memory <= budget->memory;

	if (a_fits != b_fits)
		return a_fits;
	if (a->priority != b->priority)
		return a->priority > b->priority;
	return duration(a, budget) < duration(b, budget);
}

/* Insertion sort: equal slots stay in the order of their numbers. */
static void insert(struct keyslot_plan *plan, const struct keyslot *slot,
		   const struct budget *budget)
{
	size_t at = plan->n++;

	for (; at > 0 && before(slot, &plan->slots[at - 1], budget); at--)
		plan->slots[at] = plan->slots[at - 1];
	plan->slots[at] = *slot;
}

/*
 * Seconds that all keyslots together may take after one Enter, on a slow core. 32 keyslots as
 * cryptsetup makes them on a fast machine fit. Each of 32 may be allowed alone, and a person would
 * still wait for hours.
 */
#define SECONDS_TOGETHER 1200

static bool is_tried(const struct header *h, const struct keyslot *slot)
{
	return slot->priority != KEYSLOT_IGNORE && keyslots_usable(h, slot);
}

/* The dearest ones are left out: is this keyslot one of them, when it and all that cost less are
 * tried? The cheapest one never is. */
static bool is_too_dear(const struct header *h, const struct keyslot *slot)
{
	uint64_t own = allowed_seconds(h, slot), cheaper = 0;

	for (size_t i = 0; i < h->keyslots && i < KEYSLOTS_MAX; i++) {
		const struct keyslot *other = &h->keyslot[i];
		uint64_t seconds = allowed_seconds(h, other);

		if (is_tried(h, other) && (seconds < own || (seconds == own && other < slot)))
			cheaper += seconds;
	}
	return cheaper + own > SECONDS_TOGETHER;
}

bool keyslots_usable(const struct header *h, const struct keyslot *slot)
{
	char why[KEYSLOTS_WHY_MAX];

	allowed_keyslot(slot, h->key_size, why, sizeof(why));
	return !why[0];
}

/* "keyslot 3, 4 would make …": those that cost too much. Returns how many they are. */
static size_t name_too_dear(const struct header *h, bool more, char *buf, size_t size)
{
	size_t n = 0;

	for (size_t i = 0; i < h->keyslots && i < KEYSLOTS_MAX; i++)
		if (is_tried(h, &h->keyslot[i]) && is_too_dear(h, &h->keyslot[i]))
			str_append(buf, size, "%s%d",
				   n++	? ", " :
				   more ? "; keyslot " :
					  "keyslot ",
				   h->keyslot[i].number);
	if (n > 0)
		str_append(buf, size,
			   " would make the attempt with all keyslots take more than %d minutes",
			   SECONDS_TOGETHER / 60);
	return n;
}

size_t keyslots_refused(const struct header *h, char *buf, size_t size)
{
	size_t n = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < h->keyslots && i < KEYSLOTS_MAX; i++) {
		char why[KEYSLOTS_WHY_MAX];

		allowed_keyslot(&h->keyslot[i], h->key_size, why, sizeof(why));
		if (why[0])
			str_append(buf, size, "%skeyslot %d %s", n++ ? "; " : "",
				   h->keyslot[i].number, why);
	}
	return n + name_too_dear(h, n > 0, buf, size);
}

void keyslots_plan(const struct header *h, int only, const struct budget *budget,
		   struct keyslot_plan *ret)
{
	struct keyslot_plan plan = { .n = 0 };

	for (size_t i = 0; i < h->keyslots && i < KEYSLOTS_MAX; i++) {
		const struct keyslot *slot = &h->keyslot[i];

		if (!keyslots_usable(h, slot))
			continue;
		/* As in libcryptsetup: a slot of priority "ignore" is tried only when key-slot=
		 * names it. */
		if (only == KEYSLOT_ANY ? slot->priority == KEYSLOT_IGNORE || is_too_dear(h, slot) :
					  slot->number != only)
			continue;
		if (usable(slot, budget))
			insert(&plan, slot, budget);
		else
			plan.left[plan.n_left++] = *slot;
	}
	*ret = plan;
}

static size_t restrict_list(struct keyslot *slots, size_t n, uint32_t set)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
		if (set & 1U << slots[i].number)
			slots[kept++] = slots[i];
	return kept;
}

void keyslots_restrict(struct keyslot_plan *plan, uint32_t set)
{
	plan->n = restrict_list(plan->slots, plan->n, set);
	plan->n_left = restrict_list(plan->left, plan->n_left, set);
}

/*
 * When no slot runs, the first waiting one starts. Beside running ones a slot starts only if a CPU
 * is idle and an eighth of the memory stays free: two slots that compete make both late. No slot
 * overtakes one of higher priority. A slot that needs a temporary mapping runs alone, because its
 * process should not be killed when another slot opens.
 */
int keyslots_next(const struct keyslot_plan *plan, const struct budget *budget,
		  const enum slot_state *states)
{
	uint64_t memory = 0, limit = budget->memory - budget->memory / 8;
	unsigned cpus = 0;
	int first = -1;

	for (size_t i = 0; i < plan->n; i++) {
		if (states[i] == SLOT_WAITING && first < 0)
			first = (int)i;
		if (states[i] != SLOT_RUNNING)
			continue;
		cpus += threads(&plan->slots[i], budget);
		memory += plan->slots[i].memory;
		if (plan->slots[i].alone)
			return -1;
	}
	if (first < 0 || cpus == 0)
		return first;
	for (size_t i = (size_t)first; i < plan->n && cpus < budget->cpus; i++) {
		const struct keyslot *slot = &plan->slots[i];

		if (slot->priority != plan->slots[first].priority)
			break;
		if (states[i] == SLOT_WAITING && !slot->alone && memory + slot->memory <= limit)
			return (int)i;
	}
	return -1;
}

uint64_t keyslots_want(const struct header *h, int only, const struct budget *budget)
{
	enum slot_state states[KEYSLOTS_MAX] = { SLOT_WAITING };
	struct keyslot_plan plan;
	uint64_t memory = 0;
	size_t n = 0;
	int i;

	keyslots_plan(h, only, budget, &plan);
	for (; (i = keyslots_next(&plan, budget, states)) >= 0; n++) {
		states[i] = SLOT_RUNNING;
		memory += plan.slots[i].memory;
	}
	/* So that seven eighths are enough for all of them. */
	return n > 1 ? memory + (memory + 6) / 7 : memory;
}

uint64_t keyslots_floor(const struct header *h, int only, const struct budget *budget)
{
	struct keyslot_plan plan;
	uint64_t most = 0;

	keyslots_plan(h, only, budget, &plan);
	for (size_t i = 0; i < plan.n; i++)
		if (plan.slots[i].memory <= budget->memory && plan.slots[i].memory > most)
			most = plan.slots[i].memory;
	return most;
}

void keyslots_explain(const struct keyslot_plan *plan, const struct budget *budget, char *buf,
		      size_t size)
{
	char need[32], have[32];

	buf[0] = '\0';
	for (size_t i = 0; i < plan->n_left; i++) {
		const struct keyslot *slot = &plan->left[i];

		str_append(buf, size, "%skeyslot %d asks for ", i ? "; " : "", slot->number);
		if (slot->lanes > LANES_MAX)
			str_append(buf, size, "%u threads; no genuine header needs more than %d",
				   slot->lanes, LANES_MAX);
		else
			str_append(buf, size, "%s of memory, more than the %s this machine has",
				   format_bytes(slot->memory * 1024, need),
				   format_bytes(budget->total * 1024, have));
	}
}
