/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fstab, and the settings of other initramfs hooks. */
#include "system/etc.h"
#include "system/sysroot.h"

static void check_line(const struct fstab *fstab, const char *point, const char *source,
		       const char *type, const char *options)
{
	const struct fstab_line *line = fstab_find(fstab, point);

	CHECK_ROW(line != NULL, point);
	if (!line)
		return;
	CHECK_STR(line->source, source);
	CHECK_STR(line->type, type);
	CHECK_STR(line->options, options);
}

TEST(fstab)
{
	struct fstab fstab;

	sysroot_start();
	etc_fstab(top, &fstab);
	CHECK_INT(fstab.n, 0);
	file("/etc/fstab", "# a comment\nUUID=5-5 / ext4 defaults 0 1\n"
			   "/dev/vda1 /my\\040boot vfat\n"
			   "/dev/mapper/swap none swap sw 0 0\n/dev/vda9 none swap sw 0 0\n");
	etc_fstab(top, &fstab);
	CHECK_INT(fstab.n, 4);
	check_line(&fstab, "/", "UUID=5-5", "ext4", "defaults");
	check_line(&fstab, "/my boot", "/dev/vda1", "vfat", "");
	check_line(&fstab, "swap", "/dev/mapper/swap", "swap", "sw");
	CHECK(!fstab_find(&fstab, "/usr"));
	fstab_free(&fstab);
	/* as an editor of Windows saves it */
	file("/etc/fstab", "\xef\xbb\xbfUUID=5-5 / ext4\r\n"
			   "/dev/vda1 /my\\040boot vfat\r\n"
			   "/dev/mapper/swap none swap\r\n");
	etc_fstab(top, &fstab);
	CHECK_INT(fstab.n, 3);
	check_line(&fstab, "/", "UUID=5-5", "ext4", "");
	check_line(&fstab, "swap", "/dev/mapper/swap", "swap", "");
	fstab_free(&fstab);
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
