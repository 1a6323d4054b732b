/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unlock/fresh.h"

#include "base/util.h"
#include "system/fsroot_read.h"
#include "unlock/delaying.h"

#include <poll.h>
#include <stdio.h>
#include <time.h>

/* For a TPM whose driver is still being loaded. */
#define WAIT_MS 10000
/* Where the image demands nothing, a slow TPM must not hold up the boot. */
#define UNDEMANDED_MS 2000
/* How long a report stays on the screen. */
#define REPORT_MS 5000

void fresh_check_end(struct fresh_check *c)
{
	tags_check_end(&c->tags);
	freshness_free(c->f);
	*c = (struct fresh_check){ 0 };
}

/* Does anything ask for it, as far as is known without the TPM? */
static bool is_asked(struct fresh_check *c, const struct volume *v, const struct luks *luks,
		     const struct header *h)
{
	if (!c->f && (v->pins.fresh != FRESH_DEMAND_NONE || tpm_is_expected()))
		c->f = freshness_new(luks, h, fresh_count_to);
	return c->f;
}

static enum tpm_fault find(struct fresh_check *c, const struct volume *v, unsigned wait_ms)
{
	return v->pins.fresh == FRESH_DEMAND_NONE ? freshness_find(c->f, 0, UNDEMANDED_MS) :
						    freshness_find(c->f, wait_ms, TPM_ANSWER_MS);
}

void fresh_check_ahead(struct fresh_check *c, const struct volume *v, const struct luks *luks,
		       const struct header *h)
{
	if (!is_asked(c, v, luks, h))
		return;
	if (fresh_check_holds(h))
		tags_check_start(&c->tags, luks, h);
	(void)find(c, v, 0);
}

bool fresh_check_holds(const struct header *h)
{
	return h->fresh == FRESH_FOUND && fresh_needs_tags(&h->fresh_record);
}

static void gather(struct fresh_check *c, const struct volume *v, const struct header *h)
{
	struct fresh_facts *facts = &c->facts;

	*facts = (struct fresh_facts){ .demand = v->pins.fresh,
				       .found = h->fresh,
				       .record = h->fresh_record };
	facts->mac_ok = h->fresh == FRESH_FOUND && freshness_mac_ok(c->f, &h->fresh_record);
	facts->counter = freshness_count(c->f, &facts->count);
	freshness_counter(c->f, &facts->nv, facts->name);
	c->wants_tags = v->pins.fresh_tags ||
			(facts->mac_ok && facts->record.tags.state != TAGS_NONE);
}

/* It cannot be checked: for want of memory. */
static void unchecked(const struct volume *v, struct fresh_verdict *ret)
{
	ret->outcome = v->pins.fresh == FRESH_DEMAND_REPORT ? FRESH_OVERRIDE : FRESH_STALE;
	str_copy(ret->text, sizeof(ret->text),
		 "there is no memory to check whether the disk is the current one");
}

static void check_key(struct fresh_check *c, const struct volume *v, const struct luks *luks,
		      const struct header *h, const struct secret *key, struct fresh_verdict *ret)
{
	if (!is_asked(c, v, luks, h)) {
		if (v->pins.fresh != FRESH_DEMAND_NONE)
			unchecked(v, ret);
		return;
	}
	delaying(DELAY_TPM, 0, 0);
	if (find(c, v, WAIT_MS) != TPM_OK && v->pins.fresh == FRESH_DEMAND_NONE)
		return;
	if (!freshness_derive(c->f, key)) {
		unchecked(v, ret);
		return;
	}
	gather(c, v, h);
	fresh_judge(&c->facts, ret);
}

/* --- the tags --- */

static bool may_write(const struct volume *v, const struct header *h)
{
	return !((v->options | h->options) & DM_OPTION_READONLY);
}

static int bump(struct fresh_check *c, const struct fsroot *root)
{
	if (c->wants_tags && c->facts.record.tags.state == TAGS_NONE)
		c->facts.record.tags.state = TAGS_WANTED;
	return fresh_bump(&freshness_ops, c->f, &c->facts.record, c->facts.count, FRESH_OPEN, root,
			  (uint64_t)time(NULL));
}

static void failed(const struct fresh_check *c, int r, struct fresh_verdict *ret);

/* With the tags of the last shutdown, the file system's root is that of the last shutdown, too. The
 * record says so before anything can change on the disk: a power cut later leaves an open record,
 * not a closed one with other tags. */
static void check_tags(struct fresh_check *c, const struct volume *v, const struct luks *luks,
		       const struct header *h, struct fresh_verdict *ret)
{
	struct tags_reading reading;
	int r = 0;

	tags_check_wait(&c->tags, luks, h, &reading);
	fresh_judge_tags(&c->facts, &reading.tags, &reading.layout, reading.err, ret);
	if (ret->outcome != FRESH_CURRENT || !may_write(v, h))
		return;
	c->was = c->facts;
	delaying(DELAY_TPM, 0, 0);
	r = bump(c, &c->was.record.root);
	c->counted = r == 0;
	if (r < 0)
		failed(c, r, ret);
}

bool fresh_check_key(struct fresh_check *c, const struct volume *v, const struct luks *luks,
		     const struct header *h, const struct secret *key, bool accept,
		     struct fresh_verdict *ret)
{
	struct fresh_verdict verdict = { .outcome = FRESH_NOT_ASKED };

	check_key(c, v, luks, h, key, &verdict);
	if (verdict.outcome == FRESH_CURRENT && fresh_needs_tags(&c->facts.record)) {
		c->accept = accept;
		check_tags(c, v, luks, h, &verdict);
	}
	if (verdict.outcome == FRESH_STALE && accept)
		verdict.outcome = FRESH_OVERRIDE;
	c->before = *ret = verdict;
	c->accept = accept;
	/* Its keys are not needed any more. */
	if (verdict.outcome == FRESH_STALE)
		fresh_check_end(c);
	return verdict.outcome != FRESH_STALE;
}

/* --- afterwards --- */

/* A person accepted the disk: with the counter there is, or with a new one. */
static int begin(struct fresh_check *c, const struct fsroot *root)
{
	struct fresh_record record = { 0 };
	uint64_t count = c->facts.count;

	if (c->facts.counter != FRESH_COUNTER_READ && freshness_define(c->f, &count) != TPM_OK)
		return -EIO;
	freshness_counter(c->f, &record.nv, record.name);
	if (c->wants_tags)
		record.tags.state = TAGS_WANTED;
	return fresh_begin(&freshness_ops, c->f, &record, count, FRESH_OPEN, root,
			   (uint64_t)time(NULL));
}

static void failed(const struct fresh_check *c, int r, struct fresh_verdict *ret)
{
	enum tpm_fault fault = freshness_fault(c->f);
	char why[160];

	if (fault != TPM_OK)
		str_copy(why, sizeof(why), tpm_fault_text(fault));
	else if (r == -EIO || r == -ESTALE)
		str_copy(why, sizeof(why),
			 "the TPM does not count, or the disk does not keep the record");
	else
		snprintf(why, sizeof(why), "the record cannot be written: %s",
			 r == -EAGAIN ? "another program has changed the header" : strerror(-r));
	if (!c->accept) {
		fresh_judge_failed(&c->facts, why, ret);
		return;
	}
	ret->outcome = FRESH_OVERRIDE;
	(void)snprintf(
		ret->text, sizeof(ret->text),
		"the disk is opened as you wished, but that cannot be recorded (%s): the next boot "
		"will refuse it again",
		why);
}

static void judge_opened(const struct fresh_check *c, const struct fsroot *root,
			 struct fresh_verdict *ret)
{
	if (c->before.outcome != FRESH_CURRENT) {
		/* It is told already. */
		ret->outcome = c->before.outcome;
		return;
	}
	fresh_judge_root(c->counted ? &c->was : &c->facts, root, ret);
	if (ret->outcome == FRESH_STALE && c->accept)
		ret->outcome = FRESH_OVERRIDE;
}

void fresh_check_opened(struct fresh_check *c, const char *node, bool may_write,
			struct fresh_verdict *ret)
{
	struct fsroot root;
	bool readable;
	int r;

	if (!c->f || c->before.outcome == FRESH_NOT_ASKED)
		return;
	readable = fsroot_read_node(node, &root) == 0;
	judge_opened(c, readable ? &root : NULL, ret);
	if (ret->outcome == FRESH_STALE)
		return;
	/* Only a report: what is not current is not counted as current. */
	if (ret->outcome == FRESH_OVERRIDE && !c->accept) {
		(void)poll(NULL, 0, REPORT_MS);
		return;
	}
	if (!may_write || !readable)
		return;
	delaying(DELAY_TPM, 0, 0);
	if (ret->outcome == FRESH_OVERRIDE)
		r = begin(c, &root);
	else
		r = c->counted ? 0 : bump(c, &root);
	if (r == 0)
		(void)freshness_keep_keys(c->f);
	else
		failed(c, r, ret);
}

void fresh_check_was_open(const struct volume *v, const struct luks *luks, const struct header *h,
			  struct fresh_verdict *ret)
{
	struct freshness *f;

	if (v->pins.fresh == FRESH_DEMAND_NONE)
		return;
	/* The keys are left there after the bump, and by nothing else. */
	f = freshness_new(luks, h, fresh_count_to);
	if (f && freshness_get_keys(f) == 0) {
		ret->outcome = FRESH_CURRENT;
	} else {
		ret->outcome = v->pins.fresh == FRESH_DEMAND_REQUIRE ? FRESH_STALE : FRESH_OVERRIDE;
		str_copy(
			ret->text, sizeof(ret->text),
			"another program opened the disk (cryptsetup by hand, or encryptssh), so nothing "
			"has checked whether it is the current one or an older one: give the passphrase to "
			"intact's own prompt");
	}
	freshness_free(f);
}
