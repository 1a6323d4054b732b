/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Boots as events: disks that come and go, workers that answer or die, and how each volume ends. */
#include "policy/world.h"

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

TEST(no_such_disk_but_a_silent_one)
{
	struct world w = { .silent = "/dev/sdb" };

	volume(&w, "root", "UUID=" ROOT_UUID);
	start(&w);
	tick_at(&w, 30000);
	expect(&w, "kill root");
	expect(&w, "Disks seen: /dev/sdb (does not answer), /dev/vdz (ext4, 300 MiB)");
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

TEST(failure_of_one_does_not_stop_the_other)
{
	struct world w = { 0 };
	struct job_result r = { .job = JOB_HEADER, .disk = { .kind = HEADER_UNREADABLE } };
	struct volume *v = volume(&w, "data", "UUID=" DATA_UUID);

	v->nofail = true;
	v->expect = EXPECT_NOTHING;
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

/* A volume as far as its check. */
static void up_to_check(struct world *w)
{
	start(w);
	up_to_prompt(w, 0, "/dev/vda", 1, DATA_UUID);
	expect(w, "prompt data");
	types(w, "x");
	expect(w, "job data unlock");
	done_unlock(w, 0, UNLOCK_OK);
	expect(w, "job data verify");
}

static void check_fails(struct world *w, int read_err)
{
	struct job_result r = { .job = JOB_VERIFY, .opened = good_opened(1) };

	r.opened.type[0] = '\0';
	r.opened.read_failed = true;
	r.opened.read_err = read_err;
	engine_job_done(w->engine, 0, &r);
}

/* What failed its check is not left for the next step of a boot that goes on. */
TEST(nofail_is_closed)
{
	static const struct {
		int err; /* of the close */
		enum exit_code code;
	} rows[] = { { 0, EXIT_CODE_OK }, { -EBUSY, EXIT_CODE_INTEGRITY } };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct world w = { 0 };
		struct job_result r = { .job = JOB_CLOSE, .close_err = rows[i].err };

		volume(&w, "data", "UUID=" DATA_UUID)->nofail = true;
		up_to_check(&w);
		check_fails(&w, EILSEQ);
		expect(&w, "job data close");
		expect_nothing(&w);
		CHECK(!engine_finished(w.engine));
		engine_job_done(w.engine, 0, &r);
		if (rows[i].err)
			expect(&w, "say error data: /dev/mapper/data cannot be closed");
		expect(&w, "kill data");
		expect(&w, "report data failed 8 Integrity check failed");
		CHECK(engine_finished(w.engine));
		CHECK_INT(engine_exit_code(w.engine), rows[i].code);
		finish(&w);
	}
}

/* A read error of the disk is no refusal, and what stops the boot is left for a person. */
TEST(stays_open_for_repair)
{
	for (int nofail = 0; nofail < 2; nofail++) {
		struct world w = { 0 };

		volume(&w, "data", "UUID=" DATA_UUID)->nofail = nofail;
		up_to_check(&w);
		check_fails(&w, nofail ? EIO : EILSEQ);
		expect(&w, "kill data");
		expect(&w, nofail ? "report data failed 1" : "report data failed 8");
		CHECK_INT(engine_exit_code(w.engine), nofail ? 0 : 8);
		finish(&w);
	}
}

/* Perhaps somebody else opened it. */
TEST(refused_header_is_closed)
{
	struct world w = { 0 };
	struct job_result r = { .job = JOB_HEADER, .disk = good_disk(DATA_UUID) };
	struct job_result closed = { .job = JOB_CLOSE };

	r.disk.header.integrity[0] = r.disk.header.dm_cipher[0] = '\0';
	volume(&w, "data", "UUID=" DATA_UUID)->nofail = true;
	start(&w);
	device_appears(&w, "/dev/vda", 1, DATA_UUID);
	expect(&w, "job data header");
	engine_job_done(w.engine, 0, &r);
	expect(&w, "say warning data: /dev/vda is refused");
	expect(&w, "kill data");
	expect_nothing(&w);
	tick_at(&w, 30000);
	expect(&w, "job data close");
	engine_job_done(w.engine, 0, &closed);
	expect(&w, "kill data");
	expect(&w, "report data failed 7");
	CHECK_INT(engine_exit_code(w.engine), EXIT_CODE_OK);
	finish(&w);
}

/* Something has the name already, so no other disk could have it. */
TEST(refused_header_that_is_open_is_closed)
{
	struct world w = { 0 };
	struct job_result r = { .job = JOB_HEADER, .disk = good_disk(DATA_UUID) };

	r.disk.header.integrity[0] = r.disk.header.dm_cipher[0] = '\0';
	r.disk.active = ACTIVE_SAME;
	volume(&w, "data", "UUID=" DATA_UUID)->nofail = true;
	start(&w);
	device_appears(&w, "/dev/vda", 1, DATA_UUID);
	expect(&w, "job data header");
	engine_job_done(w.engine, 0, &r);
	expect(&w, "job data close");
	finish(&w);
}

/* A worker that dies may have opened the volume, and nothing has checked that. */
TEST(unchecked_is_closed)
{
	struct world w = { 0 };
	struct job_result died = { .died = true, .signal = 11 };
	struct job_result closed = { .job = JOB_CLOSE };

	volume(&w, "data", "UUID=" DATA_UUID)->nofail = true;
	up_to_check(&w);
	engine_job_done(w.engine, 0, &died);
	expect(&w, "kill data");
	expect(&w, "job data close");
	engine_job_done(w.engine, 0, &closed);
	expect(&w, "kill data");
	expect(&w, "report data failed 1");
	CHECK_INT(engine_exit_code(w.engine), EXIT_CODE_OK);
	finish(&w);
}

TEST(unchecked_when_interrupted)
{
	struct world w = { 0 };

	volume(&w, "data", "UUID=" DATA_UUID)->nofail = true;
	up_to_check(&w);
	engine_interrupt(w.engine, "interrupted");
	CHECK(engine_finished(w.engine));
	CHECK_INT(engine_exit_code(w.engine), EXIT_CODE_GENERAL);
	finish(&w);
}

/* The disk stops answering: during the check, and while what failed the check is closed. */
TEST(unchecked_when_silent)
{
	for (int closing = 0; closing < 2; closing++) {
		struct world w = { 0 };

		volume(&w, "data", "UUID=" DATA_UUID)->nofail = true;
		up_to_check(&w);
		if (closing) {
			check_fails(&w, EILSEQ);
			expect(&w, "job data close");
		}
		w.now = 1000;
		engine_device_silent(w.engine, "/dev/vda", true);
		expect(&w, "does not answer");
		CHECK(engine_deadline(w.engine) != UINT64_MAX);
		tick_at(&w, engine_deadline(w.engine));
		if (closing)
			expect(&w, "say error data: /dev/mapper/data cannot be closed");
		expect(&w, "kill data");
		expect(&w, closing ? "report data failed 8" : "report data failed 6");
		CHECK(engine_finished(w.engine));
		CHECK_INT(engine_exit_code(w.engine), closing ? 8 : 6);
		finish(&w);
	}
}

/* What somebody else opened under the name of a volume that does not appear. */
TEST(name_is_taken)
{
	static const struct {
		enum expect expect;
		bool stops;
	} rows[] = { { EXPECT_ANY, true }, { EXPECT_NOTHING, false } };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct world w = { 0 };
		struct volume *v = volume(&w, "taken", "UUID=" DATA_UUID);

		v->nofail = true;
		v->expect = rows[i].expect;
		start(&w);
		tick_at(&w, 30000);
		expect(&w, "kill taken");
		if (rows[i].stops)
			expect(&w,
			       "say error taken: /dev/mapper/taken exists, but was not checked");
		expect(&w, "report taken failed 6");
		CHECK_INT(engine_exit_code(w.engine), rows[i].stops ? EXIT_CODE_TIMEOUT : 0);
		finish(&w);
	}
}

/* Switched off is reported, and fails where the image promises. */
TEST(switched_off)
{
	for (int promised = 0; promised < 2; promised++) {
		struct world w = { 0 };
		struct volume *v = volume(&w, "data", "UUID=" DATA_UUID);

		v->off = xstrdup("kernel command line: rd.luks=0");
		v->promised = promised;
		w.read = w.log;
		w.engine = engine_new(&w.config, &fake_ops, &w);
		device_appears(&w, "/dev/vda", 1, DATA_UUID); /* early: not even looked at */
		expect_nothing(&w);
		engine_start(w.engine);
		expect(&w, "kill data");
		expect(&w,
		       promised ?
			       "report data failed 7 test promises the integrity of data, but "
			       "it is switched off (kernel command line: rd.luks=0)" :
			       "report data left 0 is switched off (kernel command line: rd.luks=0)");
		CHECK(engine_finished(w.engine));
		CHECK_INT(engine_exit_code(w.engine), promised ? EXIT_CODE_REFUSED : EXIT_CODE_OK);
		finish(&w);
	}
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

/* A disk that stops answering a job has the time-out of a disk that does not appear. */
TEST(disk_falls_silent)
{
	struct world w = { 0 };

	volume(&w, "root", "UUID=" ROOT_UUID);
	start(&w);
	device_appears(&w, "/dev/sdb", 2, ROOT_UUID);
	expect(&w, "job root header");
	tick_at(&w, 40000);
	engine_device_silent(w.engine, "/dev/sdc", true);
	expect_nothing(&w);
	engine_device_silent(w.engine, "/dev/sdb", true);
	expect(&w, "say warning root: /dev/sdb does not answer; waiting until it does");
	engine_device_silent(w.engine, "/dev/sdb", true);
	CHECK_INT(engine_deadline(w.engine), 70000);
	engine_device_silent(w.engine, "/dev/sdb", false);
	expect(&w, "say note root: /dev/sdb answers again");
	CHECK(engine_deadline(w.engine) == UINT64_MAX);
	tick_at(&w, 75000);
	engine_device_silent(w.engine, "/dev/sdb", true);
	expect(&w, "does not answer");
	tick_at(&w, 104999);
	expect_nothing(&w);
	tick_at(&w, 105000);
	expect(&w, "kill root");
	expect(&w,
	       "report root failed 6 /dev/sdb stopped answering and did not answer again within 30 seconds");
	CHECK(engine_finished(w.engine));
	finish(&w);
}

TEST(silent_disk_answers_its_job)
{
	struct world w = { 0 };

	volume(&w, "root", "UUID=" ROOT_UUID);
	start(&w);
	device_appears(&w, "/dev/sdb", 2, ROOT_UUID);
	expect(&w, "job root header");
	tick_at(&w, 2000);
	engine_device_silent(w.engine, "/dev/sdb", true);
	expect(&w, "does not answer");
	done_header(&w, 0, ROOT_UUID);
	expect(&w, "job root modules");
	done_modules(&w, 0);
	expect(&w, "prompt root");
	/* Nothing is asked of the disk now. */
	engine_device_silent(w.engine, "/dev/sdb", true);
	tick_at(&w, 400000);
	expect_nothing(&w);
	types(&w, "x");
	expect(&w, "job root unlock");
	CHECK(engine_deadline(w.engine) == UINT64_MAX);
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
	struct job_result verify = { .job = JOB_VERIFY, .opened = good_opened(1) };

	header.disk.active = ACTIVE_SAME;
	verify.opened.dif.present = false;
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

/* Two disks are there: crypttab's first volume is asked for first, whichever header is read first.
 */
TEST(prompts_in_the_order_of_crypttab)
{
	struct world w = { 0 };

	volume(&w, "first", "UUID=" ROOT_UUID);
	volume(&w, "second", "UUID=" DATA_UUID);
	start(&w);
	device_appears(&w, "/dev/vdb", 2, DATA_UUID);
	expect(&w, "job second header");
	device_appears(&w, "/dev/vda", 1, ROOT_UUID);
	expect(&w, "job first header");
	done_header(&w, 1, DATA_UUID);
	expect(&w, "job second modules");
	expect_nothing(&w);
	done_header(&w, 0, ROOT_UUID);
	expect(&w, "job first modules");
	expect(&w, "prompt first");
	expect_nothing(&w);
	finish(&w);
}

/* A disk that does not answer keeps no other volume's prompt back. */
TEST(silent_disk_of_the_first_volume)
{
	struct world w = { 0 };

	volume(&w, "first", "UUID=" ROOT_UUID);
	volume(&w, "second", "UUID=" DATA_UUID);
	start(&w);
	device_appears(&w, "/dev/vdb", 2, DATA_UUID);
	expect(&w, "job second header");
	device_appears(&w, "/dev/vda", 1, ROOT_UUID);
	expect(&w, "job first header");
	done_header(&w, 1, DATA_UUID);
	expect(&w, "job second modules");
	expect_nothing(&w);
	tick_at(&w, 500);
	engine_device_silent(w.engine, "/dev/vda", true);
	expect(&w, "/dev/vda does not answer");
	expect(&w, "prompt second");
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
	expect(&w, "say warning root: /dev/vda is refused");
	expect(&w, "kill root");
	expect_nothing(&w);
	tick_at(&w, 3000);
	expect(&w, "waiting for another disk with UUID=" ROOT_UUID ", 27 seconds left");
	tick_at(&w, 30000);
	expect(&w, "kill root");
	expect(&w, "report root failed 7 /dev/vda is refused");
	expect_nothing(&w);
	finish(&w);
}

TEST(opened_without_integrity_is_refused)
{
	struct world w = { 0 };
	struct job_result r = { .job = JOB_VERIFY, .opened = good_opened(1) };

	r.opened.crypt.tag_size = 0;
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
	struct job_result r = { .job = JOB_VERIFY, .opened = good_opened(1) };

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

TEST_MAIN(late_disk_wrong_then_right, no_such_disk, no_such_disk_but_a_silent_one,
	  waits_for_ever_when_told_so, failure_of_one_does_not_stop_the_other, nofail_is_closed,
	  stays_open_for_repair, refused_header_is_closed, refused_header_that_is_open_is_closed,
	  unchecked_is_closed, unchecked_when_interrupted, unchecked_when_silent, name_is_taken,
	  switched_off, signal_while_asking, disk_pulled_while_asking, disk_falls_silent,
	  silent_disk_answers_its_job, answer_of_a_job_that_no_longer_counts, worker_dies,
	  worker_cannot_start, already_open, already_open_without_integrity_is_refused,
	  two_disks_with_one_uuid, prompts_in_the_order_of_crypttab,
	  silent_disk_of_the_first_volume, path_through_symlink,
	  no_integrity_is_refused_before_any_prompt, opened_without_integrity_is_refused,
	  tampered_superblock, idle_worker_dies)
