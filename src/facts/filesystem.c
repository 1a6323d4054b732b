/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "facts/filesystem.h"

#include "base/util.h"

/* nls_cp437 alone is enough with them: without, the kernel's configuration names others. */
#define VFAT "codepage=437,iocharset=cp437,utf8", "nls_cp437"

/* What may be on a medium that a person carries a key on, or on a partition of the disk. options:
 * do not replay the journal, which writes even to a file system that is mounted read-only. */
static const struct filesystem {
	const char *type, *driver, *options, *helper;
} filesystems[] = {
	{ "vfat", "vfat", VFAT },
	{ "msdos", "vfat", VFAT },
	{ "exfat", "exfat", NULL, NULL },
	{ "ext4", "ext4", "noload", NULL },
	{ "ext3", "ext4", "noload", NULL },
	{ "ext2", "ext4", "noload", NULL },
	{ "xfs", "xfs", "norecovery", NULL },
	{ "btrfs", "btrfs", "rescue=nologreplay", NULL },
	{ "f2fs", "f2fs", "norecovery", NULL },
	{ "iso9660", "iso9660", NULL, NULL },
	{ "udf", "udf", NULL, NULL },
	{ "squashfs", "squashfs", NULL, NULL },
	{ "erofs", "erofs", NULL, NULL },
};

const char *filesystem_driver(const char *type)
{
	for (size_t i = 0; i < ARRAY_SIZE(filesystems); i++)
		if (str_eq(filesystems[i].type, type))
			return filesystems[i].driver;
	return NULL;
}

static const struct filesystem *find(const char *driver)
{
	for (size_t i = 0; i < ARRAY_SIZE(filesystems); i++)
		if (str_eq(filesystems[i].driver, driver))
			return &filesystems[i];
	return NULL;
}

const char *filesystem_options(const char *driver)
{
	const struct filesystem *f = find(driver);

	return f ? f->options : NULL;
}

const char *filesystem_helper(const char *driver)
{
	const struct filesystem *f = find(driver);

	return f ? f->helper : NULL;
}
