/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The steps that the record keeps of a boot. */
#include "policy/world.h"

TEST(wrong_then_right)
{
	struct world w = { .now = 100 };
	struct job_result unlock = {
		.job = JOB_UNLOCK,
		.unlock = { .status = UNLOCK_OK, .keyslot = 1 },
		.timings = { 3,
			     { { 5010, 1000, 0, STEP_KEYSLOT, STEP_STOPPED },
			       { 5010, 980, 1, STEP_KEYSLOT, STEP_OK },
			       { 6000, 40, STEP_NO_NUMBER, STEP_MAPPING, STEP_OK } } },
	};

	volume(&w, "root", "UUID=" ROOT_UUID);
	start(&w);
	w.now = 300;
	device_appears(&w, "/dev/vda", 1, ROOT_UUID);
	w.now = 304;
	done_header(&w, 0, ROOT_UUID);
	w.now = 350;
	done_modules(&w, 0);
	w.now = 3000;
	types(&w, "wrong");
	w.now = 4000;
	done_unlock(&w, 0, UNLOCK_WRONG);
	w.now = 5000;
	types(&w, "right");
	w.now = 6050;
	engine_job_done(w.engine, 0, &unlock);
	w.now = 6070;
	done_verify(&w, 0);
	CHECK_STR(w.steps, "disk 0.100 0.200 ok - /dev/vda\n"
			   "header 0.300 0.004 ok -\n"
			   "modules 0.304 0.046 ok -\n"
			   "prompt 0.304 2.696 ok -\n"
			   "try 3.000 1.000 wrong passphrase\n"
			   "prompt 4.000 1.000 ok -\n"
			   "try 5.000 1.050 ok passphrase\n"
			   "keyslot 5.010 1.000 stopped 0\n"
			   "keyslot 5.010 0.980 ok 1\n"
			   "mapping 6.000 0.040 ok -\n"
			   "check 6.050 0.020 ok -\n");
	CHECK_STR(w.stage, "");
	CHECK(w.typed == 2);
	finish(&w);
}

TEST(no_disk)
{
	struct world w = { 0 };

	volume(&w, "root", "UUID=" ROOT_UUID);
	start(&w);
	tick_at(&w, 30000);
	CHECK_STR(w.steps, "disk 0.000 30.000 failed -\n");
	CHECK_STR(w.stage, "disk");
	CHECK(w.typed == 0);
	finish(&w);
}

/* Keys that are not there, and a person who gives up. */
TEST(cancelled)
{
	struct world w = { 0 };
	struct job_result no_key = {
		.job = JOB_UNLOCK, .unlock = { .status = UNLOCK_NO_KEY, .text = "no such file" }
	};

	volume(&w, "root", "UUID=" ROOT_UUID)->keyfile = key_at("/key");
	start(&w);
	device_appears(&w, "/dev/vda", 1, ROOT_UUID);
	done_header(&w, 0, ROOT_UUID);
	w.now = 10;
	engine_job_done(w.engine, 0, &no_key);
	w.now = 5000;
	engine_prompt_done(w.engine, PROMPT_CANCEL);
	CHECK_STR(w.steps, "disk 0.000 0.000 ok - /dev/vda\n"
			   "header 0.000 0.000 ok -\n"
			   "modules 0.000 5.000 stopped -\n"
			   "try 0.000 0.010 no-key key-file no such file\n"
			   "prompt 0.010 4.990 failed -\n");
	CHECK_STR(w.stage, "prompt");
	finish(&w);
}

/* The part that failed is named. */
TEST(no_mapping)
{
	struct world w = { 0 };
	struct job_result r = {
		.job = JOB_UNLOCK,
		.unlock = { .status = UNLOCK_FAILED, .code = EXIT_CODE_GENERAL, .text = "why" },
		.timings = { 2,
			     { { 0, 5, 0, STEP_KEYSLOT, STEP_OK },
			       { 5, 5, STEP_NO_NUMBER, STEP_MAPPING, STEP_FAILED } } },
	};

	volume(&w, "root", "UUID=" ROOT_UUID);
	start(&w);
	up_to_prompt(&w, 0, "/dev/vda", 1, ROOT_UUID);
	types(&w, "x");
	w.now = 10;
	engine_job_done(w.engine, 0, &r);
	CHECK_STR(w.stage, "mapping");
	CHECK(strstr(w.steps, "try 0.000 0.010 failed passphrase\n"));
	finish(&w);
}

/* Its disk was removed while it was asked for: all of that ended, and the disk is waited for. */
TEST(removed)
{
	struct world w = { 0 };

	volume(&w, "root", "UUID=" ROOT_UUID);
	start(&w);
	up_to_prompt(&w, 0, "/dev/vda", 1, ROOT_UUID);
	w.now = 1000;
	engine_device_gone(w.engine, "/dev/vda");
	w.now = 2000;
	engine_interrupt(w.engine, "interrupted");
	CHECK_STR(w.steps, "disk 0.000 0.000 ok - /dev/vda\n"
			   "header 0.000 0.000 ok -\n"
			   "modules 0.000 0.000 ok -\n"
			   "prompt 0.000 1.000 stopped -\n"
			   "disk 1.000 1.000 failed -\n");
	CHECK_STR(w.stage, "disk");
	finish(&w);
}

/* What was opened is refused; that it is then closed is not where it failed. */
TEST(refused)
{
	struct world w = { 0 };
	struct job_result close = { .job = JOB_CLOSE }, r = { .job = JOB_VERIFY };

	volume(&w, "root", "UUID=" ROOT_UUID)->nofail = true;
	start(&w);
	up_to_prompt(&w, 0, "/dev/vda", 1, ROOT_UUID);
	types(&w, "x");
	done_unlock(&w, 0, UNLOCK_OK);
	w.now = 5;
	r.opened = good_opened(w.disks[0]);
	r.opened.crypt.tag_size = 0;
	str_copy(r.opened.implementation, sizeof(r.opened.implementation), "generic");
	engine_job_done(w.engine, 0, &r);
	engine_job_done(w.engine, 0, &close);
	CHECK_STR(w.stage, "check");
	CHECK_STR(w.steps, "disk 0.000 0.000 ok - /dev/vda\n"
			   "header 0.000 0.000 ok -\n"
			   "modules 0.000 0.000 ok -\n"
			   "prompt 0.000 0.000 ok -\n"
			   "try 0.000 0.000 ok passphrase\n"
			   "check 0.000 0.005 refused -\n"
			   "close 0.005 0.000 ok -\n");
	finish(&w);
}

TEST_MAIN(wrong_then_right, no_disk, cancelled, no_mapping, removed, refused)
