/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a person reads after Enter while a job waits for the TPM, or reads all integrity tags. */
#include "policy/world.h"

static void up_to_job(struct world *w)
{
	(void)volume(w, "root", "UUID=" ROOT_UUID);
	start(w);
	up_to_prompt(w, 0, "/dev/vda", 1, ROOT_UUID);
	expect(w, "prompt");
	types(w, "secret");
	expect(w, "job root unlock");
}

static void waits(struct world *w, enum job job, enum delay delay, uint64_t done, uint64_t total)
{
	struct job_result r = { .job = job,
				.unfinished = true,
				.progress = { delay, done, total } };

	engine_job_done(w->engine, 0, &r);
}

#define TELL 1000
#define TAGS (2u << 30)
#define COMPARED "say note root: the disk is being compared with its state at the last shutdown"

TEST(tags)
{
	struct world w = { .now = 5000 };

	up_to_job(&w);
	waits(&w, JOB_UNLOCK, DELAY_TAGS, TAGS / 2, TAGS);
	CHECK(engine_deadline(w.engine) == w.now + TELL);
	tick_at(&w, 5999);
	expect_nothing(&w);
	/* A quarter in one second: the rest takes another one. */
	waits(&w, JOB_UNLOCK, DELAY_TAGS, TAGS / 4 * 3, TAGS);
	tick_at(&w, 6000);
	expect(&w, COMPARED ": 74 % of 2 GiB of integrity tags are read, about 1 second left");
	tick_at(&w, 6001);
	expect_nothing(&w);
	CHECK(engine_deadline(w.engine) == 9000);
	/* A disk that is slower than it seemed. */
	waits(&w, JOB_UNLOCK, DELAY_TAGS, TAGS / 4 * 3 + TAGS / 100, TAGS);
	tick_at(&w, 9000);
	expect(&w, COMPARED ": 75 % of 2 GiB of integrity tags are read, about 4 seconds left");
	waits(&w, JOB_UNLOCK, DELAY_NONE, 0, 0);
	CHECK(engine_deadline(w.engine) == UINT64_MAX);
	done_unlock(&w, 0, UNLOCK_OK);
	expect(&w, "job root verify");
	done_verify(&w, 0);
	tick_at(&w, 60000);
	expect(&w, "kill root");
	expect(&w, "report root open");
	expect_nothing(&w);
	finish(&w);
}

TEST(nothing_is_known)
{
	struct world w = { 0 };

	up_to_job(&w);
	waits(&w, JOB_UNLOCK, DELAY_TAGS, 0, 0);
	tick_at(&w, 1000);
	expect(&w, COMPARED);
	expect_nothing(&w);
	/* As much as before. */
	waits(&w, JOB_UNLOCK, DELAY_TAGS, 0, TAGS);
	tick_at(&w, 4000);
	expect(&w, COMPARED ": 0 % of 2 GiB of integrity tags are read");
	CHECK(!strstr(w.log, "left"));
	/* No disk that lies about its size makes a wrong number. */
	waits(&w, JOB_UNLOCK, DELAY_TAGS, TAGS, TAGS - 4096);
	tick_at(&w, 7000);
	expect(&w, COMPARED ": ");
	CHECK(!strstr(w.log, "left"));
	finish(&w);
}

TEST(many_minutes)
{
	struct world w = { 0 };
	unsigned lines = 0;

	up_to_job(&w);
	for (unsigned second = 0; second <= 600; second++) {
		waits(&w, JOB_UNLOCK, DELAY_TAGS, second << 20, 600 << 20);
		tick_at(&w, second * 1000);
		lines += strstr(w.read, COMPARED) != NULL;
		w.read += strlen(w.read);
	}
	/* Each three seconds at first, each ten seconds later. */
	CHECK_INT(lines, 11 + 56);
	finish(&w);
}

TEST(tpm)
{
	struct world w = { 0 };

	up_to_job(&w);
	waits(&w, JOB_UNLOCK, DELAY_TPM, 0, 0);
	tick_at(&w, 999);
	expect_nothing(&w);
	tick_at(&w, 1000);
	expect(&w, "say note root: waiting for the TPM's answer, for 1 s so far");
	tick_at(&w, 4000);
	expect(&w, "say note root: waiting for the TPM's answer, for 4 s so far");
	/* Then the tags are read: from here on it counts anew. */
	waits(&w, JOB_UNLOCK, DELAY_TAGS, 0, TAGS);
	tick_at(&w, 4999);
	expect_nothing(&w);
	tick_at(&w, 5000);
	expect(&w, COMPARED);
	/* A wrong passphrase: nothing is waited for while a person types. */
	done_unlock(&w, 0, UNLOCK_WRONG);
	expect(&w, "wrong passphrase");
	expect(&w, "prompt");
	tick_at(&w, 90000);
	expect_nothing(&w);
	finish(&w);
}

/* It comes late, from a job that was ended; and beside a disk that does not answer. */
TEST(others)
{
	struct world w = { .now = 5000 };

	up_to_job(&w);
	waits(&w, JOB_VERIFY, DELAY_TPM, 0, 0);
	CHECK(engine_deadline(w.engine) == UINT64_MAX);
	waits(&w, JOB_UNLOCK, DELAY_TAGS, 0, TAGS);
	engine_device_silent(w.engine, "/dev/vda", true);
	expect(&w, "/dev/vda does not answer; waiting until it does");
	tick_at(&w, 6000);
	expect_nothing(&w);
	engine_device_silent(w.engine, "/dev/vda", false);
	expect(&w, "answers again");
	tick_at(&w, 9000);
	expect(&w, COMPARED);
	engine_device_silent(w.engine, "/dev/vda", true);
	expect(&w, "does not answer");
	tick_at(&w, 39000);
	expect(&w, "kill root");
	expect(&w, "report root failed 6 /dev/vda stopped answering");
	finish(&w);
}

TEST_MAIN(tags, nothing_is_known, many_minutes, tpm, others)
