/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `intact needs` on systems made of files: one system, changed. test_layouts.c has many. */
#include "needed.h"

#define OTHER "sha256:ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"

/* The ordinary case: ext4 on root over root_dif over vda2. */
static void start_plain(void)
{
	start();
	sysroot_root();
	luks2("/dev/vda2", LUKS_UUID, "aes-xts-plain64", "hmac(sha256)");
	file("/proc/self/mountinfo",
	     "1 0 0:1 / / rw - rootfs rootfs rw\n"
	     "22 27 0:21 / /proc rw,relatime - proc proc rw\n"
	     "27 1 253:1 / / rw,relatime shared:1 - ext4 /dev/mapper/root rw\n"
	     "30 27 254:1 / /boot rw,relatime shared:2 - ext4 /dev/vda1 rw\n");
	file("/etc/fstab",
	     "/dev/mapper/root / ext4 defaults 0 1\nUUID=1-2 /boot ext4 defaults 0 2\n");
	file("/etc/crypttab", "# name source key options\nroot UUID=" LUKS_UUID
			      " none luks,discard,x-initrd.attach\n");
}

#define MODULES_HMAC                                                                                            \
	"module dm_mod\nmodule dm_bufio\nmodule xor\nmodule dm_integrity\nmodule dm_crypt\nmodule authenc\n"    \
	"module hmac\nmodule sha256_generic\nmodule sha256_ssse3\nmodule ecb\nmodule xts\nmodule aes_generic\n" \
	"module aesni_intel\n"

TEST(plain_running_root)
{
	start_plain();
	CHECK(run_needs("6.1.0-1-amd64", NULL, NULL, NULL) == 0);
	CHECK(str_eq(out, "volume root UUID=" LUKS_UUID " none luks,x-initrd.attach," HMAC
			  ",x-intact.holds=root+usr,x-intact.fstype=ext4\n" MODULES_HMAC));
	CHECK(said("option \"discard\" of root is dropped"));
}

/* As cryptsetup 2.6 (Debian 12) names it. */
TEST(integrity_device_of_an_older_cryptsetup)
{
	start_plain();
	file("/sys/devices/dm-0/dm/uuid", "CRYPT-INTEGRITY-" LUKS_PLAIN "-root_dif");
	CHECK(run_needs("6.1.0-1-amd64", NULL, NULL, NULL) == 0);
	CHECK(printed("volume root UUID=" LUKS_UUID " none"));
	CHECK(!said("standalone"));
}

TEST(another_kernel)
{
	start_plain();
	CHECK(run_needs("7.2-amd64", NULL, NULL, NULL) == 0);
	CHECK(printed("\nmodule dm_bufio\nmodule dm_integrity\n"));
	CHECK(!printed("authenc"));
}

TEST(kernel_without_the_algorithm)
{
	start_plain();
	CHECK(run_needs("5.10-odd", NULL, NULL, NULL) == 1);
	CHECK(said("error: kernel 5.10-odd cannot open root: it lacks the algorithm authenc"));
	CHECK(printed("volume root UUID=" LUKS_UUID));
	CHECK(printed("module dm_integrity\n"));
}

TEST(kernel_without_modules)
{
	start_plain();
	CHECK(run_needs("9.9", NULL, NULL, NULL) == 1);
	CHECK(said("no module tree for kernel 9.9"));
	CHECK(printed("volume root UUID="));
}

TEST(not_encrypted)
{
	start_plain();
	file("/proc/self/mountinfo", "27 1 254:2 / / rw - ext4 /dev/vda2 rw\n");
	file("/etc/fstab", "/dev/vda2 / ext4 defaults 0 1\n");
	file("/etc/crypttab", "");
	CHECK(run_needs("6.1.0-1-amd64", NULL, NULL, NULL) == 0);
	CHECK(str_eq(out, ""));
	CHECK(said("note: no LUKS2 volume with integrity is below /"));
	/* Then a missing module tree is no error. */
	CHECK(run_needs("9.9", NULL, NULL, NULL) == 0);
}

TEST(generic_image)
{
	start_plain();
	file("/proc/self/mountinfo", "27 1 254:2 / / rw - ext4 /dev/vda2 rw\n");
	file("/etc/fstab", "");
	file("/etc/crypttab", "");
	CHECK(run_needs("6.1.0-1-amd64", NULL, "--generic", NULL) == 0);
	CHECK(!printed("volume"));
	CHECK(printed("module authenc\n") && printed("module aegis128_aesni\n"));
	CHECK(str_eq(err, ""));
}

TEST(encrypted_without_integrity)
{
	start_plain();
	mapping("dm-2", "253:2", "home", "CRYPT-LUKS2-" SWAP_PLAIN "-home", "vda3");
	luks2("/dev/vda3", SWAP_UUID, "aes-xts-plain64", "");
	file("/proc/self/mountinfo", "27 1 253:2 / / rw - ext4 /dev/mapper/home rw\n");
	file("/etc/fstab", "/dev/mapper/home / ext4 defaults 0 1\n");
	file("/etc/crypttab", "home UUID=" SWAP_UUID " none luks,discard,no-such-option\n");
	CHECK(run_needs("6.1.0-1-amd64", NULL, NULL, NULL) == 0);
	CHECK(str_eq(out, ""));
	/* No warnings about volumes that intact does not open. */
	CHECK(!said("warning"));
}

TEST(integrity_none_is_not_integrity)
{
	start_plain();
	str_copy(disks[0].disk.header.integrity, sizeof(disks[0].disk.header.integrity), "none");
	CHECK(run_needs("6.1.0-1-amd64", NULL, NULL, NULL) == 0);
	CHECK(str_eq(out, ""));
	CHECK(said("authenticates nothing"));
}

TEST(lvm_inside)
{
	start_plain();
	mapping("dm-2", "253:2", "vg-root", "LVM-abc", "dm-1");
	mapping("dm-3", "253:3", "vg-swap", "LVM-def", "dm-1");
	file("/proc/self/mountinfo", "27 1 253:2 / / rw - ext4 /dev/mapper/vg-root rw\n");
	file("/etc/fstab", "/dev/mapper/vg-root / ext4 defaults 0 1\n");
	file("/etc/crypttab", "root UUID=" LUKS_UUID " none luks\n");
	file("/proc/swaps", "Filename Type Size Used Priority\n/dev/dm-3 partition 1048572 0 -2\n");
	CHECK(run_needs("6.1.0-1-amd64", NULL, NULL, NULL) == 0);
	/* Without nofail, because root is on it too. */
	CHECK(str_eq(out, "volume root UUID=" LUKS_UUID " none luks," HMAC
			  ",x-intact.holds=root+usr+resume,x-intact.fstype=ext4\n" MODULES_HMAC));
}

TEST(nested_volumes)
{
	start_plain();
	mapping("dm-2", "253:2", "vg-root", "LVM-abc", "dm-1");
	mapping("dm-3", "253:3", "inner_dif", "CRYPT-SUBDEV-" SWAP_PLAIN "-inner_dif", "dm-2");
	mapping("dm-4", "253:4", "inner", "CRYPT-LUKS2-" SWAP_PLAIN "-inner", "dm-3");
	luks2("/dev/dm-2", SWAP_UUID, "aegis128-random", "aead");
	file("/proc/self/mountinfo", "27 1 253:4 / / rw - ext4 /dev/mapper/inner rw\n");
	file("/etc/fstab", "/dev/mapper/inner / ext4 defaults 0 1\n");
	file("/etc/crypttab",
	     "inner /dev/mapper/vg-root none luks\nroot UUID=" LUKS_UUID " none luks\n");
	CHECK(run_needs("6.1.0-1-amd64", NULL, NULL, NULL) == 0);
	/* The lower volume is opened first, whatever the order in crypttab. */
	CHECK(str_eq(out, "volume root UUID=" LUKS_UUID " none luks," HMAC
			  ",x-intact.holds=root+usr,x-intact.fstype=ext4\n"
			  "volume inner /dev/mapper/vg-root none luks," AEAD
			  ",x-intact.holds=root+usr,x-intact.fstype=ext4\n" MODULES_HMAC
			  "module aegis128\nmodule aegis128_aesni\n"));
}

/* Without a line in crypttab: the mapping's name, since the number of dm-2 may be another one. */
TEST(open_on_a_mapping)
{
	start_plain();
	mapping("dm-2", "253:2", "vg-root", "LVM-abc", "vda3");
	mapping("dm-3", "253:3", "inner_dif", "CRYPT-SUBDEV-" SWAP_PLAIN "-inner_dif", "dm-2");
	mapping("dm-4", "253:4", "inner", "CRYPT-LUKS2-" SWAP_PLAIN "-inner", "dm-3");
	luks2("/dev/dm-2", SWAP_UUID, "aegis128-random", "aead");
	file("/proc/self/mountinfo", "27 1 253:4 / / rw - ext4 /dev/mapper/inner rw\n");
	file("/etc/fstab", "/dev/mapper/inner / ext4 defaults 0 1\n");
	file("/etc/crypttab", "");
	CHECK(run_needs("6.1.0-1-amd64", NULL, NULL, NULL) == 0);
	CHECK(printed("volume inner /dev/mapper/vg-root none x-intact.fallback-name," AEAD));
}

/* What the image demanded that the system was booted with stays demanded. */
TEST(demanded_at_the_last_boot)
{
	start_plain();
	file("/run/intact/root", "volume=root\noutcome=open\npromised=x-intact.integrity=aead\n");
	CHECK(run_needs("6.1.0-1-amd64", NULL, NULL, NULL) == 1);
	CHECK(printed(
		" none luks,x-initrd.attach,x-intact.integrity=aead,x-intact.holds=root+usr,x-intact.fstype=ext4\n"));
	CHECK(said("but the image of the last boot demands aead"));
	/* intact pin has accepted the disk since. */
	file("/run/intact/.pins/root", "promised=" HMAC "\n");
	CHECK(run_needs("6.1.0-1-amd64", NULL, NULL, NULL) == 0);
	CHECK(printed(" none luks,x-initrd.attach," HMAC
		      ",x-intact.holds=root+usr,x-intact.fstype=ext4\n"));
	/* A report without it, as an older intact-unlock wrote it. */
	file("/run/intact/.pins/root", "");
	file("/run/intact/root", "volume=root\noutcome=open\n");
	CHECK(run_needs("6.1.0-1-amd64", NULL, NULL, NULL) == 0);
	CHECK(printed(HMAC));
}

/* Nothing was pinned: what the boot verified is pinned, not what the disk has now. */
TEST(key_of_the_last_boot)
{
	start_plain();
	file("/run/intact/root", "volume=root\noutcome=open\npinned=no\nvolume_key=" DIGEST "\n");
	CHECK(run_needs("6.1.0-1-amd64", NULL, NULL, NULL) == 0);
	CHECK(printed(HMAC) && !said("another volume key"));
	file("/run/intact/root", "volume=root\noutcome=open\npinned=no\nvolume_key=" OTHER "\n");
	CHECK(run_needs("6.1.0-1-amd64", NULL, NULL, NULL) == 1);
	CHECK(said("error: root: the header on /dev/vda2 has another volume key than the disk that "
		   "was opened at boot"));
	CHECK(printed(",x-intact.volume-key=" OTHER) && !printed(DIGEST));
	/* It was not opened: the report tells nothing. */
	file("/run/intact/root", "volume=root\noutcome=failed\nvolume_key=" OTHER "\n");
	CHECK(run_needs("6.1.0-1-amd64", NULL, NULL, NULL) == 0);
	CHECK(printed(HMAC));
	/* intact pin has accepted the disk since. */
	file("/run/intact/root", "volume=root\noutcome=open\npinned=no\nvolume_key=" OTHER "\n");
	file("/run/intact/.pins/root", "promised=" HMAC "\n");
	CHECK(run_needs("6.1.0-1-amd64", NULL, NULL, NULL) == 0);
	CHECK(printed(HMAC));
}

/* The command line gave it another name at boot: its report is found by the UUID. */
TEST(demanded_under_another_name)
{
	start_plain();
	file("/run/intact/data", "volume=data\nuuid=" SWAP_UUID "\npromised=x-intact.key-size=1\n");
	file("/run/intact/renamed", "volume=renamed\noutcome=open\nuuid=" LUKS_UUID
				    "\npromised=x-intact.integrity=aead\n");
	CHECK(run_needs("6.1.0-1-amd64", NULL, NULL, NULL) == 1);
	CHECK(said("but the image of the last boot demands aead"));
	/* The one with its name counts more: an exchanged disk may have any UUID. */
	file("/run/intact/root", "volume=root\noutcome=open\npromised=" HMAC "\n");
	CHECK(run_needs("6.1.0-1-amd64", NULL, NULL, NULL) == 0);
	CHECK(printed(HMAC));
}

/* libdevmapper keeps "my root" as "my\x20root" in the kernel. */
TEST(blank_in_a_name)
{
	start_plain();
	mapping("dm-2", "253:2", "my\\x20root", "LVM-abc", "dm-1");
	file("/proc/self/mountinfo", "22 27 0:21 / /proc rw,relatime - proc proc rw\n");
	file("/etc/fstab", "/dev/mapper/my\\040root / ext4 defaults 0 1\n");
	file("/etc/crypttab", "other UUID=9-9 none luks\nroot UUID=" LUKS_UUID " none luks\n");
	CHECK(run_needs("6.1.0-1-amd64", NULL, NULL, NULL) == 0);
	CHECK(printed("volume root UUID=") && !printed("volume other"));
}

/* The reports are those of another system: the one that runs the installer. */
TEST(demanded_of_another_system)
{
	start_plain();
	file("/proc/self/mountinfo", "22 27 0:21 / /proc rw,relatime - proc proc rw\n");
	file("/etc/fstab", "/dev/mapper/root / ext4 defaults 0 1\n");
	file("/run/intact/root", "volume=root\noutcome=open\npromised=x-intact.integrity=aead\n");
	CHECK(run_needs("6.1.0-1-amd64", NULL, NULL, NULL) == 0);
	CHECK(printed(HMAC));
}

TEST(standalone_integrity_below)
{
	start_plain();
	mapping("dm-5", "253:5", "crc", "CRYPT-INTEGRITY-crc", "vda3");
	mapping("dm-6", "253:6", "top", "CRYPT-LUKS2-" SWAP_PLAIN "-top", "dm-5");
	luks2("/dev/dm-5", SWAP_UUID, "aes-xts-plain64", "");
	file("/proc/self/mountinfo", "27 1 253:6 / / rw - ext4 /dev/mapper/top rw\n");
	file("/etc/fstab", "/dev/mapper/top / ext4 defaults 0 1\n");
	file("/etc/crypttab", "top UUID=" SWAP_UUID " none luks\n");
	CHECK(run_needs("6.1.0-1-amd64", NULL, NULL, NULL) == 0);
	CHECK(str_eq(out, ""));
	CHECK(said("crc is a standalone dm-integrity device (integritysetup) without a line in "
		   "/etc/integritytab, so this image cannot open it: add \"crc /dev/vda3 - "));
	/* Its table is not to be seen here, but the file is. */
	file("/etc/integritytab", "crc /dev/vda3 - journal-watermark=55%\n");
	linked("/dev/disk/by-partuuid/1-2", "/dev/vda3");
	CHECK(run_needs("6.1.0-1-amd64", NULL, NULL, NULL) == 1);
	CHECK(printed(
		"integrity crc PARTUUID=1-2 - integrity-algorithm=crc32c,journal-watermark=55%\n"));
	CHECK(printed("module dm_integrity\n"));
	CHECK(!printed("volume"));
	CHECK(said("error: kernel 6.1.0-1-amd64 cannot open crc: it lacks the algorithm crc32c"));
	/* A key file of the system. */
	file("/etc/integritytab", "crc /dev/vda3 /etc/crc.key\n");
	CHECK(run_needs("6.1.0-1-amd64", NULL, NULL, NULL) == 1);
	CHECK(said("error: crc: the key file /etc/crc.key does not exist"));
	file("/etc/crc.key", "0123456789");
	CHECK(run_needs("6.1.0-1-amd64", NULL, NULL, NULL) == 0);
	CHECK(printed("/etc/crc.key /etc/intact/integrity1.key 0600\nintegrity crc PARTUUID=1-2 "
		      "/etc/intact/integrity1.key integrity-algorithm=hmac-sha256\n"));
}

TEST(btrfs_on_two_volumes)
{
	start_plain();
	mapping("dm-2", "253:2", "second_dif", "CRYPT-SUBDEV-" SWAP_PLAIN "-second_dif", "vda3");
	mapping("dm-3", "253:3", "second", "CRYPT-LUKS2-" SWAP_PLAIN "-second", "dm-2");
	luks2("/dev/vda3", SWAP_UUID, "aes-xts-plain64", "hmac(sha256)");
	linked("/sys/fs/btrfs/f5/devices/dm-1", "/sys/class/block/dm-1");
	linked("/sys/fs/btrfs/f5/devices/dm-3", "/sys/class/block/dm-3");
	file("/proc/self/mountinfo",
	     "27 1 0:25 /@ / rw shared:1 - btrfs /dev/mapper/root rw,subvol=/@\n");
	file("/etc/fstab", "/dev/mapper/root / btrfs subvol=@ 0 0\n");
	CHECK(run_needs("6.1.0-1-amd64", NULL, NULL, NULL) == 0);
	CHECK(printed("volume root UUID=" LUKS_UUID));
	/* It is open but not in crypttab: it keeps its name. */
	CHECK(printed("volume second UUID=" SWAP_UUID
		      " none x-intact.fallback-name,x-intact.leg," HMAC
		      ",x-intact.holds=root+usr,x-intact.fstype=btrfs\n"));
}

TEST(zfs_says_nothing)
{
	start_plain();
	file("/proc/self/mountinfo", "27 1 0:25 / / rw - zfs rpool/ROOT/debian rw\n");
	file("/etc/fstab", "");
	file("/etc/crypttab", "root UUID=" LUKS_UUID " none luks\n");
	CHECK(run_needs("6.1.0-1-amd64", NULL, NULL, NULL) == 0);
	CHECK(printed("volume root UUID=" LUKS_UUID));
	CHECK(said("rpool/ROOT/debian (zfs) does not list its disks"));
	file("/etc/crypttab", "root UUID=" LUKS_UUID " none luks,initramfs\n");
	CHECK(run_needs("6.1.0-1-amd64", NULL, NULL, NULL) == 0);
	CHECK(printed("volume root UUID=" LUKS_UUID));
	CHECK(!said("does not list"));
}

static void add_swap(const char *key)
{
	cleanup_free char *crypttab = xasprintf(
		"root UUID=" LUKS_UUID " none luks\nswap UUID=" SWAP_UUID " %s luks\n", key);

	mapping("dm-2", "253:2", "swap_dif", "CRYPT-SUBDEV-" SWAP_PLAIN "-swap_dif", "vda3");
	mapping("dm-3", "253:3", "swap", "CRYPT-LUKS2-" SWAP_PLAIN "-swap", "dm-2");
	luks2("/dev/vda3", SWAP_UUID, "aegis128-random", "aead");
	file("/etc/crypttab", crypttab);
	file("/proc/swaps", "Filename Type Size Used Priority\n/dev/dm-3 partition 1048572 0 -2\n"
			    "/dev/zram0 partition 99999999 0 100\n");
}

TEST(resume_device)
{
	start_plain();
	add_swap("none");
	CHECK(run_needs("6.1.0-1-amd64", NULL, NULL, NULL) == 0);
	CHECK(printed("volume swap UUID=" SWAP_UUID " none luks,nofail," AEAD
		      ",x-intact.holds=resume\n"));
	CHECK(run_needs("6.1.0-1-amd64", NULL, "--resume", "none") == 0);
	CHECK(!printed("volume swap"));
	CHECK(run_needs("6.1.0-1-amd64", NULL, "--resume", "/dev/mapper/swap") == 0);
	CHECK(printed("volume swap"));
	file("/etc/initramfs-tools/conf.d/resume",
	     "#RESUME=/dev/vda1\nRESUME=none # no hibernation\n");
	CHECK(run_needs("6.1.0-1-amd64", NULL, NULL, NULL) == 0);
	CHECK(!printed("volume swap"));
	file("/sys/power/resume", "253:3\n");
	CHECK(run_needs("6.1.0-1-amd64", NULL, NULL, NULL) == 0);
	CHECK(printed("volume swap"));
	file("/sys/power/resume", "0:0\n");
	file("/proc/cmdline", "root=/dev/mapper/root resume=/dev/mapper/swap\n");
	CHECK(run_needs("6.1.0-1-amd64", NULL, NULL, NULL) == 0);
	CHECK(printed("volume swap"));
	CHECK(printed(",x-intact.holds=resume\n"));
	/* For a kernel that cannot open it, only a warning. */
	CHECK(run_needs("7.2-amd64", NULL, NULL, NULL) == 0);
	CHECK(said("warning: kernel 7.2-amd64 cannot open swap: it lacks the algorithm aegis128"));
}

/* Nothing is promised where another disk may have to be resumed from, nor of a file. */
TEST(resume_elsewhere_too)
{
	start_plain();
	add_swap("none");
	CHECK(run_needs("6.1.0-1-amd64", NULL, "--resume", "/dev/vda1") == 0);
	CHECK(!printed("holds=resume"));
	file("/sys/power/resume", "254:3\n");
	CHECK(run_needs("6.1.0-1-amd64", NULL, NULL, NULL) == 0);
	CHECK(!printed("holds=resume"));
	file("/sys/power/resume", "0:0\n");
	file("/proc/cmdline", "resume=/dev/mapper/root resume_offset=1234\n");
	CHECK(run_needs("6.1.0-1-amd64", NULL, NULL, NULL) == 0);
	CHECK(!printed("holds=resume") && !printed("+resume"));
	file("/proc/cmdline", "\n");
	CHECK(run_needs("6.1.0-1-amd64", NULL, NULL, NULL) == 0);
	CHECK(printed("holds=resume"));
	file("/proc/swaps", "Filename Type Size Used Priority\n/dev/dm-3 partition 1048572 0 -2\n"
			    "/swapfile file 1048572 0 -3\n");
	CHECK(run_needs("6.1.0-1-amd64", NULL, NULL, NULL) == 0);
	CHECK(!printed("holds=resume"));
}

TEST(swap_with_a_new_key_at_every_boot)
{
	start_plain();
	add_swap("/dev/urandom");
	CHECK(run_needs("6.1.0-1-amd64", NULL, NULL, NULL) == 0);
	CHECK(!printed("volume swap"));
}

TEST(usr_elsewhere)
{
	start_plain();
	add_swap("none");
	file("/proc/swaps", "Filename Type Size Used Priority\n");
	file("/proc/self/mountinfo", "27 1 253:1 / / rw - ext4 /dev/mapper/root rw\n"
				     "28 27 253:3 / /usr ro - ext4 /dev/mapper/swap ro\n");
	CHECK(run_needs("6.1.0-1-amd64", NULL, NULL, NULL) == 0);
	CHECK(printed("volume swap UUID=" SWAP_UUID " none luks," AEAD
		      ",x-intact.holds=usr,x-intact.fstype=ext4\n"));
	CHECK(printed(",x-intact.holds=root,"));
}

/* Nothing is promised of what is on other disks, too. */
TEST(partly_elsewhere)
{
	start_plain();
	mapping("dm-2", "253:2", "vg-root", "LVM-abc", "dm-1 vda3");
	file("/proc/self/mountinfo", "27 1 253:2 / / rw - ext4 /dev/mapper/vg-root rw\n");
	CHECK(run_needs("6.1.0-1-amd64", NULL, NULL, NULL) == 0);
	CHECK(printed("volume root UUID=" LUKS_UUID));
	CHECK(!printed("x-intact.holds"));
	file("/proc/self/mountinfo", "27 1 253:1 / / rw - ext4 /dev/mapper/root rw\n"
				     "28 27 254:3 / /usr ro - ext4 /dev/vda3 ro\n");
	CHECK(run_needs("6.1.0-1-amd64", NULL, NULL, NULL) == 0);
	CHECK(printed(",x-intact.holds=root,"));
}

TEST(root_is_never_nofail)
{
	start_plain();
	file("/etc/crypttab", "root UUID=" LUKS_UUID " none nofail,noauto,tries=5\n");
	CHECK(run_needs("6.1.0-1-amd64", NULL, NULL, NULL) == 0);
	CHECK(printed(" none tries=5," HMAC ",x-intact.holds=root+usr,x-intact.fstype=ext4\n"));
}

TEST(open_under_another_name)
{
	start_plain();
	file("/etc/crypttab", "cryptroot /dev/vda2 none luks\n");
	CHECK(run_needs("6.1.0-1-amd64", NULL, NULL, NULL) == 0);
	CHECK(printed("volume cryptroot UUID=" LUKS_UUID));
	CHECK(said("is open as \"root\", but crypttab calls it \"cryptroot\""));
}

TEST(promises_that_the_disk_breaks)
{
	start_plain();
	file("/etc/crypttab", "root UUID=" LUKS_UUID " none x-intact.integrity=aead\n");
	CHECK(run_needs("6.1.0-1-amd64", NULL, NULL, NULL) == 1);
	/* Nothing is pinned from a header that cannot be the right one. */
	CHECK(printed(
		" none x-intact.integrity=aead,x-intact.holds=root+usr,x-intact.fstype=ext4\n"));
	CHECK(said("promises integrity by aead, but the header on /dev/vda2 has hmac(sha256)"));
	disks[0].disk.header.integrity[0] = '\0';
	CHECK(run_needs("6.1.0-1-amd64", NULL, NULL, NULL) == 1);
	CHECK(said("/dev/vda2 is LUKS2 without integrity: this disk will be refused"));
}

TEST(header_that_cannot_be_read)
{
	start_plain();
	disks[0].disk = (struct disk){ .kind = HEADER_UNREADABLE, .err = EACCES };
	CHECK(run_needs("6.1.0-1-amd64", NULL, NULL, NULL) == 0);
	CHECK(printed(
		"volume root UUID=" LUKS_UUID
		" none luks,x-initrd.attach,x-intact.integrity,x-intact.holds=root+usr,x-intact.fstype=ext4\n"));
	CHECK(printed("module aegis128\n"));
	CHECK(said("Permission denied"));
}

TEST(key_files)
{
	start_plain();
	file("/etc/keys/root.key", "secret");
	file("/etc/crypttab", "root UUID=" LUKS_UUID " /etc/keys/root.key luks\n");
	CHECK(run_needs("6.1.0-1-amd64", NULL, NULL, NULL) == 0);
	CHECK(!printed("file ") && printed(" none luks"));
	CHECK(said("the key file /etc/keys/root.key is not put into the image"));
	file("/etc/cryptsetup-initramfs/conf-hook",
	     "#KEYFILE_PATTERN=\nKEYFILE_PATTERN=\"/etc/keys/*.key\"\n");
	CHECK(run_needs("6.1.0-1-amd64", NULL, NULL, NULL) == 0);
	CHECK(printed("/etc/keys/root.key /etc/intact/volume1.key 0600\n"));
	CHECK(printed("volume root UUID=" LUKS_UUID " /etc/intact/volume1.key luks,"));
	file("/etc/crypttab", "root UUID=" LUKS_UUID " /etc/keys/gone.key luks\n");
	CHECK(run_needs("6.1.0-1-amd64", NULL, NULL, NULL) == 0);
	CHECK(!printed("file ") && said("/etc/keys/gone.key does not exist"));
}

TEST(key_on_another_device)
{
	start_plain();
	file("/etc/crypttab", "root UUID=" LUKS_UUID " /key:/dev/vda1 luks\n");
	CHECK(run_needs("6.1.0-1-amd64", NULL, NULL, NULL) == 0);
	CHECK(printed("volume root UUID=" LUKS_UUID " /key:/dev/vda1 luks,"));
	CHECK(said("the key is on /dev/vda1, a name that another disk may have"));
	CHECK(said("no driver for vfat")); /* this kernel has none */
	/* Not by a name that is not here. */
	file("/etc/crypttab", "root UUID=" LUKS_UUID " /key:LABEL=KEYS luks\n");
	CHECK(run_needs("6.1.0-1-amd64", NULL, NULL, NULL) == 0);
	CHECK(printed(" /key:LABEL=KEYS luks,") &&
	      said("LABEL=KEYS, the device of its key, is not here"));
}

/* A chroot to a plain folder: in its mountinfo nothing is mounted at /. */
TEST(chroot_with_the_disk_in_sight)
{
	start_plain();
	file("/proc/self/mountinfo", "22 27 0:21 / /proc rw,relatime - proc proc rw\n");
	file("/etc/fstab", "/dev/mapper/system / ext4 defaults 0 1\n");
	file("/etc/crypttab",
	     "data UUID=" SWAP_UUID " none luks\nsystem UUID=" LUKS_UUID " none luks,discard\n");
	CHECK(run_needs("6.1.0-1-amd64", NULL, NULL, NULL) == 0);
	CHECK(str_eq(out, "volume system UUID=" LUKS_UUID " none luks," HMAC
			  ",x-intact.fstype=ext4\n" MODULES_HMAC));
}

TEST(chroot_without_the_disk)
{
	start_plain();
	n_disks = 0;
	file("/target/etc/fstab", "UUID=5-5 / ext4 defaults 0 1\n");
	file("/target/etc/crypttab",
	     "system UUID=" SWAP_UUID " none luks\n"
	     "swap /dev/vda9 /dev/urandom swap\n"
	     "home UUID=77777777-89ab-cdef-0123-456789abcdef /etc/home.key luks\n");
	CHECK(run_needs("6.1.0-1-amd64", "/target", NULL, NULL) == 0);
	CHECK(printed("volume system UUID=" SWAP_UUID " none luks,x-intact.fstype=ext4\n"));
	CHECK(!printed("volume swap") && !printed("volume home"));
	CHECK(printed("module authenc\n") && printed("module aegis128\n"));
	CHECK(said("warning: system: its disk is not visible here"));
	/* A list and "auto" are not a type. */
	file("/target/etc/fstab", "UUID=5-5 / ext4,btrfs defaults 0 1\n");
	CHECK(run_needs("6.1.0-1-amd64", "/target", NULL, NULL) == 0);
	CHECK(printed("volume system UUID=" SWAP_UUID " none luks\n"));
	file("/target/etc/fstab", "UUID=5-5 / auto defaults 0 1\n");
	CHECK(run_needs("6.1.0-1-amd64", "/target", NULL, NULL) == 0);
	CHECK(printed("volume system UUID=" SWAP_UUID " none luks\n"));
	file("/target/etc/fstab", "UUID=5-5 / ext4 defaults 0 1\n");
	/* A promise in crypttab is kept. */
	file("/target/etc/crypttab", "system UUID=" SWAP_UUID " none luks,x-intact.integrity\n");
	CHECK(run_needs("6.1.0-1-amd64", "/target", NULL, NULL) == 0);
	CHECK(printed("volume system UUID=" SWAP_UUID
		      " none luks,x-intact.integrity,x-intact.fstype=ext4\n"));
	/* Root on a bare partition needs nothing. */
	file("/target/etc/fstab", "PARTUUID=5-5 / ext4 defaults 0 1\n");
	CHECK(run_needs("6.1.0-1-amd64", "/target", NULL, NULL) == 0);
	CHECK(str_eq(out, ""));
}

/* A bind mount: the installer's own disk is mounted at / of the chroot. */
TEST(chroot_on_a_bind_mount)
{
	start_plain();
	luks2("/dev/vda3", SWAP_UUID, "aegis128-random", "aead");
	file("/etc/fstab", "/dev/mapper/other / ext4 defaults 0 1\n");
	file("/etc/crypttab", "other UUID=" SWAP_UUID " none luks\n");
	CHECK(run_needs("6.1.0-1-amd64", NULL, NULL, NULL) == 0);
	CHECK(printed("volume other UUID=" SWAP_UUID " none luks," AEAD ",x-intact.fstype=ext4\n"));
	CHECK(!printed(LUKS_UUID));
}

TEST(installer_without_udev_links)
{
	start_plain();
	file("/etc/fstab", "UUID=5-5 / ext4 defaults 0 1\n");
	CHECK(run_needs("6.1.0-1-amd64", NULL, NULL, NULL) == 0);
	CHECK(printed("volume root UUID=" LUKS_UUID));
	CHECK(!said("not visible"));
}

TEST(arch_crypttab_for_the_image)
{
	start_plain();
	add_swap("none");
	file("/proc/swaps", "");
	file("/etc/crypttab.initramfs", "data UUID=" SWAP_UUID " none\n");
	CHECK(run_needs("6.1.0-1-amd64", NULL, NULL, NULL) == 0);
	CHECK(printed("volume root UUID=" LUKS_UUID));
	CHECK(printed("volume data UUID=" SWAP_UUID " none " AEAD "\n"));
}

TEST(nonsense_in_crypttab)
{
	start_plain();
	file("/etc/crypttab", "lonely\nbad nonsense none luks\nroot UUID=" LUKS_UUID
			      " none luks\n.early UUID=" SWAP_UUID "\nroot_dif UUID=" SWAP_UUID
			      "\nx LABEL=\\0033[2J\n\xc3\xbc UUID=\xc2\x9b\n");
	CHECK(run_needs("6.1.0-1-amd64", NULL, NULL, NULL) == 0);
	CHECK(printed("volume root UUID=" LUKS_UUID));
	CHECK(said("line 1: \"lonely\""));
	CHECK(said("line 2"));
	CHECK(said("line 4: \".early\" is left out: the name begins with a '.'"));
	CHECK(said("line 5: \"root_dif\" is left out: the name clashes with \"root\""));
	CHECK(said("line 6: \"x LABEL=\\0033[2J\" contains control characters"));
	CHECK(said("line 7: \"\xc3\xbc UUID=?\" contains control characters"));
}

/* What is no crypttab costs neither time nor a screen of messages. */
TEST(crypttab_of_a_megabyte)
{
	cleanup_free char *text = xcalloc(1, 2 << 20);
	char *end = text;

	start_plain();
	for (unsigned i = 0; i < 600; i++)
		end += sprintf(end, "n%u /dev/nowhere%u none luks\n", i, i);
	file("/etc/crypttab", text);
	CHECK(run_needs("6.1.0-1-amd64", NULL, NULL, NULL) == 1);
	CHECK(said("/etc/crypttab has more than 512 lines; the lines after line 512 are not read"));
	end = text;
	for (unsigned i = 0; i < 60; i++)
		end += sprintf(end, "lonely%u\n", i);
	file("/etc/crypttab", text);
	CHECK(run_needs("6.1.0-1-amd64", NULL, NULL, NULL) == 0);
	CHECK(said("\"lonely19\"") && !said("\"lonely20\""));
	CHECK(said("40 more lines are not understood"));
	memset(text, 'x', 1 << 20);
	file("/etc/crypttab", text);
	CHECK(run_needs("6.1.0-1-amd64", NULL, NULL, NULL) == 1);
	CHECK(said("/etc/crypttab is not read, since it is larger than 256 KiB"));
}

TEST(crypttab_that_is_no_file)
{
	char real[512];

	start_plain();
	linked("/etc/crypttab", "/nowhere");
	CHECK(run_needs("6.1.0-1-amd64", NULL, NULL, NULL) == 1);
	CHECK(said(
		"/etc/crypttab cannot be read: it is a symbolic link to a file that is not here"));
	in_system(real, "/etc/crypttab");
	CHECK(unlink(real) == 0 && mkfifo(real, 0600) == 0);
	CHECK(run_needs("6.1.0-1-amd64", NULL, NULL, NULL) == 1);
	CHECK(said("/etc/crypttab cannot be read: it is not a regular file"));
	/* So it is masked, and empty. */
	CHECK(unlink(real) == 0 && symlink("/dev/null", real) == 0);
	CHECK(run_needs("6.1.0-1-amd64", NULL, NULL, NULL) == 0);
	CHECK(unlink(real) == 0);
}

TEST(two_disks_with_one_uuid)
{
	start_plain();
	luks2("/dev/vda3", LUKS_UUID, "aes-xts-plain64", "hmac(sha256)");
	CHECK(run_needs("6.1.0-1-amd64", NULL, NULL, NULL) == 0);
	CHECK(said("/dev/vda2 and /dev/vda3 fit this line; /dev/vda2 is looked at"));
}

TEST(no_system_at_all)
{
	start();
	CHECK(run_needs("6.1.0-1-amd64", NULL, NULL, NULL) == 0);
	CHECK(str_eq(out, ""));
	file("/proc/self/mountinfo", "nonsense\n1 2 3\n- - - -\n\n27 1 253:99 / / rw - ext4\n");
	CHECK(run_needs("6.1.0-1-amd64", NULL, NULL, NULL) == 0);
	CHECK(run_needs("6.1.0-1-amd64", NULL, "--no-such-option", NULL) == 1);
	CHECK(run_needs("6.1.0-1-amd64", NULL, "word", NULL) == 1);
	CHECK(said("unexpected argument \"word\""));
	CHECK(run_needs("6.1.0-1-amd64", NULL, "--help", NULL) == 0);
	CHECK(printed("Usage: intact needs"));
}

TEST_MAIN(plain_running_root, integrity_device_of_an_older_cryptsetup, another_kernel,
	  kernel_without_the_algorithm, kernel_without_modules, not_encrypted, generic_image,
	  encrypted_without_integrity, integrity_none_is_not_integrity, lvm_inside, nested_volumes,
	  open_on_a_mapping, demanded_at_the_last_boot, key_of_the_last_boot,
	  demanded_under_another_name, blank_in_a_name, demanded_of_another_system,
	  standalone_integrity_below, btrfs_on_two_volumes, zfs_says_nothing, resume_device,
	  resume_elsewhere_too, swap_with_a_new_key_at_every_boot, usr_elsewhere, partly_elsewhere,
	  root_is_never_nofail, open_under_another_name, promises_that_the_disk_breaks,
	  header_that_cannot_be_read, key_files, key_on_another_device,
	  chroot_with_the_disk_in_sight, chroot_without_the_disk, chroot_on_a_bind_mount,
	  installer_without_udev_links, arch_crypttab_for_the_image, nonsense_in_crypttab,
	  crypttab_of_a_megabyte, crypttab_that_is_no_file, two_disks_with_one_uuid,
	  no_system_at_all)
