/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which block device a name means. */
#include "system/block.h"
#include "system/sysroot.h"

static void start(void)
{
	sysroot_start();
	sysroot_root();
	linked("/dev/disk/by-uuid/" LUKS_UUID, "/dev/vda2");
	linked("/dev/disk/by-label/my\\x20disk", "/dev/vda3");
	linked("/dev/disk/by-partuuid/12-34", "/dev/vda1");
	linked("/dev/disk/by-partlabel/gone", "/dev/vda9");
}

TEST(resolve)
{
	static const struct {
		const char *text, *device; /* NULL: not here */
	} rows[] = {
		{ "UUID=" LUKS_UUID, "vda2" },	{ "LABEL=my disk", "vda3" },
		{ "PARTUUID=12-34", "vda1" },	{ "PARTLABEL=gone", NULL },
		{ "UUID=5-5", NULL },		{ "/dev/vda", "vda" },
		{ "/dev/vda9", NULL },		{ "/dev/dm-1", "dm-1" },
		{ "/dev/mapper/root", "dm-1" }, { "/dev/mapper/other", NULL },
		{ "SERIAL=S1", NULL },
	};

	start();
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct devref ref;
		char device[BLOCK_NAME_MAX] = "untouched";

		CHECK_ROW(devref_parse(rows[i].text, &ref) == 0, rows[i].text);
		CHECK_ROW(block_resolve(top, &ref, device) == (rows[i].device ? 0 : -ENOENT),
			  rows[i].text);
		if (rows[i].device)
			CHECK_STR(device, rows[i].device);
	}
}

/* In a chroot /dev may be empty although /sys is mounted. */
TEST(mapping_without_its_node)
{
	char device[BLOCK_NAME_MAX], node[512];

	start();
	in_system(node, "/dev/mapper/root");
	CHECK(unlink(node) == 0);
	CHECK_INT(block_device(top, "/dev/mapper/root", device), 0);
	CHECK_STR(device, "dm-1");
}

TEST(by_number)
{
	static const struct {
		const char *number, *device;
	} rows[] = {
		{ "254:2", "vda2" }, { "253:1", "dm-1" }, { "254:9", NULL },	{ "0:0", NULL },
		{ "0:25", NULL },    { "", NULL },	  { "../block", NULL },
	};

	start();
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char device[BLOCK_NAME_MAX] = "untouched";

		CHECK_ROW(block_by_number(top, rows[i].number, device) ==
				  (rows[i].device ? 0 : -ENOENT),
			  rows[i].number);
		if (rows[i].device)
			CHECK_STR(device, rows[i].device);
	}
}

TEST(names)
{
	char node[64], name[128];

	start();
	mapping("dm-2", "253:2", "a\\x20b\\x", "LVM-abc", "vda3");
	block_mapping_name(top, "dm-2", name);
	CHECK_STR(name, "a b\\x");
	block_mapping_name(top, "vda2", name);
	CHECK_STR(name, "");
	block_node("cciss!c0d0", node);
	CHECK_STR(node, "/dev/cciss/c0d0");
	CHECK(!block_node("0123456789012345678901234567890123456789012345678901234567890", node));
	CHECK_STR(node, "");
	/* As in /dev/mapper, and as people write it. */
	CHECK_INT(block_by_mapping(top, "a\\x20b\\x", name), 0);
	CHECK_STR(name, "dm-2");
	CHECK_INT(block_by_mapping(top, "a b\\x", name), 0);
	CHECK_STR(name, "dm-2");
	CHECK_INT(block_by_mapping(top, "a b", name), -ENOENT);
	/* The very name counts more. */
	mapping("dm-1", "253:1", "a\\x5cx20b\\x", "LVM-abc", "vda3");
	CHECK_INT(block_by_mapping(top, "a\\x20b\\x", name), 0);
	CHECK_STR(name, "dm-2");
	CHECK(block_has(top, "vda2", "partition"));
	CHECK(!block_has(top, "vda", "partition"));
	CHECK_INT(block_attribute(top, "vda2", "dm/uuid", name, sizeof(name)), -ENOENT);
}

TEST(may_hold_volume)
{
	static const struct {
		const char *device, *dm_uuid;
		bool expected;
	} rows[] = {
		{ "sda1", NULL, true },
		{ "ram0", NULL, false },
		{ "zram1", NULL, false },
		{ "fd0", NULL, false },
		{ "dm-10", "CRYPT-LUKS2-00112233445566778899aabbccddeeff-root", false },
		{ "dm-11", "CRYPT-SUBDEV-00112233445566778899aabbccddeeff-root_dif", false },
		{ "dm-12", "CRYPT-INTEGRITY-00112233445566778899aabbccddeeff-x_dif", false },
		{ "dm-13", "CRYPT-INTEGRITY-standalone", true },
		{ "dm-14", "CRYPT-PLAIN-swap", false },
		{ "dm-15", "LVM-abc", true },
		{ "dm-18", "LVM-" LUKS_PLAIN LUKS_PLAIN, true },
		{ "dm-19", "LVM-" LUKS_PLAIN LUKS_PLAIN "-real", false },
		{ "dm-16", "", true },
		{ "dm-17", NULL, true },
	};

	start();
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].dm_uuid)
			mapping(rows[i].device, "253:99", "x", rows[i].dm_uuid, "vda3");
		CHECK_ROW(block_may_hold_volume(top, rows[i].device) == rows[i].expected,
			  rows[i].device);
	}
	mapping("dm-20", "253:98", "vg-lv_rimage_0", "LVM-abc", "vda3");
	CHECK(!block_may_hold_volume(top, "dm-20"));
}

TEST_MAIN(resolve, mapping_without_its_node, by_number, names, may_hold_volume)
