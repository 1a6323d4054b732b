/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Volumes whose header lies apart from their disk. */
#include "policy/world.h"

#define DATA "/dev/vdb"

static struct volume *apart(struct world *w, const char *name, const char *source,
			    const char *header)
{
	struct volume *v = volume(w, name, source);

	v->detached = true;
	CHECK(place_parse(header, &v->header) == 0);
	return v;
}

static void data_appears(struct world *w)
{
	device_appears(w, DATA, 1, NULL);
}

static void header_appears(struct world *w, const char *node, unsigned devno)
{
	device_appears(w, node, devno, ROOT_UUID);
}

static struct job_result read_apart(const char *where)
{
	struct job_result r = { .job = JOB_HEADER, .disk = good_disk(ROOT_UUID) };

	r.disk.detached = true;
	str_copy(r.disk.where, sizeof(r.disk.where), where);
	return r;
}

static struct job_result absent(const char *where)
{
	struct job_result r = {
		.job = JOB_HEADER,
		.disk = { .kind = HEADER_UNREADABLE, .err = ENOENT, .detached = true }
	};

	str_copy(r.disk.where, sizeof(r.disk.where), where);
	return r;
}

static void opens(struct world *w, const char *where)
{
	struct job_result r = read_apart(where);

	engine_job_done(w->engine, 0, &r);
	expect(w, "job root modules " DATA);
	expect(w, "prompt root");
	done_modules(w, 0);
	types(w, "x");
	expect(w, "unlock");
	done_unlock(w, 0, UNLOCK_OK);
	expect(w, "verify");
	done_verify(w, 0);
	expect(w, "kill root");
	expect(w, "report root open 0");
	expect_nothing(w);
	finish(w);
}

TEST(header_first)
{
	struct world w = { 0 };

	apart(&w, "root", DATA, "UUID=" ROOT_UUID);
	start(&w);
	header_appears(&w, "/dev/sda1", 2);
	expect_nothing(&w);
	data_appears(&w);
	expect(&w, "job root header " DATA " (keyfile) header on /dev/sda1");
	opens(&w, "/dev/sda1");
}

TEST(header_late)
{
	struct world w = { 0 };

	apart(&w, "root", DATA, "UUID=" ROOT_UUID);
	start(&w);
	data_appears(&w);
	expect_nothing(&w);
	CHECK(!engine_disks_found(w.engine));
	tick_at(&w, 3000);
	expect(&w, "say note root: waiting for the header UUID=" ROOT_UUID ", 27 seconds left");
	CHECK_INT(engine_deadline(w.engine), 13000);
	w.now = 29000;
	header_appears(&w, "/dev/sda1", 2);
	expect(&w, "job root header " DATA " (keyfile) header on /dev/sda1");
	CHECK(engine_disks_found(w.engine));
	opens(&w, "/dev/sda1");
}

/* Which of both is missing. */
TEST(deadline)
{
	static const struct {
		const char *header;
		bool data_there, header_there, looked;
		const char *said;
	} rows[] = {
		{ "LABEL=h", true, false, false,
		  "failed 6 the disk is there (" DATA "), but no device for the header LABEL=h "
		  "appeared within 30 seconds. Disks seen: /dev/vdz (ext4, 300 MiB). Connect the "
		  "device that holds the header, or check header= (test)." },
		{ "/h:LABEL=h", true, false, false,
		  "but no device for the header file /h on LABEL=h appeared within 30 seconds" },
		{ "UUID=" ROOT_UUID, false, true, false,
		  "failed 6 no disk with " DATA " appeared within 30 seconds, but its header did "
		  "(/dev/sda1). Disks seen" },
		{ "LABEL=h", false, false, false,
		  "failed 6 no disk with " DATA " appeared within 30 seconds, nor did the header "
		  "LABEL=h. Disks seen" },
		{ "/h", true, false, true,
		  "failed 6 the disk is there (" DATA "), but the header file /h did not appear "
		  "within 30 seconds." },
		{ "/h:UUID=" ROOT_UUID, true, true, true,
		  "but the header file /h on UUID=" ROOT_UUID
		  " did not appear within 30 seconds." },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct world w = { 0 };
		struct job_result r = absent("/h");

		apart(&w, "root", DATA, rows[i].header);
		start(&w);
		if (rows[i].header_there)
			header_appears(&w, "/dev/sda1", 2);
		if (rows[i].data_there)
			data_appears(&w);
		if (rows[i].looked)
			engine_job_done(w.engine, 0, &r);
		tick_at(&w, 30000);
		if (rows[i].looked)
			engine_job_done(w.engine, 0, &r);
		engine_tick(w.engine);
		CHECK(engine_finished(w.engine));
		CHECK_HAS(w.log, rows[i].said);
		finish(&w);
	}
}

/* A file that another program mounts or makes. */
TEST(file_late)
{
	struct world w = { 0 };
	struct job_result r = absent("/run/h");

	apart(&w, "root", DATA, "/run/h");
	start(&w);
	data_appears(&w);
	expect(&w, "job root header " DATA " (keyfile)");
	engine_job_done(w.engine, 0, &r);
	expect(&w, "say note root: the header file /run/h is not there yet; waiting until it is");
	CHECK(!engine_disks_found(w.engine));
	CHECK_INT(engine_deadline(w.engine), 1000);
	tick_at(&w, 1000);
	expect(&w, "job root header");
	engine_job_done(w.engine, 0, &r);
	expect_nothing(&w);
	tick_at(&w, 2000);
	expect(&w, "job root header");
	opens(&w, "/run/h");
}

/* Two sticks have the label, and the second one has the file. */
TEST(file_on_the_other_device)
{
	struct world w = { 0 };
	struct job_result r = absent("/h");

	apart(&w, "root", DATA, "/h:UUID=" ROOT_UUID);
	start(&w);
	data_appears(&w);
	header_appears(&w, "/dev/sda1", 2);
	expect(&w, "header on /dev/sda1");
	header_appears(&w, "/dev/sdb1", 3);
	expect(&w, "/dev/sda1 and /dev/sdb1 both match the header file /h on UUID=");
	engine_job_done(w.engine, 0, &r);
	tick_at(&w, 1000);
	expect(&w, "header on /dev/sdb1");
	engine_job_done(w.engine, 0, &r);
	tick_at(&w, 2000);
	expect(&w, "header on /dev/sda1");
	engine_job_done(w.engine, 0, &r);
	tick_at(&w, 3000);
	expect(&w, "header on /dev/sdb1");
	opens(&w, "/h on /dev/sdb1");
}

/* A header that is not the one it should be makes room for another one. */
TEST(decoy)
{
	struct world w = { 0 };
	struct job_result r = read_apart("/dev/sda1");

	r.disk.header.integrity[0] = '\0';
	apart(&w, "root", DATA, "UUID=" ROOT_UUID);
	start(&w);
	data_appears(&w);
	header_appears(&w, "/dev/sda1", 2);
	expect(&w, "header on /dev/sda1");
	engine_job_done(w.engine, 0, &r);
	expect(&w, "say warning root: /dev/sda1 is refused");
	expect(&w, "kill root");
	header_appears(&w, "/dev/sda1", 2);
	expect_nothing(&w);
	header_appears(&w, "/dev/sdb1", 3);
	expect(&w, "job root header " DATA " (keyfile) header on /dev/sdb1");
	opens(&w, "/dev/sdb1");
}

TEST(decoy_alone)
{
	static const struct {
		const char *header;
		bool at_once;
	} rows[] = { { "UUID=" ROOT_UUID, false }, { "/dev/sda1", true }, { "/etc/h", true } };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct world w = { 0 };
		struct job_result r = read_apart("/dev/sda1");

		r.disk.header.integrity[0] = '\0';
		apart(&w, "root", DATA, rows[i].header);
		start(&w);
		header_appears(&w, "/dev/sda1", 2);
		data_appears(&w);
		engine_job_done(w.engine, 0, &r);
		CHECK(engine_finished(w.engine) == rows[i].at_once);
		tick_at(&w, 30000);
		CHECK_HAS(w.log, "report root failed 7 /dev/sda1 is refused");
		finish(&w);
	}
}

/* The header is good; the disk is not the one that belongs to it. */
TEST(other_disk)
{
	struct world w = { 0 };
	struct job_result r = read_apart("/dev/sda1");

	r.disk.superblock.state = SUPERBLOCK_MISSING;
	apart(&w, "root", "PARTLABEL=x", "UUID=" ROOT_UUID);
	start(&w);
	header_appears(&w, "/dev/sda1", 2);
	for (unsigned i = 0; i < 2; i++) {
		struct device dev = disk(i ? "/dev/vdc" : DATA, 5 + i, NULL);

		str_copy(dev.partlabel, sizeof(dev.partlabel), "x");
		appears(&w, &dev);
		expect(&w, i ? "header /dev/vdc (keyfile) header on /dev/sda1" :
			       "header /dev/vdb (keyfile) header on /dev/sda1");
		engine_job_done(w.engine, 0, &r);
		expect(&w, "say warning root: /dev/vd");
		expect(&w, "kill root");
	}
	finish(&w);
}

/* Not a part of something, and not in use: as for disks. */
TEST(part)
{
	struct world w = { 0 };
	struct device leg = disk("/dev/sda1", 2, ROOT_UUID), held = disk("/dev/sdb1", 3, ROOT_UUID);

	str_copy(leg.member, sizeof(leg.member), "linux_raid_member");
	str_copy(held.holder, sizeof(held.holder), "md0");
	apart(&w, "root", DATA, "UUID=" ROOT_UUID);
	start(&w);
	data_appears(&w);
	appears(&w, &leg);
	expect(&w, "root: /dev/sda1 is a part of a RAID array");
	appears(&w, &leg);
	appears(&w, &held);
	expect(&w, "root: /dev/sdb1 is in use by md0");
	held.undecided = true;
	appears(&w, &held);
	expect_nothing(&w);
	w.seen[w.n_seen - 1].holder[0] = w.seen[w.n_seen - 2].holder[0] = '\0';
	engine_use_changed(w.engine);
	expect(&w, "header on /dev/sdb1");
	finish(&w);
}

TEST(part_alone)
{
	struct world w = { 0 };
	struct device leg = disk("/dev/sda1", 2, ROOT_UUID);

	str_copy(leg.member, sizeof(leg.member), "linux_raid_member");
	apart(&w, "root", DATA, "UUID=" ROOT_UUID);
	start(&w);
	data_appears(&w);
	appears(&w, &leg);
	tick_at(&w, 30000);
	CHECK_HAS(w.log, "report root failed 6 /dev/sda1 is a part of a RAID array");
	finish(&w);
}

/* Before it was read, the header is waited for again; after that it is not needed. */
TEST(header_removed)
{
	struct world w = { 0 };
	struct job_result r = read_apart("/dev/sda1");

	apart(&w, "root", DATA, "UUID=" ROOT_UUID);
	start(&w);
	data_appears(&w);
	header_appears(&w, "/dev/sda1", 2);
	expect(&w, "header on /dev/sda1");
	engine_device_gone(w.engine, "/dev/sda1");
	expect(&w,
	       "say warning root: /dev/sda1, which holds the header, was removed; waiting until "
	       "it is back");
	expect(&w, "kill root");
	engine_job_done(w.engine, 0, &r);
	expect_nothing(&w);
	header_appears(&w, "/dev/sdb1", 3);
	expect(&w, "header on /dev/sdb1");
	engine_job_done(w.engine, 0, &r);
	expect(&w, "modules");
	expect(&w, "prompt root");
	engine_device_gone(w.engine, "/dev/sdb1");
	expect_nothing(&w);
	engine_device_gone(w.engine, DATA);
	expect(&w, DATA " was removed");
	finish(&w);
}

TEST(data_removed)
{
	struct world w = { 0 };

	apart(&w, "root", DATA, "UUID=" ROOT_UUID);
	start(&w);
	data_appears(&w);
	engine_device_gone(w.engine, DATA);
	expect(&w, DATA " was removed");
	expect(&w, "kill root");
	header_appears(&w, "/dev/sda1", 2);
	expect_nothing(&w);
	data_appears(&w);
	expect(&w, "header on /dev/sda1");
	opens(&w, "/dev/sda1");
}

TEST(silent_header)
{
	struct world w = { 0 };

	apart(&w, "root", DATA, "UUID=" ROOT_UUID);
	start(&w);
	data_appears(&w);
	header_appears(&w, "/dev/sda1", 2);
	expect(&w, "header on /dev/sda1");
	w.now = 100;
	engine_device_silent(w.engine, "/dev/sda1", true);
	expect(&w, "/dev/sda1 does not answer");
	tick_at(&w, 30100);
	CHECK(engine_finished(w.engine));
	CHECK_HAS(w.log, "failed 6 /dev/sda1 stopped answering");
	finish(&w);
}

/* rd.luks.data= for a disk that has its header itself. */
TEST(same_device)
{
	struct world w = { 0 };

	apart(&w, "root", DATA, "UUID=" ROOT_UUID);
	start(&w);
	header_appears(&w, DATA, 1);
	expect(&w, "job root header " DATA " (keyfile)");
	CHECK(!strstr(w.log, "header on"));
	finish(&w);
}

/* rd.luks.uuid=, as dracut writes it, means the volume and not the device of its header. */
TEST(uuid_of_the_header)
{
	struct world w = { 0 };
	struct volume *v;

	apart(&w, "root", DATA, "UUID=" ROOT_UUID);
	v = volume(&w, "luks-x", "UUID=" ROOT_UUID);
	v->expect = EXPECT_NOTHING;
	v->on_cmdline = true;
	start(&w);
	header_appears(&w, "/dev/sda1", 2);
	expect(&w, "kill root");
	expect(&w, "kill root"); /* which has the name of the other one by now */
	expect(&w,
	       "report root left 0 /dev/sda1 holds the header of volume luks-x, which is opened");
	data_appears(&w);
	expect(&w, "job luks-x header " DATA " (keyfile) header on /dev/sda1");
	finish(&w);
}

/* What the image promises to be on that disk stays there. */
TEST(promised_on_the_header)
{
	struct world w = { 0 };

	volume(&w, "root", "UUID=" ROOT_UUID);
	apart(&w, "decoy", DATA, "UUID=" ROOT_UUID)->expect = EXPECT_NOTHING;
	start(&w);
	header_appears(&w, "/dev/sda1", 2);
	expect(&w, "job root header /dev/sda1 (keyfile)");
	expect_nothing(&w);
	finish(&w);
}

TEST(wrong_uuid)
{
	struct world w = { 0 };
	struct job_result r = read_apart("/etc/h");

	str_copy(apart(&w, "root", DATA, "/etc/h")->header_uuid, 40, DATA_UUID);
	start(&w);
	data_appears(&w);
	engine_job_done(w.engine, 0, &r);
	CHECK_HAS(w.log,
		  "report root failed 4 The detached header in /etc/h has the UUID " ROOT_UUID
		  ", but volume root needs the one with the UUID " DATA_UUID);
	finish(&w);
}

TEST_MAIN(header_first, header_late, deadline, file_late, file_on_the_other_device, decoy,
	  decoy_alone, other_disk, part, part_alone, header_removed, data_removed, silent_header,
	  same_device, uuid_of_the_header, promised_on_the_header, wrong_uuid)
