/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/fresh.h"

#include "base/util.h"

#include <stdio.h>

/* The end of each refusal. */
#define WAY_ON                                                                                   \
	"Unless you restored a backup or changed the hardware yourself, switch the machine off " \
	"and do not use this disk."

static void set(struct fresh_verdict *ret, enum fresh_outcome outcome, const char *fmt, ...)
	PRINTF_LIKE(3, 4);
static void set(struct fresh_verdict *ret, enum fresh_outcome outcome, const char *fmt, ...)
{
	va_list ap;

	ret->outcome = outcome;
	va_start(ap, fmt);
	vsnprintf(ret->text, sizeof(ret->text), fmt, ap);
	va_end(ap);
}

/* A refusal, or a warning where the image wants no more than that. */
static enum fresh_outcome stale(const struct fresh_facts *f)
{
	return f->demand == FRESH_DEMAND_REPORT ? FRESH_OVERRIDE : FRESH_STALE;
}

/* Which number a record has, and when it was written. */
static const char *describe(const struct fresh_record *r, char buf[static 80])
{
	char date[FRESH_DATE];

	(void)snprintf(buf, 80, "no. %llu of %s", (unsigned long long)r->counter,
		       fresh_date(r->written, date));
	return buf;
}

/* Without a record that can be believed. True: that is the verdict. */
static bool judge_record(const struct fresh_facts *f, struct fresh_verdict *ret)
{
	const char *asks = f->demand != FRESH_DEMAND_NONE ?
				   "the boot image asks for it" :
				   "this machine's TPM has a counter for this disk";

	if (f->found == FRESH_NONE)
		set(ret, stale(f),
		    "the header has no freshness record, but %s: the record was removed, or the disk is "
		    "from before it was made.\n" WAY_ON,
		    asks);
	else if (f->found == FRESH_UNREADABLE)
		set(ret, stale(f),
		    "the freshness record in the header is damaged, or intact did not write it.\n" WAY_ON);
	else if (!f->mac_ok)
		set(ret, stale(f),
		    "the freshness record in the header was altered, or it is another disk's.\n" WAY_ON);
	else
		return false;
	return true;
}

static void judge_counter(const struct fresh_facts *f, struct fresh_verdict *ret)
{
	char is[80];

	describe(&f->record, is);
	switch (f->counter) {
	case FRESH_COUNTER_NO_TPM:
		set(ret, stale(f),
		    "this machine has no TPM that answers, so nothing tells whether the disk (%s) is "
		    "the current one or an older one.\n" WAY_ON,
		    is);
		return;
	case FRESH_COUNTER_NONE:
		set(ret, stale(f),
		    "this machine's TPM does not know the disk (%s): it was cleared, or this is another "
		    "main board.\n" WAY_ON,
		    is);
		return;
	case FRESH_COUNTER_FALSE:
		set(ret, stale(f),
		    "the TPM's answer about the disk (%s) is not authentic: its counter was made anew, "
		    "or something between the processor and the TPM answers.\n" WAY_ON,
		    is);
		return;
	case FRESH_COUNTER_READ:
		break;
	}
	if (f->record.nv != f->nv || memcmp(f->record.name, f->name, sizeof(f->name)) != 0)
		set(ret, stale(f),
		    "the disk (%s) belongs to another TPM, or to a counter that was deleted since.\n" WAY_ON,
		    is);
	else if (f->record.counter < f->count)
		set(ret, stale(f),
		    "the disk is older than this machine remembers: it was last used here as no. %llu, "
		    "and this is %s.\n" WAY_ON,
		    (unsigned long long)f->count, is);
	else if (f->record.counter - f->count > 1)
		set(ret, stale(f),
		    "the disk is %s, but this machine's TPM has only counted to %llu: the disk belongs to "
		    "another TPM.\n" WAY_ON,
		    is, (unsigned long long)f->count);
	else
		set(ret, FRESH_CURRENT, "%s", "");
}

void fresh_judge(const struct fresh_facts *f, struct fresh_verdict *ret)
{
	if (f->demand == FRESH_DEMAND_NONE &&
	    (f->counter == FRESH_COUNTER_NO_TPM || f->counter == FRESH_COUNTER_NONE)) {
		set(ret, FRESH_NOT_ASKED, "%s", "");
		return;
	}
	if (!judge_record(f, ret))
		judge_counter(f, ret);
}

/* --- the tags --- */

bool fresh_needs_tags(const struct fresh_record *record)
{
	return record->state == FRESH_CLOSED && record->tags.state == TAGS_TAKEN;
}

/* "between 112 MiB and 128 MiB of the volume (on the disk from 133 MiB on)" */
static const char *describe_place(const struct layout *l, const struct tags_difference *d,
				  char buf[static 160])
{
	struct layout_area from, to;

	layout_area(l, d->from, &from);
	layout_area(l, d->to, &to);
	(void)snprintf(
		buf, 160,
		"between %llu and %llu MiB of the volume, which is from byte %llu to %llu of "
		"the disk",
		(unsigned long long)(from.sector * 512 >> 20),
		(unsigned long long)((to.sector * 512 + to.data + (1 << 20) - 1) >> 20),
		(unsigned long long)from.at, (unsigned long long)(to.at + to.tags + to.data));
	return buf;
}

/* What differs, as a clause. */
static void describe_difference(const struct layout *l, const struct tags_difference *d, char *ret,
				size_t size)
{
	const char *journal = d->first ? ", and so does dm-integrity's journal" : "";
	const bool exact = d->at_least == 1;
	char place[160];

	if (!d->known && d->first)
		(void)snprintf(ret, size, "dm-integrity's superblock or its journal differs");
	else if (!d->known)
		(void)snprintf(ret, size, "where cannot be said");
	else
		(void)snprintf(ret, size, "%s%llu of %llu runs of tags %s, %s%s",
			       exact ? "" : "at least ", (unsigned long long)d->at_least,
			       (unsigned long long)l->areas, exact ? "differs" : "differ",
			       describe_place(l, d, place), journal);
}

void fresh_judge_tags(const struct fresh_facts *f, const struct tags *now,
		      const struct layout *layout, int err, struct fresh_verdict *ret)
{
	const struct tags *was = &f->record.tags;
	struct tags_difference difference;
	char what[280];

	if (err < 0) {
		set(ret, stale(f),
		    "its integrity tags cannot be compared with those of the last shutdown (%s).\n" WAY_ON,
		    err == -ETIMEDOUT ? "reading them takes too long" :
		    err == -ENOTSUP   ? "dm-integrity's superblock was altered" :
					strerror(-err));
		return;
	}
	if (memcmp(was->digest, now->digest, sizeof(was->digest)) == 0) {
		set(ret, FRESH_CURRENT, "%s", "");
		return;
	}
	tags_compare(was, now, layout->areas, &difference);
	describe_difference(layout, &difference, what, sizeof(what));
	set(ret, stale(f),
	    "its integrity tags are not those of the last shutdown: %s. Unless it was used since then "
	    "without being counted (by a rescue system, or while the TPM did not answer), older "
	    "blocks were put back: switch the machine off and do not use this disk.",
	    what);
}

/* --- the file system's root --- */

/* The very state of the last shutdown; were its tags to be digested then? */
static void judge_wanted(const struct fresh_facts *f, struct fresh_verdict *ret)
{
	if (f->record.tags.state != TAGS_WANTED)
		set(ret, FRESH_CURRENT, "%s", "");
	else
		set(ret, FRESH_NOTICE,
		    "the integrity tags could not be read at the last shutdown: older single blocks "
		    "would not be noticed this time");
}

/* Nothing can have written to the volume since, but who has its key. */
static void judge_closed(const struct fresh_facts *f, enum fsroot_age age, const char *was,
			 struct fresh_verdict *ret)
{
	if (age == FSROOT_SAME || !fsroot_is_final(&f->record.root))
		judge_wanted(f, ret);
	else if (age == FSROOT_NEWER)
		set(ret, FRESH_NOTICE,
		    "the disk was changed since it was last shut down here (%s), by a system that has "
		    "its key: a rescue system, perhaps",
		    was);
	else
		set(ret, stale(f),
		    "the header is current (%s), but the data is not what was there at the last "
		    "shutdown.\n" WAY_ON,
		    was);
}

void fresh_judge_root(const struct fresh_facts *f, const struct fsroot *now,
		      struct fresh_verdict *ret)
{
	enum fsroot_age age;
	char was[80], date[FRESH_DATE];

	describe(&f->record, was);
	if (!now) {
		set(ret, stale(f), "the start of the volume cannot be read");
		return;
	}
	age = fsroot_compare(now, &f->record.root);
	if (age == FSROOT_FOREIGN)
		set(ret, stale(f),
		    "the header is current (%s), but the file system on the disk is another one.\n" WAY_ON,
		    was);
	else if (age == FSROOT_OLDER)
		set(ret, stale(f),
		    "the header is current (%s), the data is not: the file system is older than it was "
		    "then.\n" WAY_ON,
		    was);
	else if (f->record.state == FRESH_CLOSED)
		judge_closed(f, age, was, ret);
	else
		set(ret, FRESH_NOTICE,
		    "the disk was not shut down cleanly: any state since %s would look the same%s",
		    fresh_date(f->record.written, date),
		    f->record.tags.state == TAGS_NONE ? "" : ", and older single blocks too");
}

void fresh_judge_failed(const struct fresh_facts *f, const char *why, struct fresh_verdict *ret)
{
	set(ret, stale(f),
	    "the disk is current, but this boot cannot be counted (%s): an older copy of it would be "
	    "taken for current later.\n" WAY_ON,
	    why);
}
