/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A boot: up to four volumes, and any sequence of events against the real engine. A world without
 * disks answers what the engine asks, and checks that it never asks for what it must not.
 */
#include "made.h"

#include "policy/engine.h"
#include "policy/verdict.h"

#include <stdio.h>

#define VOLUMES_MAX 4
#define EVENTS_MAX 100

static const char *const nodes[] = { "/dev/vda2", "/dev/vdb", "/dev/sdx", "/dev/vdc1" };

/* What the world knows of a volume. */
struct seen {
	unsigned pending; /* set of 1 << enum job: started and neither answered nor killed */
	bool judged_open; /* its disk, as it was last read */
	struct disk disk;
	dev_t devno;	/* of the disk that was last read */
	char name[128]; /* of the mapping that is looked at */
	bool was_open;	/* judged VERDICT_ACTIVE */
	bool verified;	/* and found good */
	bool may_stay;	/* its mapping was perhaps not closed */
	unsigned reports;
	struct result result;
};

struct world {
	struct fuzz_input in;
	struct config config;
	struct engine *engine;
	bool interrupted;
	uint64_t now;
	struct seen seen[VOLUMES_MAX];
	struct secret *asked;  /* of the open prompt; NULL: none is open */
	struct secret *buffer; /* the last one that was asked for */
	const char *asked_name;
};

static unsigned number_of(const struct world *w, const char *name)
{
	for (unsigned i = 0; i < w->config.n_volumes; i++)
		if (str_eq(w->config.volumes[i].name, name))
			return i;
	abort();
}

/* --- the engine's view --- */

static uint64_t world_now(void *ctx)
{
	return ((struct world *)ctx)->now;
}

static void world_say(void *ctx, enum severity severity, const char *name, const char *text)
{
	MUST(severity <= SEVERITY_ERROR && text[0]);
	if (name)
		(void)number_of(ctx, name);
}

static bool world_mapped(void *ctx, const char *name)
{
	(void)ctx, (void)name;
	return false;
}

static dev_t world_resolve(void *ctx, const char *path)
{
	(void)ctx;
	return str_eq(path, "/dev/sdx") ? 42 : 0;
}

static void world_refresh(void *ctx, struct device *dev)
{
	struct world *w = ctx;

	dev->holder[0] = dev->holder_luks[0] = '\0';
	if (fuzz_below(&w->in, 8) < 6)
		return;
	str_copy(dev->holder, sizeof(dev->holder), fuzz_bool(&w->in) ? "rescue" : "root_dif");
	if (fuzz_bool(&w->in))
		MADE_TEXT(&w->in, made_uuids, dev->holder_luks);
}

static void world_list(void *ctx, void (*seen)(void *arg, const struct device *), void *arg)
{
	struct device dev = { .node = "/dev/vdz", .size = 1 << 20 };
	unsigned n = fuzz_below(&((struct world *)ctx)->in, 4);

	for (unsigned i = 0; i < n; i++) {
		str_copy(dev.type, sizeof(dev.type), i == 0 ? "" : i == 1 ? "crypto_LUKS" : "ext4");
		seen(arg, &dev);
	}
}

static void world_machine(void *ctx, struct budget *ret)
{
	*ret = (struct budget){ .cpus = 2, .memory = 4 << 20, .total = 8 << 20 };
	if (fuzz_bool(&((struct world *)ctx)->in))
		*ret = (struct budget){ .cpus = 1, .memory = 1500, .total = 1 << 20 };
}

static dev_t devno_of(const char *node)
{
	for (unsigned i = 0; i < ARRAY_SIZE(nodes); i++)
		if (str_eq(nodes[i], node))
			return i == 2 ? MADE_DEVNO : i + 1;
	abort();
}

static int world_job_start(void *ctx, unsigned vol, const struct job_request *request)
{
	struct world *w = ctx;
	struct seen *s = &w->seen[vol];

	MUST(vol < w->config.n_volumes && s->reports == 0 && request->node[0]);
	if (fuzz_below(&w->in, 32) == 31)
		return -ENOMEM;
	switch (request->job) {
	case JOB_HEADER:
		/* Nothing is known any more. */
		s->judged_open = s->was_open = s->verified = false;
		s->devno = devno_of(request->node);
		/* Where the header is apart, it is there. */
		MUST(!w->config.volumes[vol].detached ||
		     !place_has_device(&w->config.volumes[vol].header) || request->header[0] ||
		     w->config.volumes[vol].header.kind == PLACE_DEVICE);
		break;
	case JOB_UNLOCK:
		/* No secret for a disk that was not judged, or judged otherwise. */
		MUST(s->judged_open && !(s->pending & 1U << JOB_UNLOCK));
		MUST(request->source == SOURCE_CACHED ||
		     (request->source == SOURCE_KEYFILE || request->source == SOURCE_TOKEN ||
		      request->source == SOURCE_TPM2) == (request->secret == NULL));
		MUST(!request->secret || request->source == SOURCE_EMPTY ||
		     request->secret->len > 0);
		break;
	case JOB_VERIFY:
		MUST(s->judged_open || s->was_open);
		str_copy(s->name, sizeof(s->name), request->name);
		s->was_open |= !str_eq(s->name, w->config.volumes[vol].name);
		break;
	default:
		break;
	}
	s->pending |= 1U << request->job;
	return 0;
}

/* Not from the input, so that the older corpus keeps its meaning. */
static bool world_cached(void *ctx, unsigned vol)
{
	const struct world *w = ctx;

	return (w->now / 1000 + vol) % 4 == 3;
}

/* Only what was typed, and opened a judged disk. */
static void world_remember(void *ctx, unsigned vol, const struct secret *passphrase)
{
	const struct world *w = ctx;

	MUST(w->seen[vol].judged_open && passphrase == w->buffer && passphrase->len > 0);
	MUST(w->config.volumes[vol].cache == CACHE_YES);
}

static void world_job_kill(void *ctx, unsigned vol)
{
	((struct world *)ctx)->seen[vol].pending = 0;
}

static bool world_start_degraded(void *ctx, bool above)
{
	struct world *w = ctx;

	(void)above;
	return fuzz_below(&w->in, 2) == 1;
}

static bool world_is_starting(void *ctx)
{
	struct world *w = ctx;

	return fuzz_below(&w->in, 2) == 1;
}

static void world_let_start(void *ctx, const char *mapping)
{
	const struct world *w = ctx;

	MUST(w->config.degraded && *mapping);
}

static void world_above(void *ctx, const char *mapping, struct above *ret)
{
	struct world *w = ctx;

	ret->runs = fuzz_below(&w->in, 2) == 1;
	MADE_TEXT(&w->in, ((const char *const[]){ mapping, "vdb" }), ret->below[0]);
	ret->n = 1;
}

static int world_prompt_open(void *ctx, const struct prompt_request *request)
{
	struct world *w = ctx;
	const struct seen *s = &w->seen[number_of(w, request->name)];

	/* One prompt, for a disk that was judged, with an empty buffer. */
	MUST(!w->asked && s->reports == 0 && s->judged_open);
	MUST(request->secret->len == 0 && request->node[0] && request->text[0]);
	if (fuzz_below(&w->in, 32) == 31)
		return -ENXIO;
	w->asked = w->buffer = request->secret;
	w->asked_name = request->name;
	return 0;
}

static void world_prompt_close(void *ctx)
{
	struct world *w = ctx;

	MUST(w->asked);
	secret_wipe(w->asked);
	w->asked = NULL;
}

static void world_report(void *ctx, const struct result *r)
{
	struct world *w = ctx;
	struct seen *s = &w->seen[number_of(w, r->name)];

	MUST(s->reports++ == 0 && s->pending == 0);
	MUST(!w->asked || !str_eq(w->asked_name, r->name));
	MUST((r->outcome == OUTCOME_FAILED) == (r->code != EXIT_CODE_OK));
	MUST(r->outcome != OUTCOME_FAILED || r->text[0]);
	/* Success is nothing else than what was judged, opened and verified. */
	MUST(r->outcome != OUTCOME_OPEN || (s->judged_open && s->verified));
	MUST(r->outcome != OUTCOME_WAS_OPEN || (s->was_open && s->verified));
	s->result = *r;
}

static const struct ops world_ops = {
	.now = world_now,
	.say = world_say,
	.resolve = world_resolve,
	.refresh = world_refresh,
	.mapped = world_mapped,
	.list_devices = world_list,
	.start_degraded = world_start_degraded,
	.is_starting = world_is_starting,
	.let_start = world_let_start,
	.above = world_above,
	.machine = world_machine,
	.job_start = world_job_start,
	.cached = world_cached,
	.remember = world_remember,
	.job_kill = world_job_kill,
	.prompt_open = world_prompt_open,
	.prompt_close = world_prompt_close,
	.report = world_report,
};

/* --- events --- */

static void a_device(struct world *w)
{
	unsigned n = fuzz_below(&w->in, ARRAY_SIZE(nodes));
	struct device dev = { .devno = devno_of(nodes[n]), .size = 300 << 20, .version = "2" };

	str_copy(dev.node, sizeof(dev.node), nodes[n]);
	str_copy(dev.type, sizeof(dev.type), "crypto_LUKS");
	MADE_TEXT(&w->in, made_uuids, dev.uuid);
	if (fuzz_below(&w->in, 8) == 7)
		str_copy(dev.member, sizeof(dev.member), "linux_raid_member");
	world_refresh(w, &dev);
	engine_device(w->engine, &dev);
}

static void header_answer(struct world *w, unsigned vol, struct disk *disk)
{
	struct seen *s = &w->seen[vol];
	struct verdict verdict;

	made_disk(&w->in, disk);
	made_detached(&w->config.volumes[vol], disk);
	/* The node is only for its text. */
	verdict_disk(&w->config.volumes[vol], "/dev/vda2", disk, &verdict);
	s->judged_open = verdict.action == VERDICT_OPEN;
	s->was_open = verdict.action == VERDICT_ACTIVE;
	s->disk = *disk;
}

static void opened_answer(struct world *w, unsigned vol, struct opened *opened)
{
	struct seen *s = &w->seen[vol];
	struct device dev = { .node = "/dev/vda2", .devno = s->devno };
	struct volume as = w->config.volumes[vol];
	struct verdict verdict;

	made_opened(&w->in, opened);
	as.name = s->name;
	snprintf(opened->dif.below, sizeof(opened->dif.below), "0:%u", (unsigned)s->devno);
	verdict_opened(&as, &dev, &s->disk, opened, &verdict);
	/* Not from the input, so that the older corpus keeps its meaning. */
	opened->fresh.outcome = (enum fresh_outcome)(w->now / 1000 % (FRESH_OVERRIDE + 1));
	str_copy(opened->fresh.text, sizeof(opened->fresh.text), "it is older");
	s->verified = verdict.action == VERDICT_OPEN && opened->fresh.outcome != FRESH_STALE;
}

static void unlock_answer(struct world *w, struct unlock *u)
{
	u->status = (enum unlock_status)fuzz_below(&w->in, 4);
	u->keyslot = 0;
	u->code = EXIT_CODE_GENERAL;
	str_copy(u->text, sizeof(u->text), "because");
	if (fuzz_bool(&w->in))
		str_copy(u->left, sizeof(u->left), "keyslot 3 could not be tried");
	if (u->status == UNLOCK_OK && w->now / 1000 % 8 == 5)
		u->status = UNLOCK_STALE;
	str_copy(u->fresh.text, sizeof(u->fresh.text), "it is older");
}

/* It takes long. Not from the input, as above. */
static void a_job_waits(struct world *w, unsigned vol, unsigned job)
{
	struct job_result r = { .job = (enum job)job, .unfinished = true };

	r.progress.delay = (enum delay)(w->now / 100 % (DELAY_TAGS + 1));
	r.progress.done = w->now << (w->now / 1000 % 40);
	r.progress.total = w->now / 500 % 2 ? w->now << 20 : 0;
	engine_job_done(w->engine, vol, &r);
}

/* A job that runs is answered, or its worker dies. */
static void a_job_ends(struct world *w)
{
	unsigned vol = fuzz_below(&w->in, (unsigned)w->config.n_volumes);
	unsigned job = fuzz_below(&w->in, JOB_CLOSE + 1);
	struct seen *s = &w->seen[vol];
	struct job_result r = { .job = (enum job)job };

	while (s->pending && !(s->pending & 1U << job))
		job = (job + 1) % (JOB_CLOSE + 1);
	if (!s->pending)
		return;
	a_job_waits(w, vol, job);
	s->pending &= ~(1U << job);
	r.job = (enum job)job;
	r.died = fuzz_below(&w->in, 16) == 15;
	if (r.died)
		r.signal = fuzz_below(&w->in, 16);
	else if (job == JOB_HEADER)
		header_answer(w, vol, &r.disk);
	else if (job == JOB_VERIFY)
		opened_answer(w, vol, &r.opened);
	else if (job == JOB_UNLOCK)
		unlock_answer(w, &r.unlock);
	else if (job == JOB_CLOSE)
		r.close_err = fuzz_bool(&w->in) ? -EBUSY : 0;
	else if (job == JOB_MODULES && fuzz_bool(&w->in)) {
		str_copy(r.modules.missing, sizeof(r.modules.missing), "xts");
		str_copy(r.modules.failed, sizeof(r.modules.failed), "dm_crypt");
	}
	s->may_stay |= r.died || (job == JOB_CLOSE && r.close_err);
	engine_job_done(w->engine, vol, &r);
}

static void the_prompt_ends(struct world *w)
{
	enum prompt_end end = (enum prompt_end)fuzz_below(&w->in, 4);

	if (!w->asked)
		return;
	if (end == PROMPT_LINE && fuzz_bool(&w->in))
		secret_add(w->asked, 'x');
	w->asked = NULL;
	engine_prompt_done(w->engine, end);
}

static void time_passes(struct world *w)
{
	uint64_t deadline = engine_deadline(w->engine);

	w->now += fuzz_byte(&w->in) * 100;
	if (fuzz_bool(&w->in) && deadline != UINT64_MAX && deadline > w->now)
		w->now = deadline;
	engine_tick(w->engine);
	/* The loop sleeps until then: it must not be now. */
	MUST(engine_deadline(w->engine) > w->now);
}

static void an_event(struct world *w)
{
	switch (fuzz_below(&w->in, 16)) {
	case 0:
	case 1:
	case 2:
		a_device(w);
		break;
	case 10:
		engine_use_changed(w->engine);
		break;
	case 3:
		engine_device_gone(w->engine, nodes[fuzz_below(&w->in, ARRAY_SIZE(nodes))]);
		break;
	case 4:
	case 5:
		time_passes(w);
		break;
	case 6:
		if (fuzz_below(&w->in, 4) == 3) {
			w->interrupted = true;
			engine_interrupt(w->engine, "interrupted");
		}
		break;
	case 7:
	case 8:
	case 9:
		the_prompt_ends(w);
		break;
	default:
		a_job_ends(w);
		break;
	}
}

/* --- a boot --- */

static void add_volumes(struct world *w)
{
	static const char *const sources[] = { "UUID=11111111-1111-1111-1111-111111111111",
					       "UUID=22222222-2222-2222-2222-222222222222",
					       "/dev/vdb", "/dev/sdx" };
	static const char *const names[] = { "root", "data", "more", "last" };
	unsigned n = fuzz_below(&w->in, VOLUMES_MAX) + 1;

	for (unsigned i = 0; i < n; i++) {
		struct volume *v = config_add_volume(&w->config, names[i], "test");
		unsigned how = fuzz_byte(&w->in);

		MUST(devref_parse(sources[fuzz_below(&w->in, ARRAY_SIZE(sources))], &v->source) ==
		     0);
		made_promise(&w->in, v);
		v->nofail = how & 1;
		v->headless = (how & 6) == 6;
		v->leg = (how & 6) == 4;
		v->try_empty = how & 8;
		if (how & 16) {
			v->keyfile = xcalloc(1, sizeof(*v->keyfile));
			/* A device that comes and goes, and may be a volume's disk. */
			MUST(place_parse(how & 8 ? "/key:/dev/vdb" : "/key", v->keyfile) == 0);
			v->keyfile_wait = how & 64 ? WAIT_FOREVER : 5000;
		}
		v->device_wait = how & 32 ? WAIT_FOREVER : 30000;
		v->prompt_wait = how & 64 ? WAIT_FOREVER : 9000;
		v->tries = how & 128 ? TRIES_ENDLESS : 2;
	}
}

/* Does the system perhaps start without this leg, since another one is open? */
static bool may_be_missing(const struct world *w, unsigned vol)
{
	bool another = false;

	for (unsigned i = 0; i < w->config.n_volumes; i++)
		another |= w->config.volumes[i].leg && w->seen[i].reports &&
			   w->seen[i].result.code == EXIT_CODE_OK;
	return w->config.volumes[vol].leg && another;
}

/* The first failure that counts. One of a nofail volume counts only when its mapping may be open.
 */
static void check_exit_code(const struct world *w)
{
	enum exit_code got = engine_exit_code(w->engine);

	for (unsigned i = 0; i < w->config.n_volumes; i++) {
		const struct seen *s = &w->seen[i];

		if (!s->reports || s->result.outcome != OUTCOME_FAILED)
			continue;
		if (may_be_missing(w, i) && got != s->result.code)
			continue;
		if (!w->config.volumes[i].nofail) {
			MUST(got == s->result.code);
			return;
		}
		if ((s->may_stay || w->interrupted) && got == s->result.code)
			return;
	}
	MUST(got == EXIT_CODE_OK);
}

static void check_end(const struct world *w)
{
	for (unsigned i = 0; i < w->config.n_volumes; i++)
		MUST(engine_finished(w->engine) ? w->seen[i].reports == 1 :
						  w->seen[i].reports <= 1);
	check_exit_code(w);
	if (!engine_finished(w->engine))
		return;
	MUST(!w->asked && engine_disks_found(w->engine));
	/* Nobody can use the passphrase any more. */
	MUST(!w->buffer || w->buffer->len == 0);
	MUST(engine_deadline(w->engine) == UINT64_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct world w = { .in = { data, size }, .now = 1000 };
	bool started = false;

	add_volumes(&w);
	w.config.degraded = w.config.n_volumes > 2;
	w.engine = engine_new(&w.config, &world_ops, &w);
	MUST(w.engine);
	for (unsigned i = 0; i < EVENTS_MAX && w.in.left; i++) {
		if (!started && i >= fuzz_below(&w.in, 4)) {
			engine_start(w.engine);
			started = true;
		}
		an_event(&w);
		check_end(&w);
	}
	engine_free(w.engine);
	config_free(&w.config);
	return 0;
}
