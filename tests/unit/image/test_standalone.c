/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Standalone dm-integrity devices below what the image opens. */
#include "fixture.h"

/* /etc/integritytab. */
static void integritytab(const char *text)
{
	struct standalone_host *all = &host.integrity;

	integritytab_parse("/etc/integritytab", text, strlen(text), SEVERITY_WARNING, &all->tab,
			   &all->findings);
	all->lines = xcalloc(all->tab.n + 1, sizeof(*all->lines));
	for (size_t i = 0; i < all->tab.n; i++)
		all->lines[i].has_keyfile = true;
}

/* NAME is open below /, on node; table: as the kernel has it, or NULL. */
static void below_root(const char *name, const char *node, const char *stable, const char *table)
{
	struct standalone_host *all = &host.integrity;
	struct stack *stack = &host.mounted_root.stack;
	struct standalone_seen *seen = array_add(&all->seen, &all->n_seen, sizeof(*seen));

	host.mounted_root.there = true;
	if (!host.mounted_root.mount.type)
		host.mounted_root.mount.type = xstrdup("ext4");
	if (!host.mounted_root.mount.n_devices)
		texts_add(&host.mounted_root.mount.devices, &host.mounted_root.mount.n_devices,
			  "md0");
	str_copy(array_add(&stack->standalone, &stack->n_standalone, sizeof(*stack->standalone)),
		 128, name);
	str_copy(seen->name, sizeof(seen->name), name);
	str_copy(seen->node, sizeof(seen->node), node);
	str_copy(seen->stable, sizeof(seen->stable), stable);
	seen->has_table = table && standalone_read_table(table, &seen->table);
}

static void end(void)
{
	standalone_host_free(&host.integrity);
	finish();
}

#define CRC32C_TABLE "254:16 0 4 J 2 internal_hash:crc32c block_size:4096"
#define HMAC_TABLE "254:16 0 32 B 2 internal_hash:hmac(sha256):00ff block_size:4096"
#define MODULES "dm_bufio dm_integrity dm_crypt "

/* No LUKS at all: an array of two. */
TEST(lines_of_integritytab)
{
	start("");
	tree.answers = (const char *const[][2]){ { "dm_mod", "" },
						 { "dm_integrity", "dm_bufio dm_integrity" },
						 { "dm_crypt", "dm_crypt" },
						 { "crypto-crc32c", "crc32c_generic" },
						 { NULL, NULL } };
	integritytab("int0 PARTUUID=1\nint1 PARTUUID=2 - mode=bitmap,noauto\nhome PARTUUID=3\n");
	below_root("int0", "/dev/vdb1", "PARTUUID=1", CRC32C_TABLE);
	below_root("int1", "/dev/vdc1", "PARTUUID=2", NULL);
	CHECK_STR(decide_hmac(),
		  "integrity int0 PARTUUID=1 - integrity-algorithm=crc32c\n"
		  "integrity int1 PARTUUID=2 - integrity-algorithm=crc32c,mode=bitmap\n" MODULES
		  "crc32c_generic ");
	end();
}

/* Below a volume without integrity, which other programs open. */
TEST(below_a_plain_volume)
{
	start("");
	stand_on(&host.mounted_root.stack, "root", "/dev/md0", false);
	integritytab("int0 PARTUUID=1 /k\n");
	below_root("int0", "/dev/vdb1", "PARTUUID=1", HMAC_TABLE);
	decide(HEADER_LUKS2, "aes-xts-plain64", "");
	CHECK_HAS(out, "file /k /etc/intact/integrity1.key 0600\n"
		       "integrity int0 PARTUUID=1 /etc/intact/integrity1.key "
		       "integrity-algorithm=hmac-sha256\n" MODULES "sha256_generic ");
	CHECK_HAS(out, "N int0: its key file is copied into the image");
	CHECK(!strstr(out, "volume"));
	end();
}

TEST(without_integritytab)
{
	start("");
	below_root("int0", "/dev/vdb1", "PARTUUID=1",
		   "254:16 0 4 D 3 internal_hash:crc32c allow_discards block_size:4096");
	decide_hmac();
	CHECK_HAS(out, "integrity int0 PARTUUID=1 - "
		       "integrity-algorithm=crc32c,mode=direct,allow-discards\n");
	end();
	/* What the image cannot know is named. */
	start("");
	below_root("int0", "/dev/vdb1", "PARTUUID=1", HMAC_TABLE);
	decide_hmac();
	CHECK_HAS(out,
		  "W int0 is a standalone dm-integrity device (integritysetup) without a line in "
		  "/etc/integritytab, so this image cannot open it: add \"int0 PARTUUID=1 KEYFILE "
		  "integrity-algorithm=hmac-sha256\" there");
	CHECK(!strstr(out, "integrity int0"));
	CHECK_HAS(out, "N no LUKS2 volume");
	end();
	start("");
	below_root("int0", "/dev/vdb1", "PARTUUID=1", NULL);
	CHECK_HAS(decide_hmac(), "add \"int0 PARTUUID=1 - integrity-algorithm=…\" there");
	end();
	start("");
	below_root("int0", "/dev/vdb1", "PARTUUID=1",
		   "254:16 0 4 J 2 internal_hash:crc32c journal_mac:hmac(sha256):00");
	CHECK_HAS(decide_hmac(), "its journal has a key of its own");
	end();
}

/* What is open is known to work. */
TEST(line_that_is_wrong)
{
	start("");
	integritytab("other /dev/vdb1 - integrity-algorithm=crc32\n");
	str_copy(host.integrity.lines[0].node, 64, "/dev/vdb1");
	below_root("int0", "/dev/vdb1", "PARTUUID=1", CRC32C_TABLE);
	decide_hmac();
	CHECK_HAS(out, "integrity other PARTUUID=1 - integrity-algorithm=crc32c\n");
	CHECK_HAS(
		out,
		"W /dev/vdb1 is open as \"int0\", but /etc/integritytab line 1 calls it \"other\"");
	CHECK_HAS(out, "W other: /etc/integritytab line 1 says crc32, but it is open with crc32c");
	end();
}

TEST(key_file_that_is_missing)
{
	start("");
	integritytab("int0 PARTUUID=1 /k\n");
	host.integrity.lines[0].has_keyfile = false;
	below_root("int0", "/dev/vdb1", "PARTUUID=1", NULL);
	decide_hmac();
	CHECK_HAS(
		out,
		"E int0: the key file /k does not exist, or is not a regular file, and without it "
		"nothing can be read (/etc/integritytab line 1)");
	CHECK(!strstr(out, "integrity int0"));
	end();
	start("");
	integritytab("int0 PARTUUID=1 /k'\n");
	below_root("int0", "/dev/vdb1", "PARTUUID=1", NULL);
	CHECK_HAS(decide_hmac(), "E int0: the key file /k' has blanks or quotes in its name");
	end();
}

TEST(kernel_without_it)
{
	start("");
	tree.answers = without_integrity;
	below_root("int0", "/dev/vdb1", "PARTUUID=1", CRC32C_TABLE);
	decide_hmac();
	CHECK_HAS(
		out,
		"E kernel 6.1 has no module dm_integrity in /lib/modules/6.1, and it is not built "
		"in: this kernel cannot open int0");
	CHECK_HAS(out, "E kernel 6.1 cannot open int0: it lacks the algorithm crc32c");
	end();
}

/* The disk of a volume of crypttab, which is not open. */
TEST(below_a_volume_that_is_asked_for)
{
	struct stack *stack;

	start("data /dev/mapper/int0 none initramfs\n");
	str_copy(host.tab.entries[0].node, 64, "/dev/dm-3");
	integritytab("int0 PARTUUID=1\n");
	plan_select(&plan, &host);
	stack = &plan.wanted[0].below;
	str_copy(array_add(&stack->standalone, &stack->n_standalone, 128), 128, "int0");
	decide_hmac();
	CHECK_HAS(out, "integrity int0 PARTUUID=1 - integrity-algorithm=crc32c\n");
	end();
}

/* While it is installed: its disks may be seen, or not. */
TEST(system_that_does_not_run)
{
	start("");
	host.described = true;
	integritytab("int0 PARTUUID=1\nhome PARTUUID=3 - nofail\nx PARTUUID=4 - noauto\n");
	place(&host.fstab_root, "UUID=5-5");
	decide_hmac();
	CHECK_HAS(out, "integrity int0 PARTUUID=1 - ");
	CHECK(!strstr(out, "integrity home") && !strstr(out, "integrity x"));
	end();
	start("");
	host.described = true;
	integritytab("int0 PARTUUID=1\n");
	place(&host.fstab_root, "/dev/vda2");
	host.fstab_root.here = true;
	CHECK(!strstr(decide_hmac(), "integrity int0"));
	end();
}

/* A file of nonsense matters only to a system that stands on such a device. */
TEST(nonsense)
{
	start("");
	integritytab("int0\n");
	mounted_on("root", "/dev/vda2");
	CHECK(!strstr(decide_hmac(), "integritytab"));
	end();
	start("");
	integritytab("int0\n");
	below_root("int0", "/dev/vdb1", "PARTUUID=1", CRC32C_TABLE);
	CHECK_HAS(decide_hmac(), "W /etc/integritytab line 1: \"int0\" has no device");
	CHECK_HAS(out, "integrity int0 PARTUUID=1 - integrity-algorithm=crc32c\n");
	end();
}

TEST(generic_image)
{
	start("");
	kernel.generic = true;
	tree.answers = (const char *const[][2]){ { "dm_mod", "" },
						 { "dm_integrity", "dm_integrity" },
						 { "dm_crypt", "dm_crypt" },
						 { "crypto-xxhash64", "xxhash_generic" },
						 { NULL, NULL } };
	CHECK_HAS(decide_hmac(), "dm_integrity dm_crypt xxhash_generic ");
	end();
}

TEST_MAIN(lines_of_integritytab, below_a_plain_volume, without_integritytab, line_that_is_wrong,
	  key_file_that_is_missing, kernel_without_it, below_a_volume_that_is_asked_for,
	  system_that_does_not_run, nonsense, generic_image)
