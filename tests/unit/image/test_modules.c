/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel modules, and what a kernel lacks. */
#include "fixture.h"

TEST(kernel_without_dm_integrity)
{
	static const char missing[] =
		"kernel 6.1 has no module dm_integrity in /lib/modules/6.1, and it is not built in";
	static const struct {
		const char *what, *crypttab, *node;
		bool failed;
		const char *said;
	} rows[] = {
		{ "seen", "root /dev/vda2 none\n", "/dev/vda2", true,
		  "this kernel cannot open root, which has integrity protection" },
		{ "promised", "root UUID=9-9 none x-intact.integrity\n", "", true,
		  "this kernel cannot open root, which has integrity protection" },
		{ "not seen", "root UUID=9-9 none\n", "", false,
		  "if root has integrity protection, this image CANNOT open it and the machine will "
		  "not boot" },
		{ "one of two", "data UUID=8-8 none\nroot UUID=9-9 none x-intact.integrity\n", "",
		  true, "this kernel cannot open root" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		start(rows[i].crypttab);
		tree.answers = without_integrity;
		str_copy(host.tab.entries[0].node, 64, rows[i].node);
		place(&host.fstab_root, "UUID=5-5");
		decide_hmac();
		CHECK_ROW(plan.findings.failed == rows[i].failed, rows[i].what);
		CHECK_HAS(out, missing);
		CHECK_HAS(out, rows[i].said);
		/* The rest is still printed. */
		CHECK_HAS(out, "volume root ");
		CHECK_HAS(out, "dm_crypt");
		finish();
	}
}

TEST(kernel_without_dm_integrity_for_others)
{
	static const struct {
		const char *crypttab;
		bool failed;
		const char *said;
	} rows[] = {
		{ "data /dev/vda3 none initramfs\n", true,
		  "E kernel 6.1 has no module dm_integrity" },
		{ "data /dev/vda3 none initramfs,nofail\n", false,
		  "this kernel cannot open data, which the boot does not need" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		start(rows[i].crypttab);
		tree.answers = without_integrity;
		str_copy(host.tab.entries[0].node, 64, "/dev/vda3");
		decide_hmac();
		CHECK_INT(plan.findings.failed, rows[i].failed);
		CHECK_HAS(out, rows[i].said);
		finish();
	}
	start("swap /dev/vda3 none\n");
	tree.answers = without_integrity;
	str_copy(host.tab.entries[0].node, 64, "/dev/vda3");
	mounted_on("root", "/dev/vda2");
	host.mounted_root.stack.n_mappings = 0;
	stand_on(&host.resume_cmdline.stack, "swap", "/dev/vda3", true);
	CHECK_HAS(decide_hmac(), "volume swap UUID=" UUID " none nofail," PINS);
	CHECK(!plan.findings.failed);
	finish();
	/* An image for any machine, made on a machine without volumes. */
	start("");
	tree.answers = without_integrity;
	kernel.generic = true;
	CHECK_HAS(decide_hmac(), "W kernel 6.1 has no module dm_integrity");
	CHECK(!plan.findings.failed);
	finish();
}

TEST(no_module_tree)
{
	start("root UUID=9-9 none\n");
	place(&host.fstab_root, "UUID=5-5");
	kernel.error = -ENOENT;
	CHECK_HAS(
		decide_hmac(),
		"E there is no module tree for kernel 6.1: /lib/modules/6.1 cannot be used (No such file");
	CHECK(plan.findings.failed);
	CHECK_INT(plan.n_lines, 1);
	CHECK_INT(plan.n_modules, 0);
	finish();
	/* Without volumes the tree is not needed. */
	start("");
	kernel.error = -ENOENT;
	decide_hmac();
	CHECK(!plan.findings.failed);
	finish();
}

TEST(kernel_that_cannot_keep_a_promise)
{
	start("root UUID=9-9 none x-intact.integrity=hmac(sha256)\n");
	place(&host.fstab_root, "UUID=5-5");
	decide_hmac();
	CHECK(!plan.findings.failed);
	finish();
	start("root UUID=9-9 none x-intact.integrity=hmac(sha512)\n");
	place(&host.fstab_root, "UUID=5-5");
	CHECK_HAS(decide_hmac(), "E kernel 6.1 cannot open root: it lacks the algorithm sha512");
	finish();
	start("root UUID=9-9 none x-intact.integrity=frobnication\n");
	place(&host.fstab_root, "UUID=5-5");
	decide_hmac();
	CHECK(!plan.findings.failed);
	finish();
}

TEST(only_of_this_header)
{
	start("root /dev/vda2 none\n");
	mounted_on("root", "/dev/vda2");
	CHECK_HAS(decide(HEADER_LUKS2, "aegis128-random", "aead"),
		  "dm_bufio dm_integrity dm_crypt aegis128 ");
	CHECK(!strstr(out, "authenc"));
	finish();
	start("root /dev/vda2 none\n");
	mounted_on("root", "/dev/vda2");
	CHECK_HAS(decide(HEADER_LUKS2, "frob-xts-plain64", "hmac(sha256)"),
		  "E kernel 6.1 cannot open root: it lacks the algorithm frob");
	finish();
	start("root /dev/vda2 none\n");
	mounted_on("root", "/dev/vda2");
	CHECK_HAS(decide(HEADER_LUKS2, "frob(", "hmac(sha256)"), "which is no valid combination");
	CHECK(plan.findings.failed);
	finish();
}

TEST(integrity_key_of_its_own_size)
{
	static const struct {
		const char *version;
		bool said;
	} rows[] = { { "6.1.0-56-amd64", true },
		     { "5.14.0", true },
		     { "6.12.1", false },
		     { "7.2-x", false },
		     { "odd", false } };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		start("");
		mounted_on("root", "/dev/vda2");
		kernel.version = rows[i].version;
		integrity_key_size = 64;
		CHECK_ROW((strstr(decide_hmac(), "asks for an integrity key of 64 bytes") !=
			   NULL) == rows[i].said,
			  rows[i].version);
		CHECK(!plan.findings.failed);
		integrity_key_size = 0;
		finish();
	}
}

/* Key material that libcryptsetup decrypts through the kernel: the keyslot's cipher. */
TEST(keyslot_for_the_kernel)
{
	start("root /dev/vda2 none luks\n");
	mounted_on("root", "/dev/vda2");
	CHECK(!strstr(decide_hmac(), " serpent_generic "));
	finish();
	area_encryption = "serpent-xts-plain64";
	start("root /dev/vda2 none luks\n");
	mounted_on("root", "/dev/vda2");
	CHECK_HAS(decide_hmac(), " serpent_generic ");
	CHECK_INT(plan.findings.n, 0);
	finish();
	area_encryption = "twofish-xts-plain64"; /* which the tree does not have */
	start("root /dev/vda2 none luks\n");
	mounted_on("root", "/dev/vda2");
	CHECK_HAS(decide_hmac(),
		  "W kernel 6.1 cannot try keyslot 0 of root, which is encrypted with "
		  "twofish-xts-plain64: it lacks twofish");
	finish();
	/* One that is not used needs nothing. */
	area_encryption = "null-serpent";
	start("root /dev/vda2 none luks\n");
	mounted_on("root", "/dev/vda2");
	CHECK(!strstr(decide_hmac(), " serpent_generic "));
	finish();
	area_encryption = NULL;
}

/* The kernel decrypts key material on a block device: a loop device, when the header is a file. */
TEST(keyslot_in_a_file)
{
	static const struct {
		const char *header, *area;
		bool has;
	} rows[] = {
		{ "/h.img", "serpent-xts-plain64", true },
		{ "/h.img:LABEL=KEYS", "serpent-xts-plain64", true },
		{ "/dev/vdb", "serpent-xts-plain64", false },
		{ "/h.img", NULL, false },	     /* libcryptsetup can do without the kernel */
		{ "/h.img", "null-serpent", false }, /* is not used */
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_free char *tab = xasprintf("root /dev/vda2 none luks,header=%s\n",
						   rows[i].header);

		area_encryption = rows[i].area;
		start(tab);
		mounted_on("root", "/dev/vda2");
		CHECK_ROW((strstr(decide_hmac(), " loop ") != NULL) == rows[i].has, out);
		finish();
	}
	area_encryption = "serpent-xts-plain64";
	start("root /dev/vda2 none luks,header=/h.img\n");
	tree.answers = without_integrity;
	mounted_on("root", "/dev/vda2");
	CHECK_HAS(decide_hmac(), "W kernel 6.1 has no module loop in /lib/modules/6.1, and");
	finish();
	area_encryption = NULL;
	/* Its header was not read: its keyslots may have any cipher. */
	start("root UUID=9-9 none luks,header=/h.img:LABEL=KEYS\n");
	place(&host.fstab_root, "UUID=5-5");
	CHECK_HAS(decide_hmac(), " loop ");
	finish();
}

/* A key on another device: what the medium is attached by, and its file system. */
TEST(key_on_another_device)
{
	static const struct {
		const char *key, *type, *has, *lacks, *finding;
	} rows[] = {
		{ "/key:LABEL=KEYS", "vfat", "uas usb_storage fat vfat nls_cp437 ", "exfat", NULL },
		{ "/key:LABEL=KEYS", "ext3", "usb_storage", "vfat", NULL }, /* built in */
		{ "/key:LABEL=KEYS", NULL, "fat vfat nls_cp437 exfat ", "btrfs",
		  "LABEL=KEYS, the device of its key, is not here" },
		{ "/key:LABEL=KEYS", "xfs", "usb_storage", "vfat",
		  "kernel 6.1 has no driver for xfs, the file system of LABEL=KEYS" },
		{ "/key:LABEL=KEYS", "swap", "usb_storage", "vfat",
		  "its key cannot be read: LABEL=KEYS has swap" },
		{ "/key:LABEL=KEYS", "", "usb_storage", "vfat",
		  "LABEL=KEYS has nothing that is recognised" },
		{ "/dev/disk/by-id/usb-Foo-0:0", "", "usb_storage", "vfat", NULL },
		{ "/dev/sdb", "", "usb_storage", "vfat", "a name that another disk may have" },
		{ "none", NULL, "dm_crypt", "usb_storage", NULL },
		{ "/dev/urandom", NULL, "dm_crypt", "usb_storage", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_free char *tab = xasprintf("root UUID=" UUID " %s luks,initramfs\n",
						   rows[i].key);

		start(tab);
		str_copy(host.tab.entries[0].node, sizeof(host.tab.entries[0].node), "/dev/vda2");
		key_type = rows[i].type;
		CHECK_HAS(decide_hmac(), rows[i].has);
		CHECK(!strstr(out, rows[i].lacks));
		CHECK_ROW(rows[i].finding ? strstr(out, rows[i].finding) != NULL :
					    !strstr(out, "\nW "),
			  out);
		finish();
	}
	key_type = NULL;
}

/* Only for a volume that uses it, and also for another main board. */
TEST(drivers_of_the_tpm)
{
	static const char *const with_tpm[][2] = {
		{ "dm_mod", "" },
		{ "dm_integrity", "" },
		{ "dm_crypt", "" },
		{ "acpi:MSFT0101:", "tpm_crb tpm_tis" },
		{ "tpm_tis_spi", "tpm_tis_spi" },
		{ "spi_pxa2xx", "spi_pxa2xx" },
		{ NULL, NULL },
	};
	char spi[] = "tpm_tis_spi", bus[] = "spi_pxa2xx";
	char *drivers[] = { spi, bus };
	static const struct {
		const char *crypttab;
		bool wanted;
	} rows[] = {
		{ "root /dev/vda2 none\n", false },
		{ "root /dev/vda2 none x-intact.fresh\n", true },
		{ "root /dev/vda2 none x-intact.fresh=report\n", true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		start(rows[i].crypttab);
		tree.answers = with_tpm;
		kernel.tpm = drivers;
		kernel.n_tpm = ARRAY_SIZE(drivers);
		str_copy(host.tab.entries[0].node, 64, "/dev/vda2");
		place(&host.fstab_root, "UUID=5-5");
		decide_hmac();
		CHECK_ROW(!!strstr(out, "tpm_crb") == rows[i].wanted, rows[i].crypttab);
		CHECK_ROW(!!strstr(out, "tpm_tis_spi") == rows[i].wanted, rows[i].crypttab);
		CHECK_ROW(!!strstr(out, "spi_pxa2xx") == rows[i].wanted, rows[i].crypttab);
		finish();
	}
}

/* The files of a policy: where a token needs one, with a name that the hooks can copy. */
TEST(files_of_a_tpm_policy)
{
	for (unsigned needed = 0; needed < 2; needed++) {
		tpm2_tokens = 1;
		tpm2_files = needed;
		start("root /dev/vda2 none\n");
		host.tpm_files = NULL;
		host.n_tpm_files = 0;
		str_copy(host.tab.entries[0].node, 64, "/dev/vda2");
		place(&host.fstab_root, "UUID=5-5");
		texts_add(&host.tpm_files, &host.n_tpm_files,
			  "/etc/systemd/tpm2-pcr-signature.json");
		texts_add(&host.tpm_files, &host.n_tpm_files, "/etc/a'b");
		decide_hmac();
		CHECK(!!strstr(out, "file /etc/systemd/tpm2-pcr-signature.json "
				    "/etc/systemd/tpm2-pcr-signature.json 0600\n") == !!needed);
		CHECK(!!strstr(out, "W /etc/a'b is not copied into the image") == !!needed);
		finish();
	}
	tpm2_tokens = 0;
	tpm2_files = false;
}

TEST_MAIN(kernel_without_dm_integrity, kernel_without_dm_integrity_for_others, no_module_tree,
	  kernel_that_cannot_keep_a_promise, only_of_this_header, integrity_key_of_its_own_size,
	  keyslot_for_the_kernel, keyslot_in_a_file, key_on_another_device, drivers_of_the_tpm,
	  files_of_a_tpm_policy)
