/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Several disks that match one volume: decoys, copies, parts of arrays, disks in use. */
#include "policy/world.h"

static struct device part(const char *node, unsigned devno, const char *member)
{
	struct device dev = disk(node, devno, ROOT_UUID);

	str_copy(dev.member, sizeof(dev.member), member);
	return dev;
}

static struct device held(const char *node, unsigned devno, const char *holder, const char *luks)
{
	struct device dev = disk(node, devno, ROOT_UUID);

	str_copy(dev.holder, sizeof(dev.holder), holder);
	str_copy(dev.holder_luks, sizeof(dev.holder_luks), luks);
	return dev;
}

/* The header that was read has no integrity. */
static void refused(struct world *w)
{
	struct job_result r = { .job = JOB_HEADER, .disk = good_disk(ROOT_UUID) };

	r.disk.header.integrity[0] = '\0';
	engine_job_done(w->engine, 0, &r);
}

static void opens(struct world *w)
{
	expect(w, "prompt root");
	types(w, "x");
	expect(w, "unlock");
	done_unlock(w, 0, UNLOCK_OK);
	expect(w, "verify");
	done_verify(w, 0);
	expect(w, "kill root");
	expect(w, "report root open 0");
}

TEST(decoy_first_and_the_real_disk_later)
{
	struct world w = { 0 };

	volume(&w, "root", "UUID=" ROOT_UUID);
	start(&w);
	device_appears(&w, "/dev/vda", 1, ROOT_UUID);
	expect(&w, "header");
	refused(&w);
	expect(&w, "say warning root: /dev/vda is refused");
	expect(&w, "kill root");
	/* Announced again, by udev for example. */
	device_appears(&w, "/dev/vda", 1, ROOT_UUID);
	expect_nothing(&w);
	w.now = 20000;
	up_to_prompt(&w, 0, "/dev/vdb", 2, ROOT_UUID);
	opens(&w);
	expect_nothing(&w);
	finish(&w);
}

TEST(decoy_and_the_real_disk_at_once)
{
	struct world w = { 0 };

	volume(&w, "root", "UUID=" ROOT_UUID);
	start(&w);
	device_appears(&w, "/dev/vda", 1, ROOT_UUID);
	expect(&w, "header");
	device_appears(&w, "/dev/vdb", 2, ROOT_UUID);
	expect(&w, "have the same UUID");
	refused(&w);
	expect(&w, "/dev/vda is refused");
	expect(&w, "kill root");
	expect(&w, "job root header /dev/vdb");
	done_header(&w, 0, ROOT_UUID);
	expect(&w, "modules /dev/vdb");
	done_modules(&w, 0);
	opens(&w);
	finish(&w);
}

TEST(each_decoy_is_named)
{
	struct world w = { 0 };
	struct job_result broken = { .job = JOB_HEADER,
				     .disk = { .kind = HEADER_LUKS2_BROKEN,
					       .first = COPY_NO_MAGIC,
					       .second = COPY_NO_MAGIC } };

	volume(&w, "root", "UUID=" ROOT_UUID)->device_wait = WAIT_FOREVER;
	start(&w);
	w.now = 5000;
	device_appears(&w, "/dev/vda", 1, ROOT_UUID);
	expect(&w, "header");
	refused(&w);
	expect(&w, "/dev/vda is refused");
	expect(&w, "kill root");
	device_appears(&w, "/dev/vdb", 2, ROOT_UUID);
	expect(&w, "header /dev/vdb");
	engine_job_done(w.engine, 0, &broken);
	expect(&w, "say warning root: Both copies");
	expect(&w, "kill root");
	tick_at(&w, 34999);
	expect(&w, "waiting for another disk");
	CHECK(!engine_finished(w.engine));
	tick_at(&w, 35000);
	expect(&w, "kill root");
	expect(&w, "report root failed 7 none of the 2 disks with UUID=" ROOT_UUID
		   " can be opened: /dev/vda is refused");
	CHECK(strstr(w.log, "of /dev/vdb (volume root) are damaged") != NULL);
	CHECK(engine_finished(w.engine));
	finish(&w);
}

/* The disk that is used is removed, and its copy is still there. */
TEST(copy_stays)
{
	struct world w = { 0 };

	volume(&w, "root", "UUID=" ROOT_UUID);
	start(&w);
	up_to_prompt(&w, 0, "/dev/vda", 1, ROOT_UUID);
	expect(&w, "prompt root");
	device_appears(&w, "/dev/vdb", 2, ROOT_UUID);
	expect(&w, "have the same UUID");
	engine_device_gone(w.engine, "/dev/vda");
	expect(&w, "/dev/vda was removed");
	expect(&w, "withdraw");
	expect(&w, "kill root");
	expect(&w, "job root header /dev/vdb");
	finish(&w);
}

/* A decoy that is unplugged is forgotten; its number may be given to the right disk. */
TEST(decoy_is_unplugged)
{
	struct world w = { 0 };

	volume(&w, "root", "UUID=" ROOT_UUID);
	start(&w);
	device_appears(&w, "/dev/sda", 1, ROOT_UUID);
	expect(&w, "header");
	refused(&w);
	expect(&w, "/dev/sda is refused");
	expect(&w, "kill root");
	engine_device_gone(w.engine, "/dev/sda");
	up_to_prompt(&w, 0, "/dev/sda", 1, ROOT_UUID);
	opens(&w);
	finish(&w);
}

/* A path names one disk; and without a promise there is nothing that another one would keep. */
TEST(only_one_disk_can_be_meant)
{
	static const char *const sources[] = { "/dev/sdx", "UUID=" ROOT_UUID };
	struct job_result r = { .job = JOB_HEADER, .disk = { .kind = HEADER_UNREADABLE } };

	for (size_t i = 0; i < ARRAY_SIZE(sources); i++) {
		struct world w = { 0 };
		struct volume *v = volume(&w, "root", sources[i]);

		v->expect = i == 0 ? EXPECT_ANY : EXPECT_NOTHING;
		start(&w);
		device_appears(&w, "/dev/vdb", 42, ROOT_UUID);
		expect(&w, "header");
		engine_job_done(w.engine, 0, &r);
		expect(&w, "kill root");
		expect(&w, "report root failed 4");
		CHECK(engine_finished(w.engine));
		finish(&w);
	}
}

TEST(members_of_an_array)
{
	struct world w = { 0 };
	struct device a = part("/dev/vda", 1, "linux_raid_member"),
		      b = part("/dev/vdb", 2, "linux_raid_member");

	volume(&w, "root", "UUID=" ROOT_UUID);
	start(&w);
	appears(&w, &a);
	expect(&w, "say note root: /dev/vda is a part of a RAID array (linux_raid_member); waiting "
		   "for the RAID array");
	appears(&w, &b);
	expect(&w, "/dev/vdb is a part of a RAID array");
	str_copy(a.holder, sizeof(a.holder), "md0");
	appears(&w, &a);
	expect_nothing(&w);
	w.now = 4000;
	up_to_prompt(&w, 0, "/dev/md0", 9, ROOT_UUID);
	expect(&w, "prompt root");
	appears(&w, &a);
	appears(&w, &b);
	expect_nothing(&w);
	finish(&w);
}

TEST(array_that_does_not_appear)
{
	struct world w = { 0 };
	struct device a = part("/dev/vda", 1, "mpath_member");

	volume(&w, "root", "UUID=" ROOT_UUID);
	start(&w);
	appears(&w, &a);
	expect(&w, "/dev/vda is a part of a multipath map");
	tick_at(&w, 30000);
	expect(&w, "kill root");
	/* There is no signature of that which could be removed. */
	expect(&w, "report root failed 6 /dev/vda is a part of a multipath map (mpath_member); "
		   "waiting for the map. If it should not be one, boot with multipath=off");
	finish(&w);
}

TEST(snapshot_only_by_its_path)
{
	struct world w = { 0 };
	struct device a = part("/dev/dm-1", 42, "snapshot");

	volume(&w, "root", "UUID=" ROOT_UUID);
	volume(&w, "old", "/dev/sdx");
	start(&w);
	appears(&w, &a);
	expect(&w, "root: /dev/dm-1 is a snapshot");
	expect(&w, "job old header /dev/dm-1");
	expect_nothing(&w);
	finish(&w);
}

TEST(udev_has_not_said_yet)
{
	struct world w = { 0 };
	struct device a = disk("/dev/sda", 1, ROOT_UUID);

	a.undecided = true;
	volume(&w, "root", "UUID=" ROOT_UUID);
	start(&w);
	appears(&w, &a);
	expect_nothing(&w);
	a.undecided = false;
	appears(&w, &a);
	expect(&w, "header");
	finish(&w);
}

/* The time-out names what is not known of the disks. */
static void not_said(bool again, const char *text)
{
	struct world w = { .undecided = true, .again = again };
	struct device a = disk("/dev/vdz", 9, ROOT_UUID);

	a.undecided = true;
	a.again = again;
	volume(&w, "root", "UUID=" ROOT_UUID);
	start(&w);
	appears(&w, &a);
	expect_nothing(&w);
	tick_at(&w, 30000);
	expect(&w, "kill root");
	expect(&w, text);
	finish(&w);
}

TEST(nobody_says_whether_it_is_a_path)
{
	not_said(true, ", perhaps a path of a multipath map).");
	not_said(false, ", not yet handled by udev).");
}

TEST(in_use_until_the_end)
{
	struct world w = { 0 };
	struct device a = held("/dev/vda", 1, "vg-lv", "");

	volume(&w, "root", "UUID=" ROOT_UUID);
	start(&w);
	appears(&w, &a);
	expect(&w, "say warning root: /dev/vda is in use by vg-lv");
	appears(&w, &a);
	engine_use_changed(w.engine);
	expect_nothing(&w);
	tick_at(&w, 30000);
	expect(&w, "kill root");
	expect(&w, "report root failed 5 /dev/vda is in use by vg-lv");
	finish(&w);
}

/* Where the time-out is infinite, what is there and cannot be used ends the wait, as long as it is
 * there. */
TEST(in_use_for_ever)
{
	struct world w = { 0 };
	struct device a = held("/dev/vda", 1, "vg-lv", "");

	volume(&w, "root", "UUID=" ROOT_UUID)->device_wait = WAIT_FOREVER;
	start(&w);
	w.now = 5000;
	appears(&w, &a);
	expect(&w, "say warning root: /dev/vda is in use by vg-lv");
	w.now = 20000;
	engine_device_gone(w.engine, "/dev/vda");
	tick_at(&w, 60000);
	CHECK(!engine_finished(w.engine));
	appears(&w, &a);
	tick_at(&w, 89999);
	CHECK(!engine_finished(w.engine));
	tick_at(&w, 90000);
	CHECK(strstr(w.log, "report root failed 5 /dev/vda is in use by vg-lv") != NULL);
	CHECK(engine_finished(w.engine));
	finish(&w);
}

TEST(in_use_for_a_while)
{
	struct world w = { 0 };
	struct device a = held("/dev/vda", 1, "vg-lv", "");

	volume(&w, "root", "UUID=" ROOT_UUID);
	start(&w);
	appears(&w, &a);
	expect(&w, "in use by vg-lv");
	w.seen[0].holder[0] = '\0';
	engine_use_changed(w.engine);
	expect(&w, "job root header /dev/vda");
	finish(&w);
}

/* cryptsetup open /dev/vda rescue */
TEST(open_under_another_name)
{
	struct device a = held("/dev/vda", 1, "rescue", ROOT_UUID);

	for (int by_name = 0; by_name < 2; by_name++) {
		struct world w = { 0 };

		volume(&w, "root", "UUID=" ROOT_UUID)->by_name = by_name;
		start(&w);
		appears(&w, &a);
		expect(&w, "header");
		done_header(&w, 0, ROOT_UUID);
		if (!by_name) {
			expect(&w, "verify /dev/vda");
			done_verify(&w, 0);
		}
		expect(&w, "kill root");
		expect(&w, by_name ?
				   "report root failed 5 /dev/vda is open already, as "
				   "/dev/mapper/rescue, but the kernel command line needs "
				   "/dev/mapper/root. Close it (cryptsetup close rescue)" :
				   "report root was-open 0 is already open, as /dev/mapper/rescue");
		finish(&w);
	}
}

/* The command can be pasted. */
TEST(open_under_a_name_with_a_blank)
{
	struct device a = held("/dev/vda", 1, "my rescue", ROOT_UUID);
	struct world w = { 0 };

	volume(&w, "root", "UUID=" ROOT_UUID)->by_name = true;
	start(&w);
	appears(&w, &a);
	expect(&w, "header");
	done_header(&w, 0, ROOT_UUID);
	expect(&w, "kill root");
	expect(&w, "Close it (cryptsetup close 'my rescue')");
	finish(&w);
}

/* A mapping with the volume's UUID that is not what the header asks for. */
TEST(open_under_another_name_and_wrong)
{
	struct world w = { 0 };
	struct device a = held("/dev/vda", 1, "rescue", ROOT_UUID);
	struct job_result r = { .job = JOB_VERIFY, .opened = good_opened(7) };

	volume(&w, "root", "UUID=" ROOT_UUID);
	start(&w);
	appears(&w, &a);
	expect(&w, "header");
	done_header(&w, 0, ROOT_UUID);
	expect(&w, "verify");
	engine_job_done(w.engine, 0, &r);
	expect(&w, "kill root");
	expect(&w, "report root failed 7 /dev/mapper/rescue_dif does not match the header");
	finish(&w);
}

TEST(open_as_another_volume)
{
	struct world w = { 0 };
	struct device a = held("/dev/vda", 1, "x", DATA_UUID);

	volume(&w, "root", "UUID=" ROOT_UUID);
	start(&w);
	appears(&w, &a);
	expect(&w, "header");
	done_header(&w, 0, ROOT_UUID);
	expect(&w, "say warning root: /dev/vda is in use by x, which is not this volume");
	expect(&w, "kill root");
	tick_at(&w, 30000);
	expect(&w, "kill root");
	expect(&w, "report root failed 5");
	finish(&w);
}

/* A path of a multipath map, which was made while the header was read. No integrity is promised. */
TEST(map_that_comes_late)
{
	struct world w = { 0 };
	struct device a = disk("/dev/sda", 1, ROOT_UUID), map = disk("/dev/dm-0", 2, ROOT_UUID);

	volume(&w, "root", "UUID=" ROOT_UUID)->expect = EXPECT_NOTHING;
	start(&w);
	appears(&w, &a);
	expect(&w, "header");
	w.seen[0] = held("/dev/sda", 1, "mpatha", "");
	done_header(&w, 0, ROOT_UUID);
	expect(&w, "say warning root: /dev/sda is in use by mpatha, which is not this volume");
	expect(&w, "kill root");
	appears(&w, &map);
	expect(&w, "header");
	CHECK(!strstr(w.log, "failed"));
	finish(&w);
}

/* Closed while it was looked at. */
TEST(no_longer_open)
{
	struct world w = { 0 };
	struct device a = held("/dev/vda", 1, "rescue", ROOT_UUID);
	struct job_result r = { .job = JOB_VERIFY };

	volume(&w, "root", "UUID=" ROOT_UUID);
	start(&w);
	appears(&w, &a);
	expect(&w, "header");
	done_header(&w, 0, ROOT_UUID);
	expect(&w, "verify");
	w.seen[0].holder[0] = w.seen[0].holder_luks[0] = '\0';
	engine_job_done(w.engine, 0, &r);
	expect(&w, "header");
	done_header(&w, 0, ROOT_UUID);
	expect(&w, "modules");
	done_modules(&w, 0);
	opens(&w);
	finish(&w);
}

TEST(opened_by_hand_while_asking)
{
	struct world w = { 0 };
	struct job_result r = { .job = JOB_HEADER, .disk = good_disk(ROOT_UUID) };

	r.disk.active = ACTIVE_SAME;
	volume(&w, "root", "UUID=" ROOT_UUID);
	start(&w);
	up_to_prompt(&w, 0, "/dev/vda", 1, ROOT_UUID);
	expect(&w, "prompt root");
	/* What was made ahead. */
	str_copy(w.seen[0].holder, sizeof(w.seen[0].holder), "root_dif");
	engine_use_changed(w.engine);
	expect_nothing(&w);
	w.seen[0] = held("/dev/vda", 1, "root", ROOT_UUID);
	engine_use_changed(w.engine);
	expect(&w, "withdraw");
	expect(&w, "kill root");
	expect(&w, "header");
	engine_job_done(w.engine, 0, &r);
	expect(&w, "verify");
	done_verify(&w, 0);
	expect(&w, "kill root");
	expect(&w, "report root was-open 0");
	finish(&w);
}

/* The key is derived when a person opens the volume by hand: the kernel says "busy". */
TEST(opened_by_hand_while_trying)
{
	for (int open = 0; open < 2; open++) {
		struct world w = { 0 };
		struct job_result r = { .job = JOB_HEADER, .disk = good_disk(ROOT_UUID) };
		struct job_result busy = { .job = JOB_UNLOCK,
					   .unlock = { .status = UNLOCK_FAILED,
						       .code = EXIT_CODE_BUSY,
						       .text = "in use by something" } };

		r.disk.active = open ? ACTIVE_SAME : ACTIVE_NONE;
		volume(&w, "root", "UUID=" ROOT_UUID);
		start(&w);
		up_to_prompt(&w, 0, "/dev/vda", 1, ROOT_UUID);
		expect(&w, "prompt root");
		types(&w, "x");
		expect(&w, "unlock");
		engine_job_done(w.engine, 0, &busy);
		expect(&w, "header");
		engine_job_done(w.engine, 0, &r);
		if (open) {
			expect(&w, "verify");
			done_verify(&w, 0);
		}
		expect(&w, "kill root");
		expect(&w, open ? "report root was-open 0" :
				  "report root failed 5 in use by something");
		finish(&w);
	}
}

/* More than are kept: the volume still ends. */
TEST(many_decoys)
{
	struct world w = { 0 };

	volume(&w, "root", "UUID=" ROOT_UUID);
	start(&w);
	for (unsigned i = 1; i <= 20; i++) {
		char node[32];

		snprintf(node, sizeof(node), "/dev/sd%u", i);
		device_appears(&w, node, i, ROOT_UUID);
		refused(&w);
	}
	tick_at(&w, 30000);
	CHECK(engine_finished(w.engine));
	CHECK(engine_exit_code(w.engine) == EXIT_CODE_REFUSED);
	finish(&w);
}

TEST_MAIN(decoy_first_and_the_real_disk_later, decoy_and_the_real_disk_at_once, each_decoy_is_named,
	  copy_stays, decoy_is_unplugged, only_one_disk_can_be_meant, members_of_an_array,
	  array_that_does_not_appear, snapshot_only_by_its_path, udev_has_not_said_yet,
	  nobody_says_whether_it_is_a_path, in_use_until_the_end, in_use_for_ever,
	  in_use_for_a_while, open_under_another_name, open_under_a_name_with_a_blank,
	  open_under_another_name_and_wrong, open_as_another_volume, map_that_comes_late,
	  no_longer_open, opened_by_hand_while_asking, opened_by_hand_while_trying, many_decoys)
