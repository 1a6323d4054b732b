/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Boots from a disk that is older than it should be, and the person who may know why. */
#include "policy/accept.h"
#include "policy/world.h"

#define QUESTION "Did you restore disk root from a backup yourself? Then type accept"

/* The secret is right, and the disk is refused before it is open. */
static void stale(struct world *w, unsigned vol)
{
	struct job_result r = { .job = JOB_UNLOCK,
				.unlock = { .status = UNLOCK_STALE,
					    .fresh = { FRESH_STALE, "it is no. 41" } } };

	engine_job_done(w->engine, vol, &r);
}

/* It is open, and its file system says so. */
static void stale_root(struct world *w, unsigned vol)
{
	struct job_result r = { .job = JOB_VERIFY, .opened = good_opened(w->disks[vol]) };

	r.opened.fresh = (struct fresh_verdict){ FRESH_STALE, "the data is not current" };
	engine_job_done(w->engine, vol, &r);
}

static void closed(struct world *w, unsigned vol, int err)
{
	struct job_result r = { .job = JOB_CLOSE, .close_err = err };

	engine_job_done(w->engine, vol, &r);
}

static struct volume *up_to_refusal(struct world *w)
{
	struct volume *v = volume(w, "root", "UUID=" ROOT_UUID);

	start(w);
	up_to_prompt(w, 0, "/dev/vda", 1, ROOT_UUID);
	expect(w, "prompt root \"Please unlock");
	types(w, "secret");
	expect(w, "job root unlock");
	stale(w, 0);
	return v;
}

TEST(nothing_is_typed)
{
	struct world w = { 0 };

	up_to_refusal(&w);
	expect(&w, "say error root: it is no. 41");
	expect(&w, "prompt root \"" QUESTION);
	CHECK(engine_deadline(w.engine) == w.now + ACCEPT_WAIT_MS);
	tick_at(&w, w.now + ACCEPT_WAIT_MS);
	expect(&w, "withdraw");
	expect(&w, "kill root");
	expect(&w, "report root failed 7 it is no. 41");
	expect_nothing(&w);
	CHECK_INT(engine_exit_code(w.engine), EXIT_CODE_REFUSED);
	finish(&w);
}

TEST(other_answers)
{
	static const char *const answers[] = { "", "secret", "Accept", "accept ", "accep" };

	for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
		struct world w = { 0 };

		up_to_refusal(&w);
		expect(&w, "it is no. 41");
		expect(&w, "prompt");
		types(&w, answers[i]);
		expect(&w, "kill root");
		expect(&w, "report root failed 7 it is no. 41");
		expect_nothing(&w);
		finish(&w);
	}
}

TEST(prompt_is_cancelled)
{
	struct world w = { 0 };

	up_to_refusal(&w);
	expect(&w, "it is no. 41");
	expect(&w, "prompt");
	w.open_prompts--;
	engine_prompt_done(w.engine, PROMPT_CANCEL);
	expect(&w, "kill root");
	expect(&w, "report root failed 7");
	finish(&w);
}

/* The word, then the passphrase once more; and only that: no key file, no other secret. */
TEST(accepted)
{
	struct world w = { 0 };

	up_to_refusal(&w)->try_empty = true;
	expect(&w, "it is no. 41");
	expect(&w, "prompt root \"" QUESTION);
	types(&w, "accept");
	expect(&w, "becomes the current one when its passphrase is typed once more");
	expect(&w, "prompt root \"Please unlock disk root");
	types(&w, "wrong");
	expect(&w, "job root unlock (accept) /dev/vda wrong");
	done_unlock(&w, 0, UNLOCK_WRONG);
	expect(&w, "2 more attempts");
	expect(&w, "prompt root \"Please unlock disk root");
	types(&w, "secret");
	expect(&w, "job root unlock (accept) /dev/vda secret");
	done_unlock(&w, 0, UNLOCK_OK);
	expect(&w, "verify");
	done_verify(&w, 0);
	expect(&w, "kill root");
	expect(&w, "report root open 0");
	finish(&w);
}

/* Nobody can be asked. */
TEST(headless)
{
	struct world w = { 0 };
	struct volume *v = volume(&w, "root", "UUID=" ROOT_UUID);

	v->headless = true;
	v->try_empty = true;
	start(&w);
	device_appears(&w, "/dev/vda", 1, ROOT_UUID);
	expect(&w, "header");
	done_header(&w, 0, ROOT_UUID);
	expect(&w, "modules");
	expect(&w, "job root unlock");
	stale(&w, 0);
	expect(&w, "kill root");
	expect(&w, "report root failed 7 it is no. 41");
	expect_nothing(&w);
	finish(&w);
}

TEST(no_console)
{
	struct world w = { 0 };

	volume(&w, "root", "UUID=" ROOT_UUID);
	start(&w);
	up_to_prompt(&w, 0, "/dev/vda", 1, ROOT_UUID);
	expect(&w, "prompt root");
	types(&w, "secret");
	expect(&w, "job root unlock");
	w.prompt_error = -ENOTTY;
	stale(&w, 0);
	expect(&w, "it is no. 41");
	expect(&w, "prompt");
	expect(&w, "kill root");
	expect(&w, "report root failed 7 it is no. 41");
	finish(&w);
}

/* Its mapping is closed before the question. */
TEST(data_is_older)
{
	struct world w = { 0 };

	volume(&w, "root", "UUID=" ROOT_UUID);
	start(&w);
	up_to_prompt(&w, 0, "/dev/vda", 1, ROOT_UUID);
	expect(&w, "prompt root");
	types(&w, "secret");
	expect(&w, "job root unlock");
	done_unlock(&w, 0, UNLOCK_OK);
	expect(&w, "verify");
	stale_root(&w, 0);
	expect(&w, "job root close");
	closed(&w, 0, 0);
	expect(&w, "say error root: the data is not current");
	expect(&w, "prompt root \"" QUESTION);
	types(&w, "accept");
	expect(&w, "once more");
	expect(&w, "prompt root \"Please unlock");
	types(&w, "secret");
	expect(&w, "job root unlock (accept) /dev/vda secret");
	finish(&w);
}

/* Something has its mapping open. */
TEST(data_is_older_and_held)
{
	struct world w = { 0 };

	volume(&w, "taken", "UUID=" ROOT_UUID);
	start(&w);
	up_to_prompt(&w, 0, "/dev/vda", 1, ROOT_UUID);
	expect(&w, "prompt taken");
	types(&w, "secret");
	expect(&w, "job taken unlock");
	done_unlock(&w, 0, UNLOCK_OK);
	expect(&w, "verify");
	stale_root(&w, 0);
	expect(&w, "job taken close");
	closed(&w, 0, 0);
	expect(&w, "say error taken: the data is not current");
	expect(&w, "prompt taken \"Did you restore");
	types(&w, "accept");
	expect(&w, "a device still uses /dev/mapper/taken");
	expect(&w, "kill taken");
	expect(&w, "report taken failed 7 the data is not current");
	expect_nothing(&w);
	CHECK_INT(engine_exit_code(w.engine), EXIT_CODE_REFUSED);
	finish(&w);
}

/* What cannot be closed stops the boot, without a question. */
TEST(cannot_be_closed)
{
	struct world w = { 0 };

	volume(&w, "root", "UUID=" ROOT_UUID)->nofail = true;
	start(&w);
	up_to_prompt(&w, 0, "/dev/vda", 1, ROOT_UUID);
	expect(&w, "prompt root");
	types(&w, "secret");
	expect(&w, "job root unlock");
	done_unlock(&w, 0, UNLOCK_OK);
	expect(&w, "verify");
	stale_root(&w, 0);
	expect(&w, "job root close");
	closed(&w, 0, -EBUSY);
	expect(&w, "cannot be closed");
	expect(&w, "kill root");
	expect(&w, "report root failed 7 the data is not current");
	CHECK_INT(engine_exit_code(w.engine), EXIT_CODE_REFUSED);
	finish(&w);
}

/* What is current, but special; and what the image only wants to know. */
TEST(notices)
{
	struct world w = { 0 };
	struct job_result unlock = { .job = JOB_UNLOCK,
				     .unlock = { .status = UNLOCK_OK,
						 .fresh = { FRESH_OVERRIDE, "it is older" } } };
	struct job_result verify = { .job = JOB_VERIFY };

	volume(&w, "root", "UUID=" ROOT_UUID);
	start(&w);
	up_to_prompt(&w, 0, "/dev/vda", 1, ROOT_UUID);
	expect(&w, "prompt root");
	types(&w, "secret");
	expect(&w, "job root unlock");
	engine_job_done(w.engine, 0, &unlock);
	expect(&w, "say warning root: it is older");
	expect(&w, "verify");
	verify.opened = good_opened(w.disks[0]);
	verify.opened.fresh = (struct fresh_verdict){ FRESH_NOTICE, "not shut down cleanly" };
	engine_job_done(w.engine, 0, &verify);
	expect(&w, "say warning root: not shut down cleanly");
	expect(&w, "kill root");
	expect(&w, "report root open 0");
	finish(&w);
}

TEST_MAIN(nothing_is_typed, other_answers, prompt_is_cancelled, accepted, headless, no_console,
	  data_is_older, data_is_older_and_held, cannot_be_closed, notices)
