/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "built.h"

/* Names and options may stand before the volume that they are for. */
TEST(any_order)
{
	build(NULL, "rd.luks.options=" U1 "=tries=1 rd.luks.name=" U1 "=root rd.luks.uuid=" U1);
	CHECK_STR(volumes(), "root=UUID=" U1);
	CHECK_INT(first()->tries, 1);
	build(NULL, "cryptkey=rootfs:/key rootdelay=60 cryptdevice=UUID=" U1 ":root");
	CHECK_STR(keyfile(first()), "/key");
	CHECK_INT(first()->device_wait, 60000);
	CHECK_STR(findings(), "");
}

/* All dialects may stand on one command line, for the same disk. */
TEST(dialects_together)
{
	build(NULL, "rd.luks.uuid=" U1 " cryptdevice=UUID=" U1
		    ":root cryptopts=target=root,source=UUID=" U1);
	CHECK_STR(volumes(), "root=UUID=" U1);
	CHECK_STR(findings(), "");
}

TEST(keys)
{
	check_volumes("luks.uuid=" U1, "luks-" U1 "=UUID=" U1);
	check_volumes("rd.cryptdevice=/dev/sda2:root", ""); /* "rd." is not for all of them */
	build("root UUID=" U1, "rd.luks.allow_discards");   /* '_' and '-' are the same */
	CHECK_HAS(findings(), "rd.luks.allow_discards: option \"allow-discards\" of root");
	/* but not '.': */
	check_volumes("rd_luks_uuid=" U1, "");
	check_volumes("root=/dev/mapper/x -- cryptdevice=/dev/sda2:root", ""); /* for init */
}

TEST(command_line_never_weakens)
{
	static const char *const cmdlines[] = {
		"rd.luks.options=" U1 "=noauto",
		"rd.luks.options=" U1 "=plain,swap,tmp",
		"rd.luks.options=" U1 "=x-intact.integrity",
		"rd.luks.options=" U1 "=x-intact.integrity=hmac(sha256)",
		"rd.luks.options=" U1 "=x-intact.integrity=none",
		"rd.luks.crypttab=no",
		"rd.luks.uuid=" U2,
		"cryptdevice=UUID=" U1 ":root:plain",
		"cryptopts=target=root,source=/dev/evil,swap",
	};

	for (size_t i = 0; i < ARRAY_SIZE(cmdlines); i++) {
		build("root UUID=" U1 " none x-intact.integrity=aead\n", cmdlines[i]);
		CHECK_ROW(config.n_volumes >= 1, cmdlines[i]);
		CHECK_STR(first()->name, "root");
		CHECK_STR(first()->source.value, U1);
		CHECK_ROW(first()->expect == EXPECT_NAMED, cmdlines[i]);
		CHECK_STR(first()->integrity, "aead");
	}
}

/* A leg may be missing because the image says so. How the root is mounted is the command line's. */
TEST(legs)
{
	build("root UUID=" U1 " none x-intact.integrity,x-intact.leg\n", NULL);
	CHECK(first()->leg && !config.degraded);
	CHECK_STR(findings(), "");
	build("root UUID=" U1 " none x-intact.integrity\n",
	      "rd.luks.options=" U1 "=x-intact.leg rootflags=noatime,degraded");
	CHECK(!first()->leg && config.degraded);
	CHECK_HAS(findings(), "option \"x-intact.leg\" is ignored");
	/* Not for another volume either: its disk would count for those that are missing. */
	build("root UUID=" U1 " none x-intact.integrity,x-intact.leg\n",
	      "rd.luks.uuid=" U2 " rd.luks.options=" U2 "=x-intact.leg");
	CHECK(first()->leg && config.n_volumes == 2 && !config.volumes[1].leg);
	CHECK_HAS(findings(),
		  "x-intact.leg, x-intact.holds and keyfile-erase are ignored for luks-" U2);
	build("root UUID=" U1, "rootflags=degraded=1,subvol=degraded rootflags");
	CHECK(!config.degraded);
}

/* What is on a volume: the command line neither says it nor takes it back. */
TEST(only_crypttab_says_what_is_on_it)
{
	build("root UUID=" U1 " none x-intact.integrity,x-intact.holds=root\n",
	      "rd.luks.options=" U1 "=x-intact.holds=usr,x-intact.holds=");
	CHECK_INT(first()->holds, HOLDS_ROOT);
	build("root UUID=" U1 " none luks\n", "rd.luks.options=" U1 "=x-intact.holds=root");
	CHECK_INT(first()->holds, 0);
}

/* A file that the command line names is not removed: it may be a program of the image. */
TEST(only_crypttab_erases)
{
	build("root UUID=" U1 " /key\n", "rd.luks.options=" U1 "=keyfile-erase");
	CHECK(!first()->keyfile_erase);
	build(NULL, "rd.luks.uuid=" U1 " rd.luks.key=/bin/sh rd.luks.options=" U1 "=keyfile-erase");
	CHECK(!first()->keyfile_erase);
	build("root UUID=" U1 " /key keyfile-erase\n", "rd.luks.key=" U1 "=/bin/sh");
	CHECK_STR(keyfile(first()), "/bin/sh");
	CHECK(!first()->keyfile_erase);
	build("root UUID=" U1 " /key keyfile-erase\n", "rd.luks.options=" U1 "=tries=1");
	CHECK(first()->keyfile_erase);
}

/* One byte of the key file, which everybody can guess, opens a disk that somebody made for it. */
TEST(no_part_of_a_key_without_a_pin)
{
	build("root UUID=" U1 " /key x-intact.integrity\n",
	      "rd.luks.options=" U1 "=keyfile-size=1,keyfile-offset=3");
	CHECK(first()->keyfile_size == 0 && first()->keyfile_offset == 0);
	CHECK_HAS(findings(), "option \"keyfile-size=1\" is ignored");
}

/* root= names what is on the volume. */
TEST(root_is_the_encrypted_disk)
{
	build("root UUID=" U1, "root=UUID=" U1 " ro");
	CHECK_STR(findings(), "W " CMDLINE "root=UUID=" U1
			      ": this is the encrypted disk of root; its file system is on "
			      "/dev/mapper/root.");
	build("root UUID=" U1, "root=/dev/mapper/root root=UUID=" U2 " root=zfs:AUTO root");
	CHECK_STR(findings(), "");
}

/* After which time a leg, or a promised disk, is missing is for the image. */
TEST(the_wait_for_disks)
{
	static const struct {
		const char *tab, *cmdline;
		uint64_t wait, file;
		bool said;
	} rows[] = {
		{ "root UUID=" U1 " none x-intact.leg,x-systemd.device-timeout=60", "5", 60000,
		  60000, true },
		{ "root UUID=" U1 " none x-intact.integrity,x-systemd.device-timeout=60", "90",
		  90000, 60000, false },
		{ "root UUID=" U1 " none x-intact.leg", "5", 30000, 30000, true },
		{ "root UUID=" U1 " none x-systemd.device-timeout=60", "5", 5000, 60000, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_free char *cmdline = xasprintf(
			"rd.luks.options=" U1 "=x-systemd.device-timeout=%s", rows[i].cmdline);

		build(rows[i].tab, cmdline);
		CHECK_INT(first()->device_wait, rows[i].wait);
		CHECK_INT(first()->file_wait, rows[i].file);
		CHECK_ROW(!!strstr(findings(), "can only be longer for root than in crypttab") ==
				  rows[i].said,
			  rows[i].tab);
	}
}

TEST_MAIN(the_wait_for_disks, root_is_the_encrypted_disk, any_order, dialects_together, keys,
	  command_line_never_weakens, legs, only_crypttab_says_what_is_on_it, only_crypttab_erases,
	  no_part_of_a_key_without_a_pin)
