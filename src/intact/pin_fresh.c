/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "intact/pin_fresh.h"

#include "base/util.h"
#include "config/pin.h"
#include "intact/fail.h"
#include "intact/freshly.h"
#include "system/fsroot_read.h"
#include "system/luks_token.h"

#include <stdio.h>
#include <time.h>

bool pin_fresh_demand(const char *value, struct pins *ret)
{
	return pin_read(PIN_FRESH, value, ret) == PIN_SET;
}

/* A new number for a disk that is the current one: the record comes first, so that whatever fails
 * leaves the disk current. */
static int renew(struct freshness *f, const struct fresh_facts *facts, const struct fsroot *root,
		 bool tags, struct fresh_record *ret)
{
	*ret = facts->record;
	ret->tags = (struct tags){ .state = tags ? TAGS_WANTED : TAGS_NONE };
	return fresh_bump(&freshness_ops, f, ret, facts->count, FRESH_OPEN, root,
			  (uint64_t)time(NULL));
}

/* The first record, or one for a disk that is accepted as it is: with the counter there is, or with
 * a new one, which does not stay without a record. */
static int make(struct freshness *f, const struct fresh_facts *facts, const struct fsroot *root,
		bool tags, struct fresh_record *ret)
{
	const bool is_new = facts->counter != FRESH_COUNTER_READ;
	uint64_t count = facts->count;
	int r;

	*ret = (struct fresh_record){ .tags.state = tags ? TAGS_WANTED : TAGS_NONE };
	if (is_new && freshness_define(f, &count) != TPM_OK)
		return -EIO;
	freshness_counter(f, &ret->nv, ret->name);
	r = fresh_begin(&freshness_ops, f, ret, count, FRESH_OPEN, root, (uint64_t)time(NULL));
	if (r < 0 && is_new) {
		enum tpm_fault fault = freshness_fault(f);

		(void)freshness_undefine(f);
		/* Why it failed is still to be said. */
		freshness_set_fault(f, fault);
	}
	return r;
}

static enum exit_code record(struct freshness *f, const struct luks *luks, const char *name,
			     const struct header *h, const struct fsroot *root, bool tags)
{
	struct fresh_facts facts;
	struct fresh_verdict verdict;
	struct fresh_record record;
	struct fsroot unused;
	char date[FRESH_DATE];
	/* Before the TPM does anything: its counter without a record would have the disk refused.
	 */
	int r = luks_token_writable(luks);

	if (r == 0) {
		freshly_judge(f, h, "", &facts, &unused, &verdict);
		r = verdict.outcome == FRESH_CURRENT ? renew(f, &facts, root, tags, &record) :
						       make(f, &facts, root, tags, &record);
	}
	if (r < 0)
		return fail(EXIT_CODE_GENERAL, "no record can be made for %s: %s", name,
			    freshly_why(f, r));
	/* For the end of this system. */
	(void)freshness_keep_keys(f);
	printf("The disk of %s, as it is, is the current one: no. %llu of %s.\n", name,
	       (unsigned long long)record.counter, fresh_date(record.written, date));
	return EXIT_CODE_OK;
}

static enum exit_code begin(struct freshness *f, const struct luks *luks, const char *name,
			    const struct header *h, bool tags)
{
	struct fsroot root;
	char node[64];
	int r;

	if (!freshly_mapping(luks, h->uuid, node))
		return fail(EXIT_CODE_GENERAL,
			    "%s is not open, so what is on it cannot be recorded: open it first",
			    name);
	r = fsroot_read_node(node, &root);
	if (r < 0)
		return fail(EXIT_CODE_GENERAL, "the start of %s cannot be read: %s", name,
			    strerror(-r));
	return record(f, luks, name, h, &root, tags);
}

/* The counter first: while there is one, an image refuses a disk without a record; with a record
 * and no counter, only an image that demands freshness does. */
static enum exit_code end(struct freshness *f, const char *name)
{
	enum tpm_fault fault = freshness_find(f, 0, 10000);
	int r;

	if (fault == TPM_OK)
		fault = freshness_undefine(f);
	/* Another machine's TPM: that does not refuse the disk here. */
	if (fault == TPM_ABSENT || fault == TPM_LEFT_OUT)
		fprintf(stderr,
			"intact: warning: this machine has no TPM: if another one has a counter for %s, "
			"images on that machine refuse the disk until it is removed there\n",
			name);
	else if (fault != TPM_OK && fault != TPM_NO_INDEX)
		return fail(
			EXIT_CODE_GENERAL,
			"the counter of %s cannot be removed from the TPM (%s), so its record stays, "
			"and nothing has changed",
			name, tpm_fault_text(fault));
	r = freshness_remove_record(f);
	if (r < 0)
		return fail(EXIT_CODE_GENERAL, "the record of %s cannot be removed: %s", name,
			    freshly_why(f, r));
	printf("The disk of %s has no record of freshness any more.\n", name);
	return EXIT_CODE_OK;
}

enum exit_code pin_fresh(enum pin_fresh what, const char *name, const struct luks *luks,
			 const struct header *h, const struct secret *key, bool tags)
{
	struct freshness *f = freshness_new(luks, h, fresh_count_to);
	enum exit_code code;

	if (!f || !freshness_derive(f, key))
		code = fail(EXIT_CODE_MEMORY, "there is no memory for the keys of %s", name);
	else
		code = what == PIN_FRESH_REMOVE ? end(f, name) : begin(f, luks, name, h, tags);
	freshness_free(f);
	return code;
}
