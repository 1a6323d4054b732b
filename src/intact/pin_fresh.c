/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "intact/pin_fresh.h"

#include "base/util.h"
#include "config/pin.h"
#include "intact/fail.h"
#include "intact/freshly.h"
#include "system/fsroot_read.h"

#include <stdio.h>
#include <time.h>

bool pin_fresh_demand(const char *value, struct pins *ret)
{
	return pin_read(PIN_FRESH, value, ret) == PIN_SET;
}

/* The first record, or a new one for a disk that is accepted as it is: with the counter there is,
 * or with a new one. */
static enum exit_code make(struct freshness *f, const char *name, const struct header *h,
			   const struct fsroot *root, bool tags)
{
	struct fresh_facts facts;
	struct fresh_verdict verdict;
	struct fresh_record record = { 0 };
	struct fsroot unused;
	uint64_t count;
	char date[FRESH_DATE];
	int r;

	freshly_judge(f, h, "", &facts, &unused, &verdict);
	count = facts.count;
	if (facts.counter != FRESH_COUNTER_READ && freshness_define(f, &count) != TPM_OK)
		return fail(EXIT_CODE_GENERAL, "no counter can be made for %s: %s", name,
			    tpm_fault_text(freshness_fault(f)));
	freshness_counter(f, &record.nv, record.name);
	record.tags.state = tags ? TAGS_WANTED : TAGS_NONE;
	r = fresh_begin(&freshness_ops, f, &record, count, FRESH_OPEN, root, (uint64_t)time(NULL));
	if (r < 0)
		return fail(EXIT_CODE_GENERAL, "no record can be made for %s: %s", name,
			    freshly_why(f, r));
	/* For the end of this system. */
	(void)freshness_keep_keys(f);
	printf("The disk of %s, as it is, is the current one: no. %llu of %s.\n", name,
	       (unsigned long long)record.counter, fresh_date(record.written, date));
	return EXIT_CODE_OK;
}

static enum exit_code begin(struct freshness *f, const char *name, const struct header *h,
			    bool tags)
{
	struct fsroot root;
	char node[64];
	int r;

	if (!freshly_mapping(h->uuid, node))
		return fail(EXIT_CODE_GENERAL,
			    "%s is not open, so what is on it cannot be recorded: open it first",
			    name);
	r = fsroot_read_node(node, &root);
	if (r < 0)
		return fail(EXIT_CODE_GENERAL, "the start of %s cannot be read: %s", name,
			    strerror(-r));
	return make(f, name, h, &root, tags);
}

/* The record first: a counter without a record would have the next boot refuse the disk. */
static enum exit_code end(struct freshness *f, const char *name)
{
	int r = freshness_remove_record(f);
	enum tpm_fault fault;

	if (r < 0)
		return fail(EXIT_CODE_GENERAL, "the record of %s cannot be removed: %s", name,
			    freshly_why(f, r));
	fault = freshness_find(f, 0, 10000);
	if (fault == TPM_OK)
		fault = freshness_undefine(f);
	if (fault != TPM_OK && fault != TPM_NO_INDEX)
		fprintf(stderr,
			"intact: warning: the counter of %s was not removed from the TPM (%s); images "
			"with access to this TPM refuse the disk until it is\n",
			name, tpm_fault_text(fault));
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
		code = what == PIN_FRESH_REMOVE ? end(f, name) : begin(f, name, h, tags);
	freshness_free(f);
	return code;
}
