/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mounts and swaps of the running system. */
#include "system/mounts.h"
#include "system/sysroot.h"

/* What is mounted at a path as text: "ROOT SOURCE TYPE DEVICE…"; "" when nothing is. */
static const char *mounted(const char *path)
{
	static char text[512];
	struct mount mount = { 0 };

	text[0] = '\0';
	if (mount_find(top, "self", path, &mount) < 0)
		return text;
	str_append(text, sizeof(text), "%s %s %s", mount.root, mount.source, mount.type);
	for (size_t i = 0; i < mount.n_devices; i++)
		str_append(text, sizeof(text), " %s", mount.devices[i]);
	mount_free(&mount);
	return text;
}

TEST(by_device_number)
{
	sysroot_start();
	sysroot_root();
	CHECK_STR(mounted("/"), "");
	/* A later line covers an earlier one; any number of fields stands before the "-". */
	file("/proc/self/mountinfo",
	     "1 0 0:1 / / rw - rootfs rootfs rw\n"
	     "27 1 253:1 / / rw shared:1 master:2 - ext4 /dev/mapper/root rw\n"
	     "30 27 254:1 / /my\\040boot rw - vfat /dev/vda1 rw\n");
	CHECK_STR(mounted("/"), "/ /dev/mapper/root ext4 dm-1");
	CHECK_STR(mounted("/my boot"), "/ /dev/vda1 vfat vda1");
	CHECK_STR(mounted("/usr"), "");
}

/* These file systems have device numbers that are not those of their disks. */
TEST(by_source)
{
	sysroot_start();
	linked("/sys/fs/btrfs/f5/devices/vda1", "/sys/class/block/vda1");
	linked("/sys/fs/btrfs/f5/devices/vda2", "/sys/class/block/vda2");
	file("/proc/self/mountinfo", "27 1 0:25 /@ / rw - btrfs /dev/vda2 rw\n"
				     "28 1 0:26 / /b rw - bcachefs /dev/vda:/dev/vda3 rw\n"
				     "29 1 0:27 / /z rw - zfs rpool/ROOT rw\n"
				     "30 1 0:28 / /c rw - bcachefs /dev/vda:/dev/vda1 rw\n");
	CHECK_STR(mounted("/"), "/@ /dev/vda2 btrfs vda1 vda2");
	CHECK_STR(mounted("/z"), "/ rpool/ROOT zfs");
	CHECK_STR(mounted("/b"), "/ /dev/vda:/dev/vda3 bcachefs vda vda3");
	/* Nonsense, and nothing of it is lost. */
	CHECK_STR(mounted("/c"), "/ /dev/vda:/dev/vda1 bcachefs vda1 vda2");
}

TEST(nonsense)
{
	sysroot_start();
	file("/proc/self/mountinfo", "nonsense\n1 2 3\n- - - -\n\n27 1 253:99 / / rw - ext4\n");
	CHECK_STR(mounted("/"), "");
}

static char writable[200];

static void note(void *arg, const struct mount *mount)
{
	(void)arg;
	str_append(writable, sizeof(writable), "%s:", mount->source);
	for (size_t i = 0; i < mount->n_devices; i++)
		str_append(writable, sizeof(writable), " %s", mount->devices[i]);
	str_append(writable, sizeof(writable), "\n");
}

/* By the file system's own options, not by those of the mount; what is not understood counts. */
TEST(mounted_for_writing)
{
	sysroot_start();
	sysroot_root();
	linked("/sys/fs/btrfs/f5/devices/vda1", "/sys/class/block/vda1");
	CHECK_INT(mounts_writable(top, note, NULL), -ENOENT);
	file("/proc/self/mountinfo",
	     "27 1 253:1 / / ro shared:1 - ext4 /dev/mapper/root rw,errors=remount-ro\n"
	     "28 1 254:1 / /boot rw - vfat /dev/vda1 ro,utf8\n"
	     "29 1 0:25 /@ /b ro - btrfs /dev/vda1 rw\n"
	     "30 1 0:26 / /c rw - tmpfs tmp\n"
	     "31 1 0:27 / /d rw - tmpfs tmp2 rock\n");
	CHECK_INT(mounts_writable(top, note, NULL), 0);
	CHECK_STR(writable, "/dev/mapper/root: dm-1\n/dev/vda1: vda1\ntmp:\ntmp2:\n");
}

static void note_point(void *arg, const char *point, const struct mount *mount)
{
	(void)arg;
	str_append(writable, sizeof(writable), "%s %s %s\n", point, mount->root, mount->type);
}

/* All places where a file system of one device is mounted. */
TEST(mounted_from_a_device)
{
	sysroot_start();
	sysroot_root();
	linked("/sys/fs/btrfs/f5/devices/vda1", "/sys/class/block/vda1");
	linked("/sys/fs/btrfs/f5/devices/vda2", "/sys/class/block/vda2");
	writable[0] = '\0';
	mounts_of(top, "dm-1", note_point, NULL);
	CHECK_STR(writable, "");
	file("/proc/self/mountinfo",
	     "27 1 253:1 / / rw shared:1 - ext4 /dev/mapper/root rw\n"
	     "28 1 253:1 /sub\\040folder /my\\040place rw - ext4 /dev/mapper/root rw\n"
	     "29 1 0:25 /@ /b rw - btrfs /dev/vda1 rw\n"
	     "30 1 0:26 / /c rw - tmpfs tmp\nnonsense\n");
	mounts_of(top, "dm-1", note_point, NULL);
	CHECK_STR(writable, "/ / ext4\n/my place /sub folder ext4\n");
	writable[0] = '\0';
	mounts_of(top, "vda2", note_point, NULL);
	CHECK_STR(writable, "/b /@ btrfs\n");
	/* A user's own file system, which claims to be on the disk. */
	writable[0] = '\0';
	file("/proc/self/mountinfo",
	     "27 1 253:1 / / rw - ext4 /dev/mapper/root rw\n"
	     "28 1 0:40 / /home/a/x rw - fuse./dev/mapper/root /dev/mapper/root rw\n"
	     "29 1 0:41 / /home/a/y rw - fuse /dev/mapper/root rw\n");
	mounts_of(top, "dm-1", note_point, NULL);
	CHECK_STR(writable, "/ / ext4\n");
}

TEST(swaps)
{
	struct swap *swaps;
	size_t n;

	sysroot_start();
	file("/proc/swaps", "Filename\tType\tSize\tUsed\tPriority\n"
			    "/dev/dm-2 partition 1048572 0 -2\n"
			    "/swap\\040file\tfile\t\t512\t0\t-3\nshort line\n");
	swaps_read(top, &swaps, &n);
	if (CHECK_INT(n, 2)) {
		CHECK_STR(swaps[0].path, "/dev/dm-2");
		CHECK_INT(swaps[0].size, 1048572);
		CHECK_STR(swaps[1].path, "/swap file");
		CHECK_INT(swaps[1].size, 512);
	}
	swaps_free(swaps, n);
}

TEST_MAIN(by_device_number, by_source, nonsense, mounted_for_writing, mounted_from_a_device, swaps)
