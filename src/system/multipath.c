/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/multipath.h"

#include "base/util.h"
#include "system/block.h"
#include "system/program.h"
#include "system/udev_data.h"
#include "system/usage.h"

#include <stdio.h>

#define CMDLINE_MAX 65536

static const char path_of_a_map[] = "DM_MULTIPATH_DEVICE_PATH=1";

static bool exists(const char *sysroot, const char *path)
{
	cleanup_free char *real = xasprintf("%s%s", sysroot, path);

	return access(real, F_OK) == 0;
}

/* The words by which multipath's and dracut's own units and rules stay away. */
static bool is_switched_off(const char *sysroot)
{
	static const char *const words[] = { "nompath", "multipath=off", "rd.multipath=0",
					     "rd_NO_MULTIPATH" };
	cleanup_free char *path = xasprintf("%s/proc/cmdline", sysroot), *text = NULL;
	char *save = NULL;

	if (read_file(path, CMDLINE_MAX, &text, NULL) < 0)
		return false;
	for (char *p = strtok_r(text, " \n", &save); p; p = strtok_r(NULL, " \n", &save))
		for (size_t i = 0; i < ARRAY_SIZE(words); i++)
			if (str_eq(p, words[i]))
				return true;
	return false;
}

bool multipath_makes_maps(const char *sysroot)
{
	return (program_exists(sysroot, "multipath") || program_exists(sysroot, "multipathd")) &&
	       !is_switched_off(sysroot);
}

/* Does udev's database call the device a path? -ENOENT: it does not know the device. */
static int udev_says_path(const char *sysroot, const char *device)
{
	cleanup_free char *data = NULL;
	int r = udev_data_read(sysroot, device, &data);

	return r < 0 ? r : udev_data_has(data, path_of_a_map);
}

/* Knows what multipath.conf, the file of wwids and the maps there are say of the disk. It prints
 * =1, or =2 for a disk that may become a path when a second way to it appears. */
static bool program_says_path(const char *disk)
{
	char output[PROGRAM_OUTPUT_MAX + 1], node[64];

	return block_node(disk, node) &&
	       program_run((const char *const[PROGRAM_ARGUMENTS_MAX]){ "multipath", "-c", node },
			   output) == 0 &&
	       strstr(output, "DM_MULTIPATH_DEVICE_PATH=\"1\"");
}

void multipath_look(const char *sysroot, const char *device, struct device *ret)
{
	char disk[BLOCK_NAME_MAX];
	bool partition = usage_whole_disk(sysroot, device, disk);
	int own = udev_says_path(sysroot, device),
	    whole = partition ? udev_says_path(sysroot, disk) : 0;
	bool path = own > 0 || whole > 0;

	if (!path && !multipath_makes_maps(sysroot))
		return;
	if (!path && (own < 0 || whole < 0)) {
		ret->undecided = exists(sysroot, "/run/udev/control");
		return;
	}
	if (!path && exists(sysroot, "/etc/initrd-release") && !block_has(sysroot, device, "dm"))
		path = program_says_path(partition ? disk : device);
	if (path)
		(void)str_copy(ret->member, sizeof(ret->member), "mpath_member");
}
