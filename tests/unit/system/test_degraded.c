/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Arrays that lack disks, and what stands on open volumes. */
#include "system/degraded.h"

#include "system/sysroot.h"

static void on(const char *user, const char *device)
{
	cleanup_free char *holder = xasprintf("/sys/devices/%s/holders/%s", device, user);
	cleanup_free char *slave = xasprintf("/sys/devices/%s/slaves/%s", user, device);
	cleanup_free char *up = xasprintf("/sys/class/block/%s", user);
	cleanup_free char *down = xasprintf("/sys/class/block/%s", device);

	linked(holder, up);
	linked(slave, down);
}

/* Two open volumes, a and b, on vda2 and vdb. */
static void start(void)
{
	sysroot_start();
	block("vdb", "254:16", NULL);
	mapping("dm-0", "253:0", "a", "CRYPT-LUKS2-" LUKS_PLAIN "-a", "vda2");
	mapping("dm-1", "253:1", "b", "CRYPT-LUKS2-" SWAP_PLAIN "-b", "vdb");
}

static void array(const char *state)
{
	cleanup_free char *text = xasprintf("%s\n", state);

	block("md0", "9:0", NULL);
	file("/sys/devices/md0/md/array_state", text);
}

TEST(incomplete_array)
{
	start();
	CHECK(!degraded_array(top));
	array("clean");
	CHECK(!degraded_array(top));
	array("inactive");
	CHECK(degraded_array(top));
}

TEST(nothing_above)
{
	struct above above;

	start();
	degraded_above(top, "a", &above);
	CHECK(!above.runs && above.n == 0 && !above.more);
	degraded_above(top, "no-such", &above);
	CHECK(!above.runs && above.n == 0);
}

TEST(array_above)
{
	struct above above;

	start();
	array("inactive");
	on("md0", "dm-0");
	degraded_above(top, "a", &above);
	CHECK(!above.runs);
	array("active");
	degraded_above(top, "a", &above);
	CHECK(above.runs);
	CHECK_INT(above.n, 1);
	CHECK_STR(above.below[0], "a");
	/* A disk that is no volume, and the other one. */
	on("md0", "dm-1");
	on("md0", "vda3");
	degraded_above(top, "a", &above);
	CHECK_INT(above.n, 3);
	CHECK(!above.more);
}

/* A RAID 1 of LVM, whose other leg stands for the missing disk; and what is on top of it. */
TEST(logical_volume_above)
{
	struct above above;

	start();
	mapping("dm-2", "253:2", "vg-root_rimage_0", "LVM-1", "dm-0");
	mapping("dm-3", "253:3", "vg-root_rimage_1-missing_0_0", "LVM-2", "");
	mapping("dm-4", "253:4", "vg-root", "LVM-3", "dm-2 dm-3");
	on("dm-2", "dm-0");
	on("dm-4", "dm-2");
	degraded_above(top, "a", &above);
	CHECK(!above.runs); /* no table yet */
	file("/sys/devices/dm-2/size", "8\n");
	file("/sys/devices/dm-4/size", "8\n");
	degraded_above(top, "a", &above);
	CHECK(above.runs);
	CHECK_INT(above.n, 1);
	CHECK_STR(above.below[0], "a");
	/* Farther up, too, nothing else may be below. */
	on("dm-4", "vda3");
	degraded_above(top, "a", &above);
	CHECK_INT(above.n, 2);
	CHECK_STR(above.below[1], "vda3");
}

TEST(loop)
{
	struct above above;

	start();
	block("md0", "9:0", NULL);
	block("md1", "9:1", NULL);
	file("/sys/devices/md0/md/array_state", "active\n");
	file("/sys/devices/md1/md/array_state", "active\n");
	on("md0", "dm-0");
	on("md1", "md0");
	on("md0", "md1");
	degraded_above(top, "a", &above);
	CHECK(above.more);
}

TEST(mark_for_udev)
{
	cleanup_free char *folder = NULL, *event = NULL;
	char *text, path[512];

	start();
	file("/sys/devices/dm-0/uevent", "");
	in_system(path, "/run/marks/dm-0");
	folder = xasprintf("%s/run/marks", top);
	degraded_let_start(top, folder, "none");
	CHECK(access(path, F_OK) < 0);
	degraded_let_start(top, folder, "a");
	CHECK(access(path, F_OK) == 0);
	event = xasprintf("%s/sys/devices/dm-0/uevent", top);
	CHECK(read_file(event, 100, &text, NULL) == 0);
	CHECK_STR(text, "change");
	free(text);
}

TEST_MAIN(incomplete_array, nothing_above, array_above, logical_volume_above, loop, mark_for_udev)
