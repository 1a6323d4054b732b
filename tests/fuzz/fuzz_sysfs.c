/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names and UUIDs of device-mapper devices in sysfs, and what a user calls a device: seven texts
 * with a newline between them: name and UUID of dm-0, dm-1 on dm-0, and dm-2 on dm-1, and then the
 * user's words.
 */
#include "sysroot.h"

#include "facts/devref.h"
#include "system/block.h"
#include "system/stack.h"

#include <limits.h>

static const char *const files[] = {
	"/sys/devices/dm-0/dm/name", "/sys/devices/dm-0/dm/uuid", "/sys/devices/dm-1/dm/name",
	"/sys/devices/dm-1/dm/uuid", "/sys/devices/dm-2/dm/name", "/sys/devices/dm-2/dm/uuid",
};

static void make(void)
{
	sysroot_block("vda", "254:0", "");
	sysroot_block("vda1", "254:1", "vda");
	sysroot_block("cciss!c0d0", "104:0", "");
	sysroot_block("dm-0", "253:0", "");
	sysroot_block("dm-1", "253:1", "");
	sysroot_block("dm-2", "253:2", "");
	sysroot_block("loop0", "7:0", "");
	sysroot_write("/sys/devices/loop0/size", "0");
	sysroot_write("/sys/devices/loop0/removable", "0");
	sysroot_link("/sys/devices/dm-0/slaves/vda1", "/sys/class/block/vda1");
	sysroot_link("/sys/devices/dm-1/slaves/dm-0", "/sys/class/block/dm-0");
	sysroot_link("/sys/devices/dm-2/slaves/dm-1", "/sys/class/block/dm-1");
	sysroot_link("/dev/disk/by-uuid/1111-2222", "/dev/vda1");
	sysroot_link("/dev/disk/by-label/a\\x20b", "/dev/vda1");
	sysroot_link("/dev/disk/by-partuuid/3", "/dev/vda1");
	sysroot_link("/dev/disk/by-partlabel/4", "/dev/vda1");
}

static void check_stack(const struct stack *stack)
{
	for (size_t i = 0; i < stack->n_mappings; i++) {
		const struct stack_mapping *m = &stack->mappings[i];

		MUST(strlen(m->name) < sizeof(m->name));
		MUST(m->uuid[0] == '\0' || strlen(m->uuid) == 36);
		MUST(m->node[0] == '\0' || str_after(m->node, "/dev/"));
		for (size_t j = 0; j < i; j++)
			MUST(!str_eq(m->name, stack->mappings[j].name));
	}
}

static bool is_root(void *arg, const char *name)
{
	(void)arg;
	return str_eq(name, "root");
}

/* What is not within the volume called root has a device that is not. */
static void check_within(void)
{
	static const char *const names[] = { "vda", "vda1", "dm-0", "dm-1", "dm-2", "ram0" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char odd[BLOCK_NAME_MAX] = "";
		bool within = stack_is_within(sysroot, names[i], is_root, NULL, odd);

		MUST(within || odd[0]);
		/* A disk or a partition stands on nothing. */
		MUST(!within || str_after(names[i], "dm-"));
	}
}

/* What is on one device only is checked when that one is; a disk alone checks nothing. */
static void check_checks(void)
{
	static const char *const names[] = { "vda", "vda1", "dm-0", "dm-1", "dm-2" };
	enum stack_checks below = STACK_UNCHECKED;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		enum stack_checks here = stack_checks(sysroot, names[i]);

		MUST(here != STACK_UNCHECKED || below == STACK_UNCHECKED);
		MUST(here == STACK_UNCHECKED || str_after(names[i], "dm-"));
		below = here;
	}
}

static void check_devices(void)
{
	static const char *const names[] = { "vda",  "vda1", "dm-0", "dm-1",
					     "dm-2", "ram0", "none", "loop0" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char name[128], node[64], long_name[80];
		bool may_hold;

		block_mapping_name(sysroot, names[i], name);
		MUST(strlen(name) < sizeof(name));
		/* What is not a mapping may hold a volume, except RAM disks and empty ones. */
		may_hold = block_may_hold_volume(sysroot, names[i]);
		MUST(name[0] || i >= 2 || may_hold);
		MUST((i != 5 && i != 7) || !may_hold);
		MUST(block_node(names[i], node));
		memset(long_name, 'x', sizeof(long_name) - 1);
		long_name[sizeof(long_name) - 1] = '\0';
		MUST(!block_node(long_name, node) && !node[0]);
	}
}

static void check_words(const char *words)
{
	char device[BLOCK_NAME_MAX] = "", number[64];
	struct devref ref;

	if (devref_parse(words, &ref) == 0 && block_resolve(sysroot, &ref, device) == 0)
		MUST(device[0] && !strchr(device, '/'));
	if (block_by_mapping(sysroot, words, device) == 0)
		MUST(str_after(device, "dm-"));
	if (block_device(sysroot, words, device) == 0)
		MUST(device[0] && !strchr(device, '/'));
	str_copy(number, sizeof(number), words);
	if (block_by_number(sysroot, number, device) == 0)
		MUST(!str_after(number, "0:") && device[0]);
	ref = (struct devref){ .kind = DEVREF_NONE };
	MUST(block_resolve(sysroot, &ref, device) == -ENOENT);
	/* A node of this machine, where there is one: a device that is no block device. */
	MUST(block_device("", "/dev/null", device) == -ENOENT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_string(data, size), *rest = text;
	struct stack one = { 0 }, all = { 0 };

	if (sysroot_make())
		make();
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		sysroot_write(files[i], fuzz_piece(&rest, "\n"));
	stack_walk(sysroot, "dm-2", &one);
	stack_walk(sysroot, "vda1", &one);
	stack_walk_all(sysroot, &all);
	check_stack(&one);
	check_stack(&all);
	MUST(all.n_mappings >= one.n_mappings || all.n_standalone >= one.n_standalone);
	stack_free(&one);
	stack_free(&all);
	check_devices();
	check_within();
	check_checks();
	check_words(rest);
	free(text);
	return 0;
}
