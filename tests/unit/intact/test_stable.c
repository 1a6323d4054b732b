/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of disks that are the same at the next boot. */
#include "intact/stable.h"
#include "system/sysroot.h"

static const char *name_of(const char *device)
{
	static char name[256];

	str_copy(name, sizeof(name), "unchanged");
	stable_name(top, device, name);
	return name;
}

TEST(names)
{
	sysroot_start();
	sysroot_root();
	block("md0", "9:0", NULL);
	linked("/dev/disk/by-id/ata-disk", "/dev/vda");
	linked("/dev/disk/by-id/ata-disk-part1", "/dev/vda1");
	linked("/dev/disk/by-partuuid/12-34", "/dev/vda1");
	linked("/dev/disk/by-path/pci-2", "/dev/vda2");
	CHECK_STR(name_of("vda"), "/dev/disk/by-id/ata-disk");
	CHECK_STR(name_of("vda1"), "PARTUUID=12-34");
	CHECK_STR(name_of("vda2"), "/dev/disk/by-path/pci-2");
	CHECK_STR(name_of("vda3"), "/dev/vda3");
	CHECK_STR(name_of("md0"), "/dev/md0");
	/* However often the disks change their places. */
	CHECK_STR(name_of("dm-1"), "/dev/mapper/root");
}

/* A link that integritytab could not hold is no name. */
TEST(links_with_blanks)
{
	sysroot_start();
	linked("/dev/disk/by-id/a disk", "/dev/vda");
	linked("/dev/disk/by-id/a\\x20disk", "/dev/vda");
	CHECK_STR(name_of("vda"), "/dev/vda");
	linked("/dev/disk/by-id/b-disk", "/dev/vda");
	CHECK_STR(name_of("vda"), "/dev/disk/by-id/b-disk");
}

TEST_MAIN(names, links_with_blanks)
