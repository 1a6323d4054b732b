/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/fresh.h"

#include "base/util.h"

/* An increment whose answer was lost is seen by reading; one that was swallowed is repeated.
 * Nothing is counted unseen: a count too many would make the disk an older one. */
int fresh_count_to(const struct fresh_count_ops *ops, void *ctx, uint64_t target)
{
	uint64_t count = 0;
	int r;

	do {
		r = ops->count(ctx, &count);
		if (r == 0 && count + 1 == target) {
			(void)ops->increment(ctx);
			r = ops->count(ctx, &count);
		}
		if (r == 0 && count == target)
			return 0;
		if (r == 0 && count + 1 != target)
			return -ESTALE;
	} while (ops->again(ctx));
	return r < 0 ? r : -EIO;
}

static struct fresh_record next_record(const struct fresh_record *record, uint64_t counter,
				       enum fresh_state state, const struct fsroot *root,
				       uint64_t now)
{
	struct fresh_record next = *record;

	next.counter = counter;
	next.state = state;
	next.root = *root;
	next.written = now;
	if (state == FRESH_OPEN && next.tags.state != TAGS_NONE)
		next.tags = (struct tags){ .state = TAGS_WANTED };
	return next;
}

/* In this order: were the counter first, a power cut between the two would leave a disk that is
 * refused. Synced before: else the disk could still hold the old record when the TPM has counted.
 */
static int advance(const struct fresh_ops *ops, void *ctx, struct fresh_record *record,
		   const struct fresh_record *next)
{
	int r = ops->write(ctx, next);

	if (r == 0)
		r = ops->sync(ctx, next);
	if (r < 0)
		return r;
	*record = *next;
	return ops->reach(ctx, next->counter);
}

int fresh_bump(const struct fresh_ops *ops, void *ctx, struct fresh_record *record, uint64_t count,
	       enum fresh_state state, const struct fsroot *root, uint64_t now)
{
	const struct fresh_record next = next_record(record, record->counter + 1, state, root, now);
	int r = record->counter == count ? 0 : ops->reach(ctx, record->counter);

	return r < 0 ? r : advance(ops, ctx, record, &next);
}

int fresh_begin(const struct fresh_ops *ops, void *ctx, struct fresh_record *record, uint64_t count,
		enum fresh_state state, const struct fsroot *root, uint64_t now)
{
	const struct fresh_record next = next_record(record, count + 2, state, root, now);
	/* A record for the next count may have been written before, and cut off. It gets its
	 * number now, so that it is an older one afterwards. */
	int r = ops->reach(ctx, count + 1);

	return r < 0 ? r : advance(ops, ctx, record, &next);
}
