/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/standalone_verdict.h"
#include "policy/standalones.h"

#include "base/util.h"
#include "test.h"

#include <stdio.h>
#include <sys/sysmacros.h>

/* What is asked for, and what is said, a line each. */
static struct {
	struct integritytab tab;
	struct findings findings;
	struct standalones *all;
	uint64_t now;
	dev_t resolved;
	int error;
	char log[4096];
} w;

static uint64_t fake_now(void *ctx)
{
	(void)ctx;
	return w.now;
}

static void fake_say(void *ctx, enum severity severity, const char *name, const char *text)
{
	(void)ctx;
	str_append(w.log, sizeof(w.log), "say %d %s: %s\n", severity, name, text);
}

static dev_t fake_resolve(void *ctx, const char *path)
{
	(void)ctx;
	return str_eq(path, "/dev/disk/by-id/a") ? w.resolved : 0;
}

static int fake_open(void *ctx, size_t i, const char *node, const char *data)
{
	(void)ctx;
	str_append(w.log, sizeof(w.log), "open %zu %s%s%s\n", i, node, data ? " + " : "",
		   data ? data : "");
	return w.error;
}

static void fake_report(void *ctx, size_t i, const char *node, const struct standalone_result *r,
			enum exit_code code)
{
	(void)ctx;
	str_append(w.log, sizeof(w.log), "report %zu %s %d %s\n", i, node, code, r->text);
}

static const struct standalones_ops ops = { fake_now, fake_say, fake_resolve, fake_open,
					    fake_report };

static void begin(const char *text)
{
	memset(&w, 0, sizeof(w));
	integritytab_parse("/tab", text, strlen(text), SEVERITY_WARNING, &w.tab, &w.findings);
	w.all = standalones_new(&w.tab, &ops, NULL);
	standalones_start(w.all);
}

static void end(void)
{
	w.all = standalones_free(w.all);
	integritytab_free(&w.tab);
	findings_free(&w.findings);
}

/* What was asked for since the last call. */
static const char *happened(void)
{
	static char text[sizeof(w.log)];

	memcpy(text, w.log, sizeof(text));
	w.log[0] = '\0';
	return text;
}

static struct device disk(unsigned minor, const char *partuuid)
{
	struct device dev = { .devno = makedev(254, minor) };

	snprintf(dev.node, sizeof(dev.node), "/dev/vd%c", 'a' + minor);
	str_copy(dev.partuuid, sizeof(dev.partuuid), partuuid);
	return dev;
}

static void appears(unsigned minor, const char *partuuid)
{
	const struct device dev = disk(minor, partuuid);

	standalones_device(w.all, &dev);
}

static void ended(size_t i, enum standalone_end how, const char *text)
{
	struct standalone_result r = { .end = how };

	str_copy(r.text, sizeof(r.text), text);
	standalones_done(w.all, i, &r);
}

TEST(two_disks)
{
	begin("a PARTUUID=1\nb PARTUUID=2");
	CHECK(!standalones_finished(w.all) && !standalones_busy(w.all));
	appears(0, "9");
	appears(2, "2");
	CHECK_STR(happened(), "open 1 /dev/vdc\n");
	appears(2, "2");
	CHECK(standalones_busy(w.all));
	ended(1, STANDALONE_OPEN, "");
	CHECK_STR(happened(), "report 1 /dev/vdc 0 \n");
	CHECK(!standalones_finished(w.all) && !standalones_busy(w.all));
	appears(2, "2");
	appears(1, "1");
	ended(0, STANDALONE_WAS_OPEN, "");
	CHECK_STR(happened(), "open 0 /dev/vdb\nreport 0 /dev/vdb 0 \n");
	CHECK(standalones_finished(w.all));
	CHECK_INT(standalones_exit_code(w.all), EXIT_CODE_OK);
	CHECK(standalones_deadline(w.all) == UINT64_MAX);
	end();
}

/* An array may do without it: nothing fails, and the boot does not wait for ever. */
TEST(one_is_missing)
{
	begin("a PARTUUID=1\nb PARTUUID=2");
	appears(1, "1");
	ended(0, STANDALONE_OPEN, "");
	happened();
	CHECK_INT(standalones_deadline(w.all), 3000);
	w.now = 3000;
	standalones_tick(w.all);
	CHECK_STR(happened(), "say 0 b: waiting for the disk with PARTUUID=2\n");
	CHECK_INT(standalones_deadline(w.all), 30000);
	w.now = 30000;
	standalones_tick(w.all);
	CHECK_STR(happened(),
		  "report 1  6 no disk with PARTUUID=2 appeared within 30 seconds, so this "
		  "integrity device is not there; an array goes on without it if it can. "
		  "Check the cable and /tab line 2.\n");
	CHECK(standalones_finished(w.all));
	CHECK_INT(standalones_exit_code(w.all), EXIT_CODE_OK);
	/* Late, while a passphrase is typed. */
	appears(2, "2");
	CHECK_STR(happened(), "open 1 /dev/vdc\n");
	ended(1, STANDALONE_OPEN, "");
	CHECK(standalones_finished(w.all));
	end();
}

TEST(all_are_missing)
{
	begin("a PARTUUID=1\nb PARTUUID=2");
	w.now = 30000;
	standalones_tick(w.all);
	CHECK(standalones_finished(w.all));
	CHECK_INT(standalones_exit_code(w.all), EXIT_CODE_TIMEOUT);
	end();
}

/* Parts of an array or of a multipath map carry the superblock of the whole. */
TEST(parts)
{
	struct device part = disk(1, "1");

	begin("a PARTUUID=1");
	str_copy(part.member, sizeof(part.member), "mpath_member");
	standalones_device(w.all, &part);
	standalones_device(w.all, &part);
	CHECK_STR(happened(),
		  "say 0 a: /dev/vdb is a part of a larger device (mpath_member), and is not "
		  "opened by itself\n");
	part.member[0] = '\0';
	part.undecided = true;
	standalones_device(w.all, &part);
	CHECK_STR(happened(), "");
	part.undecided = false;
	standalones_device(w.all, &part);
	CHECK_STR(happened(), "open 0 /dev/vdb\n");
	end();
}

TEST(copies)
{
	begin("a PARTUUID=1");
	appears(1, "1");
	appears(2, "1");
	appears(2, "1");
	CHECK_STR(happened(),
		  "open 0 /dev/vdb\nsay 1 a: /dev/vdb and /dev/vdc have the same name; "
		  "/dev/vdb appeared first and is used. If that is the wrong disk, unplug "
		  "it.\n");
	end();
}

/* mdadm and others claim a disk while they look at it. */
TEST(in_use)
{
	begin("a PARTUUID=1");
	appears(1, "1");
	ended(0, STANDALONE_BUSY, "in use");
	CHECK_STR(happened(), "open 0 /dev/vdb\n");
	CHECK_INT(standalones_deadline(w.all), 250);
	CHECK(!standalones_busy(w.all) && !standalones_finished(w.all));
	for (unsigned i = 0; i < 39; i++) {
		w.now += 250;
		standalones_tick(w.all);
		CHECK_STR(happened(), "open 0 /dev/vdb\n");
		ended(0, STANDALONE_BUSY, "in use");
	}
	CHECK_STR(happened(), "report 0 /dev/vdb 5 in use\n");
	CHECK_INT(standalones_exit_code(w.all), EXIT_CODE_BUSY);
	end();
}

TEST(failures)
{
	begin("a PARTUUID=1\nb PARTUUID=2\nc PARTUUID=3");
	appears(1, "1");
	ended(0, STANDALONE_FAILED, "no superblock");
	CHECK_STR(happened(), "open 0 /dev/vdb\nreport 0 /dev/vdb 4 no superblock\n");
	appears(1, "1");
	CHECK_STR(happened(), "");
	appears(2, "2");
	standalones_done(w.all, 1, NULL);
	CHECK_STR(happened(),
		  "open 1 /dev/vdc\nreport 1 /dev/vdc 1 the process that opens it has ended "
		  "without a result; the kernel log may say more\n");
	w.error = -EAGAIN;
	appears(3, "3");
	CHECK_STR(happened(),
		  "open 2 /dev/vdd\nreport 2 /dev/vdd 1 no process could be started that "
		  "opens it; there may be no memory\n");
	CHECK(standalones_finished(w.all));
	CHECK_INT(standalones_exit_code(w.all), EXIT_CODE_DEVICE);
	end();
}

/* A disk that holds every process which reads it. */
TEST(silent)
{
	begin("a PARTUUID=1");
	w.now = 5;
	appears(1, "1");
	CHECK_INT(standalones_deadline(w.all), 30005);
	w.now = 30005;
	happened();
	standalones_tick(w.all);
	CHECK_STR(happened(),
		  "report 0 /dev/vdb 6 /dev/vdb does not answer, so this integrity device is "
		  "not there. Check its cable; the kernel log may say more.\n");
	ended(0, STANDALONE_OPEN, "");
	CHECK_STR(happened(), "");
	end();
}

TEST(removed)
{
	begin("a PARTUUID=1");
	appears(1, "1");
	ended(0, STANDALONE_BUSY, "");
	standalones_gone(w.all, "/dev/vda");
	happened();
	standalones_gone(w.all, "/dev/vdb");
	CHECK_STR(happened(), "say 1 a: /dev/vdb was removed\n");
	w.now = 300;
	standalones_tick(w.all);
	CHECK_STR(happened(), "");
	appears(2, "1");
	CHECK_STR(happened(), "open 0 /dev/vdc\n");
	end();
}

TEST(data_device)
{
	begin("a PARTUUID=1 - data-device=/dev/disk/by-id/a");
	appears(1, "1");
	CHECK_STR(happened(), "");
	w.now = 3000;
	standalones_tick(w.all);
	CHECK_STR(happened(), "say 0 a: waiting for the disk with /dev/disk/by-id/a\n");
	w.resolved = makedev(254, 2);
	appears(2, "");
	CHECK_STR(happened(), "open 0 /dev/vdb + /dev/vdc\n");
	standalones_gone(w.all, "/dev/vdc");
	ended(0, STANDALONE_FAILED, "gone");
	CHECK_STR(happened(), "say 1 a: /dev/vdc was removed\nreport 0 /dev/vdb 4 gone\n");
	end();
}

TEST(noauto)
{
	begin("a PARTUUID=1 - noauto");
	appears(1, "1");
	CHECK_STR(happened(), "");
	CHECK(standalones_finished(w.all) && standalones_deadline(w.all) == UINT64_MAX);
	CHECK_INT(standalones_exit_code(w.all), EXIT_CODE_OK);
	end();
}

/* Before the boot waits, no time counts. */
TEST(early)
{
	memset(&w, 0, sizeof(w));
	integritytab_parse("/tab", "a /dev/vdb", 10, SEVERITY_WARNING, &w.tab, &w.findings);
	w.all = standalones_new(&w.tab, &ops, NULL);
	w.now = 100000;
	standalones_tick(w.all);
	CHECK_STR(happened(), "");
	CHECK(standalones_deadline(w.all) == UINT64_MAX);
	appears(1, "");
	CHECK_STR(happened(), "open 0 /dev/vdb\n");
	end();
}

/* --- the superblock, and failures --- */

#define MIB (1 << 20)

static const char *judged(struct superblock sb, const char *data, uint64_t size, uint64_t data_size)
{
	const struct standalone s = { .name = "a", .origin = "/tab line 1" };
	const struct standalone_subject subject = { "/dev/vdb", data, size, data_size };
	static char text[512];

	text[0] = '\0';
	return standalone_judge(&s, &subject, &sb, text) ? "right" : text;
}

TEST(superblocks)
{
	const struct superblock good = { .state = SUPERBLOCK_OK,
					 .provided = 30 * MIB,
					 .needed = 32 * MIB };
	const struct superblock tags = { .state = SUPERBLOCK_BAD,
					 .separate = true,
					 .provided = 30 * MIB };
	struct superblock sb = good;

	CHECK_STR(judged(good, NULL, 32 * MIB, 0), "right");
	CHECK_STR(judged(good, NULL, 0, 0), "right");
	CHECK_HAS(judged(good, NULL, 31 * MIB, 0), "/dev/vdb has 31 MiB, but had 32 MiB");
	CHECK_HAS(judged(good, "/dev/vdc", 32 * MIB, 32 * MIB), "holds its own data");
	CHECK_STR(judged(tags, "/dev/vdc", MIB, 30 * MIB), "right");
	CHECK_HAS(judged(tags, "/dev/vdc", MIB, 29 * MIB), "/dev/vdc has 29 MiB, but had 30 MiB");
	CHECK_HAS(judged(tags, NULL, MIB, 0), "holds only the tags of another disk");
	sb.journal_mac = true;
	CHECK_HAS(judged(sb, NULL, 0, 0), "--journal-integrity");
	CHECK_HAS(judged((struct superblock){ .state = SUPERBLOCK_MISSING }, NULL, 0, 0),
		  "no dm-integrity superblock: it is another disk than /tab line 1 means");
	CHECK_HAS(judged((struct superblock){ .state = SUPERBLOCK_BAD }, NULL, 0, 0), "invalid");
	CHECK_HAS(judged((struct superblock){ .state = SUPERBLOCK_OK }, NULL, 0, 0), "newer");
	sb = (struct superblock){ .state = SUPERBLOCK_BAD, .inline_tags = true, .provided = MIB };
	CHECK_STR(judged(sb, NULL, MIB, 0), "right");
	CHECK_HAS(judged(sb, NULL, MIB - 1, 0), "truncated");
}

TEST(explanations)
{
	const struct standalone s = { .name = "a",
				      .origin = "/tab line 1",
				      .hash = standalone_hash("crc32") };
	char text[512];

	standalone_explain(&s, "/dev/vdb", &(struct standalone_failure){ -EINVAL, "", "", "crc32" },
			   text);
	CHECK_HAS(text, "it lacks crc32");
	standalone_explain(&s, "/dev/vdb", &(struct standalone_failure){ -EBUSY, "md0", "", "" },
			   text);
	CHECK_STR(text, "/dev/vdb is in use by md0");
	standalone_explain(&s, "/dev/vdb", &(struct standalone_failure){ -EBUSY, "", "", "" },
			   text);
	CHECK_STR(text, "/dev/vdb, or the name a, is in use");
	standalone_explain(&s, "/dev/vdb",
			   &(struct standalone_failure){ -EINVAL, "", "bad tag", "" }, text);
	CHECK_STR(text, "/dev/vdb cannot be opened: Invalid argument (kernel: bad tag)");
	standalone_explain(&s, "/dev/vdb", &(struct standalone_failure){ -EIO, "", "", "" }, text);
	CHECK_HAS(text, "/dev/vdb cannot be opened: ");
	standalone_explain_unreadable(&s, "/dev/vdb", text);
	CHECK_HAS(text, "if crc32 is wrong (/tab line 1)");
}

TEST_MAIN(two_disks, one_is_missing, all_are_missing, parts, copies, in_use, failures, silent,
	  removed, data_device, noauto, early, superblocks, explanations)
