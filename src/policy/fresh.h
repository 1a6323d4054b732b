/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fresh: is a volume's disk the state that this machine saw last, or an older one? And what is
 * written down for the next time.
 *
 * The TPM counts; the record in the LUKS2 header says which count its disk belongs to. At each bump
 * the record for the next count is written and synced first, and only then does the TPM count on.
 * So a record is current when its count is the TPM's, or one more (a bump was cut off).
 */
#ifndef INTACT_POLICY_FRESH_H
#define INTACT_POLICY_FRESH_H

#include "facts/fresh.h"

/* All that is known once the volume key is there. */
struct fresh_facts {
	enum fresh_demand demand;
	enum fresh_found found;
	bool mac_ok; /* with FRESH_FOUND: the volume key's holder wrote it, for this volume */
	struct fresh_record record;
	enum fresh_counter counter;
	/* With FRESH_COUNTER_READ. */
	uint64_t count;
	uint32_t nv;
	unsigned char name[FRESH_NAME];
};

/* Before the mapping is made: so that the journal of a refused disk is not replayed. */
void fresh_judge(const struct fresh_facts *facts, struct fresh_verdict *ret);
/* Afterwards, when fresh_judge() found it current: the file system's root, read through the
 * mapping; NULL: it cannot be read. */
void fresh_judge_root(const struct fresh_facts *facts, const struct fsroot *now,
		      struct fresh_verdict *ret);
/* Must the integrity tags be read and be those of the record, before the mapping is made? */
bool fresh_needs_tags(const struct fresh_record *record);
/* Then: what was read of them, with the layout of the disk; err: 0, or why not. */
void fresh_judge_tags(const struct fresh_facts *facts, const struct tags *now,
		      const struct layout *layout, int err, struct fresh_verdict *ret);
/* A bump at boot that failed, why: refused or told, as the image demands. */
void fresh_judge_failed(const struct fresh_facts *facts, const char *why,
			struct fresh_verdict *ret);

/* What a person has to type at a refusal. */
#define FRESH_ACCEPT "accept"

/* --- the bump --- */

/* Brings the counter to the target, which is its count or the next one. 0; -EIO: the TPM does not
 * count; -ESTALE: it is elsewhere; or a negative errno of the ops. */
int fresh_count_to(const struct fresh_count_ops *ops, void *ctx, uint64_t target);

/*
 * One bump: the record for the next count, in this state and with this root, then the count.
 * record: the one on the disk, which fresh_judge() found current with this count; becomes the new
 * one. With FRESH_CLOSED its tags are those that were read now; an open record has none. First ends
 * a bump that was cut off, so that no number is ever given to two records. 0, or a negative errno
 * of fresh_count_to() or the ops.
 */
int fresh_bump(const struct fresh_ops *ops, void *ctx, struct fresh_record *record, uint64_t count,
	       enum fresh_state state, const struct fsroot *root, uint64_t now);
/* The same for a disk that a person accepted as it is, or that has no record yet: record has the
 * counter's index and name; its number comes from the count. */
int fresh_begin(const struct fresh_ops *ops, void *ctx, struct fresh_record *record, uint64_t count,
		enum fresh_state state, const struct fsroot *root, uint64_t now);

#endif
