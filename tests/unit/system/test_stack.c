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

/* A volume is as good as the weakest device that it stands on. */
TEST(checks)
{
	sysroot_start();
	sysroot_root();
	CHECK_INT(stack_checks(top, "dm-1"), STACK_TAGS);
	CHECK_INT(stack_checks(top, "vda2"), STACK_UNCHECKED);
	mapping("dm-2", "253:2", "crc", "CRYPT-INTEGRITY-crc", "vda3");
	mapping("dm-3", "253:3", "upper", "CRYPT-LUKS2-" SWAP_PLAIN "-upper", "dm-2");
	CHECK_INT(stack_checks(top, "dm-3"), STACK_CHECKSUMS);
	mapping("dm-4", "253:4", "vg-lv", "LVM-abc", "dm-2");
	block("dm-4p1", "259:0", "dm-4");
	mapping("dm-5", "253:5", "far", "CRYPT-LUKS2-" SWAP_PLAIN "-far", "dm-4p1");
	CHECK_INT(stack_checks(top, "dm-5"), STACK_CHECKSUMS);
	mapping("dm-6", "253:6", "vg-half", "LVM-abd", "dm-2 vda3");
	CHECK_INT(stack_checks(top, "dm-6"), STACK_UNCHECKED);
	mapping("dm-7", "253:7", "vg-both", "LVM-abe", "dm-2 dm-1");
	CHECK_INT(stack_checks(top, "dm-7"), STACK_CHECKSUMS);
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

static bool is_root(void *arg, const char *name)
{
	(void)arg;
	return str_eq(name, "root");
}

/* Whether all below the device is on the volume root; else what is not. */
static const char *beside_root(const char *device)
{
	static char odd[BLOCK_NAME_MAX];

	return stack_is_within(top, device, is_root, NULL, odd) ? "" : odd;
}

TEST(within)
{
	sysroot_start();
	sysroot_root();
	CHECK_STR(beside_root("dm-1"), "");
	CHECK_STR(beside_root("vda3"), "vda");
	/* Below the volume, and not the volume itself. */
	CHECK_STR(beside_root("dm-0"), "vda");
	/* The name alone makes no volume. */
	mapping("dm-2", "253:2", "root", "CRYPT-PLAIN-root", "vda3");
	CHECK_STR(beside_root("dm-2"), "vda");
	mapping("dm-3", "253:3", "vg-a", "LVM-a", "dm-1");
	block("dm-3p1", "259:0", "dm-3");
	CHECK_STR(beside_root("dm-3p1"), "");
	block("md0", "9:0", NULL);
	linked("/sys/devices/md0/slaves/dm-3", "/sys/class/block/dm-3");
	CHECK_STR(beside_root("md0"), "");
	/* A disk that is missing. */
	mapping("dm-4", "253:4", "vg-missing", "LVM-b", "");
	linked("/sys/devices/md0/slaves/dm-4", "/sys/class/block/dm-4");
	CHECK_STR(beside_root("md0"), "");
	block("loop0", "7:0", NULL);
	linked("/sys/devices/md0/slaves/loop0", "/sys/class/block/loop0");
	CHECK_STR(beside_root("md0"), "loop0");
	/* A volume that intact did not open. */
	mapping("dm-5", "253:5", "other", "CRYPT-LUKS2-" SWAP_PLAIN "-other", "loop0");
	CHECK_STR(beside_root("dm-5"), "loop0");
	mapping("dm-6", "253:6", "inner", "CRYPT-LUKS2-" SWAP_PLAIN "-inner", "dm-3");
	CHECK_STR(beside_root("dm-6"), "");
}

TEST_MAIN(one_volume, older_cryptsetup, other_volumes, nested, standalone, checks, each_once,
	  within)
