/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/fresh.h"

#include "base/util.h"
#include "test.h"

/* A disk that is current. */
static struct fresh_facts current(void)
{
	struct fresh_facts f = { .demand = FRESH_DEMAND_REQUIRE,
				 .found = FRESH_FOUND,
				 .mac_ok = true,
				 .counter = FRESH_COUNTER_READ,
				 .count = 43,
				 .nv = 0x01800000 };

	f.record = (struct fresh_record){ .nv = f.nv,
					  .counter = 43,
					  .written = 1772352720,
					  .root = { .type = "ext4", .order = { 100, 3, 1000 } } };
	memset(f.name, 0xb, sizeof(f.name));
	memcpy(f.record.name, f.name, sizeof(f.name));
	return f;
}

static struct fresh_verdict judge(const struct fresh_facts *f)
{
	struct fresh_verdict v;

	fresh_judge(f, &v);
	return v;
}

#define REFUSED(change, says)                                \
	do {                                                 \
		struct fresh_facts f = current();            \
		struct fresh_verdict v;                      \
		change;                                      \
		v = judge(&f);                               \
		CHECK_INT(v.outcome, FRESH_STALE);           \
		CHECK_HAS(v.text, says);                     \
		CHECK_HAS(v.text, "switch the machine off"); \
		f.demand = FRESH_DEMAND_REPORT;              \
		v = judge(&f);                               \
		CHECK_INT(v.outcome, FRESH_OVERRIDE);        \
		CHECK_HAS(v.text, says);                     \
	} while (0)

TEST(current_disk)
{
	struct fresh_facts f = current();

	CHECK_INT(judge(&f).outcome, FRESH_CURRENT);
	CHECK_STR(judge(&f).text, "");
	/* A bump that was cut off. */
	f.record.counter = 44;
	CHECK_INT(judge(&f).outcome, FRESH_CURRENT);
}

TEST(refusals)
{
	REFUSED(f.record.counter = 42, "it was last used here as no. 43, and this is no. 42 of "
				       "2026-03-01 08:12 UTC");
	REFUSED(f.record.counter = 0, "no. 0 of");
	REFUSED(f.record.counter = 45, "belongs to another TPM");
	REFUSED(f.record.counter = UINT64_MAX, "belongs to another TPM");
	REFUSED(f.found = FRESH_NONE, "has no freshness record, but the boot image asks for it");
	REFUSED(f.found = FRESH_UNREADABLE, "damaged");
	REFUSED(f.mac_ok = false, "altered");
	REFUSED(f.counter = FRESH_COUNTER_NO_TPM, "no TPM that answers");
	REFUSED(f.counter = FRESH_COUNTER_NONE, "cleared");
	REFUSED(f.counter = FRESH_COUNTER_FALSE, "not authentic");
	REFUSED(f.name[33]++, "belongs to another TPM, or to a counter that was deleted");
	REFUSED(f.nv++, "belongs to another TPM, or to a counter that was deleted");
}

/* What the image does not ask for: the TPM may. */
TEST(no_demand)
{
	struct fresh_facts f = current();

	f.demand = FRESH_DEMAND_NONE;
	CHECK_INT(judge(&f).outcome, FRESH_CURRENT);
	f.found = FRESH_NONE;
	CHECK_INT(judge(&f).outcome, FRESH_STALE);
	CHECK_HAS(judge(&f).text, "this machine's TPM has a counter for this disk");
	f.counter = FRESH_COUNTER_FALSE;
	CHECK_INT(judge(&f).outcome, FRESH_STALE);
	f.counter = FRESH_COUNTER_NONE;
	CHECK_INT(judge(&f).outcome, FRESH_NOT_ASKED);
	f.counter = FRESH_COUNTER_NO_TPM;
	CHECK_INT(judge(&f).outcome, FRESH_NOT_ASKED);
	f.found = FRESH_FOUND;
	CHECK_INT(judge(&f).outcome, FRESH_NOT_ASKED);
}

TEST(roots)
{
	static const struct {
		const char *row, *type;
		enum fresh_state state;
		uint64_t order;
		unsigned char digest, uuid;
		enum fresh_outcome outcome;
		const char *says;
	} rows[] = {
		{ "open, same", "ext4", FRESH_OPEN, 100, 0, 0, FRESH_NOTICE,
		  "not shut down cleanly: any state since 2026-03-01 08:12 UTC" },
		{ "open, newer", "ext4", FRESH_OPEN, 101, 1, 0, FRESH_NOTICE, "cleanly" },
		{ "open, undated", "other", FRESH_OPEN, 100, 1, 0, FRESH_NOTICE, "cleanly" },
		{ "open, older", "ext4", FRESH_OPEN, 99, 1, 0, FRESH_STALE, "the data is not" },
		{ "open, other", "ext4", FRESH_OPEN, 200, 1, 1, FRESH_STALE, "another one" },
		{ "closed, same", "ext4", FRESH_CLOSED, 100, 0, 0, FRESH_CURRENT, "" },
		{ "closed, newer", "ext4", FRESH_CLOSED, 101, 1, 0, FRESH_NOTICE, "was changed" },
		{ "closed, forged", "ext4", FRESH_CLOSED, 100, 1, 0, FRESH_STALE, "is current" },
		{ "closed, older", "ext4", FRESH_CLOSED, 99, 1, 0, FRESH_STALE, "older" },
		{ "closed, undated", "lvm2", FRESH_CLOSED, 100, 1, 0, FRESH_STALE, "is current" },
		{ "closed, unknown", "other", FRESH_CLOSED, 100, 1, 0, FRESH_CURRENT, "" },
		{ "closed, xfs", "xfs", FRESH_CLOSED, 101, 1, 0, FRESH_CURRENT, "" },
		{ "closed, xfs older", "xfs", FRESH_CLOSED, 99, 1, 0, FRESH_STALE, "older" },
		{ "closed, btrfs", "btrfs", FRESH_CLOSED, 101, 1, 0, FRESH_NOTICE, "rescue" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct fresh_facts f = current();
		struct fsroot now;
		struct fresh_verdict v;

		str_copy(f.record.root.type, sizeof(f.record.root.type), rows[i].type);
		f.record.state = rows[i].state;
		now = f.record.root;
		now.order[0] = rows[i].order;
		now.digest[0] = rows[i].digest;
		now.uuid[0] = rows[i].uuid;
		fresh_judge_root(&f, &now, &v);
		CHECK_ROW(v.outcome == rows[i].outcome, rows[i].row);
		CHECK_ROW(strstr(v.text, rows[i].says), rows[i].row);
		f.demand = FRESH_DEMAND_REPORT;
		fresh_judge_root(&f, &now, &v);
		CHECK_ROW((v.outcome == FRESH_OVERRIDE) == (rows[i].outcome == FRESH_STALE),
			  rows[i].row);
	}
}

/* With the tags of the last shutdown the disk is the one of the last shutdown. */
TEST(tags)
{
	struct fresh_facts f = current();
	struct tags now;
	struct layout l;
	struct fresh_verdict v;

	CHECK(layout_plan(10ULL << 30, 16 << 20, 32, 4096, &l));
	CHECK(!fresh_needs_tags(&f.record));
	tags_sums_begin(l.areas, &f.record.tags);
	CHECK(!fresh_needs_tags(&f.record));
	f.record.state = FRESH_CLOSED;
	CHECK(fresh_needs_tags(&f.record));
	now = f.record.tags;
	fresh_judge_tags(&f, &now, &l, 0, &v);
	CHECK_INT(v.outcome, FRESH_CURRENT);
	/* Only the digest counts. */
	now.sums[0][1] = 1;
	fresh_judge_tags(&f, &now, &l, 0, &v);
	CHECK_INT(v.outcome, FRESH_CURRENT);
	now.digest[31] = 1;
	now.sums[0][7] = now.sums[1][1] = 1;
	now.sums[0][1] = 0;
	fresh_judge_tags(&f, &now, &l, 0, &v);
	CHECK_INT(v.outcome, FRESH_STALE);
	/* Run 39, which is the 16 MiB from 624 MiB on. */
	CHECK_HAS(v.text, ": 1 of 631 runs of tags differs, between 624 and 640 MiB of the volume");
	CHECK_HAS(v.text, "from byte ");
	CHECK_HAS(v.text, "a rescue system");
	CHECK_HAS(v.text, "switch the machine off");
	now.sums[0][9] = 1;
	now.first = 1;
	fresh_judge_tags(&f, &now, &l, 0, &v);
	CHECK_HAS(v.text, ": at least 2 of 631 runs of tags differ, between 624 and 672 MiB");
	CHECK_HAS(v.text, "and so does dm-integrity's journal");
	f.demand = FRESH_DEMAND_REPORT;
	fresh_judge_tags(&f, &now, &l, 0, &v);
	CHECK_INT(v.outcome, FRESH_OVERRIDE);
	f.demand = FRESH_DEMAND_NONE;
	fresh_judge_tags(&f, &now, &l, 0, &v);
	CHECK_INT(v.outcome, FRESH_STALE);
	/* No sums. */
	f.record.tags.digits = 0;
	fresh_judge_tags(&f, &now, &l, 0, &v);
	CHECK_HAS(v.text, "where cannot be said");
	/* What cannot be read is not what it was. */
	fresh_judge_tags(&f, &f.record.tags, &l, -EIO, &v);
	CHECK_INT(v.outcome, FRESH_STALE);
	fresh_judge_tags(&f, &f.record.tags, &l, -ENOTSUP, &v);
	CHECK_HAS(v.text, "superblock was altered");
	fresh_judge_tags(&f, &f.record.tags, &l, -ETIMEDOUT, &v);
	CHECK_HAS(v.text, "too long");
}

/* Where they were to be digested and were not, that is told. */
TEST(tags_not_taken)
{
	struct fresh_facts f = current();
	struct fresh_verdict v;

	f.record.tags.state = TAGS_WANTED;
	fresh_judge_root(&f, &f.record.root, &v);
	CHECK_INT(v.outcome, FRESH_NOTICE);
	CHECK_HAS(v.text,
		  "any state since 2026-03-01 08:12 UTC would look the same, and older single "
		  "blocks too");
	f.record.state = FRESH_CLOSED;
	fresh_judge_root(&f, &f.record.root, &v);
	CHECK_INT(v.outcome, FRESH_NOTICE);
	CHECK_HAS(v.text, "could not be read at the last shutdown");
	tags_sums_begin(1, &f.record.tags);
	fresh_judge_root(&f, &f.record.root, &v);
	CHECK_INT(v.outcome, FRESH_CURRENT);
}

TEST(unreadable_root)
{
	struct fresh_facts f = current();
	struct fresh_verdict v;

	fresh_judge_root(&f, NULL, &v);
	CHECK_INT(v.outcome, FRESH_STALE);
	fresh_judge_failed(&f, "it does not count", &v);
	CHECK_INT(v.outcome, FRESH_STALE);
	CHECK_HAS(v.text, "cannot be counted (it does not count)");
}

/* --- the bump, where the system fails --------------------------------------------------------- */

struct system {
	uint64_t count, known; /* the TPM's, and what was read of it before */
	int write_err, sync_err, count_err;
	unsigned blind; /* reads that fail, from now on */
	unsigned deaf;	/* increments that are swallowed */
	unsigned tries; /* that are left */
	char log[200];
};

static int op_write(void *ctx, const struct fresh_record *r)
{
	struct system *s = ctx;

	str_append(s->log, sizeof(s->log), "write %llu ", (unsigned long long)r->counter);
	return s->write_err;
}

static int op_sync(void *ctx, const struct fresh_record *r)
{
	struct system *s = ctx;

	str_append(s->log, sizeof(s->log), "sync %llu ", (unsigned long long)r->counter);
	return s->sync_err;
}

static int op_count(void *ctx, uint64_t *ret)
{
	struct system *s = ctx;

	if (s->blind > 0) {
		s->blind--;
		return -EIO;
	}
	*ret = s->count;
	return s->count_err;
}

static int op_increment(void *ctx)
{
	struct system *s = ctx;

	str_append(s->log, sizeof(s->log), "increment ");
	if (s->deaf > 0)
		s->deaf--;
	else
		s->count++;
	return 0;
}

static bool op_again(void *ctx)
{
	struct system *s = ctx;

	return s->tries > 0 && s->tries--;
}

static int op_reach(void *ctx, uint64_t target)
{
	static const struct fresh_count_ops counts = { op_count, op_increment, op_again };

	return fresh_count_to(&counts, ctx, target);
}

static const struct fresh_ops ops = { op_write, op_sync, op_reach };

static int bump(struct system *s, struct fresh_record *record)
{
	struct fsroot root = { .type = "btrfs", .order = { 5 } };

	return fresh_bump(&ops, s, record, s->known, FRESH_CLOSED, &root, 77);
}

TEST(bumps)
{
	struct system s = { .count = 43, .known = 43 };
	struct fresh_record r = { .counter = 43 };

	CHECK_INT(bump(&s, &r), 0);
	CHECK_STR(s.log, "write 44 sync 44 increment ");
	CHECK_INT(s.count, 44);
	CHECK_INT(r.counter, 44);
	CHECK_INT(r.state, FRESH_CLOSED);
	CHECK_INT(r.written, 77);
	CHECK_STR(r.root.type, "btrfs");
	/* A closed record keeps the tags that were read, an open one has none. */
	tags_sums_begin(1, &r.tags);
	s = (struct system){ .count = 44, .known = 44 };
	CHECK_INT(bump(&s, &r), 0);
	CHECK_INT(r.tags.state, TAGS_TAKEN);
	s = (struct system){ .count = 45, .known = 45 };
	CHECK_INT(fresh_bump(&ops, &s, &r, s.known, FRESH_OPEN, &r.root, 77), 0);
	CHECK_INT(r.tags.state, TAGS_WANTED);
	CHECK_INT(r.tags.digits, 0);
	r.tags.state = TAGS_NONE;
	r.counter = 44;
	/* One that was cut off is ended first. */
	s = (struct system){ .count = 43, .known = 43 };
	CHECK_INT(bump(&s, &r), 0);
	CHECK_STR(s.log, "increment write 45 sync 45 increment ");
	CHECK_INT(s.count, 45);
}

TEST(bumps_that_fail)
{
	struct system s = { .count = 43, .known = 43, .write_err = -EIO };
	struct fresh_record r = { .counter = 43 };

	CHECK_INT(bump(&s, &r), -EIO);
	CHECK_STR(s.log, "write 44 ");
	CHECK_INT(r.counter, 43);
	s = (struct system){ .count = 43, .known = 43, .sync_err = -ENOSPC };
	CHECK_INT(bump(&s, &r), -ENOSPC);
	CHECK_STR(s.log, "write 44 sync 44 ");
	CHECK_INT(r.counter, 43);
	/* A count that is not the one that was read before. */
	s = (struct system){ .count = 50, .known = 43 };
	CHECK_INT(bump(&s, &r), -ESTALE);
	CHECK_STR(s.log, "write 44 sync 44 ");
	r.counter = 43;
	s = (struct system){ .count = 41, .known = 42, .tries = 9 };
	CHECK_INT(bump(&s, &r), -ESTALE);
	CHECK_STR(s.log, "");
	/* A TPM that cannot be read counts nothing unseen. */
	s = (struct system){ .count = 42, .known = 42, .count_err = -ETIMEDOUT, .tries = 3 };
	CHECK_INT(bump(&s, &r), -ETIMEDOUT);
	CHECK_STR(s.log, "");
}

TEST(bumps_that_are_repeated)
{
	struct system s = { .count = 42, .known = 42, .blind = 2, .deaf = 2, .tries = 9 };
	struct fresh_record r = { .counter = 42 };

	CHECK_INT(bump(&s, &r), 0);
	CHECK_STR(s.log, "write 43 sync 43 increment increment increment ");
	CHECK_INT(s.count, 43);
	s = (struct system){ .count = 43, .known = 43, .deaf = 99, .tries = 3 };
	CHECK_INT(bump(&s, &r), -EIO);
	CHECK_STR(s.log, "write 44 sync 44 increment increment increment increment ");
}

TEST(beginnings)
{
	struct fsroot root = { .type = "btrfs" };
	struct system s = { .count = 43, .known = 43 };
	struct fresh_record r = { .counter = 7 };

	CHECK_INT(fresh_begin(&ops, &s, &r, 43, FRESH_OPEN, &root, 1), 0);
	CHECK_STR(s.log, "increment write 45 sync 45 increment ");
	CHECK_INT(r.counter, 45);
	s = (struct system){ .count = 43, .count_err = -EIO };
	CHECK_INT(fresh_begin(&ops, &s, &r, 43, FRESH_OPEN, &root, 1), -EIO);
	CHECK_STR(s.log, "");
}

TEST_MAIN(current_disk, refusals, no_demand, roots, tags, tags_not_taken, unreadable_root, bumps,
	  bumps_that_fail, bumps_that_are_repeated, beginnings)
