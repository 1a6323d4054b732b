/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "intact/stable.h"

#include "base/texts.h"
#include "base/util.h"
#include "system/block.h"

#include <stdio.h>

/* The first of udev's links in a folder that leads to the device. */
static bool find_link(const char *sysroot, const char *folder, const char *device,
		      const char *prefix, char ret[static 256])
{
	cleanup_free char *path = xasprintf("%s%s", sysroot, folder);
	char **names;
	size_t n;
	bool found = false;

	texts_folder(path, &names, &n);
	for (size_t i = 0; i < n && !found; i++) {
		cleanup_free char *link = xasprintf("%s%s", folder, names[i]);
		char other[BLOCK_NAME_MAX];

		/* Escapes are undone by nobody else. */
		if (strpbrk(names[i], "\\ ") || block_device(sysroot, link, other) < 0)
			continue;
		found = str_eq(other, device) &&
			snprintf(ret, 256, "%s%s", prefix ? prefix : folder, names[i]) < 256;
	}
	texts_free(names, n);
	return found;
}

void stable_name(const char *sysroot, const char *device, char ret[static 256])
{
	char name[128], node[64];

	block_mapping_name(sysroot, device, name);
	if (name[0])
		snprintf(ret, 256, "/dev/mapper/%s", name);
	else if (!find_link(sysroot, "/dev/disk/by-partuuid/", device, "PARTUUID=", ret) &&
		 !find_link(sysroot, "/dev/disk/by-id/", device, NULL, ret) &&
		 !find_link(sysroot, "/dev/disk/by-path/", device, NULL, ret) &&
		 block_node(device, node))
		(void)str_copy(ret, 256, node);
}
