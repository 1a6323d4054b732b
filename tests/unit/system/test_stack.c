/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The open LUKS volumes below a block device. */
#include "system/stack.h"
#include "system/sysroot.h"

/* The stack below a device as text: "NAME UUID NODE[ luks2][ dif]" for each volume, then the
 * standalone dm-integrity devices. */
static const char *below(const char *device)
{
	static char text[1024];
	struct stack stack = { 0 };

	if (device)
		stack_walk(top, device, &stack);
	else
		stack_walk_all(top, &stack);
	text[0] = '\0';
	for (size_t i = 0; i < stack.n_mappings; i++) {
		const struct stack_mapping *m = &stack.mappings[i];

		str_append(text, sizeof(text), "%s %s %s%s%s\n", m->name, m->uuid, m->node,
			   m->luks2 ? " luks2" : "", m->dif ? " dif" : "");
	}
	for (size_t i = 0; i < stack.n_standalone; i++)
		str_append(text, sizeof(text), "standalone %s\n", stack.standalone[i]);
	stack_free(&stack);
	return text;
}

#define ROOT "root " LUKS_UUID " /dev/vda2 luks2 dif\n"

TEST(one_volume)
{
	sysroot_start();
	sysroot_root();
	CHECK_STR(below("dm-1"), ROOT);
	CHECK_STR(below("dm-0"), "");
	CHECK_STR(below("vda2"), "");
	CHECK_STR(below("vda9"), "");
}

/* cryptsetup 2.6 names the integrity device of a volume like a standalone one, but with a UUID. */
TEST(older_cryptsetup)
{
	sysroot_start();
	sysroot_root();
	file("/sys/devices/dm-0/dm/uuid", "CRYPT-INTEGRITY-" LUKS_PLAIN "-root_dif");
	CHECK_STR(below("dm-1"), ROOT);
}

TEST(other_volumes)
{
	sysroot_start();
	mapping("dm-0", "253:0", "old", "CRYPT-LUKS1-" LUKS_PLAIN "-old", "vda2");
	mapping("dm-1", "253:1", "plain", "CRYPT-PLAIN-plain", "vda3");
	mapping("dm-2", "253:2", "odd", "CRYPT-LUKS2-odd", "vda3");
	CHECK_STR(below("dm-0"), "old " LUKS_UUID " /dev/vda2\n");
	CHECK_STR(below("dm-1"), "");
	CHECK_STR(below("dm-2"), "odd  /dev/vda3 luks2\n");
}

/* Through LVM and a partition table inside; the lowest volume comes first. */
TEST(nested)
{
	sysroot_start();
	sysroot_root();
	mapping("dm-2", "253:2", "vg-root", "LVM-abc", "dm-1");
	mapping("dm-3", "253:3", "inner", "CRYPT-LUKS2-" SWAP_PLAIN "-inner", "dm-2");
	block("dm-3p1", "259:0", "dm-3");
	CHECK_STR(below("dm-3p1"), ROOT "inner " SWAP_UUID " /dev/dm-2 luks2\n");
}

TEST(standalone)
{
	sysroot_start();
	mapping("dm-0", "253:0", "crc", "CRYPT-INTEGRITY-crc", "vda2");
	mapping("dm-1", "253:1", "upper", "CRYPT-LUKS2-" SWAP_PLAIN "-upper", "dm-0");
	CHECK_STR(below("dm-1"), "upper " SWAP_UUID " /dev/dm-0 luks2\nstandalone crc\n");
}

/* Two ways down to the same volume, and a loop, which no kernel makes. */
TEST(each_once)
{
	sysroot_start();
	sysroot_root();
	mapping("dm-2", "253:2", "vg-a", "LVM-a", "dm-1");
	mapping("dm-3", "253:3", "vg-b", "LVM-b", "dm-1 dm-2");
	CHECK_STR(below("dm-3"), ROOT);
	CHECK_STR(below(NULL), ROOT);
	linked("/sys/devices/dm-2/slaves/dm-2", "/sys/class/block/dm-2");
	CHECK_STR(below("dm-3"), ROOT);
}

TEST_MAIN(one_volume, older_cryptsetup, other_volumes, nested, standalone, each_once)
