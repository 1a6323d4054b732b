/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "facts/filesystem.h"
#include "test.h"

TEST(listed)
{
	CHECK_STR(filesystem_driver("vfat"), "vfat");
	CHECK_STR(filesystem_driver("ext2"), "ext4");
	CHECK_STR(filesystem_options("ext4"), "noload");
	CHECK_STR(filesystem_options("exfat"), NULL);
	CHECK_STR(filesystem_helper("vfat"), "nls_cp437");
	CHECK_STR(filesystem_helper("xfs"), NULL);
}

/* An allow-list: what could ask a network or a program is not among them. */
TEST(not_listed)
{
	static const char *const types[] = { "",	"nfs",	 "fuse",
					     "overlay", "tmpfs", "crypto_LUKS",
					     "fuseblk", "ext",	 "VFAT" };

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		CHECK_ROW(!filesystem_driver(types[i]), types[i]);
	CHECK_STR(filesystem_options("nfs"), NULL);
	CHECK_STR(filesystem_helper("nfs"), NULL);
}

TEST_MAIN(listed, not_listed)
