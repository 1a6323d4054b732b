/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `intact needs` for volumes whose header lies apart from their disk. */
#include "needed.h"

#define KERNEL "6.1.0-1-amd64"

/* Root is open on vda2, which has no header; crypttab's line, and what else the test makes. */
static void start_apart(const char *crypttab)
{
	start();
	sysroot_root();
	block("vdb", "254:16", NULL);
	file("/proc/self/mountinfo",
	     "27 1 253:1 / / rw,relatime shared:1 - ext4 /dev/mapper/root rw\n");
	file("/etc/fstab", "/dev/mapper/root / ext4 defaults 0 1\n");
	file("/etc/crypttab", crypttab);
}

static int needs(void)
{
	return run_needs(KERNEL, NULL, NULL, NULL);
}

/* The pins are those of the header, and the modules too. */
TEST(in_a_file)
{
	start_apart("root PARTUUID=12-34 none header=/etc/root.header,luks\n");
	file("/etc/root.header", "header");
	luks2("/etc/root.header", LUKS_UUID, "aes-xts-plain64", "hmac(sha256)");
	CHECK(needs() == 0);
	CHECK(printed("/etc/root.header /etc/intact/volume1.header 0600\n"));
	CHECK(printed(
		"volume root PARTUUID=12-34 none luks,header=/etc/intact/volume1.header," HMAC));
	CHECK(printed("module authenc\n") && !printed("aegis"));
	CHECK_STR(err, "");
}

/* Without the file the image could not open its root: it is not made. */
TEST(file_is_not_there)
{
	start_apart("root PARTUUID=12-34 none header=/etc/root.header,luks\n");
	CHECK(needs() == 1);
	CHECK(said("error: root: the header /etc/root.header does not exist, or is not a regular "
		   "file"));
	CHECK(printed("volume root PARTUUID=12-34"));
	/* For a volume that boot does not need that is a warning. */
	start_apart("root PARTUUID=12-34 none luks\n"
		    "data /dev/vdb none header=/etc/data.header,initramfs,nofail\n");
	luks2("/dev/vda2", LUKS_UUID, "aes-xts-plain64", "hmac(sha256)");
	CHECK(needs() == 0);
	CHECK(said("warning: data: the header /etc/data.header does not exist"));
}

TEST(file_with_a_blank)
{
	start_apart("root PARTUUID=12-34 none header=/etc/root\\040header,luks\n");
	file("/etc/root header", "header");
	luks2("/etc/root header", LUKS_UUID, "aes-xts-plain64", "hmac(sha256)");
	CHECK(needs() == 1);
	CHECK(said("error: root: the header /etc/root header is not copied"));
}

TEST(on_a_device)
{
	start_apart("root PARTUUID=12-34 none header=UUID=" SWAP_UUID ",luks\n");
	linked("/dev/disk/by-uuid/" SWAP_UUID, "/dev/vdb");
	luks2("/dev/vdb", SWAP_UUID, "aes-xts-plain64", "hmac(sha256)");
	CHECK(needs() == 0);
	CHECK(printed("volume root PARTUUID=12-34 none header=UUID=" SWAP_UUID ",luks," HMAC));
	CHECK(!printed("file "));
	CHECK_STR(err, "");
}

/* The stick with the header is in a drawer. */
TEST(device_is_not_there)
{
	start_apart("root PARTUUID=12-34 none header=UUID=" SWAP_UUID ",luks\n");
	CHECK(needs() == 0);
	CHECK(said("warning: root: its detached header (UUID=" SWAP_UUID
		   ") is not visible here, so "
		   "the image gets the modules for every kind"));
	CHECK(said("nothing is pinned yet for root"));
	CHECK(printed("volume root PARTUUID=12-34 none header=UUID=" SWAP_UUID
		      ",luks,x-intact.integrity,"));
	CHECK(printed("module aegis128\n"));
}

/* In a chroot nothing tells that there is integrity. */
TEST(device_is_not_there_in_a_chroot)
{
	start_apart("root PARTUUID=12-34 none header=UUID=" SWAP_UUID ",luks\n");
	file("/proc/self/mountinfo", "22 27 0:21 / /proc rw,relatime - proc proc rw\n");
	linked("/dev/disk/by-partuuid/12-34", "/dev/vda2");
	CHECK(needs() == 0);
	CHECK(printed("volume root PARTUUID=12-34 none header=UUID=" SWAP_UUID ",luks"));
}

/* /boot is mounted; the file is read where it is. */
TEST(in_a_file_on_a_device)
{
	start_apart("root PARTUUID=12-34 none header=/hdr.img:UUID=5-5,luks\n");
	linked("/dev/disk/by-uuid/5-5", "/dev/vda1");
	file("/proc/self/mountinfo",
	     "27 1 253:1 / / rw,relatime shared:1 - ext4 /dev/mapper/root rw\n"
	     "28 27 254:1 /sub /other rw,relatime shared:1 - ext4 /dev/vda1 rw\n"
	     "28 27 254:1 / /my\\040boot rw,relatime shared:1 - ext4 /dev/vda1 rw\n");
	file("/my boot/hdr.img", "header");
	luks2("/my boot/hdr.img", LUKS_UUID, "aes-xts-plain64", "hmac(sha256)");
	CHECK(needs() == 0);
	CHECK(printed("volume root PARTUUID=12-34 none header=/hdr.img:UUID=5-5,luks," HMAC));
	CHECK_STR(err, "");
	file("/etc/crypttab", "root PARTUUID=12-34 none header=/none:UUID=5-5,luks\n");
	CHECK(needs() == 0);
	CHECK(said(
		"(/none:UUID=5-5) is not visible here: it is not on the file system at /my boot, "
		"so"));
}

TEST(second_header)
{
	start_apart("root PARTUUID=12-34 none header=/etc/root.header,luks\n");
	file("/etc/root.header", "header");
	luks2("/etc/root.header", LUKS_UUID, "aes-xts-plain64", "hmac(sha256)");
	luks2("/dev/vda2", SWAP_UUID, "aes-xts-plain64", "hmac(sha512)");
	CHECK(needs() == 0);
	CHECK(said("warning: root: /dev/vda2 begins with a LUKS header of its own, which the image "
		   "does not use: crypttab says that the header is in /etc/root.header"));
	CHECK(printed("x-intact.integrity=hmac(sha256)"));
}

/* systemd's parameters, without a crypttab: what is open does not show where the header was. */
TEST(from_the_command_line)
{
	start_apart("");
	file("/proc/cmdline", "rd.luks.name=" LUKS_UUID "=root rd.luks.data=" LUKS_UUID
			      "=PARTUUID=12-34 rd.luks.uuid=" SWAP_UUID "\n");
	linked("/dev/disk/by-uuid/" LUKS_UUID, "/dev/vdb");
	luks2("/dev/vdb", LUKS_UUID, "aes-xts-plain64", "hmac(sha256)");
	CHECK(needs() == 0);
	CHECK(printed("volume root PARTUUID=12-34 none header=UUID=" LUKS_UUID "," HMAC));
	CHECK(!printed("luks-"));
	CHECK_STR(err, "");
}

/* Open, but by a header that nobody names. */
TEST(unknown_header)
{
	start_apart("root PARTUUID=12-34 none luks\n");
	CHECK(needs() == 0);
	CHECK(said(
		"warning: root: it is open with integrity protection, but /dev/vda2 has no LUKS2 "
		"header: its header is detached"));
	start_apart("root PARTUUID=12-34 none header=/etc/hosts\n");
	file("/etc/hosts", "127.0.0.1 localhost\n");
	CHECK(needs() == 1);
	CHECK(said("error: root: it is open with integrity protection, but its detached header "
		   "(/etc/hosts) is no LUKS2 header"));
}

TEST(loops)
{
	start_apart("root PARTUUID=12-34 none header=/dev/mapper/root,luks\n");
	CHECK(needs() == 1);
	CHECK(said(
		"error: the header of \"root\" is on the volume \"root\": no image can open this"));
	/* By a name that does not tell. */
	start_apart("root PARTUUID=12-34 none header=/hdr:UUID=5-5,luks\n");
	linked("/dev/disk/by-uuid/5-5", "/dev/dm-1");
	CHECK(needs() == 1);
	CHECK(said(
		"error: the header of \"root\" is on the volume \"root\": no image can open this"));
	/* Two, on each other. */
	start_apart("root PARTUUID=12-34 none header=/dev/mapper/data,luks\n"
		    "data /dev/vdb none header=/dev/mapper/root,initramfs\n");
	CHECK(needs() == 1);
	CHECK(said("error: the header of \"root\" is on the volume \"data\", and the header of "
		   "\"data\" is on the volume \"root\": no image can open this"));
}

/* The header says what is on a disk that is not connected. */
TEST(disk_is_not_there)
{
	start_apart("root PARTUUID=99-99 none header=/etc/root,luks\n");
	file("/proc/self/mountinfo", "22 27 0:21 / /proc rw,relatime - proc proc rw\n");
	file("/etc/root", "header");
	luks2("/etc/root", LUKS_UUID, "aes-xts-plain64", "hmac(sha256)");
	CHECK(needs() == 0);
	CHECK(printed("none luks,header=/etc/intact/volume1.header,"));
	CHECK(printed(HMAC));
	CHECK(!said("nothing is pinned yet"));
	CHECK(!printed("module aegis128"));
}

TEST_MAIN(disk_is_not_there, in_a_file, file_is_not_there, file_with_a_blank, on_a_device,
	  device_is_not_there, device_is_not_there_in_a_chroot, in_a_file_on_a_device,
	  second_header, from_the_command_line, unknown_header, loops)
