/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /proc/self/mountinfo, a line "\f\n", /proc/swaps. */
#include "sysroot.h"

#include "system/mounts.h"

static void make(void)
{
	sysroot_block("vda", "254:0", "");
	sysroot_block("vda1", "254:1", "vda");
	sysroot_block("vdb", "254:16", "");
	/* A btrfs on two disks. */
	sysroot_write("/sys/fs/btrfs/features/x", "");
	sysroot_link("/sys/fs/btrfs/11111111-1111-1111-1111-111111111111/devices/vda1",
		     "/sys/class/block/vda1");
	sysroot_link("/sys/fs/btrfs/11111111-1111-1111-1111-111111111111/devices/vdb",
		     "/sys/class/block/vdb");
}

static void check_devices(const struct mount *mount)
{
	for (size_t i = 0; i < mount->n_devices; i++)
		MUST(!strchr(mount->devices[i], '/') && mount->devices[i][0]);
}

static void writable(void *arg, const struct mount *mount)
{
	++*(size_t *)arg;
	MUST(mount->source && mount->type[0]);
	check_devices(mount);
}

static void check_writable(const char *mountinfo)
{
	size_t lines = 1, seen = 0;

	for (const char *p = mountinfo; (p = strchr(p, '\n')); p++)
		lines++;
	MUST(mounts_writable(sysroot, writable, &seen) == 0 && seen <= lines);
	MUST(mounts_writable("/nonexistent", writable, &seen) == -ENOENT);
}

static void check_point(const char *mountinfo)
{
	cleanup_free char *point = mount_point(sysroot, "vda1");

	MUST(!point || strstr(mountinfo, "254:1"));
	MUST(!mount_point(sysroot, "vdz") && !mount_point("/nonexistent", "vda1"));
}

static void on_disk(void *arg, const char *point, const struct mount *mount)
{
	MUST(arg == sysroot && point && mount->root && mount->source && mount->n_devices > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_string(data, size), *rest = text;
	const char *mountinfo = fuzz_piece(&rest, "\f\n");
	struct mount mount = { 0 };
	struct swap *swaps;
	size_t n;

	if (sysroot_make())
		make();
	sysroot_write("/proc/self/mountinfo", mountinfo);
	sysroot_write("/proc/swaps", rest);
	if (mount_find(sysroot, "self", "/", &mount) == 0) {
		MUST(mount.source[0] || strchr(text, '\\'));
		MUST(mount.root && mount.type[0] && !strchr(mount.type, ' '));
		check_devices(&mount);
	}
	mount_free(&mount);
	mounts_of(sysroot, "vda1", on_disk, (void *)sysroot);
	MUST(mount_find("/nonexistent", "self", "/", &mount) == -ENOENT);
	check_writable(mountinfo);
	check_point(mountinfo);
	swaps_read(sysroot, &swaps, &n);
	for (size_t i = 0; i < n; i++)
		MUST(swaps[i].path);
	swaps_free(swaps, n);
	swaps_read("/nonexistent", &swaps, &n);
	MUST(!swaps && n == 0);
	free(text);
	return 0;
}
