/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Paths of multipath maps. */
#include "system/multipath.h"

#include "system/sysroot.h"

static void start(void)
{
	sysroot_start();
}

static const struct device *multipath(const char *device)
{
	static struct device dev;

	dev = (struct device){ 0 };
	multipath_look(top, device, &dev);
	return &dev;
}

TEST(path_of_a_map)
{
	start();
	CHECK(!multipath("vda2")->member[0] && !multipath("vda2")->undecided);
	file("/run/udev/data/b254:0", "S:disk/x\nE:DM_MULTIPATH_DEVICE_PATH=1\n");
	CHECK_STR(multipath("vda")->member, "mpath_member");
	CHECK_STR(multipath("vda2")->member, "mpath_member");
	file("/run/udev/data/b254:0",
	     "E:DM_MULTIPATH_DEVICE_PATH=0\nE:X=E:DM_MULTIPATH_DEVICE_PATH=1\n");
	CHECK_STR(multipath("vda")->member, "");
	file("/run/udev/data/b254:2", "E:DM_MULTIPATH_DEVICE_PATH=1");
	CHECK_STR(multipath("vda2")->member, "mpath_member");
	CHECK_STR(multipath("vda3")->member, "");
}

/* Before udevd has handled a device, only the absence of multipath or of udevd decides. */
TEST(udev_is_late)
{
	start();
	file("/usr/sbin/multipath", "");
	CHECK(!multipath("vda")->undecided);
	file("/run/udev/control", "");
	CHECK(multipath("vda")->undecided && multipath("vda2")->undecided);
	file("/run/udev/data/b254:0", "S:disk/x\n");
	CHECK(!multipath("vda")->undecided && multipath("vda2")->undecided);
	file("/run/udev/data/b254:2", "S:disk/y\n");
	CHECK(!multipath("vda2")->undecided);
}

/* Who switched it off waits for nothing. */
TEST(switched_off)
{
	static const char *const lines[] = { "nompath\n", "quiet multipath=off x", "rd.multipath=0",
					     "rd_NO_MULTIPATH" };

	start();
	CHECK(!multipath_makes_maps(top));
	file("/usr/sbin/multipathd", "");
	CHECK(multipath_makes_maps(top));
	file("/run/udev/control", "");
	file("/proc/cmdline", "xnompath multipath=offer rd.multipath=1\n");
	CHECK(multipath_makes_maps(top) && multipath("vda")->undecided);
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		file("/proc/cmdline", lines[i]);
		CHECK(!multipath_makes_maps(top) && !multipath("vda")->undecided);
	}
}

TEST_MAIN(path_of_a_map, udev_is_late, switched_off)
