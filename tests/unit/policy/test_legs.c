/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Disks that the system may do without: below a volume, and among several that hold the root. */
#include "policy/world.h"

/* --- below --- */

TEST(incomplete_array_is_started_when_a_third_of_the_time_is_left)
{
	struct world w = { .incomplete = true };

	volume(&w, "root", "UUID=" ROOT_UUID);
	start(&w);
	w.now = 3000;
	CHECK(engine_deadline(w.engine) <= 20000);
	tick_at(&w, 19999);
	expect(&w, "say note root: waiting for the disk");
	expect_nothing(&w);
	CHECK(engine_deadline(w.engine) == 20000);
	tick_at(&w, 20000);
	expect(&w, "start degraded");
	expect(&w, "say warning root: its disk has not appeared; starting RAID arrays");
	/* Once. */
	tick_at(&w, 20001);
	expect_nothing(&w);
	up_to_prompt(&w, 0, "/dev/md0", 1, ROOT_UUID);
	expect(&w, "prompt root");
	finish(&w);
}

/* Ticks as often as the engine asks for it. */
static void ticks_until(struct world *w, uint64_t end)
{
	while (!engine_finished(w->engine) && engine_deadline(w->engine) < end)
		tick_at(w, engine_deadline(w->engine));
	tick_at(w, end);
}

/* On slow disks the programs need long. */
TEST(time_stands_still_while_the_programs_run)
{
	struct world w = { .incomplete = true, .starting = true };

	volume(&w, "root", "UUID=" ROOT_UUID);
	start(&w);
	ticks_until(&w, 60000);
	CHECK(strstr(w.log, "start degraded") && !engine_finished(w.engine));
	w.starting = false;
	ticks_until(&w, 69499);
	CHECK(!engine_finished(w.engine));
	w.read = strchr(w.log, '\0');
	up_to_prompt(&w, 0, "/dev/md0", 1, ROOT_UUID);
	expect(&w, "prompt root");
	finish(&w);
}

/* One of their disks does not answer. */
TEST(programs_that_never_end)
{
	struct world w = { .incomplete = true, .starting = true };

	volume(&w, "root", "UUID=" ROOT_UUID);
	start(&w);
	ticks_until(&w, 149000);
	CHECK(!engine_finished(w.engine));
	ticks_until(&w, 151000);
	CHECK(engine_finished(w.engine));
	CHECK(engine_exit_code(w.engine) == EXIT_CODE_TIMEOUT);
	finish(&w);
}

/* udev may be slow with all the disks. */
TEST(no_array_is_started_while_disks_come)
{
	struct world w = { .incomplete = true };

	volume(&w, "root", "UUID=" ROOT_UUID);
	w.read = w.log;
	w.engine = engine_new(&w.config, &fake_ops, &w);
	/* Before the boot script waits, it is no matter. */
	engine_disks_come(w.engine);
	CHECK(engine_deadline(w.engine) == UINT64_MAX);
	engine_start(w.engine);
	tick_at(&w, 15000);
	engine_disks_come(w.engine);
	expect(&w, "say note root: waiting for the disk");
	for (uint64_t ms = 20000; ms < 35000; ms += 500)
		tick_at(&w, ms);
	CHECK(!strstr(w.log, "start degraded"));
	tick_at(&w, 35000);
	CHECK(strstr(w.log, "start degraded"));
	tick_at(&w, 44999);
	CHECK(!engine_finished(w.engine));
	tick_at(&w, 45000);
	CHECK(engine_finished(w.engine));
	finish(&w);
}

TEST(nothing_is_said_where_nothing_is_incomplete)
{
	struct world w = { 0 };

	volume(&w, "root", "UUID=" ROOT_UUID)->device_wait = 3000;
	start(&w);
	tick_at(&w, 2500);
	expect_nothing(&w);
	tick_at(&w, 3000);
	expect(&w, "kill root");
	expect(&w, "report root failed 6");
	CHECK(engine_exit_code(w.engine) == EXIT_CODE_TIMEOUT);
	finish(&w);
}

/* A disk that may come late for ever still lets an incomplete array start. */
TEST(endless_wait)
{
	struct world w = { .incomplete = true };

	volume(&w, "root", "UUID=" ROOT_UUID)->device_wait = WAIT_FOREVER;
	start(&w);
	tick_at(&w, 20000);
	expect(&w, "waiting for the disk");
	expect(&w, "start degraded");
	finish(&w);
}

/* --- above --- */

static void two_legs(struct world *w)
{
	volume(w, "a", "UUID=" ROOT_UUID)->leg = true;
	volume(w, "b", "UUID=" DATA_UUID)->leg = true;
	start(w);
}

/* Volume number vol, with a file system or a part of an array in it. */
static void leg_opens(struct world *w, unsigned vol, const char *uuid, const char *content)
{
	struct job_result r = { .job = JOB_VERIFY };

	up_to_prompt(w, vol, vol == 0 ? "/dev/vda" : "/dev/vdb", vol + 1, uuid);
	expect(w, "prompt");
	types(w, "x");
	expect(w, "unlock");
	done_unlock(w, vol, UNLOCK_OK);
	expect(w, "verify");
	r.opened = good_opened(w->disks[vol]);
	str_copy(r.opened.type, sizeof(r.opened.type), content);
	engine_job_done(w->engine, vol, &r);
	expect(w, "kill");
	expect(w, "open 0");
}

/* An array runs on the volumes of these names. */
static struct above above(const char *first, const char *second)
{
	struct above a = { .runs = true };

	str_copy(a.below[a.n++], sizeof(a.below[0]), first);
	if (second)
		str_copy(a.below[a.n++], sizeof(a.below[0]), second);
	return a;
}

TEST(array_above_starts_without_a_missing_leg)
{
	struct world w = { .incomplete = true };

	two_legs(&w);
	leg_opens(&w, 0, ROOT_UUID, "linux_raid_member");
	tick_at(&w, 15000);
	expect(&w, "waiting for the disk");
	expect_nothing(&w);
	CHECK(!engine_finished(w.engine));
	tick_at(&w, 20000);
	expect(&w, "start degraded");
	expect(&w, "say warning b: its disk has not appeared");
	expect(&w, "start degraded above");
	expect(&w, "above a");
	expect_nothing(&w);
	CHECK(engine_deadline(w.engine) == 20500);
	w.above = above("a", NULL);
	tick_at(&w, 20500);
	expect(&w, "above a");
	expect(&w, "kill b");
	expect(&w, "report b failed 6 no disk with UUID=" DATA_UUID);
	expect(&w, "say error b: the system starts WITHOUT this disk");
	expect_nothing(&w);
	CHECK(engine_finished(w.engine));
	CHECK(engine_exit_code(w.engine) == EXIT_CODE_OK);
	CHECK(engine_deadline(w.engine) == UINT64_MAX);
	finish(&w);
}

TEST(array_above_starts_slowly)
{
	struct world w = { .incomplete = true, .starting = true };

	two_legs(&w);
	leg_opens(&w, 0, ROOT_UUID, "linux_raid_member");
	ticks_until(&w, 50000);
	CHECK(strstr(w.log, "start degraded above") && !engine_finished(w.engine));
	w.starting = false;
	ticks_until(&w, 52000);
	CHECK(!engine_finished(w.engine));
	w.above = above("a", NULL);
	ticks_until(&w, 53000);
	CHECK(engine_finished(w.engine));
	CHECK(engine_exit_code(w.engine) == EXIT_CODE_OK);
	finish(&w);
}

TEST(array_that_does_not_start)
{
	struct world w = { .incomplete = true };

	two_legs(&w);
	leg_opens(&w, 0, ROOT_UUID, "linux_raid_member");
	tick_at(&w, 20000);
	for (uint64_t ms = 20500; ms <= 31000; ms += 500)
		tick_at(&w, ms);
	CHECK(strstr(w.log, "say error b: the system cannot start without this disk: what stands"));
	CHECK(engine_finished(w.engine));
	CHECK(engine_exit_code(w.engine) == EXIT_CODE_TIMEOUT);
	finish(&w);
}

/* An array that also stands on a disk without integrity would show that disk's content. */
TEST(array_with_a_foreign_member)
{
	struct world w = { .incomplete = true, .above = above("a", "vdc") };

	two_legs(&w);
	leg_opens(&w, 0, ROOT_UUID, "linux_raid_member");
	for (uint64_t ms = 20000; ms <= 31000; ms += 500)
		tick_at(&w, ms);
	CHECK(strstr(w.log, "also stands on vdc, which is not checked"));
	CHECK(engine_finished(w.engine));
	CHECK(engine_exit_code(w.engine) == EXIT_CODE_TIMEOUT);
	finish(&w);
}

static void refused(struct world *w, unsigned vol)
{
	struct job_result r = { .job = JOB_HEADER, .disk = good_disk(DATA_UUID) };

	device_appears(w, "/dev/vdb", 2, DATA_UUID);
	expect(w, "header");
	r.disk.header.integrity[0] = '\0';
	engine_job_done(w->engine, vol, &r);
	expect(w, "say warning b: /dev/vdb is refused");
	expect(w, "kill b");
}

/* Loudly, and its mapping is closed. */
TEST(refused_leg)
{
	struct world w = { .incomplete = true, .above = above("a", NULL) };
	struct job_result closed = { .job = JOB_CLOSE };

	two_legs(&w);
	w.config.volumes[1].source.kind = DEVREF_UUID;
	refused(&w, 1);
	leg_opens(&w, 0, ROOT_UUID, "linux_raid_member");
	tick_at(&w, 30000);
	expect(&w, "job b close");
	expect_nothing(&w);
	CHECK(!engine_finished(w.engine));
	engine_job_done(w.engine, 1, &closed);
	expect(&w, "kill b");
	expect(&w, "report b failed 7 /dev/vdb is refused");
	CHECK(!engine_finished(w.engine));
	tick_at(&w, 30001);
	expect(&w, "start degraded above");
	expect(&w, "above a");
	expect(&w, "say error b: the system starts WITHOUT this disk");
	expect_nothing(&w);
	CHECK(engine_finished(w.engine));
	CHECK(engine_exit_code(w.engine) == EXIT_CODE_OK);
	finish(&w);
}

/* The same, when the boot goes on before the time of its disk is over. */
TEST(refused_leg_early)
{
	struct world w = { .incomplete = true, .above = above("a", NULL) };
	struct job_result closed = { .job = JOB_CLOSE };

	two_legs(&w);
	w.config.volumes[1].source.kind = DEVREF_UUID;
	refused(&w, 1);
	leg_opens(&w, 0, ROOT_UUID, "linux_raid_member");
	tick_at(&w, 20000);
	CHECK(!strstr(w.log, "no disk with"));
	CHECK(!engine_finished(w.engine));
	engine_job_done(w.engine, 1, &closed);
	CHECK(strstr(w.log, "report b failed 7 /dev/vdb is refused"));
	CHECK(engine_finished(w.engine));
	CHECK(engine_exit_code(w.engine) == EXIT_CODE_OK);
	finish(&w);
}

/* Then a mapping of its name that cannot be closed stops the boot. */
TEST(refused_leg_early_that_stays)
{
	struct world w = { .incomplete = true, .above = above("a", NULL) };
	struct job_result stays = { .job = JOB_CLOSE, .close_err = -EBUSY };

	two_legs(&w);
	w.config.volumes[1].source.kind = DEVREF_UUID;
	refused(&w, 1);
	leg_opens(&w, 0, ROOT_UUID, "linux_raid_member");
	tick_at(&w, 20000);
	engine_job_done(w.engine, 1, &stays);
	CHECK(engine_finished(w.engine));
	CHECK(engine_exit_code(w.engine) == EXIT_CODE_REFUSED);
	finish(&w);
}

/* What cannot be closed would be used. */
TEST(leg_that_stays)
{
	struct world w = { .above = above("a", NULL) };
	struct job_result stays = { .job = JOB_CLOSE, .close_err = -EBUSY };

	two_legs(&w);
	refused(&w, 1);
	leg_opens(&w, 0, ROOT_UUID, "linux_raid_member");
	tick_at(&w, 30000);
	engine_job_done(w.engine, 1, &stays);
	tick_at(&w, 30001);
	CHECK(engine_finished(w.engine));
	CHECK(engine_exit_code(w.engine) == EXIT_CODE_REFUSED);
	finish(&w);
}

/* Who waits at a prompt for the second leg is not hurried. */
TEST(leg_that_is_being_opened)
{
	struct world w = { .incomplete = true, .above = above("a", NULL) };

	two_legs(&w);
	leg_opens(&w, 0, ROOT_UUID, "btrfs");
	device_appears(&w, "/dev/vdb", 2, DATA_UUID);
	tick_at(&w, 60000);
	CHECK(!strstr(w.log, "start degraded"));
	CHECK(engine_deadline(w.engine) == UINT64_MAX);
	finish(&w);
}

/* The kernel mounts a btrfs without one of its disks only when asked to. */
TEST(btrfs)
{
	for (int degraded = 0; degraded < 2; degraded++) {
		struct world w = { .config = { .degraded = degraded } };

		two_legs(&w);
		leg_opens(&w, 0, ROOT_UUID, "btrfs");
		for (uint64_t ms = 20000; ms <= 31000; ms += 500)
			tick_at(&w, ms);
		CHECK(!strstr(w.log, "above a"));
		CHECK(engine_finished(w.engine));
		CHECK(!degraded == (strstr(w.log, "only with rootflags=degraded") != NULL));
		CHECK(degraded == (strstr(w.log, "let a start") != NULL));
		CHECK(!strstr(w.log, "let b start"));
		CHECK(engine_exit_code(w.engine) == (degraded ? EXIT_CODE_OK : EXIT_CODE_TIMEOUT));
		finish(&w);
	}
}

/* The image demands integrity of the leg that is missing, and nothing of the one that is open. */
TEST(leg_without_a_promise_is_no_substitute)
{
	struct world w = { .config = { .degraded = true } };

	volume(&w, "a", "UUID=" ROOT_UUID)->leg = true;
	volume(&w, "b", "UUID=" DATA_UUID)->leg = true;
	w.config.volumes[1].promised = true;
	start(&w);
	leg_opens(&w, 0, ROOT_UUID, "btrfs");
	tick_at(&w, 20000);
	tick_at(&w, 31000);
	CHECK(!strstr(w.log, "starts WITHOUT"));
	CHECK(!strstr(w.log, "let a start"));
	CHECK(engine_finished(w.engine));
	CHECK(engine_exit_code(w.engine) == EXIT_CODE_TIMEOUT);
	finish(&w);
}

/* /usr is on a volume of its own: it is no leg, and the boot does not go on without it. */
TEST(other_volumes_are_needed)
{
	struct world w = { .above = above("a", NULL) };

	volume(&w, "usr", "UUID=" MORE_UUID);
	volume(&w, "a", "UUID=" ROOT_UUID)->leg = true;
	volume(&w, "b", "UUID=" DATA_UUID)->leg = true;
	start(&w);
	leg_opens(&w, 1, ROOT_UUID, "zfs_member");
	for (uint64_t ms = 20000; ms <= 31000; ms += 500)
		tick_at(&w, ms);
	CHECK(strstr(w.log, "say error b: the system starts WITHOUT this disk"));
	CHECK(engine_finished(w.engine));
	CHECK(engine_exit_code(w.engine) == EXIT_CODE_TIMEOUT);
	finish(&w);
}

TEST(no_leg_is_open)
{
	struct world w = { .above = above("a", NULL) };

	two_legs(&w);
	tick_at(&w, 30000);
	CHECK(engine_finished(w.engine));
	CHECK(engine_exit_code(w.engine) == EXIT_CODE_TIMEOUT);
	finish(&w);
}

TEST(interrupted)
{
	struct world w = { .config = { .degraded = false } };

	two_legs(&w);
	leg_opens(&w, 0, ROOT_UUID, "btrfs");
	engine_interrupt(w.engine, "withdrawn");
	CHECK(engine_finished(w.engine));
	CHECK(engine_exit_code(w.engine) == EXIT_CODE_GENERAL);
	finish(&w);
}

/* A leg that was not unlocked is not missing: nothing starts without it. */
TEST(leg_with_a_wrong_passphrase)
{
	struct world w = { .incomplete = true, .above = above("a", NULL) };

	two_legs(&w);
	w.config.volumes[1].tries = 1;
	leg_opens(&w, 0, ROOT_UUID, "linux_raid_member");
	up_to_prompt(&w, 1, "/dev/vdb", 2, DATA_UUID);
	expect(&w, "unlock");
	done_unlock(&w, 1, UNLOCK_WRONG);
	expect(&w, "say note b: the passphrase that opened another volume");
	expect(&w, "prompt b");
	types(&w, "y");
	expect(&w, "unlock");
	done_unlock(&w, 1, UNLOCK_WRONG);
	CHECK(strstr(w.log, "report b failed 2 "));
	CHECK(strstr(w.log, "say error b: this disk is not missing, so the system does not start"));
	CHECK(engine_finished(w.engine));
	CHECK(engine_exit_code(w.engine) == EXIT_CODE_PASSPHRASE);
	CHECK(!strstr(w.log, "start degraded"));
	finish(&w);
}

TEST(leg_whose_passphrase_is_not_typed)
{
	struct world w = { .incomplete = true, .above = above("a", NULL) };

	volume(&w, "a", "UUID=" ROOT_UUID)->leg = true;
	volume(&w, "b", "UUID=" DATA_UUID)->leg = true;
	w.config.volumes[1].prompt_wait = 5000;
	start(&w);
	leg_opens(&w, 0, ROOT_UUID, "linux_raid_member");
	up_to_prompt(&w, 1, "/dev/vdb", 2, DATA_UUID);
	expect(&w, "unlock");
	done_unlock(&w, 1, UNLOCK_WRONG);
	expect(&w, "say note b: the passphrase that opened another volume");
	expect(&w, "prompt b");
	tick_at(&w, 20000);
	CHECK(strstr(w.log, "report b failed 6 the passphrase of"));
	CHECK(strstr(w.log, "say error b: this disk is not missing"));
	CHECK(engine_exit_code(w.engine) == EXIT_CODE_TIMEOUT);
	CHECK(!strstr(w.log, "start degraded"));
	finish(&w);
}

/* The command line cannot have arrays started early. */
TEST(short_wait_of_the_command_line)
{
	struct world w = { .incomplete = true };
	struct volume *v = volume(&w, "root", "UUID=" ROOT_UUID);

	v->device_wait = 3000;
	v->file_wait = 90000;
	start(&w);
	CHECK(engine_deadline(w.engine) == 3000);
	tick_at(&w, 2900);
	CHECK(!strstr(w.log, "start degraded"));
	v->device_wait = 90000;
	tick_at(&w, 59999);
	CHECK(!strstr(w.log, "start degraded"));
	tick_at(&w, 60000);
	CHECK(strstr(w.log, "start degraded"));
	finish(&w);
}

TEST_MAIN(time_stands_still_while_the_programs_run, programs_that_never_end,
	  array_above_starts_slowly, leg_with_a_wrong_passphrase, leg_whose_passphrase_is_not_typed,
	  short_wait_of_the_command_line,
	  incomplete_array_is_started_when_a_third_of_the_time_is_left,
	  no_array_is_started_while_disks_come, nothing_is_said_where_nothing_is_incomplete,
	  endless_wait, array_above_starts_without_a_missing_leg, array_that_does_not_start,
	  array_with_a_foreign_member, refused_leg, refused_leg_early, refused_leg_early_that_stays,
	  leg_that_stays, leg_that_is_being_opened, btrfs, leg_without_a_promise_is_no_substitute,
	  other_volumes_are_needed, no_leg_is_open, interrupted)
