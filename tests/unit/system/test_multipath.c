/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Paths of multipath maps. */
#include "system/multipath.h"

#include "system/program.h"
#include "system/sysroot.h"

/* What "multipath -c" prints, and how often it was asked. */
static const char *says;
static unsigned asked;

bool program_exists(const char *sysroot, const char *name)
{
	cleanup_free char *path = xasprintf("%s/usr/sbin/%s", sysroot, name);

	return access(path, F_OK) == 0;
}

int program_run(const char *const arguments[static PROGRAM_ARGUMENTS_MAX],
		char ret[static PROGRAM_OUTPUT_MAX + 1])
{
	asked++;
	CHECK_STR(arguments[1], "-c");
	CHECK_STR(arguments[2], "/dev/vda");
	(void)str_copy(ret, PROGRAM_OUTPUT_MAX + 1, says ? says : "");
	return says ? 0 : 127;
}

static void start(void)
{
	sysroot_start();
	says = NULL;
	asked = 0;
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

/* What the program prints, in lines of which one matters. */
TEST(answers)
{
	CHECK_INT(multipath_parse("DM_MULTIPATH_DEVICE_PATH=\"0\"\n"), MULTIPATH_NO_PATH);
	CHECK_INT(multipath_parse("DM_MULTIPATH_DEVICE_PATH=\"1\""), MULTIPATH_PATH);
	CHECK_INT(multipath_parse("\n\nFIND_MULTIPATHS_WAIT_UNTIL=\"17.000001\"\n"
				  "DM_MULTIPATH_DEVICE_PATH=\"2\"\n"),
		  MULTIPATH_MAYBE);
	CHECK_INT(multipath_parse(""), MULTIPATH_NO_ANSWER);
	CHECK_INT(multipath_parse("\n"), MULTIPATH_NO_ANSWER);
	CHECK_INT(multipath_parse("DM_MULTIPATH_DEVICE_PATH=\""), MULTIPATH_NO_ANSWER);
	CHECK_INT(multipath_parse("DM_MULTIPATH_DEVICE_PATH=\"1"), MULTIPATH_NO_ANSWER);
	CHECK_INT(multipath_parse("DM_MULTIPATH_DEVICE_PATH=\"12\"\n"), MULTIPATH_NO_ANSWER);
	CHECK_INT(multipath_parse("DM_MULTIPATH_DEVICE_PATH=\"3\"\n"), MULTIPATH_NO_ANSWER);
	CHECK_INT(multipath_parse("X=\"\nDM_MULTIPATH_DEVICE_PATH=1\n"), MULTIPATH_NO_ANSWER);
	CHECK_INT(multipath_parse("XDM_MULTIPATH_DEVICE_PATH=\"1\"\n"), MULTIPATH_NO_ANSWER);
}

static bool is_maybe(const char *device)
{
	const struct device *dev = multipath(device);

	return dev->undecided && dev->again && !dev->member[0];
}

static bool is_path(const char *device)
{
	const struct device *dev = multipath(device);

	return !dev->undecided && !dev->again && str_eq(dev->member, "mpath_member");
}

static bool is_free(const char *device)
{
	const struct device *dev = multipath(device);

	return !dev->undecided && !dev->again && !dev->member[0];
}

static void in_initramfs(const char *udev)
{
	start();
	file("/usr/sbin/multipath", "");
	file("/etc/initrd-release", "");
	file("/run/udev/control", "");
	file("/run/udev/data/b254:0", udev);
	file("/run/udev/data/b254:2", "S:disk/y\n");
}

/* Where udev has no rules of multipath, or had them before multipathd ran. */
TEST(program_is_asked)
{
	in_initramfs("S:disk/x\n");
	CHECK(is_free("vda") && asked == 1);
	says = "DM_MULTIPATH_DEVICE_PATH=\"1\"\n";
	CHECK(is_path("vda") && is_path("vda2") && asked == 3);
	says = "DM_MULTIPATH_DEVICE_PATH=\"2\"\n";
	CHECK(is_maybe("vda") && is_maybe("vda2"));
	says = "DM_MULTIPATH_DEVICE_PATH=\"0\"\n";
	CHECK(is_free("vda") && is_free("vda2"));
}

/* "find_multipaths smart": udev calls the disk a path until somebody tells it otherwise. */
TEST(second_path_is_waited_for)
{
	static const char waits[] =
		"E:DM_MULTIPATH_DEVICE_PATH=1\nE:FIND_MULTIPATHS_WAIT_UNTIL=17.000001\n";

	in_initramfs(waits);
	file("/run/udev/data/b254:2", "E:DM_MULTIPATH_DEVICE_PATH=1\n");
	says = "FIND_MULTIPATHS_WAIT_UNTIL=\"17.000001\"\nDM_MULTIPATH_DEVICE_PATH=\"2\"\n";
	CHECK(is_maybe("vda") && is_maybe("vda2"));
	says = "FIND_MULTIPATHS_WAIT_UNTIL=\"0\"\nDM_MULTIPATH_DEVICE_PATH=\"0\"\n";
	CHECK(is_free("vda") && is_free("vda2"));
	says = "FIND_MULTIPATHS_WAIT_UNTIL=\"0\"\nDM_MULTIPATH_DEVICE_PATH=\"1\"\n";
	CHECK(is_path("vda") && is_path("vda2"));
	/* udev was told, but its database still calls the partition a path. */
	file("/run/udev/data/b254:0",
	     "E:DM_MULTIPATH_DEVICE_PATH=0\nE:FIND_MULTIPATHS_WAIT_UNTIL=0\n");
	says = "DM_MULTIPATH_DEVICE_PATH=\"0\"\n";
	CHECK(is_free("vda") && is_free("vda2"));
	/* Without an answer, udev's word counts. */
	file("/run/udev/data/b254:0", waits);
	says = NULL;
	CHECK(is_path("vda") && is_path("vda2"));
}

/* Elsewhere udev alone tells; and what it calls a path without a time is one. */
TEST(program_is_not_asked)
{
	in_initramfs("E:DM_MULTIPATH_DEVICE_PATH=1\n");
	says = "DM_MULTIPATH_DEVICE_PATH=\"0\"\n";
	CHECK(is_path("vda") && is_path("vda2") && asked == 0);
	start();
	file("/usr/sbin/multipath", "");
	file("/run/udev/data/b254:0",
	     "E:DM_MULTIPATH_DEVICE_PATH=1\nE:FIND_MULTIPATHS_WAIT_UNTIL=17.000001\n");
	CHECK(is_path("vda") && asked == 0);
}

TEST_MAIN(path_of_a_map, udev_is_late, switched_off, answers, program_is_asked,
	  second_path_is_waited_for, program_is_not_asked)
