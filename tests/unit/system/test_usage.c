/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What uses a device, and what it is a part of. */
#include "system/usage.h"

#include "system/sysroot.h"

#define OTHER_PLAIN "ffffffff89abcdef0123456789abcdef"

static void start(void)
{
	sysroot_start();
	block("md0", "9:0", NULL);
}

/* device is used by user. */
static void uses(const char *user, const char *device)
{
	cleanup_free char *link = xasprintf("/sys/class/block/%s/holders/%s", device, user);
	cleanup_free char *target = xasprintf("/sys/class/block/%s", user);

	linked(link, target);
}

static void check(const char *device, const char *holder, const char *luks)
{
	struct device dev = { .holder = "old", .holder_luks = "old" };

	usage_holder(top, device, &dev);
	CHECK_STR(dev.holder, holder);
	CHECK_STR(dev.holder_luks, luks);
}

TEST(nothing)
{
	start();
	check("vda2", "", "");
	check("no-such-device", "", "");
}

TEST(array)
{
	start();
	uses("md0", "vda2");
	check("vda2", "md0", "");
	check("vda3", "", "");
}

/* A partition of a disk that is used as a whole. */
TEST(whole_disk)
{
	char disk[BLOCK_NAME_MAX];

	start();
	CHECK(usage_whole_disk(top, "vda2", disk));
	CHECK_STR(disk, "vda");
	CHECK(!usage_whole_disk(top, "vda", disk));
	uses("md0", "vda");
	check("vda", "md0", "");
	check("vda2", "md0", "");
}

TEST(open_volume)
{
	start();
	mapping("dm-0", "253:0", "a\\x20b_dif", "CRYPT-SUBDEV-" LUKS_PLAIN "-a b_dif", "vda2");
	uses("dm-0", "vda2");
	/* Not open yet, or no longer. */
	check("vda2", "a b_dif", "");
	mapping("dm-1", "253:1", "a\\x20b", "CRYPT-LUKS2-" LUKS_PLAIN "-a b", "dm-0");
	uses("dm-1", "dm-0");
	/* Its table is loaded, but not in use yet. */
	file("/sys/devices/dm-1/size", "0\n");
	check("vda2", "a b_dif", "");
	file("/sys/devices/dm-1/size", "8\n");
	check("vda2", "a b", LUKS_UUID);
	/* A second user: two mappings on one disk. */
	mapping("dm-2", "253:2", "x_dif", "CRYPT-SUBDEV-" LUKS_PLAIN "-x_dif", "vda2");
	uses("dm-2", "vda2");
	check("vda2", "a b_dif", "");
}

TEST(volume_without_integrity)
{
	start();
	mapping("dm-0", "253:0", "data", "CRYPT-LUKS1-" OTHER_PLAIN "-data", "vda3");
	file("/sys/devices/dm-0/size", "8\n");
	uses("dm-0", "vda3");
	check("vda3", "data", "ffffffff-89ab-cdef-0123-456789abcdef");
	mapping("dm-0", "253:0", "data", "CRYPT-PLAIN-data", "vda3");
	check("vda3", "data", "");
	mapping("dm-0", "253:0", "vg-lv", "LVM-abc", "vda3");
	check("vda3", "vg-lv", "");
}

/* NAME_dif on NAME_dif on … ends. */
TEST(endless)
{
	start();
	mapping("dm-0", "253:0", "a", "CRYPT-SUBDEV-" LUKS_PLAIN "-a", "vda2");
	uses("dm-0", "vda2");
	uses("dm-0", "dm-0");
	check("vda2", "a", "");
}

TEST_MAIN(nothing, array, whole_disk, open_volume, volume_without_integrity, endless)
