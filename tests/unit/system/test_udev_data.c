/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files of udev's database. */
#include "system/udev_data.h"

#include "system/sysroot.h"

TEST(file_of_a_device)
{
	char *data = NULL;

	sysroot_start();
	CHECK_INT(udev_data_read(top, "vda", &data), -ENOENT);
	CHECK_INT(udev_data_read(top, "nothing", &data), -ENOENT);
	file("/run/udev/data/b254:0", "I:12\n");
	CHECK_INT(udev_data_read(top, "vda", &data), 0);
	CHECK_STR(data, "I:12\n");
	free(data);
}

TEST(properties)
{
	CHECK(udev_data_has("S:x\nE:A=1\nE:B=2", "A=1"));
	CHECK(udev_data_has("E:A=1\nE:B=2", "B=2"));
	CHECK(!udev_data_has("E:A=12\n", "A=1"));
	CHECK(!udev_data_has("E:A=1\n", "A=12"));
	CHECK(!udev_data_has("E:B=E:A=1\nA=1\nS:A=1\n", "A=1"));
	CHECK(!udev_data_has("", "A=1"));
	/* A prefix does not reach over the end of its line. */
	CHECK(!udev_data_has("E\n:A=1", "A=1"));
	CHECK(udev_data_names("S:x\nE:AB=1\nE:A=2", "A"));
	CHECK(udev_data_names("E:A=\n", "A"));
	CHECK(!udev_data_names("E:AB=1\nS:A=1\nE:A\nE:B=A=1\n", "A"));
	CHECK(!udev_data_names("", "A"));
}

TEST(first_seen)
{
	CHECK(udev_data_first_seen("S:x\nI:4711\nE:A=1\n") == 4711);
	CHECK(udev_data_first_seen("I:18446744073709551615") == UINT64_MAX);
	CHECK(udev_data_first_seen("") == 0);
	CHECK(udev_data_first_seen("E:I:5\n") == 0);
	CHECK(udev_data_first_seen("I:\n") == 0);
	CHECK(udev_data_first_seen("I:5x\n") == 0);
	CHECK(udev_data_first_seen("I:18446744073709551616\n") == 0);
}

TEST_MAIN(file_of_a_device, properties, first_seen)
