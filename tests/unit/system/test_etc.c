/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fstab, and the settings of other initramfs hooks. */
#include "system/etc.h"
#include "system/sysroot.h"

TEST(fstab)
{
	static const struct {
		const char *mount_point, *source, *type;
	} rows[] = {
		{ "/", "UUID=5-5", "ext4" },
		{ "/my boot", "/dev/vda1", "vfat" },
		{ "swap", "/dev/mapper/swap", "swap" },
		{ "/usr", NULL, NULL },
	};

	sysroot_start();
	CHECK(etc_fstab(top, "/", NULL) == NULL);
	file("/etc/fstab", "# a comment\nUUID=5-5 / ext4 defaults 0 1\n"
			   "/dev/vda1 /my\\040boot vfat\n"
			   "/dev/mapper/swap none swap sw 0 0\n/dev/vda9 none swap sw 0 0\n");
	/* The second time as an editor of Windows saves it. */
	for (size_t i = 0; i < 2 * ARRAY_SIZE(rows); i++) {
		cleanup_free char *type = NULL;
		cleanup_free char *source = NULL;

		if (i == ARRAY_SIZE(rows))
			file("/etc/fstab", "\xef\xbb\xbfUUID=5-5 / ext4\r\n"
					   "/dev/vda1 /my\\040boot vfat\r\n"
					   "/dev/mapper/swap none swap\r\n");
		source = etc_fstab(top, rows[i % ARRAY_SIZE(rows)].mount_point, &type);
		CHECK_STR(source, rows[i % ARRAY_SIZE(rows)].source);
		CHECK_STR(type, rows[i % ARRAY_SIZE(rows)].type);
	}
}

TEST(setting)
{
	static const struct {
		const char *text, *value; /* of NAME; NULL: not set */
	} rows[] = {
		{ "NAME=value\n", "value" },	     { "NAME=value\r\n", "value" },
		{ "  NAME=value # why\n", "value" }, { "NAME=\"two words\"\n", "two words" },
		{ "NAME='*.key'\n", "*.key" },	     { "NAME=first\nNAME=last\n", "last" },
		{ "NAME=first\nNAME=\n", NULL },     { "#NAME=value\n", NULL },
		{ "NAMES=value\n", NULL },	     { "NAME=$(cat file)\n", NULL },
		{ "NAME=\"`cat file`\"\n", NULL },
	};

	sysroot_start();
	CHECK(etc_setting(top, "/etc/setting", "NAME") == NULL);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_free char *value = NULL;

		file("/etc/setting", rows[i].text);
		value = etc_setting(top, "/etc/setting", "NAME");
		CHECK_STR(value, rows[i].value);
	}
}

TEST_MAIN(fstab, setting)
