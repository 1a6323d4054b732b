/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Replays boots against the real engine: a fake world records what the engine asks for, one line a
 * call, and the test says what happens next.
 */
#include "base/util.h"
#include "policy/engine.h"
#include "test.h"

#include <stdio.h>

#define ROOT_UUID "11111111-1111-1111-1111-111111111111"
#define DATA_UUID "22222222-2222-2222-2222-222222222222"
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
	struct budget machine;
	bool memory_matters;  /* otherwise nothing is recorded about it */
	int reserved_without; /* JOB_RESERVE without memory, never recorded */
};

static void record(struct world *w, const char *fmt, ...) PRINTF_LIKE(2, 3);
static void record(struct world *w, const char *fmt, ...)
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

static uint64_t fake_now(void *ctx)
{
	return ((struct world *)ctx)->now;
}

static void fake_say(void *ctx, enum severity severity, const char *name, const char *text)
{
	static const char *const levels[] = { "note", "warning", "error" };

	record(ctx, "say %s %s: %s", levels[severity], name ? name : "-", text);
}

static dev_t fake_resolve(void *ctx, const char *path)
{
	(void)ctx;
	return str_eq(path, "/dev/sdx") ? 42 : 0;
}

static struct device disk(const char *node, unsigned devno, const char *uuid)
{
	struct device dev = { .devno = devno, .size = 300 << 20 };

	str_copy(dev.node, sizeof(dev.node), node);
	str_copy(dev.type, sizeof(dev.type), uuid ? "crypto_LUKS" : "ext4");
	str_copy(dev.version, sizeof(dev.version), uuid ? "2" : "");
	str_copy(dev.uuid, sizeof(dev.uuid), uuid ? uuid : "");
	return dev;
}

static void fake_list_devices(void *ctx, void (*seen)(void *arg, const struct device *), void *arg)
{
	struct device dev = disk("/dev/vdz", 9, NULL);

	(void)ctx;
	seen(arg, &dev);
}

static void fake_machine(void *ctx, struct budget *ret)
{
	struct world *w = ctx;

	*ret = w->machine.total ? w->machine :
				  (struct budget){ .cpus = 2, .memory = 4 << 20, .total = 8 << 20 };
}

static int fake_job_start(void *ctx, unsigned vol, const struct job_request *request)
{
	static const char *const names[] = {
		[JOB_HEADER] = "header",   [JOB_MODULES] = "modules", [JOB_RESERVE] = "reserve",
		[JOB_RELEASE] = "release", [JOB_UNLOCK] = "unlock",   [JOB_VERIFY] = "verify",
	};
	const struct secret *secret = request->secret;
	const struct budget *budget = &request->budget;
	enum job job = request->job;
	bool has_budget = job == JOB_RESERVE || job == JOB_UNLOCK,
	     has_file = job != JOB_UNLOCK || request->source == SOURCE_KEYFILE;
	struct world *w = ctx;
	char grant[64] = "";

	CHECK(has_file == (secret == NULL));
	if (job == JOB_RESERVE && budget->memory == 0)
		w->reserved_without++;
	if (job == JOB_RESERVE ? !w->memory_matters || budget->memory == 0 :
				 job == JOB_RELEASE && !w->memory_matters)
		return 0;
	if (w->memory_matters && has_budget)
		snprintf(grant, sizeof(grant), " with %llu MiB, %u CPUs",
			 (unsigned long long)budget->memory / 1024, budget->cpus);
	record(w, "job %s %s %s %.*s%s", w->config.volumes[vol].name, names[job], request->node,
	       has_file ? 9 : (int)secret->len,
	       has_file ? "(keyfile)" : (const char *)secret->bytes, grant);
	return w->job_error;
}

static void fake_job_kill(void *ctx, unsigned vol)
{
	struct world *w = ctx;

	record(w, "kill %s", w->config.volumes[vol].name);
}

static int fake_prompt_open(void *ctx, const struct prompt_request *request)
{
	struct world *w = ctx;

	record(w, "prompt %s \"%s\" %s", request->name, request->text, request->again);
	if (w->prompt_error)
		return w->prompt_error;
	w->open_prompts++;
	w->prompt_secret = request->secret;
	return 0;
}

static void fake_prompt_close(void *ctx)
{
	struct world *w = ctx;

	w->open_prompts--;
	record(w, "withdraw");
}

static void fake_report(void *ctx, const struct result *r)
{
	static const char *const outcomes[] = { "open", "was-open", "left", "failed" };

	record(ctx, "report %s %s %d %s", r->name, outcomes[r->outcome], (int)r->code, r->text);
}

static const struct ops fake_ops = {
	.now = fake_now,
	.say = fake_say,
	.resolve = fake_resolve,
	.list_devices = fake_list_devices,
	.machine = fake_machine,
	.job_start = fake_job_start,
	.job_kill = fake_job_kill,
	.prompt_open = fake_prompt_open,
	.prompt_close = fake_prompt_close,
	.report = fake_report,
};

/* --- the script's verbs --- */

static struct volume *volume(struct world *w, const char *name, const char *source)
{
	struct volume *v = config_add_volume(&w->config, name, "test");

	devref_parse(source, &v->source);
	v->device_wait = 30000;
	v->expect = EXPECT_ANY;
	return v;
}

static void start(struct world *w)
{
	w->read = w->log;
	w->engine = engine_new(&w->config, &fake_ops, w);
	engine_start(w->engine);
}

static void finish(struct world *w)
{
	engine_free(w->engine);
	config_free(&w->config);
}

/* The next line of the log must hold this text. */
#define expect(w, text) CHECK(expect_line(w, text))
static bool expect_line(struct world *w, const char *text)
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
static bool expect_end(struct world *w)
{
	if (!*w->read)
		return true;
	printf("# unexpected: %s", w->read);
	return false;
}

static struct disk good_disk(const char *uuid)
{
	struct disk d = { .kind = HEADER_LUKS2,
			  .header = { .sector_size = 4096, .keyslots = 1, .tag_size = 32 },
			  .superblock = { .state = SUPERBLOCK_OK, .tag_size = 32 },
			  .size = 300 << 20 };
	struct header *h = &d.header;

	str_copy(h->uuid, sizeof(h->uuid), uuid);
	str_copy(h->encryption, sizeof(h->encryption), "aes-xts-plain64");
	str_copy(h->integrity, sizeof(h->integrity), "hmac(sha256)");
	str_copy(h->dm_cipher, sizeof(h->dm_cipher), "capi:authenc(hmac(sha256),xts(aes))-plain64");
	return d;
}

static struct opened good_opened(void)
{
	struct opened o = { .crypt_present = true,
			    .dif_present = true,
			    .crypt_tag_size = 32,
			    .dif_tag_size = 32,
			    .dif_mode = 'J' };

	str_copy(o.dm_cipher, sizeof(o.dm_cipher), "capi:authenc(hmac(sha256),xts(aes))-plain64");
	str_copy(o.crypt_integrity, sizeof(o.crypt_integrity), "aead");
	str_copy(o.type, sizeof(o.type), "ext4");
	return o;
}

/* Whose only keyslot costs that much. */
static struct disk costly_disk(const char *uuid, uint64_t mib)
{
	struct disk d = good_disk(uuid);

	d.header.keyslot[0] = (struct keyslot){ .number = 0,
						.priority = KEYSLOT_NORMAL,
						.memory = mib << 10,
						.iterations = 4,
						.lanes = 4 };
	return d;
}

static void device_appears(struct world *w, const char *node, unsigned devno, const char *uuid)
{
	struct device dev = disk(node, devno, uuid);

	engine_device(w->engine, &dev);
}

static void done_header(struct world *w, unsigned vol, const char *uuid)
{
	struct job_result r = { .job = JOB_HEADER, .disk = good_disk(uuid) };

	engine_job_done(w->engine, vol, &r);
}

static void done_modules(struct world *w, unsigned vol)
{
	struct job_result r = { .job = JOB_MODULES };

	engine_job_done(w->engine, vol, &r);
}

static void done_unlock(struct world *w, unsigned vol, enum unlock_status status)
{
	struct job_result r = {
		.job = JOB_UNLOCK,
		.unlock = { .status = status, .code = EXIT_CODE_GENERAL, .text = "because" }
	};

	engine_job_done(w->engine, vol, &r);
}

static void done_verify(struct world *w, unsigned vol)
{
	struct job_result r = { .job = JOB_VERIFY, .opened = good_opened() };

	engine_job_done(w->engine, vol, &r);
}

static void types(struct world *w, const char *text)
{
	w->open_prompts--;
	secret_wipe(w->prompt_secret);
	for (; *text; text++)
		secret_add(w->prompt_secret, (unsigned char)*text);
	engine_prompt_done(w->engine, PROMPT_LINE);
}

static void tick_at(struct world *w, uint64_t ms)
{
	w->now = ms;
	engine_tick(w->engine);
}

/* A volume as far as its prompt. */
static void up_to_prompt(struct world *w, unsigned vol, const char *node, unsigned devno,
			 const char *uuid)
{
	device_appears(w, node, devno, uuid);
	expect(w, "header");
	done_header(w, vol, uuid);
	expect(w, "modules");
	done_modules(w, vol);
}

/* A volume with a costly keyslot, as far as its modules; what comes then depends on the memory. */
static void up_to_ready(struct world *w, unsigned vol, const char *node, unsigned devno,
			const char *uuid, uint64_t mib)
{
	struct job_result r = { .job = JOB_HEADER, .disk = costly_disk(uuid, mib) };

	device_appears(w, node, devno, uuid);
	expect(w, "header");
	engine_job_done(w->engine, vol, &r);
	expect(w, "modules");
	done_modules(w, vol);
}

static void done_release(struct world *w, unsigned vol)
{
	struct job_result r = { .job = JOB_RELEASE };

	engine_job_done(w->engine, vol, &r);
}

static struct budget machine(unsigned cpus, uint64_t mib)
{
	return (struct budget){ .cpus = cpus, .memory = mib << 10, .total = mib << 11 };
}

/* --- the boots --- */

TEST(late_disk_wrong_then_right)
{
	struct world w = { 0 };

	volume(&w, "root", "UUID=" ROOT_UUID);
	start(&w);
	CHECK(engine_deadline(w.engine) == 3000);
	device_appears(&w, "/dev/vda", 1, NULL);
	expect_nothing(&w);
	tick_at(&w, 3000);
	expect(&w, "say note root: waiting for the disk with UUID=" ROOT_UUID ", 27 seconds left");
	w.now = 4000;
	up_to_prompt(&w, 0, "/dev/vdb", 2, ROOT_UUID);
	expect(&w, "prompt root \"Please unlock disk root: \"");
	types(&w, "wrong");
	expect(&w, "job root unlock /dev/vdb wrong");
	done_unlock(&w, 0, UNLOCK_WRONG);
	expect(&w, "wrong passphrase; 2 more attempts");
	expect(&w, "prompt root \"Please unlock disk root: \" wrong passphrase; 2 more attempts");
	types(&w, "right");
	expect(&w, "job root unlock /dev/vdb right");
	done_unlock(&w, 0, UNLOCK_OK);
	expect(&w, "job root verify");
	CHECK(!engine_finished(w.engine));
	done_verify(&w, 0);
	expect(&w, "kill root");
	expect(&w, "report root open 0");
	expect_nothing(&w);
	CHECK(engine_finished(w.engine));
	CHECK(engine_exit_code(w.engine) == EXIT_CODE_OK);
	CHECK(w.prompt_secret->len == 0);
	CHECK(w.prompt_secret->bytes[0] == 0);
	finish(&w);
}

TEST(three_wrong_passphrases)
{
	struct world w = { 0 };

	volume(&w, "root", "UUID=" ROOT_UUID);
	start(&w);
	up_to_prompt(&w, 0, "/dev/vdb", 2, ROOT_UUID);
	for (int i = 0; i < 3; i++) {
		expect(&w, "prompt root");
		types(&w, "guess");
		expect(&w, "unlock");
		done_unlock(&w, 0, UNLOCK_WRONG);
		if (i < 2)
			expect(&w, i == 0 ? "2 more attempts" : "1 more attempt");
	}
	expect(&w, "kill root");
	expect(&w, "report root failed 2 wrong passphrase (3 attempts)");
	expect_nothing(&w);
	CHECK(engine_exit_code(w.engine) == EXIT_CODE_PASSPHRASE);
	CHECK(w.open_prompts == 0);
	finish(&w);
}

TEST(endless_tries)
{
	struct world w = { 0 };

	volume(&w, "root", "UUID=" ROOT_UUID)->tries = TRIES_ENDLESS;
	start(&w);
	up_to_prompt(&w, 0, "/dev/vdb", 2, ROOT_UUID);
	for (int i = 0; i < 20; i++) {
		expect(&w, "prompt root");
		types(&w, "guess");
		expect(&w, "unlock");
		done_unlock(&w, 0, UNLOCK_WRONG);
		expect(&w, "please try again");
	}
	expect(&w, "prompt root");
	CHECK(!engine_finished(w.engine));
	finish(&w);
}

TEST(empty_and_too_long_cost_no_try)
{
	struct world w = { 0 };

	volume(&w, "root", "UUID=" ROOT_UUID)->tries = 1;
	start(&w);
	up_to_prompt(&w, 0, "/dev/vdb", 2, ROOT_UUID);
	expect(&w, "prompt root");
	types(&w, "");
	expect(&w, "an empty passphrase was not tried");
	expect(&w, "prompt root");
	w.open_prompts--;
	engine_prompt_done(w.engine, PROMPT_TOO_LONG);
	expect(&w, "longer than 512 bytes");
	expect(&w, "prompt root");
	types(&w, "x");
	expect(&w, "unlock");
	finish(&w);
}

TEST(no_such_disk)
{
	struct world w = { 0 };

	volume(&w, "root", "UUID=" ROOT_UUID);
	start(&w);
	tick_at(&w, 30000);
	expect(&w, "kill root");
	expect(&w, "report root failed 6 no disk with UUID=" ROOT_UUID
		   " appeared within 30 seconds. Disks seen: /dev/vdz (ext4, 300 MiB)");
	CHECK(engine_exit_code(w.engine) == EXIT_CODE_TIMEOUT);
	CHECK(engine_deadline(w.engine) == UINT64_MAX);
	finish(&w);
}

TEST(waits_for_ever_when_told_so)
{
	struct world w = { 0 };

	volume(&w, "root", "UUID=" ROOT_UUID)->device_wait = WAIT_FOREVER;
	start(&w);
	tick_at(&w, 86400000);
	expect(&w, "waiting for the disk with");
	expect_nothing(&w);
	CHECK(!engine_finished(w.engine));
	finish(&w);
}

TEST(one_passphrase_for_two_volumes)
{
	struct world w = { 0 };

	volume(&w, "root", "UUID=" ROOT_UUID);
	volume(&w, "data", "UUID=" DATA_UUID);
	start(&w);
	up_to_prompt(&w, 0, "/dev/vda", 1, ROOT_UUID);
	expect(&w, "prompt root");
	up_to_prompt(&w, 1, "/dev/vdb", 2, DATA_UUID);
	expect_nothing(&w); /* one prompt at a time */
	types(&w, "same");
	expect(&w, "job root unlock /dev/vda same");
	done_unlock(&w, 0, UNLOCK_OK);
	expect(&w, "job root verify");
	expect(&w, "job data unlock /dev/vdb same");
	done_verify(&w, 0);
	expect(&w, "kill root");
	expect(&w, "report root open");
	done_unlock(&w, 1, UNLOCK_OK);
	expect(&w, "job data verify");
	CHECK(w.prompt_secret->len == 0); /* nobody needs it any more */
	done_verify(&w, 1);
	expect(&w, "kill data");
	expect(&w, "report data open");
	CHECK(engine_exit_code(w.engine) == EXIT_CODE_OK);
	finish(&w);
}

TEST(other_passphrase_for_second_volume)
{
	struct world w = { 0 };

	volume(&w, "root", "UUID=" ROOT_UUID);
	volume(&w, "data", "UUID=" DATA_UUID);
	start(&w);
	up_to_prompt(&w, 0, "/dev/vda", 1, ROOT_UUID);
	expect(&w, "prompt root");
	types(&w, "one");
	expect(&w, "job root unlock");
	done_unlock(&w, 0, UNLOCK_OK);
	expect(&w, "job root verify");
	done_verify(&w, 0);
	expect(&w, "kill root");
	expect(&w, "report root open");
	/* The second disk comes late; the passphrase is still there for it. */
	up_to_prompt(&w, 1, "/dev/vdb", 2, DATA_UUID);
	expect(&w, "job data unlock /dev/vdb one");
	done_unlock(&w, 1, UNLOCK_WRONG);
	expect(&w, "prompt data"); /* no "wrong passphrase": nobody typed it for this one */
	CHECK(w.prompt_secret->len == 0);
	types(&w, "two");
	expect(&w, "job data unlock /dev/vdb two");
	finish(&w);
}

TEST(failure_of_one_does_not_stop_the_other)
{
	struct world w = { 0 };
	struct job_result r = { .job = JOB_HEADER, .disk = { .kind = HEADER_NOT_LUKS } };

	volume(&w, "data", "UUID=" DATA_UUID)->nofail = true;
	volume(&w, "root", "UUID=" ROOT_UUID);
	start(&w);
	device_appears(&w, "/dev/vdb", 2, DATA_UUID);
	expect(&w, "job data header");
	engine_job_done(w.engine, 0, &r);
	expect(&w, "kill data");
	expect(&w, "report data failed 4");
	up_to_prompt(&w, 1, "/dev/vda", 1, ROOT_UUID);
	expect(&w, "prompt root");
	types(&w, "x");
	expect(&w, "job root unlock");
	done_unlock(&w, 1, UNLOCK_OK);
	expect(&w, "job root verify");
	done_verify(&w, 1);
	CHECK(engine_finished(w.engine));
	CHECK(engine_exit_code(w.engine) == EXIT_CODE_OK);
	finish(&w);
}

TEST(keyfile_then_prompt)
{
	struct world w = { 0 };

	volume(&w, "root", "UUID=" ROOT_UUID)->keyfile = xstrdup("/etc/key");
	start(&w);
	up_to_prompt(&w, 0, "/dev/vdb", 2, ROOT_UUID);
	expect(&w, "job root unlock /dev/vdb (keyfile)");
	done_unlock(&w, 0, UNLOCK_WRONG);
	expect(&w, "the key file /etc/key opens no keyslot");
	expect(&w, "prompt root");
	finish(&w);
}

TEST(headless_never_asks)
{
	struct world w = { 0 };

	volume(&w, "root", "UUID=" ROOT_UUID)->headless = true;
	start(&w);
	up_to_prompt(&w, 0, "/dev/vdb", 2, ROOT_UUID);
	expect(&w, "kill root");
	expect(&w, "report root failed 2 no key opened /dev/vdb");
	finish(&w);
}

TEST(empty_passphrase_when_asked_for)
{
	struct world w = { 0 };

	volume(&w, "root", "UUID=" ROOT_UUID)->try_empty = true;
	start(&w);
	up_to_prompt(&w, 0, "/dev/vdb", 2, ROOT_UUID);
	expect(&w, "job root unlock /dev/vdb ");
	done_unlock(&w, 0, UNLOCK_WRONG);
	expect(&w, "prompt root");
	finish(&w);
}

/* The empty passphrase has a buffer of its own: a prompt stays open, and what opened another volume
 * is tried next. */
TEST(empty_passphrase_beside_others)
{
	struct world w = { 0 };

	volume(&w, "root", "UUID=" ROOT_UUID);
	volume(&w, "data", "UUID=" DATA_UUID)->try_empty = true;
	start(&w);
	up_to_prompt(&w, 0, "/dev/vda", 1, ROOT_UUID);
	expect(&w, "prompt root");
	up_to_prompt(&w, 1, "/dev/vdb", 2, DATA_UUID);
	expect(&w, "job data unlock /dev/vdb ");
	expect_nothing(&w);
	types(&w, "typed");
	expect(&w, "job root unlock /dev/vda typed");
	done_unlock(&w, 1, UNLOCK_WRONG);
	expect_nothing(&w);
	done_unlock(&w, 0, UNLOCK_OK);
	expect(&w, "job root verify");
	expect(&w, "job data unlock /dev/vdb typed");
	finish(&w);
}

TEST(end_of_console)
{
	struct world w = { 0 };

	volume(&w, "root", "UUID=" ROOT_UUID);
	start(&w);
	up_to_prompt(&w, 0, "/dev/vdb", 2, ROOT_UUID);
	expect(&w, "prompt root");
	engine_prompt_done(w.engine, PROMPT_EOF);
	expect(&w, "kill root");
	expect(&w, "report root failed 2 the console was closed");
	finish(&w);
}

TEST(ctrl_c)
{
	struct world w = { 0 };

	volume(&w, "root", "UUID=" ROOT_UUID);
	start(&w);
	up_to_prompt(&w, 0, "/dev/vdb", 2, ROOT_UUID);
	expect(&w, "prompt root");
	engine_prompt_done(w.engine, PROMPT_CANCEL);
	expect(&w, "kill root");
	expect(&w, "report root failed 2 the passphrase prompt for /dev/vdb was cancelled");
	finish(&w);
}

TEST(signal_while_asking)
{
	struct world w = { 0 };

	volume(&w, "root", "UUID=" ROOT_UUID);
	start(&w);
	up_to_prompt(&w, 0, "/dev/vdb", 2, ROOT_UUID);
	expect(&w, "prompt root");
	engine_interrupt(w.engine, "interrupted");
	expect(&w, "withdraw");
	expect(&w, "kill root");
	expect(&w, "report root failed 1 interrupted");
	CHECK(engine_finished(w.engine));
	CHECK(w.open_prompts == 0);
	finish(&w);
}

TEST(prompt_times_out)
{
	struct world w = { 0 };

	volume(&w, "root", "UUID=" ROOT_UUID)->prompt_wait = 5000;
	start(&w);
	up_to_prompt(&w, 0, "/dev/vdb", 2, ROOT_UUID);
	expect(&w, "prompt root");
	CHECK(engine_deadline(w.engine) == 5000);
	tick_at(&w, 5000);
	expect(&w, "withdraw");
	expect(&w, "kill root");
	expect(&w,
	       "report root failed 6 the passphrase of /dev/vdb was not typed within 5 seconds");
	finish(&w);
}

TEST(disk_pulled_while_asking)
{
	struct world w = { 0 };

	volume(&w, "root", "UUID=" ROOT_UUID);
	start(&w);
	up_to_prompt(&w, 0, "/dev/sdb", 2, ROOT_UUID);
	expect(&w, "prompt root");
	engine_device_gone(w.engine, "/dev/sdb");
	expect(&w, "/dev/sdb was removed; waiting until it is back");
	expect(&w, "withdraw");
	expect(&w, "kill root");
	up_to_prompt(&w, 0, "/dev/sdc", 3, ROOT_UUID);
	expect(&w, "prompt root");
	types(&w, "x");
	expect(&w, "job root unlock /dev/sdc x");
	finish(&w);
}

TEST(answer_of_a_job_that_no_longer_counts)
{
	struct world w = { 0 };

	volume(&w, "root", "UUID=" ROOT_UUID);
	start(&w);
	device_appears(&w, "/dev/sdb", 2, ROOT_UUID);
	expect(&w, "job root header");
	engine_device_gone(w.engine, "/dev/sdb");
	expect(&w, "was removed");
	expect(&w, "kill root");
	done_header(&w, 0, ROOT_UUID);
	expect_nothing(&w);
	finish(&w);
}

TEST(worker_dies)
{
	struct world w = { 0 };
	struct job_result r = { .job = JOB_UNLOCK, .died = true, .signal = 9 };

	volume(&w, "root", "UUID=" ROOT_UUID);
	start(&w);
	up_to_prompt(&w, 0, "/dev/vdb", 2, ROOT_UUID);
	expect(&w, "prompt root");
	types(&w, "x");
	expect(&w, "unlock");
	engine_job_done(w.engine, 0, &r);
	expect(&w, "kill root");
	expect(&w,
	       "report root failed 3 the process that opens /dev/vdb was killed: most likely the machine ran out of memory");
	CHECK(w.prompt_secret->len == 0);
	finish(&w);
}

TEST(worker_cannot_start)
{
	struct world w = { .job_error = -ENOMEM };

	volume(&w, "root", "UUID=" ROOT_UUID);
	start(&w);
	device_appears(&w, "/dev/vdb", 2, ROOT_UUID);
	expect(&w, "header");
	expect(&w, "kill root");
	expect(&w, "report root failed 3");
	finish(&w);
}

TEST(no_console_at_all)
{
	struct world w = { .prompt_error = -ENOTTY };

	volume(&w, "root", "UUID=" ROOT_UUID);
	start(&w);
	up_to_prompt(&w, 0, "/dev/vdb", 2, ROOT_UUID);
	expect(&w, "prompt root");
	expect(&w, "kill root");
	expect(&w, "report root failed 2 there is no console");
	finish(&w);
}

TEST(missing_module_is_named_when_the_unlock_fails)
{
	struct world w = { 0 };
	struct job_result r = { .job = JOB_MODULES };

	str_copy(r.modules.missing, sizeof(r.modules.missing), "aegis128");
	volume(&w, "root", "UUID=" ROOT_UUID);
	start(&w);
	device_appears(&w, "/dev/vdb", 2, ROOT_UUID);
	expect(&w, "header");
	done_header(&w, 0, ROOT_UUID);
	/* Asked for before they are loaded. */
	expect(&w, "modules");
	expect(&w, "prompt root");
	engine_job_done(w.engine, 0, &r);
	expect(&w, "say warning root: this kernel seems to have no aegis128");
	types(&w, "x");
	expect(&w, "unlock");
	done_unlock(&w, 0, UNLOCK_FAILED);
	expect(&w, "kill root");
	expect(&w, "report root failed 1 because No module for aegis128 was found");
	finish(&w);
}

TEST(already_open)
{
	struct world w = { 0 };
	struct job_result r = { .job = JOB_HEADER, .disk = good_disk(ROOT_UUID) };

	r.disk.active = ACTIVE_SAME;
	volume(&w, "root", "UUID=" ROOT_UUID);
	start(&w);
	device_appears(&w, "/dev/vda", 1, ROOT_UUID);
	expect(&w, "header");
	engine_job_done(w.engine, 0, &r);
	expect(&w, "job root verify");
	done_verify(&w, 0);
	expect(&w, "kill root");
	expect(&w, "report root was-open 0");
	CHECK(engine_finished(w.engine));
	finish(&w);
}

TEST(already_open_without_integrity_is_refused)
{
	struct world w = { 0 };
	struct job_result header = { .job = JOB_HEADER, .disk = good_disk(ROOT_UUID) };
	struct job_result verify = { .job = JOB_VERIFY, .opened = good_opened() };

	header.disk.active = ACTIVE_SAME;
	verify.opened.dif_present = false;
	volume(&w, "root", "UUID=" ROOT_UUID);
	start(&w);
	device_appears(&w, "/dev/vda", 1, ROOT_UUID);
	expect(&w, "header");
	engine_job_done(w.engine, 0, &header);
	expect(&w, "verify");
	engine_job_done(w.engine, 0, &verify);
	expect(&w, "kill root");
	expect(&w, "report root failed 7");
	finish(&w);
}

TEST(two_disks_with_one_uuid)
{
	struct world w = { 0 };

	volume(&w, "root", "UUID=" ROOT_UUID);
	start(&w);
	up_to_prompt(&w, 0, "/dev/vda", 1, ROOT_UUID);
	expect(&w, "prompt root");
	device_appears(&w, "/dev/vdb", 2, ROOT_UUID);
	expect(&w, "/dev/vda and /dev/vdb have the same UUID");
	device_appears(&w, "/dev/vdb", 2, ROOT_UUID);
	expect_nothing(&w);
	finish(&w);
}

TEST(path_through_symlink)
{
	struct world w = { 0 };

	volume(&w, "root", "/dev/sdx");
	start(&w);
	device_appears(&w, "/dev/vdb", 42, ROOT_UUID);
	expect(&w, "job root header /dev/vdb");
	finish(&w);
}

TEST(no_integrity_is_refused_before_any_prompt)
{
	struct world w = { 0 };
	struct job_result r = { .job = JOB_HEADER, .disk = good_disk(ROOT_UUID) };

	r.disk.header.integrity[0] = '\0';
	volume(&w, "root", "UUID=" ROOT_UUID);
	start(&w);
	device_appears(&w, "/dev/vda", 1, ROOT_UUID);
	expect(&w, "header");
	engine_job_done(w.engine, 0, &r);
	expect(&w, "kill root");
	expect(&w, "report root failed 7");
	expect_nothing(&w);
	finish(&w);
}

TEST(opened_without_integrity_is_refused)
{
	struct world w = { 0 };
	struct job_result r = { .job = JOB_VERIFY, .opened = good_opened() };

	r.opened.crypt_tag_size = 0;
	volume(&w, "root", "UUID=" ROOT_UUID);
	start(&w);
	up_to_prompt(&w, 0, "/dev/vda", 1, ROOT_UUID);
	expect(&w, "prompt");
	types(&w, "x");
	expect(&w, "unlock");
	done_unlock(&w, 0, UNLOCK_OK);
	expect(&w, "verify");
	engine_job_done(w.engine, 0, &r);
	expect(&w, "kill root");
	expect(&w, "report root failed 7");
	finish(&w);
}

TEST(tampered_superblock)
{
	struct world w = { 0 };
	struct job_result r = { .job = JOB_VERIFY, .opened = good_opened() };

	r.opened.type[0] = '\0';
	r.opened.read_failed = true;
	r.opened.read_err = EILSEQ;
	r.opened.read_sector = 2;
	volume(&w, "root", "UUID=" ROOT_UUID);
	start(&w);
	up_to_prompt(&w, 0, "/dev/vda", 1, ROOT_UUID);
	expect(&w, "prompt");
	types(&w, "x");
	expect(&w, "unlock");
	done_unlock(&w, 0, UNLOCK_OK);
	expect(&w, "verify");
	engine_job_done(w.engine, 0, &r);
	expect(&w, "kill root");
	expect(&w, "report root failed 8");
	CHECK(strstr(w.log, "sector 2") != NULL);
	finish(&w);
}

/* The passphrase of the first opens the others side by side, when there is memory for them, … */
TEST(one_passphrase_side_by_side)
{
	struct world w = { .machine = machine(8, 4096), .memory_matters = true };

	volume(&w, "root", "UUID=" ROOT_UUID);
	volume(&w, "data", "UUID=" DATA_UUID);
	volume(&w, "more", "UUID=" MORE_UUID);
	start(&w);
	up_to_ready(&w, 0, "/dev/vda", 1, ROOT_UUID, 1024);
	expect(&w, "prompt root");
	expect(&w, "job root reserve /dev/vda (keyfile) with 1024 MiB, 8 CPUs");
	up_to_ready(&w, 1, "/dev/vdb", 2, DATA_UUID, 1024);
	expect(&w, "job data reserve /dev/vdb (keyfile) with 1024 MiB, 8 CPUs");
	up_to_ready(&w, 2, "/dev/vdc", 3, MORE_UUID, 1024);
	expect(&w, "job more reserve /dev/vdc (keyfile) with 1024 MiB, 8 CPUs"); /* a quarter stays
										    free */
	types(&w, "same");
	expect(&w, "job root unlock /dev/vda same with 1024 MiB, 8 CPUs");
	expect_nothing(&w);
	done_unlock(&w, 0, UNLOCK_OK);
	expect(&w, "job root verify");
	expect(&w, "job data unlock /dev/vdb same with 1024 MiB, 8 CPUs");
	expect(&w, "job more unlock /dev/vdc same with 1024 MiB, 4 CPUs");
	done_unlock(&w, 2, UNLOCK_OK);
	expect(&w, "job more verify");
	CHECK(w.prompt_secret->len == 4); /* the other still reads it */
	done_unlock(&w, 1, UNLOCK_OK);
	expect(&w, "job data verify");
	CHECK(w.prompt_secret->len == 0);
	finish(&w);
}

/* … and one after the other when there is not. */
TEST(one_passphrase_in_turn)
{
	struct world w = { .machine = machine(8, 1600), .memory_matters = true };

	volume(&w, "root", "UUID=" ROOT_UUID);
	volume(&w, "data", "UUID=" DATA_UUID);
	volume(&w, "more", "UUID=" MORE_UUID);
	start(&w);
	up_to_ready(&w, 0, "/dev/vda", 1, ROOT_UUID, 1024);
	expect(&w, "prompt root");
	expect(&w, "job root reserve");
	up_to_ready(&w, 1, "/dev/vdb", 2, DATA_UUID, 1024);
	up_to_ready(&w, 2, "/dev/vdc", 3, MORE_UUID, 1024);
	expect_nothing(&w); /* no memory to reserve for them */
	types(&w, "same");
	expect(&w, "job root unlock");
	done_unlock(&w, 0, UNLOCK_OK);
	expect(&w, "job root verify");
	expect(&w, "job data unlock /dev/vdb same with 1024 MiB");
	expect_nothing(&w);
	CHECK(w.prompt_secret->len == 4);
	done_unlock(&w, 1, UNLOCK_WRONG);
	expect(&w, "job more unlock /dev/vdc same with 1024 MiB");
	expect_nothing(&w); /* data is not asked for while more may need what was typed */
	done_unlock(&w, 2, UNLOCK_OK);
	expect(&w, "job more verify");
	expect(&w, "prompt data");
	expect(&w, "job data reserve");
	finish(&w);
}

/* A prompt's memory, got ahead of time, is not kept from a volume that could go on now. */
TEST(memory_is_given_back)
{
	struct world w = { .machine = machine(2, 1600), .memory_matters = true };

	volume(&w, "root", "UUID=" ROOT_UUID);
	volume(&w, "data", "UUID=" DATA_UUID)->keyfile = xstrdup("/etc/key");
	start(&w);
	up_to_ready(&w, 0, "/dev/vda", 1, ROOT_UUID, 1024);
	expect(&w, "prompt root");
	expect(&w, "job root reserve /dev/vda (keyfile) with 1024 MiB");
	up_to_ready(&w, 1, "/dev/vdb", 2, DATA_UUID, 1024);
	expect(&w, "job root release");
	engine_tick(w.engine);
	expect_nothing(&w); /* asked once */
	done_release(&w, 0);
	expect(&w, "job data unlock /dev/vdb (keyfile) with 1024 MiB");
	expect_nothing(&w);
	/* The passphrase comes in the meantime: it waits, too. */
	types(&w, "right");
	expect_nothing(&w);
	CHECK(w.prompt_secret->len == 5);
	done_unlock(&w, 1, UNLOCK_OK);
	expect(&w, "job data verify");
	expect(&w, "job root unlock /dev/vda right with 1024 MiB");
	finish(&w);
}

/* The same when the person is faster than the release. */
TEST(typed_while_memory_is_given_back)
{
	struct world w = { .machine = machine(2, 1600), .memory_matters = true };

	volume(&w, "root", "UUID=" ROOT_UUID);
	volume(&w, "data", "UUID=" DATA_UUID)->keyfile = xstrdup("/etc/key");
	start(&w);
	up_to_ready(&w, 0, "/dev/vda", 1, ROOT_UUID, 1024);
	expect(&w, "prompt root");
	expect(&w, "job root reserve");
	up_to_ready(&w, 1, "/dev/vdb", 2, DATA_UUID, 1024);
	expect(&w, "job root release");
	types(&w, "right");
	expect_nothing(&w);
	done_release(&w, 0);
	expect(&w, "job root unlock /dev/vda right with 1024 MiB");
	expect_nothing(&w);
	done_unlock(&w, 0, UNLOCK_WRONG);
	expect(&w, "wrong passphrase");
	expect(&w, "job data unlock /dev/vdb (keyfile)");
	expect(&w, "prompt root");
	expect_nothing(&w); /* and nothing is reserved: data has the memory */
	done_unlock(&w, 1, UNLOCK_OK);
	expect(&w, "job data verify");
	expect(&w, "job root reserve");
	finish(&w);
}

/* More than there is is tried with all there is: the worker decides what that is good for. */
TEST(more_than_the_machine_has)
{
	struct world w = { .machine = machine(2, 512), .memory_matters = true };
	struct job_result r = {
		.job = JOB_UNLOCK,
		.unlock = { .status = UNLOCK_FAILED, .code = EXIT_CODE_MEMORY, .text = "too much" }
	};

	volume(&w, "root", "UUID=" ROOT_UUID);
	start(&w);
	up_to_ready(&w, 0, "/dev/vda", 1, ROOT_UUID, 700);
	expect(&w, "prompt root");
	expect_nothing(&w);
	engine_tick(w.engine);
	CHECK_INT(w.reserved_without, 1); /* all but the memory, once */
	types(&w, "x");
	expect(&w, "job root unlock /dev/vda x with 512 MiB");
	engine_job_done(w.engine, 0, &r);
	expect(&w, "kill root");
	expect(&w, "report root failed 3 too much");
	finish(&w);
}

/* Said once, and again at the end. */
TEST(left_out_keyslots_are_named)
{
	struct world w = { 0 };
	struct job_result r = { .job = JOB_UNLOCK,
				.unlock = { .status = UNLOCK_WRONG,
					    .left = "keyslot 1 asks for 3.9 TiB" } };

	volume(&w, "root", "UUID=" ROOT_UUID)->tries = 2;
	start(&w);
	up_to_prompt(&w, 0, "/dev/vda", 1, ROOT_UUID);
	expect(&w, "prompt root");
	types(&w, "x");
	expect(&w, "unlock");
	engine_job_done(w.engine, 0, &r);
	expect(&w,
	       "say warning root: not every keyslot of /dev/vda was tried: keyslot 1 asks for 3.9 TiB");
	expect(&w, "1 more attempt");
	expect(&w, "prompt root");
	types(&w, "y");
	expect(&w, "unlock");
	engine_job_done(w.engine, 0, &r);
	expect(&w, "kill root");
	expect(&w,
	       "report root failed 2 wrong passphrase (2 attempts), but not every keyslot of /dev/vda was tried: keyslot 1 asks for 3.9 TiB");
	finish(&w);
}

/* Also while nothing was asked of it. */
TEST(idle_worker_dies)
{
	struct world w = { 0 };
	struct job_result r = { .job = JOB_RESERVE, .died = true, .signal = 11 };

	volume(&w, "root", "UUID=" ROOT_UUID);
	start(&w);
	up_to_prompt(&w, 0, "/dev/vda", 1, ROOT_UUID);
	expect(&w, "prompt root");
	engine_job_done(w.engine, 0, &r);
	expect(&w, "withdraw");
	expect(&w, "kill root");
	expect(&w,
	       "report root failed 1 the process that opens /dev/vda ended unexpectedly (signal 11)");
	CHECK(engine_finished(w.engine));
	finish(&w);
}

TEST_MAIN(late_disk_wrong_then_right, three_wrong_passphrases, endless_tries,
	  empty_and_too_long_cost_no_try, no_such_disk, waits_for_ever_when_told_so,
	  one_passphrase_for_two_volumes, other_passphrase_for_second_volume,
	  failure_of_one_does_not_stop_the_other, keyfile_then_prompt, headless_never_asks,
	  empty_passphrase_when_asked_for, empty_passphrase_beside_others, end_of_console, ctrl_c,
	  signal_while_asking, prompt_times_out, disk_pulled_while_asking,
	  answer_of_a_job_that_no_longer_counts, worker_dies, worker_cannot_start,
	  no_console_at_all, missing_module_is_named_when_the_unlock_fails, already_open,
	  already_open_without_integrity_is_refused, two_disks_with_one_uuid, path_through_symlink,
	  no_integrity_is_refused_before_any_prompt, opened_without_integrity_is_refused,
	  tampered_superblock, one_passphrase_side_by_side, one_passphrase_in_turn,
	  memory_is_given_back, typed_while_memory_is_given_back, more_than_the_machine_has,
	  left_out_keyslots_are_named, idle_worker_dies)
