/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/multipath.h"

#include "base/util.h"
#include "system/block.h"
#include "system/program.h"
#include "system/udev_data.h"
#include "system/usage.h"

#include <stdio.h>

#define CMDLINE_MAX 65536

static const char path_of_a_map[] = "DM_MULTIPATH_DEVICE_PATH=1",
		  wait_of_a_path[] = "FIND_MULTIPATHS_WAIT_UNTIL";

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

/* What udev's database says of a device. */
struct udev_word {
	bool known; /* udev has handled the device */
	bool path;
	bool waits; /* it has waited, or still waits, for a second path (find_multipaths smart) */
};

static struct udev_word udev_word(const char *sysroot, const char *device)
{
	cleanup_free char *data = NULL;
	struct udev_word word = { .known = udev_data_read(sysroot, device, &data) >= 0 };

	if (word.known) {
		word.path = udev_data_has(data, path_of_a_map);
		word.waits = udev_data_names(data, wait_of_a_path);
	}
	return word;
}

enum multipath_answer multipath_parse(const char *output)
{
	static const char key[] = "DM_MULTIPATH_DEVICE_PATH=\"";

	for (const char *line = output, *next; line; line = next ? next + 1 : NULL) {
		const char *value = str_after(line, key);

		next = strchr(line, '\n');
		if (!value || !value[0] || value[1] != '"')
			continue;
		if (value[0] == '0')
			return MULTIPATH_NO_PATH;
		if (value[0] == '1')
			return MULTIPATH_PATH;
		if (value[0] == '2')
			return MULTIPATH_MAYBE;
	}
	return MULTIPATH_NO_ANSWER;
}

/* Knows what multipath.conf, the file of wwids and the maps there are say of the disk. Its exit
 * status says less: it is 0 for a path and for a disk that may become one. */
static enum multipath_answer ask_program(const char *disk)
{
	char output[PROGRAM_OUTPUT_MAX + 1], node[64];

	if (!block_node(disk, node) ||
	    program_run((const char *const[PROGRAM_ARGUMENTS_MAX]){ "multipath", "-c", node },
			output) < 0)
		return MULTIPATH_NO_ANSWER;
	return multipath_parse(output);
}

void multipath_look(const char *sysroot, const char *device, struct device *ret)
{
	char disk[BLOCK_NAME_MAX];
	bool partition = usage_whole_disk(sysroot, device, disk);
	struct udev_word own = udev_word(sysroot, device),
			 whole = partition ? udev_word(sysroot, disk) : own;
	bool path = own.path || whole.path;

	if (!path && !multipath_makes_maps(sysroot))
		return;
	if (!path && (!own.known || !whole.known)) {
		ret->undecided = exists(sysroot, "/run/udev/control");
		return;
	}
	if ((!path || whole.waits) && exists(sysroot, "/etc/initrd-release") &&
	    !block_has(sysroot, device, "dm")) {
		enum multipath_answer answer = ask_program(partition ? disk : device);

		ret->undecided = ret->again = answer == MULTIPATH_MAYBE;
		if (answer != MULTIPATH_NO_ANSWER)
			path = answer == MULTIPATH_PATH;
	}
	if (path)
		(void)str_copy(ret->member, sizeof(ret->member), "mpath_member");
}
