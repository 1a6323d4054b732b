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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_string(data, size), *rest = text;
	struct mount mount = { 0 };
	struct swap *swaps;
	size_t n;

	if (sysroot_make())
		make();
	sysroot_write("/proc/self/mountinfo", fuzz_piece(&rest, "\f\n"));
	sysroot_write("/proc/swaps", rest);
	if (mount_find(sysroot, "self", "/", &mount) == 0) {
		MUST(mount.source[0] || strchr(text, '\\'));
		MUST(mount.root && mount.type[0] && !strchr(mount.type, ' '));
		for (size_t i = 0; i < mount.n_devices; i++)
			MUST(!strchr(mount.devices[i], '/') && mount.devices[i][0]);
	}
	mount_free(&mount);
	MUST(mount_find("/nonexistent", "self", "/", &mount) == -ENOENT);
	swaps_read(sysroot, &swaps, &n);
	for (size_t i = 0; i < n; i++)
		MUST(swaps[i].path);
	swaps_free(swaps, n);
	swaps_read("/nonexistent", &swaps, &n);
	MUST(!swaps && n == 0);
	free(text);
	return 0;
}
