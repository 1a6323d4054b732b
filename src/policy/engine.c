/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/engine.h"

#include "base/escape.h"
#include "base/util.h"
#include "policy/diagnosis.h"
#include "policy/keyslots.h"
#include "policy/verdict.h"

#include <stdio.h>

/* Silence longer than this makes people reset the machine. */
#define WAIT_NOTICE_MS 3000
#define WAIT_NOTICE_AGAIN_MS 10000

enum state {
	WAITING,  /* for its device */
	READING,  /* JOB_HEADER */
	READY,	  /* may be asked for: a secret is all that is missing */
	ASKING,	  /* its prompt is open */
	HOLDING,  /* what was typed for it waits for memory to be tried with */
	TRYING,	  /* JOB_UNLOCK */
	CHECKING, /* JOB_VERIFY */
	ENDED,
};

struct track {
	const struct volume *v;
	enum state state;
	struct device dev; /* node "" until matched */
	struct disk disk;
	bool disk_valid;
	enum source source;	   /* being tried */
	bool spent[SOURCE_PROMPT]; /* sources that were tried, or that this volume does not have */
	unsigned asked;		   /* passphrases that were tried and wrong */
	uint64_t notice_at;	   /* next "still waiting" line */
	uint64_t prompt_until;	   /* when its prompt ends; WAIT_FOREVER */
	char again[192];	   /* why the last answer was no use, for the next prompt; or "" */
	uint64_t granted;	   /* KiB that its worker may use */
	bool prepared;		   /* its worker has been told to get ready */
	bool releasing;		   /* JOB_RELEASE is under way */
	char left[256];		   /* keyslots that were left out: said already */
	int keyslot;
	char missing[256]; /* algorithms the kernel seems to lack */
	bool clone_said;
	bool was_open; /* before we came */
	enum outcome outcome;
	enum exit_code code;
};

#define NOT_YET UINT64_MAX

struct engine {
	const struct config *config;
	const struct ops *ops;
	void *ctx;
	struct track *tracks;
	size_t n;
	uint64_t started;     /* engine_start, or NOT_YET */
	struct secret *typed; /* what the prompt fills */
	bool shared_ready; /* typed holds a passphrase that opened a volume; kept while others may
			      use it */
	int prompting;	   /* index of the volume whose prompt is open, or -1 */
	struct budget machine; /* when no worker had any of it */
};

struct engine *engine_new(const struct config *config, const struct ops *ops, void *ctx)
{
	struct engine *e = xcalloc(1, sizeof(*e));

	e->config = config;
	e->ops = ops;
	e->ctx = ctx;
	e->n = config->n_volumes;
	e->tracks = xcalloc(e->n ? e->n : 1, sizeof(*e->tracks));
	e->prompting = -1;
	e->started = NOT_YET;
	e->typed = secret_new();
	if (!e->typed) {
		free(e->tracks);
		free(e);
		return NULL;
	}
	for (size_t i = 0; i < e->n; i++) {
		e->tracks[i].v = &config->volumes[i];
		e->tracks[i].keyslot = -1;
		e->tracks[i].notice_at = NOT_YET;
	}
	return e;
}

struct engine *engine_free(struct engine *e)
{
	if (e) {
		secret_free(e->typed);
		free(e->tracks);
		free(e);
	}
	return NULL;
}

static unsigned index_of(const struct engine *e, const struct track *t)
{
	return (unsigned)(t - e->tracks);
}

static void say(struct engine *e, enum severity severity, const struct track *t, const char *fmt,
		...) PRINTF_LIKE(4, 5);
static void say(struct engine *e, enum severity severity, const struct track *t, const char *fmt,
		...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	e->ops->say(e->ctx, severity, t ? t->v->name : NULL, text);
}

static void schedule(struct engine *e);

/* Ends its worker, and whatever that one had. */
static void kill_job(struct engine *e, struct track *t)
{
	e->ops->job_kill(e->ctx, index_of(e, t));
	t->granted = 0;
	t->prepared = t->releasing = false;
}

/* The volume is finished, one way or the other; the only place that sets ENDED. */
static void end(struct engine *e, struct track *t, enum outcome outcome, enum exit_code code,
		const char *text)
{
	struct result result = {
		.outcome = outcome,
		.code = code,
		.name = t->v->name,
		.node = t->dev.node,
		.header = t->disk_valid ? &t->disk.header : NULL,
		.keyslot = t->keyslot,
		.text = text ? text : "",
	};

	if (e->prompting == (int)index_of(e, t)) {
		e->prompting = -1;
		e->ops->prompt_close(e->ctx);
	}
	/* Before the worker is forgotten: it may still read the passphrase. */
	kill_job(e, t);
	t->state = ENDED;
	t->outcome = outcome;
	t->code = code;
	e->ops->report(e->ctx, &result);
}

static void fail(struct engine *e, struct track *t, enum exit_code code, const char *fmt, ...)
	PRINTF_LIKE(4, 5);
static void fail(struct engine *e, struct track *t, enum exit_code code, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	end(e, t, OUTCOME_FAILED, code, text);
}

/* job_start, with the one thing that can go wrong turned into the volume's end. The request is for
 * the volume's disk. */
static bool start_job(struct engine *e, struct track *t, enum state state,
		      struct job_request request)
{
	int r;

	t->state = state;
	str_copy(request.node, sizeof(request.node), t->dev.node);
	r = e->ops->job_start(e->ctx, index_of(e, t), &request);
	if (r < 0) {
		fail(e, t, r == -ENOMEM ? EXIT_CODE_MEMORY : EXIT_CODE_GENERAL,
		     "cannot start the process that opens %s: %s", t->dev.node, strerror(-r));
		return false;
	}
	return true;
}

/* A job that needs nothing but the disk. */
static bool start_plain_job(struct engine *e, struct track *t, enum job job, enum state state)
{
	return start_job(e, t, state, (struct job_request){ .job = job });
}

static const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

/* --- devices ------------------------------------------------------------------------------- */

static bool matches(struct engine *e, const struct track *t, const struct device *dev)
{
	const struct devref *ref = &t->v->source;

	return devref_matches(ref, dev,
			      ref->kind == DEVREF_PATH ? e->ops->resolve(e->ctx, ref->value) : 0);
}

void engine_device(struct engine *e, const struct device *dev)
{
	for (size_t i = 0; i < e->n; i++) {
		struct track *t = &e->tracks[i];

		if (t->state == WAITING && matches(e, t, dev)) {
			t->dev = *dev;
			start_plain_job(e, t, JOB_HEADER, READING);
		} else if (t->state != WAITING && t->state != ENDED && !t->clone_said &&
			   t->dev.node[0] && t->dev.devno != dev->devno &&
			   t->v->source.kind == DEVREF_UUID && matches(e, t, dev)) {
			/* A copied disk: only the person knows which one is meant. */
			t->clone_said = true;
			say(e, SEVERITY_WARNING, t,
			    "%s and %s carry the same UUID; %s was seen first and is used. "
			    "Unplug the copy if that is the wrong one.",
			    t->dev.node, dev->node, t->dev.node);
		}
	}
	schedule(e);
}

void engine_device_gone(struct engine *e, const char *node)
{
	for (size_t i = 0; i < e->n; i++) {
		struct track *t = &e->tracks[i];

		if (!str_eq(t->dev.node, node) || t->state == ENDED || t->state == WAITING ||
		    t->state == CHECKING)
			continue;
		say(e, SEVERITY_WARNING, t, "%s went away; waiting for it to come back", node);
		if (e->prompting == (int)i) {
			e->prompting = -1;
			e->ops->prompt_close(e->ctx);
		}
		kill_job(e, t);
		memset(&t->dev, 0, sizeof(t->dev));
		t->disk_valid = false;
		memset(t->spent, 0, sizeof(t->spent));
		t->state = WAITING;
	}
	schedule(e);
}

struct seen_list {
	char text[640];
	size_t n;
};

static void list_seen(void *arg, const struct device *dev)
{
	struct seen_list *list = arg;
	char size[32], type[64];

	if (!dev->type[0])
		str_copy(type, sizeof(type), "nothing recognised");
	else if (str_eq(dev->type, "crypto_LUKS"))
		snprintf(type, sizeof(type), "LUKS%s", dev->version);
	else
		str_copy(type, sizeof(type), dev->type);
	str_append(list->text, sizeof(list->text), "%s%s (%s, %s%s%s)", list->n++ ? ", " : "",
		   dev->node, str_printable(type), format_bytes(dev->size, size),
		   dev->uuid[0] ? ", UUID " : "", dev->uuid);
}

static void device_timed_out(struct engine *e, struct track *t)
{
	struct seen_list list = { .n = 0 };
	char ref[300];

	e->ops->list_devices(e->ctx, list_seen, &list);
	fail(e, t, EXIT_CODE_TIMEOUT,
	     "no disk with %s appeared within %llu seconds. Disks seen: %s.\n"
	     "Check the cable and %s; a missing disk driver in the image looks the same.",
	     devref_format(&t->v->source, ref, sizeof(ref)),
	     (unsigned long long)(t->v->device_wait / 1000),
	     list.n ? str_printable(list.text) : "none at all", t->v->origin);
}

/* --- from header to READY ------------------------------------------------------------------ */

static void header_read(struct engine *e, struct track *t, const struct disk *disk)
{
	struct verdict verdict = { 0 };

	t->disk = *disk;
	t->disk_valid = true;
	verdict_disk(t->v, t->dev.node, &t->disk, &verdict);
	switch (verdict.action) {
	case VERDICT_ACTIVE:
		/* Who opened it may have been fooled: its tables are looked at like those of our
		 * own. */
		t->was_open = true;
		start_plain_job(e, t, JOB_VERIFY, CHECKING);
		return;
	case VERDICT_LEAVE:
		end(e, t, OUTCOME_LEFT, EXIT_CODE_OK, verdict.text);
		return;
	case VERDICT_REFUSE:
		end(e, t, OUTCOME_FAILED, verdict.code, verdict.text);
		return;
	case VERDICT_OPEN:
		break;
	}
	if (verdict.text[0])
		say(e, SEVERITY_WARNING, t, "%s", verdict.text);
	/* Loaded while the passphrase is typed; JOB_UNLOCK comes after it. */
	start_plain_job(e, t, JOB_MODULES, READY);
}

static void modules_loaded(struct engine *e, struct track *t, const struct modules_report *report)
{
	if (report->failed[0])
		say(e, SEVERITY_WARNING, t, "kernel modules that would not load: %s",
		    report->failed);
	/* Not a refusal: /proc/crypto and the module tree can be silent about something that works.
	 * It names the cause when the unlock fails. */
	str_copy(t->missing, sizeof(t->missing), report->missing);
	if (report->missing[0])
		say(e, SEVERITY_WARNING, t,
		    "this kernel seems to have no %s, which %s needs; opening it will probably fail.\n"
		    "Rebuild the image with the package intact installed, or boot a kernel that has it.",
		    report->missing, t->dev.node);
}

/* --- secrets ------------------------------------------------------------------------------- */

static bool tries_left(const struct track *t)
{
	return t->v->tries == TRIES_ENDLESS || t->asked < t->v->tries;
}

/* Does a worker read what was typed, or will it? */
static bool typed_in_use(const struct engine *e)
{
	for (size_t i = 0; i < e->n; i++)
		if (e->tracks[i].state == HOLDING ||
		    (e->tracks[i].state == TRYING && e->tracks[i].source != SOURCE_KEYFILE))
			return true;
	return false;
}

/* Wipes the passphrase once no volume can use it any more. */
static void settle_secret(struct engine *e)
{
	if (e->prompting >= 0 || typed_in_use(e))
		return;
	if (e->shared_ready)
		for (size_t i = 0; i < e->n; i++)
			if (e->tracks[i].state < ENDED && e->tracks[i].state != CHECKING)
				return;
	e->shared_ready = false;
	secret_wipe(e->typed);
}

/* Says why the next prompt comes. */
static void say_again(struct engine *e, enum severity severity, struct track *t, const char *fmt,
		      ...) PRINTF_LIKE(4, 5);
static void say_again(struct engine *e, enum severity severity, struct track *t, const char *fmt,
		      ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(t->again, sizeof(t->again), fmt, ap);
	va_end(ap);
	e->ops->say(e->ctx, severity, t->v->name, t->again);
}

/* Starts the prompt of a READY volume. */
static void ask(struct engine *e, struct track *t)
{
	struct prompt_request request = {
		.name = t->v->name,
		.node = t->dev.node,
		.tried = t->asked,
		.tries = t->v->tries,
		.until = t->v->prompt_wait == WAIT_FOREVER ?
				 WAIT_FOREVER :
				 e->ops->now(e->ctx) + t->v->prompt_wait,
		.secret = e->typed,
	};
	int r;

	if (t->v->headless) {
		fail(e, t, EXIT_CODE_PASSPHRASE,
		     "no key opened %s, and its \"headless\" option forbids asking for a passphrase",
		     t->dev.node);
		return;
	}
	snprintf(request.text, sizeof(request.text), "Please unlock disk %s: ", t->v->name);
	str_copy(request.again, sizeof(request.again), t->again);
	t->again[0] = '\0';
	secret_wipe(e->typed);
	e->shared_ready = false;
	r = e->ops->prompt_open(e->ctx, &request);
	if (r < 0) {
		fail(e, t, EXIT_CODE_PASSPHRASE,
		     "there is no console to ask for the passphrase of %s (%s)", t->dev.node,
		     strerror(-r));
		return;
	}
	t->state = ASKING;
	t->prompt_until = request.until;
	e->prompting = (int)index_of(e, t);
}

/* The next source for a READY volume that it could use now. */
static enum source next_source(const struct engine *e, const struct track *t)
{
	if (!t->spent[SOURCE_KEYFILE] && t->v->keyfile)
		return SOURCE_KEYFILE;
	if (!t->spent[SOURCE_EMPTY] && t->v->try_empty)
		return SOURCE_EMPTY;
	if (!t->spent[SOURCE_SHARED] && e->shared_ready)
		return SOURCE_SHARED;
	return SOURCE_PROMPT;
}

/* --- memory -------------------------------------------------------------------------------- */

static uint64_t granted_to_others(const struct engine *e, const struct track *t)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < e->n; i++)
		if (&e->tracks[i] != t)
			sum += e->tracks[i].granted;
	return sum;
}

/* What there is for t beside the others: their memory is theirs, the CPUs are shared with those
 * that try now. */
static struct budget budget_beside(struct engine *e, const struct track *t)
{
	uint64_t others = granted_to_others(e, t);
	struct budget b;
	unsigned trying = 1;

	/* What workers have taken already would be missing from it. */
	if (others == 0 && t->granted == 0)
		e->ops->machine(e->ctx, &e->machine);
	b = e->machine;
	for (size_t i = 0; i < e->n; i++)
		if (&e->tracks[i] != t && e->tracks[i].state == TRYING)
			trying++;
	b.cpus = b.cpus > trying ? b.cpus / trying : 1;
	b.memory = b.memory > others ? b.memory - others : 0;
	return b;
}

/* Has those that only keep memory ready give it back. */
static void release_others(struct engine *e, const struct track *t)
{
	for (size_t i = 0; i < e->n; i++) {
		struct track *other = &e->tracks[i];

		if (other == t || other->granted == 0 || other->releasing ||
		    other->state == TRYING || other->state == CHECKING)
			continue;
		if (start_plain_job(e, other, JOB_RELEASE, other->state))
			other->releasing = true;
	}
}

/*
 * Memory for t to try its keyslots with; false when it has to wait until others are done with
 * theirs.
 *
 * Nothing that would fit the machine is left out because another volume was there first.
 */
static bool claim_memory(struct engine *e, struct track *t, struct budget *ret)
{
	struct budget b = budget_beside(e, t);
	uint64_t want = keyslots_want(&t->disk.header, t->v->keyslot, &b);
	uint64_t least = keyslots_floor(&t->disk.header, t->v->keyslot, &e->machine);

	if (t->releasing)
		return false;
	if (b.memory < least && granted_to_others(e, t) > 0) {
		release_others(e, t);
		return false;
	}
	if (want < least)
		want = least;
	if (want < t->granted)
		want = t->granted;
	b.memory = t->granted = want < b.memory ? want : b.memory;
	*ret = b;
	return true;
}

/*
 * Has the workers of those that wait for a passphrase get ready, the one that is asked for first. A
 * quarter of the memory stays for everything else that goes on meanwhile: this may last as long as
 * somebody takes to come to the keyboard.
 */
static void prepare(struct engine *e, enum state state)
{
	for (size_t i = 0; i < e->n; i++) {
		struct track *t = &e->tracks[i];
		struct budget b;
		uint64_t want;

		if (t->state != state || t->releasing)
			continue;
		b = budget_beside(e, t);
		b.memory = b.memory > e->machine.memory / 4 ? b.memory - e->machine.memory / 4 : 0;
		want = keyslots_want(&t->disk.header, t->v->keyslot, &b);
		if (want > b.memory)
			want = 0; /* there is more to prepare than memory */
		if (t->prepared && (t->granted > 0 || want == 0))
			continue;
		b.memory = t->granted = want;
		t->prepared = start_job(e, t, t->state,
					(struct job_request){ .job = JOB_PREPARE, .budget = b });
	}
}

/* --- trying -------------------------------------------------------------------------------- */

/* False when the volume has to wait. */
static bool try_secret(struct engine *e, struct track *t, enum source source)
{
	struct budget budget;

	if (!claim_memory(e, t, &budget))
		return false;
	t->source = source;
	t->prepared = false;
	if (source < SOURCE_PROMPT)
		t->spent[source] = true;
	if (source == SOURCE_EMPTY) {
		secret_wipe(e->typed);
		e->shared_ready = false;
	}
	start_job(e, t, TRYING,
		  (struct job_request){ .job = JOB_UNLOCK,
					.source = source,
					.secret = source == SOURCE_KEYFILE ? NULL : e->typed,
					.budget = budget });
	return true;
}

/* Asks for the first volume that has nothing left but a prompt. There is one passphrase buffer:
 * while somebody reads it, nothing is typed. */
static void ask_next(struct engine *e)
{
	for (size_t i = 0; i < e->n && e->prompting < 0 && !typed_in_use(e); i++)
		if (e->tracks[i].state == READY && next_source(e, &e->tracks[i]) == SOURCE_PROMPT)
			ask(e, &e->tracks[i]);
}

/* Tries what a volume can try without asking; false when it has to wait for memory. */
static bool try_next(struct engine *e, struct track *t)
{
	enum source source;

	if (t->state == HOLDING)
		return try_secret(e, t, SOURCE_PROMPT);
	if (t->state != READY)
		return true;
	source = next_source(e, t);
	if (source == SOURCE_PROMPT || (source != SOURCE_KEYFILE && e->prompting >= 0) ||
	    (source == SOURCE_EMPTY && typed_in_use(e)))
		return true;
	return try_secret(e, t, source);
}

/* Gives every volume that needs a secret what it can have now, in config order. */
static void schedule(struct engine *e)
{
	bool waiting = false, waiting_for_typed = false;

	for (size_t i = 0; i < e->n; i++) {
		struct track *t = &e->tracks[i];

		if (!try_next(e, t)) {
			waiting = true;
			waiting_for_typed |= t->state == READY &&
					     next_source(e, t) != SOURCE_KEYFILE;
		}
	}
	if (!waiting_for_typed)
		ask_next(e);
	/* Not while somebody waits for just that memory. */
	if (!waiting) {
		prepare(e, ASKING);
		prepare(e, READY);
	}
	settle_secret(e);
}

static void passphrase_wrong(struct engine *e, struct track *t)
{
	t->state = READY;
	if (t->source == SOURCE_KEYFILE)
		say(e, SEVERITY_WARNING, t, "the key file %s opens no keyslot of %s", t->v->keyfile,
		    t->dev.node);
	if (t->source != SOURCE_PROMPT)
		return;
	t->asked++;
	if (tries_left(t)) {
		if (t->v->tries == TRIES_ENDLESS)
			say_again(e, SEVERITY_WARNING, t, "wrong passphrase; please try again");
		else
			say_again(e, SEVERITY_WARNING, t, "wrong passphrase; %u more attempt%s",
				  t->v->tries - t->asked, plural(t->v->tries - t->asked));
		return;
	}
	if (t->left[0])
		fail(e, t, EXIT_CODE_PASSPHRASE,
		     "wrong passphrase (%u attempt%s), but not every keyslot of %s was tried: %s",
		     t->asked, plural(t->asked), t->dev.node, t->left);
	else
		fail(e, t, EXIT_CODE_PASSPHRASE,
		     "wrong passphrase (%u attempt%s): none of the %u keyslot%s of %s opens with it.\n"
		     "Check Caps Lock and the keyboard layout: this early, it may be the US layout.",
		     t->asked, plural(t->asked), t->disk.header.keyslots,
		     plural(t->disk.header.keyslots), t->dev.node);
}

static void unlock_done(struct engine *e, struct track *t, const struct unlock *unlock)
{
	t->granted = 0;
	if (unlock->status == UNLOCK_WRONG && unlock->left[0] && !str_eq(unlock->left, t->left)) {
		str_copy(t->left, sizeof(t->left), unlock->left);
		say(e, SEVERITY_WARNING, t, "not every keyslot of %s was tried: %s", t->dev.node,
		    t->left);
	}
	switch (unlock->status) {
	case UNLOCK_OK:
		t->keyslot = unlock->keyslot;
		if (t->source == SOURCE_PROMPT || t->source == SOURCE_SHARED)
			e->shared_ready = true;
		start_plain_job(e, t, JOB_VERIFY, CHECKING);
		break;
	case UNLOCK_NO_KEY:
		say(e, SEVERITY_WARNING, t, "%s", unlock->text);
		t->state = READY;
		break;
	case UNLOCK_WRONG:
		passphrase_wrong(e, t);
		break;
	case UNLOCK_FAILED:
		if (t->missing[0])
			fail(e, t, unlock->code,
			     "%s\nNo module for %s was found: rebuild the image, or boot a kernel that has it.",
			     unlock->text, t->missing);
		else
			end(e, t, OUTCOME_FAILED, unlock->code, unlock->text);
		break;
	}
}

void engine_prompt_done(struct engine *e, enum prompt_end how)
{
	struct track *t;

	if (e->prompting < 0)
		return;
	t = &e->tracks[e->prompting];
	e->prompting = -1;
	t->state = READY;
	switch (how) {
	case PROMPT_LINE:
		/* No keyslot can be opened by nothing at all but on purpose (try-empty-password);
		 * Enter is how people wake a console. Neither costs a try. */
		if (e->typed->len == 0)
			say_again(e, SEVERITY_NOTE, t,
				  "an empty passphrase was not tried; please type the passphrase");
		else
			t->state = HOLDING;
		break;
	case PROMPT_TOO_LONG:
		say_again(
			e, SEVERITY_WARNING, t,
			"a passphrase has at most %d bytes; what was typed is longer and was not tried",
			SECRET_MAX);
		break;
	case PROMPT_EOF:
		fail(e, t, EXIT_CODE_PASSPHRASE,
		     "the console ended while waiting for the passphrase of %s: nobody is there to type it",
		     t->dev.node);
		break;
	case PROMPT_CANCEL:
		fail(e, t, EXIT_CODE_PASSPHRASE, "the passphrase prompt for %s was cancelled",
		     t->dev.node);
		break;
	}
	schedule(e);
}

/* --- after the unlock ------------------------------------------------------------------------ */

static void verified(struct engine *e, struct track *t, const struct opened *opened)
{
	struct verdict verdict = { 0 };

	verdict_opened(t->v, t->dev.node, &t->disk.header, opened, &verdict);
	if (verdict.action == VERDICT_REFUSE) {
		end(e, t, OUTCOME_FAILED, verdict.code, verdict.text);
		return;
	}
	if (verdict.text[0])
		say(e, SEVERITY_WARNING, t, "%s", verdict.text);
	end(e, t, t->was_open ? OUTCOME_WAS_OPEN : OUTCOME_OPEN, EXIT_CODE_OK, "");
}

static void worker_died(struct engine *e, struct track *t, int signal)
{
	struct unlock died;

	diagnosis_worker_died(t->dev.node, signal, &died);
	end(e, t, OUTCOME_FAILED, died.code, died.text);
}

void engine_job_done(struct engine *e, unsigned vol, const struct job_result *result)
{
	static const enum state expected[] = {
		[JOB_HEADER] = READING,
		[JOB_UNLOCK] = TRYING,
		[JOB_VERIFY] = CHECKING,
	};
	struct track *t = &e->tracks[vol];

	if (t->state == ENDED || t->state == WAITING)
		return;
	if (result->died) {
		worker_died(e, t, result->signal);
		schedule(e);
		return;
	}
	if (result->job == JOB_RELEASE) {
		t->granted = 0;
		t->prepared = t->releasing = false;
		schedule(e);
		return;
	}
	if (result->job == JOB_MODULES) {
		modules_loaded(e, t, &result->modules);
		return;
	}
	/* JOB_PREPARE, which nobody waits for, or the answer of a job whose device went away
	 * meanwhile. */
	if (result->job == JOB_PREPARE || t->state != expected[result->job])
		return;
	switch (result->job) {
	case JOB_HEADER:
		header_read(e, t, &result->disk);
		break;
	case JOB_UNLOCK:
		unlock_done(e, t, &result->unlock);
		break;
	case JOB_VERIFY:
		verified(e, t, &result->opened);
		break;
	default:
		break;
	}
	schedule(e);
}

/* --- time ------------------------------------------------------------------------------------ */

static uint64_t device_deadline(const struct engine *e, const struct track *t)
{
	return t->v->device_wait == WAIT_FOREVER || e->started == NOT_YET ?
		       WAIT_FOREVER :
		       e->started + t->v->device_wait;
}

static uint64_t track_deadline(const struct engine *e, const struct track *t)
{
	uint64_t device;

	switch (t->state) {
	case WAITING:
		device = device_deadline(e, t);
		return t->notice_at < device ? t->notice_at : device;
	case ASKING:
		return t->prompt_until;
	default:
		return UINT64_MAX;
	}
}

uint64_t engine_deadline(const struct engine *e)
{
	uint64_t first = UINT64_MAX;

	for (size_t i = 0; i < e->n; i++) {
		uint64_t d = track_deadline(e, &e->tracks[i]);

		if (d < first)
			first = d;
	}
	return first;
}

static void waiting_tick(struct engine *e, struct track *t, uint64_t now)
{
	uint64_t deadline = device_deadline(e, t);
	char ref[300];

	if (now >= deadline) {
		device_timed_out(e, t);
	} else if (now >= t->notice_at) {
		devref_format(&t->v->source, ref, sizeof(ref));
		if (deadline == WAIT_FOREVER)
			say(e, SEVERITY_NOTE, t, "waiting for the disk with %s", ref);
		else
			say(e, SEVERITY_NOTE, t, "waiting for the disk with %s, %llu seconds left",
			    ref, (unsigned long long)((deadline - now + 999) / 1000));
		t->notice_at = now + WAIT_NOTICE_AGAIN_MS;
	}
}

void engine_tick(struct engine *e)
{
	uint64_t now = e->ops->now(e->ctx);

	for (size_t i = 0; i < e->n; i++) {
		struct track *t = &e->tracks[i];

		if (t->state == WAITING)
			waiting_tick(e, t, now);
		else if (t->state == ASKING && now >= t->prompt_until)
			fail(e, t, EXIT_CODE_TIMEOUT,
			     "nobody typed the passphrase of %s within %llu seconds", t->dev.node,
			     (unsigned long long)(t->v->prompt_wait / 1000));
	}
	schedule(e);
}

/* --- start and end --------------------------------------------------------------------------- */

void engine_start(struct engine *e)
{
	e->started = e->ops->now(e->ctx);
	for (size_t i = 0; i < e->n; i++)
		e->tracks[i].notice_at = e->started + WAIT_NOTICE_MS;
}

void engine_interrupt(struct engine *e, const char *why)
{
	for (size_t i = 0; i < e->n; i++)
		if (e->tracks[i].state != ENDED)
			fail(e, &e->tracks[i], EXIT_CODE_GENERAL, "%s before the disk was open",
			     why);
	settle_secret(e);
}

bool engine_disks_found(const struct engine *e)
{
	for (size_t i = 0; i < e->n; i++)
		if (e->tracks[i].state == WAITING)
			return false;
	return true;
}

bool engine_finished(const struct engine *e)
{
	for (size_t i = 0; i < e->n; i++)
		if (e->tracks[i].state != ENDED)
			return false;
	return true;
}

enum exit_code engine_exit_code(const struct engine *e)
{
	for (size_t i = 0; i < e->n; i++)
		if (e->tracks[i].state == ENDED && e->tracks[i].outcome == OUTCOME_FAILED &&
		    !e->tracks[i].v->nofail)
			return e->tracks[i].code;
	return EXIT_CODE_OK;
}
