/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A disk that is on another volume. */
#include "policy/world.h"

/* The root is on an array on the volume "inner", for example. */
static void two_volumes(struct world *w)
{
	volume(w, "root", "UUID=" ROOT_UUID);
	volume(w, "inner", "UUID=" DATA_UUID);
	start(w);
}

static void ticks_until(struct world *w, uint64_t end)
{
	while (!engine_finished(w->engine) && engine_deadline(w->engine) < end)
		tick_at(w, engine_deadline(w->engine));
	tick_at(w, end);
}

static void inner_is_asked_for(struct world *w)
{
	up_to_prompt(w, 1, "/dev/vda", 1, DATA_UUID);
	expect(w, "prompt inner");
}

static void inner_opens(struct world *w)
{
	w->read = strchr(w->log, '\0');
	types(w, "x");
	expect(w, "unlock");
	done_unlock(w, 1, UNLOCK_OK);
	expect(w, "verify");
	done_verify(w, 1);
	expect(w, "kill");
	expect(w, "report inner open 0");
}

TEST(disk_is_waited_for_while_another_volume_is_locked)
{
	struct world w = { .incomplete = true };

	two_volumes(&w);
	inner_is_asked_for(&w);
	ticks_until(&w, 100000);
	CHECK(!engine_finished(w.engine));
	CHECK(!strstr(w.log, "start degraded") && !strstr(w.log, "no disk with"));
	CHECK(strstr(w.log, "which may be on a volume that is still locked"));
	inner_opens(&w);
	tick_at(&w, 104000);
	CHECK(!strstr(w.log, "start degraded"));
	w.read = strchr(w.log, '\0');
	device_appears(&w, "/dev/md0", 2, ROOT_UUID);
	expect(&w, "header");
	finish(&w);
}

TEST(array_on_another_volume_is_started_without_its_missing_disk)
{
	struct world w = { .incomplete = true };

	two_volumes(&w);
	inner_is_asked_for(&w);
	ticks_until(&w, 100000);
	inner_opens(&w);
	ticks_until(&w, 109999);
	CHECK(!strstr(w.log, "start degraded"));
	CHECK(engine_deadline(w.engine) == 110000);
	tick_at(&w, 110000);
	CHECK(strstr(w.log, "start degraded"));
	finish(&w);
}

TEST(missing_disk_is_named_soon_after)
{
	struct world w = { 0 };

	two_volumes(&w);
	inner_is_asked_for(&w);
	ticks_until(&w, 100000);
	inner_opens(&w);
	ticks_until(&w, 114999);
	CHECK(!engine_finished(w.engine));
	ticks_until(&w, 115000);
	CHECK(engine_finished(w.engine));
	CHECK(engine_exit_code(w.engine) == EXIT_CODE_TIMEOUT);
	finish(&w);
}

/* Opened early, it changes nothing. */
TEST(time_is_not_cut)
{
	struct world w = { 0 };

	two_volumes(&w);
	inner_is_asked_for(&w);
	inner_opens(&w);
	ticks_until(&w, 29999);
	CHECK(!engine_finished(w.engine));
	ticks_until(&w, 30000);
	CHECK(engine_finished(w.engine));
	finish(&w);
}

/* Nobody may ever open what the boot does without, and the boot never waits for such a disk. */
TEST(what_the_boot_does_without_delays_nothing)
{
	for (unsigned nofail = 0; nofail < 2; nofail++) {
		struct world w = { 0 };

		volume(&w, "root", "UUID=" ROOT_UUID)->nofail = nofail == 0;
		volume(&w, "inner", "UUID=" DATA_UUID)->nofail = nofail == 1;
		start(&w);
		inner_is_asked_for(&w);
		ticks_until(&w, 30000);
		CHECK(strstr(w.log, "report root failed 6 no disk with"));
		finish(&w);
	}
}

/* Legs of one root are beside each other. */
TEST(legs_are_not_nested)
{
	struct world w = { .incomplete = true };

	volume(&w, "root", "UUID=" ROOT_UUID)->leg = true;
	volume(&w, "inner", "UUID=" DATA_UUID)->leg = true;
	start(&w);
	inner_is_asked_for(&w);
	ticks_until(&w, 20000);
	CHECK(strstr(w.log, "start degraded"));
	finish(&w);
}

TEST_MAIN(disk_is_waited_for_while_another_volume_is_locked,
	  array_on_another_volume_is_started_without_its_missing_disk,
	  missing_disk_is_named_soon_after, time_is_not_cut,
	  what_the_boot_does_without_delays_nothing, legs_are_not_nested)
