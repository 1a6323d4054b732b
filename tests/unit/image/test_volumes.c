/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lines for a volume, and the verdict on its header. */
#include "fixture.h"

TEST(running_root)
{
	start("root /dev/vda2 none luks,discard\n");
	mounted_on("root", "/dev/vda2");
	CHECK_HAS(decide_hmac(),
		  "volume root UUID=" UUID " none luks," PINS "\n"
		  "dm_bufio dm_integrity dm_crypt authenc sha256_generic xts aes_generic "
		  "\nW /etc/crypttab line 1: option \"discard\" of root is dropped");
	CHECK_INT(plan.findings.n, 1);
	finish();
}

/* It would be read-only at each boot. */
TEST(recovery_is_for_one_boot)
{
	start("root /dev/vda2 none luks,x-intact.recovery\n");
	mounted_on("root", "/dev/vda2");
	CHECK_HAS(decide_hmac(),
		  "volume root UUID=" UUID " none luks,x-intact.recovery," PINS "\n");
	CHECK_HAS(out, "\nW /etc/crypttab line 1: x-intact.recovery opens root read-only");
	finish();
}

TEST(promises_nothing_it_has_not_seen)
{
	start("root UUID=9-9 none luks\n");
	place(&host.fstab_root, "UUID=5-5");
	CHECK_HAS(decide_hmac(), "volume root UUID=9-9 none luks\n");
	CHECK_HAS(out, "aegis128 ");
	finish();
}

/* What the image's line calls the disk: only a name that the kernel counts out is replaced. */
TEST(source_as_written)
{
	static const struct {
		const char *source;
		bool kept;
	} cases[] = {
		{ "/dev/sda", false },
		{ "/dev/sdab12", false },
		{ "/dev/vda2", false },
		{ "/dev/xvda1", false },
		{ "/dev/nvme0n1p2", false },
		{ "/dev/mmcblk0p2", false },
		{ "/dev/md0", true },
		{ "/dev/md/root", true },
		{ "/dev/mapper/vg-lv", true },
		{ "/dev/vg/lv", true },
		{ "/dev/dm-3", true },
		{ "/dev/sdata/lv", true },
		{ "/dev/sda1-lv", true },
		{ "/dev/nvme", true },
		{ "/dev/disk/by-id/md-uuid-1", true },
		{ "PARTUUID=1-2", true },
		{ "LABEL=root", true },
		{ "/dev/bcache0", true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_free char *tab = xasprintf("root %s none luks\n", cases[i].source);
		cleanup_free char *kept = xasprintf("volume root %s none ", cases[i].source);

		start(tab);
		str_copy(host.tab.entries[0].node, sizeof(host.tab.entries[0].node), "/dev/x");
		mounted_on("root", "/dev/x");
		CHECK_HAS(decide_hmac(), cases[i].kept ? kept : "volume root UUID=" UUID " none ");
		finish();
	}
}

/* The line says where the key is; nothing is copied. */
TEST(key_on_another_device)
{
	key_type = "vfat";
	start("root UUID=" UUID " '/my key:LABEL=KEYS' luks,initramfs,keyfile-timeout=9\n");
	str_copy(host.tab.entries[0].node, sizeof(host.tab.entries[0].node), "/dev/vda2");
	CHECK_HAS(decide_hmac(), "volume root UUID=" UUID
				 " /my\\0040key:LABEL=KEYS luks,initramfs,keyfile-timeout=9,");
	CHECK(!strstr(out, "file /"));
	finish();
	start("root UUID=" UUID " PARTUUID=1 initramfs,keyfile-size=32\n");
	str_copy(host.tab.entries[0].node, sizeof(host.tab.entries[0].node), "/dev/vda2");
	CHECK_HAS(decide_hmac(), "volume root UUID=" UUID " PARTUUID=1 initramfs,keyfile-size=32,");
	finish();
	key_type = NULL;
}

/* Debian's scripts: what the image's line says of them, for a running and for a new system. */
TEST(keyscripts)
{
	static const struct {
		const char *fields, *line, *finding;
	} rows[] = {
		{ "disks luks,keyscript=decrypt_keyctl", "disks luks,keyscript=decrypt_keyctl,",
		  "" },
		{ "none luks,keyscript=decrypt_keyctl", "none luks,keyscript=decrypt_keyctl,", "" },
		{ "/crypto_keyfile.bin luks,keyscript=/bin/cat", "/crypto_keyfile.bin luks,",
		  "\nN root: because of its keyscript, the boot reads the key file /crypto_keyfile.bin "
		  "that another hook puts into the image" },
		{ "/k luks,keyscript=/etc/mine", "none luks,",
		  "\nW /etc/crypttab line 1: keyscript \"/etc/mine\" of root cannot be used: intact "
		  "runs no scripts" },
		{ "/k.gpg luks,keyscript=decrypt_gnupg", "none luks,", "it needs GnuPG" },
		{ "/dev/disk/by-label/KEYS:/k:7 luks,keyscript=passdev",
		  "/k:/dev/disk/by-label/KEYS luks,keyfile-timeout=7,", "" },
	};

	key_type = "vfat";
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		for (int running = 0; running < 2; running++) {
			cleanup_free char *tab = xasprintf("root UUID=9-9 %s\n", rows[i].fields);
			cleanup_free char *line = xasprintf("volume root UUID=9-9 %s",
							    rows[i].line);

			start(tab);
			str_copy(host.tab.entries[0].node, sizeof(host.tab.entries[0].node),
				 "/dev/vda2");
			if (running)
				mounted_on("root", "/dev/vda2");
			else
				place(&host.fstab_root, "UUID=5-5");
			CHECK_HAS(decide_hmac(), line);
			CHECK_HAS(out, rows[i].finding);
			CHECK(strstr(out, "KEYFILE_PATTERN") == NULL);
			CHECK_INT(plan.findings.n, *rows[i].finding != '\0');
			finish();
		}
	key_type = NULL;
}

/* An error only where the boot needs the volume. */
TEST(unfinished_format)
{
	unfinished = true;
	for (unsigned needed = 0; needed < 2; needed++) {
		start(needed ? "data /dev/vda2 none initramfs\n" :
			       "data /dev/vda2 none initramfs,nofail\n");
		str_copy(host.tab.entries[0].node, sizeof(host.tab.entries[0].node), "/dev/vda2");
		place(&host.fstab_root, "/dev/vda1");
		CHECK_HAS(
			decide_hmac(),
			needed ?
				"\nE data: the format of /dev/vda2 is not finished (37 %), so that "
				"the boot cannot open it; go on with: intact format --resume "
				"/dev/vda2" :
				"\nW data: the format of /dev/vda2 is not finished");
		finish();
	}
	unfinished = false;
}

TEST_MAIN(unfinished_format, keyscripts, running_root, recovery_is_for_one_boot,
	  promises_nothing_it_has_not_seen, source_as_written, key_on_another_device)
