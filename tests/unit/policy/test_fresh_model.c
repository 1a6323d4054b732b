/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every history of some steps of a machine and an attacker, against the real verdict and the real
 * bump: no honest disk is ever refused, and no older state is ever accepted.
 *
 * The machine boots, writes, bumps by its timer and shuts down; power fails after any atomic step,
 * and then a header that was not synced may be the old one or the new one. The attacker keeps every
 * header and every state of the file system that were ever on the disk, and joins any two of them.
 * The file system's root is a number that only grows, as btrfs's generation. A volume whose tags
 * are digested has blocks beside it, as ext4: the attacker joins any root and any blocks. Opening
 * such a volume may change its blocks at once, by the replay of dm-integrity's journal.
 */
#include "base/util.h"
#include "policy/fresh.h"
#include "test.h"

#define DEPTH 10
#define KEPT 32
#define VISITED (1 << 20)

/* --- the machine ------------------------------------------------------------------------------ */

/* A record, as small as it can be. */
struct small {
	unsigned char counter, state, root;
	unsigned char tags; /* the blocks that a digest stands for; 0: there is none */
};

struct machine {
	struct small on_disk, cached; /* the header, and what is not synced yet */
	unsigned char unsynced;
	unsigned char root; /* of the file system */
	unsigned char blocks;
	unsigned char count; /* the TPM's */
	unsigned char running;
	/* What is true, whatever the program believes: at the last increment. */
	unsigned char bumped_root, bumped_closed, bumped_blocks;
	/* The attacker's. */
	unsigned char n_headers;
	struct small headers[KEPT];
};

static struct {
	unsigned long states, boots, attacks, refused_honest, accepted_old, full;
} seen;

/* What this file does wrong on purpose, to show that the model would find it. */
static enum { RIGHT, NO_SYNC, COUNTED_FIRST, ONE_BEHIND, OPENED_FIRST, NO_TAGS } wrong;

static bool tagged; /* the volume's tags are digested */

static int steps_left; /* until the power fails; -1: it does not */
static bool swallow;   /* something on the TPM's bus drops the increments */

/* False: there is no power any more. */
static bool step(void)
{
	if (steps_left == 0)
		return false;
	steps_left -= steps_left > 0;
	return true;
}

static struct fsroot root_of(unsigned char generation)
{
	struct fsroot root = { .type = "btrfs", .order = { generation } };

	root.digest[0] = generation;
	return root;
}

static struct small shrink(const struct fresh_record *r)
{
	return (struct small){ (unsigned char)r->counter, (unsigned char)r->state,
			       (unsigned char)r->root.order[0],
			       r->tags.state == TAGS_TAKEN ? r->tags.digest[0] : 0 };
}

static struct tags tags_of(unsigned char blocks)
{
	struct tags tags = { .state = blocks ? TAGS_TAKEN : tagged ? TAGS_WANTED : TAGS_NONE };

	tags.digest[0] = blocks;
	return tags;
}

static struct fresh_record grow(const struct small *s)
{
	return (struct fresh_record){ .counter = s->counter,
				      .state = (enum fresh_state)s->state,
				      .root = root_of(s->root),
				      .tags = tags_of(s->tags) };
}

static void keep(struct machine *m, struct small header)
{
	for (size_t i = 0; i < m->n_headers; i++)
		if (memcmp(&m->headers[i], &header, sizeof(header)) == 0)
			return;
	seen.full += m->n_headers == KEPT;
	if (m->n_headers < KEPT)
		m->headers[m->n_headers++] = header;
}

static int op_write(void *ctx, const struct fresh_record *record)
{
	struct machine *m = ctx;

	if (!step())
		return -EIO;
	m->cached = shrink(record);
	/* A boot has begun. Whatever ends it is a power cut, after which no digest is demanded. */
	if (record->state == FRESH_OPEN)
		m->bumped_blocks = 0;
	m->unsynced = true;
	keep(m, m->cached);
	return 0;
}

static int op_sync(void *ctx, const struct fresh_record *record)
{
	struct machine *m = ctx;

	(void)record;
	if (wrong == NO_SYNC)
		return 0;
	if (!step())
		return -EIO;
	m->on_disk = m->cached;
	m->unsynced = false;
	return 0;
}

static int op_count(void *ctx, uint64_t *ret)
{
	const struct machine *m = ctx;

	if (steps_left == 0)
		return -EIO;
	*ret = m->count;
	return 0;
}

static int op_increment(void *ctx)
{
	struct machine *m = ctx;
	struct small header = m->unsynced ? m->cached : m->on_disk;

	if (!step())
		return -EIO;
	if (swallow)
		return 0;
	m->count++;
	m->bumped_root = header.root;
	m->bumped_closed = header.state == FRESH_CLOSED;
	m->bumped_blocks = header.tags;
	return 0;
}

static bool op_again(void *ctx)
{
	(void)ctx;
	return false;
}

static int op_reach(void *ctx, uint64_t target)
{
	static const struct fresh_count_ops counts = { op_count, op_increment, op_again };

	return fresh_count_to(&counts, ctx, target);
}

static const struct fresh_ops ops = { op_write, op_sync, op_reach };

/* --- boot ------------------------------------------------------------------------------------- */

static bool accepted(const struct machine *m)
{
	struct fresh_facts facts = { .demand = FRESH_DEMAND_REQUIRE,
				     .found = FRESH_FOUND,
				     .mac_ok = true,
				     .record = grow(&m->on_disk),
				     .counter = FRESH_COUNTER_READ,
				     .count = m->count };
	struct fsroot root = root_of(m->root);
	struct fresh_verdict v;

	if (wrong == ONE_BEHIND && facts.record.counter + 1 == facts.count)
		facts.count--;
	fresh_judge(&facts, &v);
	if (v.outcome == FRESH_CURRENT && wrong != NO_TAGS && fresh_needs_tags(&facts.record)) {
		struct tags now = tags_of(m->blocks);
		struct layout layout = { .areas = 1 };

		fresh_judge_tags(&facts, &now, &layout, 0, &v);
	}
	if (v.outcome == FRESH_CURRENT)
		fresh_judge_root(&facts, &root, &v);
	return v.outcome == FRESH_CURRENT || v.outcome == FRESH_NOTICE;
}

static int bump(struct machine *m, enum fresh_state state)
{
	struct fresh_record record = grow(&m->on_disk);
	struct fsroot root = root_of(m->root);

	if (state == FRESH_CLOSED && tagged)
		record.tags = tags_of(m->blocks);
	if (wrong == OPENED_FIRST && !m->running)
		m->blocks++;
	if (wrong == COUNTED_FIRST) {
		int r = op_increment(m);

		record.counter++;
		record.state = state;
		record.root = root;
		r = r < 0 ? r : op_write(m, &record);
		return r < 0 ? r : op_sync(m, &record);
	}
	return fresh_bump(&ops, m, &record, m->count, state, &root, 0);
}

static void join(const struct machine *m, struct small header, unsigned char root,
		 unsigned char blocks)
{
	struct machine forged = *m;
	bool old = root < m->bumped_root || (m->bumped_closed && root != m->bumped_root) ||
		   (m->bumped_blocks && blocks != m->bumped_blocks);

	forged.on_disk = header;
	forged.root = root;
	forged.blocks = blocks;
	seen.attacks++;
	seen.accepted_old += old && accepted(&forged);
}

/* The attacker's turn, while the machine is off: any two things that were ever on the disk. */
static void attack(const struct machine *m)
{
	for (size_t i = 0; i < m->n_headers; i++) {
		for (unsigned char root = 1; root <= m->root; root++)
			for (unsigned char b = tagged ? 1 : m->blocks; b <= m->blocks; b++)
				join(m, m->headers[i], root, b);
	}
}

/* --- histories -------------------------------------------------------------------------------- */

static uint64_t visited[VISITED];

/* Was this state reached before, with as many steps left? */
static bool known(const struct machine *m, unsigned depth)
{
	const unsigned char *bytes = (const unsigned char *)m;
	uint64_t hash = 14695981039346656037u + depth;
	size_t at;

	for (size_t i = 0; i < sizeof(*m); i++)
		hash = (hash ^ bytes[i]) * 1099511628211u;
	for (at = hash % VISITED; visited[at]; at = (at + 1) % VISITED)
		if (visited[at] == hash)
			return true;
	if (seen.states < VISITED - 1)
		visited[at] = hash;
	return false;
}

static void histories(const struct machine *m, unsigned depth);

/* A bump, to its end and with a power cut after each of its steps; then the header is the old one
 * or the one that was being written. */
static void act(const struct machine *before, unsigned depth, enum fresh_state state)
{
	for (int steps = 0;; steps++) {
		struct machine m = *before;

		steps_left = steps;
		if (bump(&m, state) == 0) {
			m.running = state == FRESH_OPEN;
			histories(&m, depth + 1);
			return;
		}
		m.running = false;
		if (m.unsynced) {
			struct machine newest = m;

			newest.on_disk = newest.cached;
			newest.unsynced = false;
			newest.cached = (struct small){ 0 };
			histories(&newest, depth + 1);
			m.unsynced = false;
		}
		m.cached = (struct small){ 0 };
		histories(&m, depth + 1);
	}
}

static void histories(const struct machine *m, unsigned depth)
{
	struct machine next = *m;

	if (seen.refused_honest || seen.accepted_old || known(m, depth))
		return;
	seen.states++;
	if (!m->running) {
		seen.boots++;
		seen.refused_honest += !accepted(m);
		attack(m);
	}
	if (depth == DEPTH)
		return;
	if (!m->running) {
		act(m, depth, FRESH_OPEN);
		return;
	}
	act(m, depth, FRESH_OPEN);   /* the timer */
	act(m, depth, FRESH_CLOSED); /* shutdown */
	next.root++;		     /* writes */
	next.blocks++;
	histories(&next, depth + 1);
	next = *m;
	next.running = false; /* power fails */
	histories(&next, depth + 1);
}

/* A volume that was just given its record; its state of before is with the attacker. */
static struct machine enrolled(void)
{
	struct machine m = { .root = 2,
			     .blocks = 2,
			     .count = 7,
			     .running = true,
			     .bumped_root = 2,
			     .on_disk = { 7, FRESH_OPEN, 2, 0 } };

	keep(&m, (struct small){ 3, FRESH_OPEN, 1, 0 });
	keep(&m, m.on_disk);
	return m;
}

TEST(every_history)
{
	struct machine m = enrolled();

	swallow = false;
	histories(&m, 0);
	CHECK_INT(seen.refused_honest, 0);
	CHECK_INT(seen.accepted_old, 0);
	/* It was really looked. */
	CHECK(seen.states > 10000 && seen.boots > 5000 && seen.attacks > 50000);
	CHECK(seen.states < VISITED / 2 && !seen.full);
	printf("# %lu states, %lu boots, %lu joined disks\n", seen.states, seen.boots,
	       seen.attacks);
}

static void look(void)
{
	struct machine m = enrolled();

	memset(&seen, 0, sizeof(seen));
	memset(visited, 0, sizeof(visited));
	swallow = false;
	histories(&m, 0);
}

/* The same with a digest of the tags: no older block either, after a clean shutdown. */
TEST(every_history_with_tags)
{
	tagged = true;
	look();
	CHECK_INT(seen.refused_honest, 0);
	CHECK_INT(seen.accepted_old, 0);
	CHECK(seen.states > 10000 && seen.boots > 5000 && seen.attacks > 100000);
	CHECK(seen.states < VISITED / 2 && !seen.full);
	printf("# %lu states, %lu boots, %lu joined disks\n", seen.states, seen.boots,
	       seen.attacks);
	tagged = false;
}

TEST(faults_are_found)
{
	for (wrong = NO_SYNC; wrong <= NO_TAGS; wrong++) {
		bool opens = wrong == ONE_BEHIND || wrong == NO_TAGS;

		tagged = wrong >= OPENED_FIRST;
		look();
		CHECK((seen.refused_honest > 0) == !opens);
		CHECK((seen.accepted_old > 0) == opens);
	}
	wrong = RIGHT;
	tagged = false;
}

/* What holds the counter still makes the bump fail, and no disk older. */
TEST(swallowed_increments)
{
	struct machine m = enrolled();

	steps_left = -1;
	swallow = true;
	CHECK_INT(bump(&m, FRESH_OPEN), -EIO);
	CHECK_INT(m.count, 7);
	CHECK(accepted(&m));
	/* The next bump ends it first: no number is given to two records. */
	CHECK_INT(bump(&m, FRESH_CLOSED), -EIO);
	CHECK_INT(m.on_disk.counter, 8);
	CHECK_INT(m.on_disk.state, FRESH_OPEN);
	swallow = false;
	CHECK_INT(bump(&m, FRESH_CLOSED), 0);
	CHECK_INT(m.on_disk.counter, 9);
	CHECK_INT(m.count, 9);
}

/* A disk that was accepted: what was current before is older now, also a bump that was cut off. */
TEST(accepted_disk)
{
	struct machine m = enrolled();
	struct fresh_record record = grow(&m.headers[0]);
	struct fsroot root = root_of(1);

	steps_left = -1;
	swallow = false;
	m.on_disk = m.headers[0];
	m.root = m.blocks = 1;
	CHECK(!accepted(&m));
	CHECK_INT(fresh_begin(&ops, &m, &record, m.count, FRESH_OPEN, &root, 0), 0);
	CHECK(accepted(&m));
	m.root = 2;
	for (unsigned char counter = 7; counter < 9; counter++) {
		m.on_disk = (struct small){ counter, FRESH_OPEN, 2, 0 };
		CHECK(!accepted(&m));
	}
}

TEST_MAIN(every_history, every_history_with_tags, faults_are_found, swallowed_increments,
	  accepted_disk)
