/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * world: replays boots against the real engine. A fake world records what the engine asks for, one
 * line per call, and the test decides what happens next.
 */
#ifndef INTACT_TEST_POLICY_WORLD_H
#define INTACT_TEST_POLICY_WORLD_H

#include "base/util.h"
#include "genuine.h"
#include "policy/engine.h"
#include "test.h"

#include <stdio.h>
#include <sys/sysmacros.h>

#define ROOT_UUID "11111111-1111-1111-1111-111111111111"
#define DATA_UUID "22222222-2222-2222-2222-222222222222"
#define GOOD_SIZE (256ull << 20)
#define MORE_UUID "33333333-3333-3333-3333-333333333333"

struct world {
	struct config config;
	struct engine *engine;
	uint64_t now;
	char log[16384];  /* every call, a line each */
	const char *read; /* up to here the test has looked */
	struct secret *prompt_secret;
	int open_prompts;
	int prompt_error, job_error;
	bool keyring;	 /* the kernel has one; otherwise nothing is recorded about it */
	bool in_keyring; /* there are passwords in it */
	struct budget machine;
	bool memory_matters;	/* otherwise nothing is recorded about it */
	const char *silent;	/* node of a disk that does not answer */
	bool undecided, again;	/* what is not known of the disk that is listed */
	bool incomplete;	/* arrays that lack a disk */
	bool starting;		/* the programs that start them still run */
	struct above above;	/* what stands on every open volume */
	int reserved_without;	/* JOB_RESERVE without memory, never recorded */
	struct device seen[32]; /* every device that appeared */
	size_t n_seen;
	dev_t disks[16]; /* a volume's: of its last JOB_HEADER */
	/* Of the last report. */
	char steps[4096]; /* as in its record, a line each */
	const char *stage;
	unsigned typed;
};

static inline void record(struct world *w, const char *fmt, ...) PRINTF_LIKE(2, 3);
static inline void record(struct world *w, const char *fmt, ...)
{
	char line[1200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	for (char *p = line; *p; p++)
		if (*p == '\n')
			*p = ' ';
	str_append(w->log, sizeof(w->log), "%s\n", line);
}

static inline uint64_t fake_now(void *ctx)
{
	return ((struct world *)ctx)->now;
}

static inline void fake_say(void *ctx, enum severity severity, const char *name, const char *text)
{
	static const char *const levels[] = { "note", "warning", "error" };

	record(ctx, "say %s %s: %s", levels[severity], name ? name : "-", text);
}

static inline dev_t fake_resolve(void *ctx, const char *path)
{
	(void)ctx;
	return str_eq(path, "/dev/sdx") ? 42 : 0;
}

static inline void fake_refresh(void *ctx, struct device *dev)
{
	struct world *w = ctx;

	for (size_t i = 0; i < ARRAY_SIZE(w->seen); i++) {
		if (w->seen[i].devno != dev->devno)
			continue;
		str_copy(dev->holder, sizeof(dev->holder), w->seen[i].holder);
		str_copy(dev->holder_luks, sizeof(dev->holder_luks), w->seen[i].holder_luks);
	}
}

static inline bool fake_mapped(void *ctx, const char *name)
{
	(void)ctx;
	return str_eq(name, "taken");
}

static inline struct device disk(const char *node, unsigned devno, const char *uuid)
{
	struct device dev = { .devno = devno, .size = 300 << 20 };

	str_copy(dev.node, sizeof(dev.node), node);
	str_copy(dev.type, sizeof(dev.type), uuid ? "crypto_LUKS" : "ext4");
	str_copy(dev.version, sizeof(dev.version), uuid ? "2" : "");
	str_copy(dev.uuid, sizeof(dev.uuid), uuid ? uuid : "");
	return dev;
}

static inline void fake_list_devices(void *ctx, void (*seen)(void *arg, const struct device *),
				     void *arg)
{
	const struct world *w = ctx;
	struct device dev = disk("/dev/vdz", 9, NULL), silent = { .silent = true };

	dev.undecided = w->undecided;
	dev.again = w->again;
	if (w->silent) {
		str_copy(silent.node, sizeof(silent.node), w->silent);
		seen(arg, &silent);
	}
	seen(arg, &dev);
}

static inline bool fake_start_degraded(void *ctx, bool above)
{
	struct world *w = ctx;

	if (w->incomplete)
		record(w, "start degraded%s", above ? " above" : "");
	return w->incomplete;
}

static inline bool fake_is_starting(void *ctx)
{
	return ((struct world *)ctx)->starting;
}

static inline void fake_let_start(void *ctx, const char *mapping)
{
	record(ctx, "let %s start", mapping);
}

static inline void fake_above(void *ctx, const char *mapping, struct above *ret)
{
	struct world *w = ctx;

	record(w, "above %s", mapping);
	*ret = w->above;
}

static inline void fake_machine(void *ctx, struct budget *ret)
{
	struct world *w = ctx;

	*ret = w->machine.total ? w->machine :
				  (struct budget){ .cpus = 2, .memory = 4 << 20, .total = 8 << 20 };
}

static inline dev_t number_of(const struct world *w, const char *node)
{
	for (size_t i = ARRAY_SIZE(w->seen); i-- > 0;)
		if (str_eq(w->seen[i].node, node))
			return w->seen[i].devno;
	return 0;
}

static inline int fake_job_start(void *ctx, unsigned vol, const struct job_request *request)
{
	static const char *const names[] = {
		[JOB_HEADER] = "header",   [JOB_MODULES] = "modules", [JOB_RESERVE] = "reserve",
		[JOB_RELEASE] = "release", [JOB_UNLOCK] = "unlock",   [JOB_VERIFY] = "verify",
		[JOB_CLOSE] = "close",
	};
	const struct secret *secret = request->secret;
	const struct budget *budget = &request->budget;
	enum job job = request->job;
	bool has_budget = job == JOB_RESERVE || job == JOB_UNLOCK,
	     has_file = job != JOB_UNLOCK || request->source == SOURCE_KEYFILE,
	     itself = job == JOB_UNLOCK &&
		      (request->source == SOURCE_TOKEN || request->source == SOURCE_TPM2 ||
		       request->source == SOURCE_CACHED);
	struct world *w = ctx;
	char grant[64] = "", header[80] = "";

	CHECK(request->source == SOURCE_CACHED || (has_file || itself) == (secret == NULL));
	if (job == JOB_HEADER)
		w->disks[vol] = number_of(w, request->node);
	if (job == JOB_RESERVE && budget->memory == 0)
		w->reserved_without++;
	if (job == JOB_RESERVE ? !w->memory_matters || budget->memory == 0 :
				 job == JOB_RELEASE && !w->memory_matters)
		return 0;
	if (w->memory_matters && has_budget)
		snprintf(grant, sizeof(grant), " with %llu MiB, %u CPUs",
			 (unsigned long long)budget->memory / 1024, budget->cpus);
	if (itself) {
		record(w, "job %s unlock %s (%s)%s%.*s", w->config.volumes[vol].name, request->node,
		       request->source == SOURCE_TOKEN ? "token" :
		       request->source == SOURCE_TPM2  ? "tpm2" :
							 "keyring",
		       secret ? " but " : "", secret ? (int)secret->len : 0,
		       secret ? (const char *)secret->bytes : "");
		return w->job_error;
	}
	if (request->header[0])
		snprintf(header, sizeof(header), " header on %s", request->header);
	record(w, "job %s %s%s %s %s%.*s%s%s", w->config.volumes[vol].name, names[job],
	       job == JOB_UNLOCK && request->accept ? " (accept)" : "", request->node,
	       job == JOB_UNLOCK && request->source == SOURCE_TPM2_PIN ? "(pin) " : "",
	       has_file ? 9 : (int)secret->len,
	       has_file ? "(keyfile)" : (const char *)secret->bytes, grant,
	       job == JOB_HEADER ? header : "");
	if (request->key_node[0])
		record(w, "its key is on %s", request->key_node);
	return w->job_error;
}

static inline bool fake_cached(void *ctx, unsigned vol)
{
	(void)vol;
	return ((struct world *)ctx)->in_keyring;
}

static inline void fake_remember(void *ctx, unsigned vol, const struct secret *passphrase)
{
	struct world *w = ctx;

	if (!w->keyring)
		return;
	record(w, "remember %s %.*s", w->config.volumes[vol].name, (int)passphrase->len,
	       (const char *)passphrase->bytes);
}

static inline void fake_job_kill(void *ctx, unsigned vol)
{
	struct world *w = ctx;

	record(w, "kill %s", w->config.volumes[vol].name);
}

static inline int fake_prompt_open(void *ctx, const struct prompt_request *request)
{
	struct world *w = ctx;

	record(w, "prompt %s \"%s\" %s", request->name, request->text, request->again);
	if (w->prompt_error)
		return w->prompt_error;
	w->open_prompts++;
	w->prompt_secret = request->secret;
	return 0;
}

static inline void fake_prompt_close(void *ctx)
{
	struct world *w = ctx;

	w->open_prompts--;
	record(w, "withdraw");
}

static inline void fake_report(void *ctx, const struct result *r)
{
	static const char *const outcomes[] = { "open", "was-open", "left", "failed" };

	struct world *w = ctx;

	record(w, "report %s %s %d %s", r->name, outcomes[r->outcome], (int)r->code, r->text);
	w->steps[0] = '\0';
	for (size_t i = 0; i < r->steps->n; i++) {
		cleanup_free char *line = step_format(&r->steps->list[i]);

		str_append(w->steps, sizeof(w->steps), "%s\n", line);
	}
	w->stage = step_kind_name(r->stage);
	w->typed = r->typed;
}

static const struct ops fake_ops = {
	.now = fake_now,
	.say = fake_say,
	.resolve = fake_resolve,
	.refresh = fake_refresh,
	.mapped = fake_mapped,
	.list_devices = fake_list_devices,
	.start_degraded = fake_start_degraded,
	.is_starting = fake_is_starting,
	.let_start = fake_let_start,
	.above = fake_above,
	.machine = fake_machine,
	.job_start = fake_job_start,
	.cached = fake_cached,
	.remember = fake_remember,
	.job_kill = fake_job_kill,
	.prompt_open = fake_prompt_open,
	.prompt_close = fake_prompt_close,
	.report = fake_report,
};

/* --- the script's verbs --- */

static inline struct volume *volume(struct world *w, const char *name, const char *source)
{
	struct volume *v = config_add_volume(&w->config, name, "test");

	devref_parse(source, &v->source);
	v->device_wait = 30000;
	v->expect = EXPECT_ANY;
	return v;
}

static inline struct file_place *key_at(const char *text)
{
	struct file_place *place = xcalloc(1, sizeof(*place));

	CHECK(place_parse(text, place) == 0);
	return place;
}

static inline void start(struct world *w)
{
	w->read = w->log;
	w->engine = engine_new(&w->config, &fake_ops, w);
	engine_start(w->engine);
}

static inline void finish(struct world *w)
{
	engine_free(w->engine);
	config_free(&w->config);
}

/* The next line of the log must hold this text. */
#define expect(w, text) CHECK(expect_line(w, text))
static inline bool expect_line(struct world *w, const char *text)
{
	char line[1200];
	size_t len = strcspn(w->read, "\n");

	snprintf(line, sizeof(line), "%.*s", (int)len, w->read);
	w->read += len + (w->read[len] == '\n');
	if (strstr(line, text))
		return true;
	printf("# wanted \"%s\"\n# got    \"%s\"\n", text, line);
	return false;
}
#define expect_nothing(w) CHECK(expect_end(w))
static inline bool expect_end(struct world *w)
{
	if (!*w->read)
		return true;
	printf("# unexpected: %s", w->read);
	return false;
}

static inline struct disk good_disk(const char *uuid)
{
	struct disk d = {
		.kind = HEADER_LUKS2,
		.header = genuine_header(),
		.superblock = { .state = SUPERBLOCK_OK, .tag_size = 32, .provided = GOOD_SIZE },
		.size = 300 << 20
	};

	d.header.keyslot[0].memory = 0;
	d.header.keyslot[0] = genuine_slot(d.header.keyslot[0]);
	str_copy(d.header.uuid, sizeof(d.header.uuid), uuid);
	return d;
}

/* The two mappings of a good_disk with this number. */
static inline struct opened good_opened(dev_t devno)
{
	const struct dm_layer dif = { .present = true,
				      .live = true,
				      .device = "253:0",
				      .targets = 1,
				      .target = "integrity",
				      .length = GOOD_SIZE / 512,
				      .understood = true,
				      .offset = (16 << 20) / 512,
				      .tag_size = 32,
				      .block_size = 4096,
				      .mode = 'J' };
	struct opened o = { .crypt = dif, .dif = dif, .type = "ext4" };

	snprintf(o.dif.below, sizeof(o.dif.below), "%u:%u", major(devno), minor(devno));
	str_copy(o.crypt.device, sizeof(o.crypt.device), "253:1");
	str_copy(o.crypt.target, sizeof(o.crypt.target), "crypt");
	str_copy(o.crypt.below, sizeof(o.crypt.below), "253:0");
	str_copy(o.crypt.integrity, sizeof(o.crypt.integrity), "aead");
	str_copy(o.crypt.cipher, sizeof(o.crypt.cipher),
		 "capi:authenc(hmac(sha256),xts(aes))-plain64");
	o.crypt.offset = 0;
	o.crypt.mode = '\0';
	return o;
}

/* Whose only keyslot costs that much. */
static inline struct disk costly_disk(const char *uuid, uint64_t mib)
{
	struct disk d = good_disk(uuid);

	d.header.keyslot[0].memory = mib << 10;
	d.header.keyslot[0] = genuine_slot(d.header.keyslot[0]);
	return d;
}

static inline void appears(struct world *w, const struct device *dev)
{
	w->seen[w->n_seen++ % ARRAY_SIZE(w->seen)] = *dev;
	engine_device(w->engine, dev);
}

static inline void device_appears(struct world *w, const char *node, unsigned devno,
				  const char *uuid)
{
	struct device dev = disk(node, devno, uuid);

	appears(w, &dev);
}

static inline void done_header(struct world *w, unsigned vol, const char *uuid)
{
	struct job_result r = { .job = JOB_HEADER, .disk = good_disk(uuid) };

	engine_job_done(w->engine, vol, &r);
}

static inline void done_modules(struct world *w, unsigned vol)
{
	struct job_result r = { .job = JOB_MODULES };

	engine_job_done(w->engine, vol, &r);
}

static inline void done_unlock(struct world *w, unsigned vol, enum unlock_status status)
{
	struct job_result r = {
		.job = JOB_UNLOCK,
		.unlock = { .status = status, .code = EXIT_CODE_GENERAL, .text = "because" }
	};

	engine_job_done(w->engine, vol, &r);
}

static inline void done_verify(struct world *w, unsigned vol)
{
	struct job_result r = { .job = JOB_VERIFY, .opened = good_opened(w->disks[vol]) };

	engine_job_done(w->engine, vol, &r);
}

static inline void types(struct world *w, const char *text)
{
	w->open_prompts--;
	secret_wipe(w->prompt_secret);
	for (; *text; text++)
		secret_add(w->prompt_secret, (unsigned char)*text);
	engine_prompt_done(w->engine, PROMPT_LINE);
}

static inline void tick_at(struct world *w, uint64_t ms)
{
	w->now = ms;
	engine_tick(w->engine);
}

/* A volume as far as its prompt. */
static inline void up_to_prompt(struct world *w, unsigned vol, const char *node, unsigned devno,
				const char *uuid)
{
	device_appears(w, node, devno, uuid);
	expect(w, "header");
	done_header(w, vol, uuid);
	expect(w, "modules");
	done_modules(w, vol);
}

/* A volume with a costly keyslot, as far as its modules; what comes then depends on the memory. */
static inline void up_to_ready(struct world *w, unsigned vol, const char *node, unsigned devno,
			       const char *uuid, uint64_t mib)
{
	struct job_result r = { .job = JOB_HEADER, .disk = costly_disk(uuid, mib) };

	device_appears(w, node, devno, uuid);
	expect(w, "header");
	engine_job_done(w->engine, vol, &r);
	expect(w, "modules");
	done_modules(w, vol);
}

static inline void done_release(struct world *w, unsigned vol)
{
	struct job_result r = { .job = JOB_RELEASE };

	engine_job_done(w->engine, vol, &r);
}

static inline struct budget machine(unsigned cpus, uint64_t mib)
{
	return (struct budget){ .cpus = cpus, .memory = mib << 10, .total = mib << 11 };
}

#endif
