/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "built.h"

#define OWN "root UUID=" U1 " none x-intact.integrity=aead,tries=5\n"
/* 64 digits */
#define PIN                           \
	"x-intact.volume-key=sha256:" \
	"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define PINNED "root UUID=" U1 " none x-intact.integrity=aead," PIN "\n"

TEST(volumes_are_added)
{
	static const struct {
		const char *cmdline, *volumes;
	} rows[] = {
		{ "cryptdevice=/dev/sda2:root", "root=/dev/sda2" },
		{ "cryptdevice=UUID=" U1 ":root:allow-discards,no-read-workqueue",
		  "root=UUID=" U1 },
		{ "cryptdevice=UUID=" U1, "luks-" U1 "=UUID=" U1 },
		{ "cryptdevice=LABEL=x:root", "root=LABEL=x" },
		{ "cryptdevice=PARTLABEL=\"a b:c\":root", "root=PARTLABEL=a b:c" },
		{ "\"cryptdevice=PARTLABEL=a b:root\"", "root=PARTLABEL=a b" },
		{ "cryptdevice=\"PARTLABEL=a b:root\"", "root=PARTLABEL=a b" },
		{ "cryptdevice=\"PARTLABEL=a b\":root", "root=PARTLABEL=a b" },
		{ "cryptdevice=\"UUID=" U1 "\":root", "root=UUID=" U1 },
		{ "cryptdevice=UUID=\"" U1 "\":root", "root=UUID=" U1 },
		{ "cryptdevice=LABEL=a\"b:root", "root=LABEL=a\"b" },
		{ "cryptdevice=/dev/disk/by-id/usb-Foo-0\\:0:root",
		  "root=/dev/disk/by-id/usb-Foo-0:0" },
		{ "cryptdevice=/dev/disk/by-label/a\\x20b:root", "root=LABEL=a b" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check_volumes(rows[i].cmdline, rows[i].volumes);
}

TEST(mistakes)
{
	static const struct {
		const char *parameter, *finding;
	} rows[] = {
		{ "cryptkey=/dev/disk/by-id/usb-Foo-0:0:vfat:/key",
		  "W " CMDLINE
		  "cryptkey=/dev/disk/by-id/usb-Foo-0:0:vfat:/key: the value must be rootfs:PATH, "
		  "DEVICE:FSTYPE:PATH or DEVICE:OFFSET:SIZE, and a ':' in DEVICE must be written "
		  "as \\:; the passphrase is asked for instead." },
		{ "cryptkey=/dev/sdb1:ext4:", "the value must be" },
		{ "cryptkey=/dev/sdb1:4096", "the value must be" },
		{ "cryptkey=/dev/sdb1:4096:0", "the value must be" },
		{ "cryptkey=/dev/sdb1:4096:x", "the value must be" },
		{ "cryptkey=/dev/sdb1:99999999999999999999:1", "the value must be" },
		{ "cryptkey=rootfs:key", "the value must be" },
		{ "cryptkey=sdb1:vfat:/key", "the value must be" },
		{ "cryptkey", "the value must be" },
		{ "cryptdevice=",
		  "E " CMDLINE
		  "cryptdevice=: \"\" is not a device such as UUID=... or /dev/sda2; the "
		  "parameter is ignored." },
		{ "cryptdevice=sda2:root2", "\"sda2\" is not a device" },
		{ "cryptdevice=/dev/sda2",
		  "E " CMDLINE
		  "cryptdevice=/dev/sda2: the name \"\" is empty; the parameter is ignored." },
		{ "cryptdevice=/dev/disk/by-id/usb-Foo-0:0:root2",
		  "a ':' in the device must be written as \\:, as for Arch's encrypt hook" },
		{ "cryptdevice=/dev/disk/by-path/pci-0000:00:1f.2-ata-1:r",
		  "a ':' in the device must be written as \\:" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check_mistake(rows[i].parameter, rows[i].finding);
}

TEST(volumes_are_refined)
{
	build(OWN, "cryptdevice=UUID=" U1 ":crypt:no-read-workqueue");
	CHECK_STR(volumes(), "crypt=UUID=" U1);
	CHECK((first()->options & DM_OPTION_NO_READ_WORKQUEUE));
	CHECK_STR(findings(), "");

	/* one disk by two of its names: the image's file wins */
	build(OWN, "cryptdevice=/dev/sda2:root");
	CHECK_STR(volumes(), "root=UUID=" U1);
	CHECK_STR(findings(), "N " CMDLINE "cryptdevice=/dev/sda2:root: \"root\" stays on UUID=" U1
			      ", because /etc/intact/crypttab line 1 takes precedence.");

	build(PINNED, "cryptdevice=UUID=" U1 ":root cryptkey=rootfs:/key");
	CHECK_STR(keyfile(first()), "/key");
	build(PINNED, "cryptkey=LABEL=KEYS:vfat:dir/key cryptdevice=UUID=" U1 ":root");
	CHECK_STR(keyfile(first()), "/dir/key:LABEL=KEYS");
	CHECK_STR(first()->keyfile->fstype, "vfat");
	build(PINNED,
	      "cryptkey=/dev/disk/by-id/usb-Foo-0\\:0:auto:/a:b cryptdevice=UUID=" U1 ":root");
	CHECK_STR(keyfile(first()), "/a:b:/dev/disk/by-id/usb-Foo-0:0");
	CHECK_STR(first()->keyfile->fstype, "");
	build(PINNED, "cryptdevice=UUID=" U1 ":root cryptkey=PARTUUID=1:4096:32 "
		      "cryptkey=/dev/sdc:1:1");
	CHECK_STR(keyfile(first()), "PARTUUID=1");
	CHECK(first()->keyfile_offset == 4096 && first()->keyfile_size == 32);
	CHECK_STR(findings(),
		  "N " CMDLINE "cryptkey=/dev/sdc:1:1: no effect: the volumes that it could "
		  "be for have another key file, and only one is tried.");
}

/* What crypttab calls the volume stays, since root= has that name. */
TEST(no_name)
{
	build("root UUID=" U1 " none luks", "cryptdevice=UUID=" U1 " root=/dev/mapper/root");
	CHECK_STR(volumes(), "root=UUID=" U1);
	build("root /dev/sda2 none luks", "cryptdevice=/dev/sda2");
	CHECK_STR(volumes(), "root=/dev/sda2");
	CHECK_STR(findings(), "");
}

TEST_MAIN(no_name, volumes_are_added, mistakes, volumes_are_refined)
