/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a person is told about a disk. The texts stand here whole, so that a change of one is seen
 * as what it is.
 */
#include "base/util.h"
#include "policy/verdict.h"
#include "test.h"

#define GIB (1024ull * 1024 * 1024)

static struct volume v;
static struct disk d;
static struct opened o;
static struct verdict got;

/* A volume that is what the image says, and its disk. */
static void fresh(enum expect expect)
{
	static char name[] = "root", hmac[] = "hmac(sha256)";

	v = (struct volume){ .name = name,
			     .expect = expect,
			     .integrity = expect == EXPECT_NAMED ? hmac : NULL };
	d = (struct disk){
		.kind = HEADER_LUKS2,
		.header = {
			.uuid = "11111111-1111-1111-1111-111111111111",
			.encryption = "aes-xts-plain64",
			.integrity = "hmac(sha256)",
			.dm_cipher = "capi:authenc(hmac(sha256),xts(aes))-plain64",
			.sector_size = 4096,
			.keyslots = 1,
			.data_offset = 16 << 20,
			.tag_size = 32,
		},
		.superblock = {
			.state = SUPERBLOCK_OK,
			.tag_size = 32,
			.needed = GIB - (16 << 20),
		},
		.size = GIB,
	};
	o = (struct opened){
		.crypt_present = true,
		.dif_present = true,
		.dm_cipher = "capi:authenc(hmac(sha256),xts(aes))-plain64",
		.crypt_tag_size = 32,
		.crypt_integrity = "aead",
		.dif_tag_size = 32,
		.dif_mode = 'J',
		.type = "ext4",
	};
}

/* Printable, two lines at most, not cut, nothing from strerror. */
static void check_manners(void)
{
	int newlines = 0;

	for (const char *p = got.text; *p; p++) {
		newlines += *p == '\n';
		CHECK_ROW(*p == '\n' || (*p >= 0x20 && *p < 0x7f), got.text);
	}
	CHECK_ROW(newlines <= 1, got.text);
	CHECK_ROW(strlen(got.text) < sizeof(got.text) - 1, got.text);
	CHECK_ROW(!strstr(got.text, "Invalid argument") && !strstr(got.text, "multibyte"),
		  got.text);
	if (got.action == VERDICT_REFUSE)
		CHECK_ROW(newlines == 1 && got.text[strlen(got.text) - 1] != '\n', got.text);
}

static void check(enum verdict_action action, enum exit_code code, const char *text)
{
	verdict_disk(&v, "/dev/vda2", &d, &got);
	CHECK_INT(got.action, action);
	CHECK_INT(got.code, code);
	CHECK_STR(got.text, text);
	check_manners();
}

static void check_opened(enum verdict_action action, enum exit_code code, const char *text)
{
	verdict_opened(&v, "/dev/vda2", &d.header, &o, &got);
	CHECK_INT(got.action, action);
	CHECK_INT(got.code, code);
	CHECK_STR(got.text, text);
	check_manners();
}

TEST(good_disk)
{
	fresh(EXPECT_NOTHING);
	check(VERDICT_OPEN, EXIT_CODE_OK, "");
	fresh(EXPECT_ANY);
	check(VERDICT_OPEN, EXIT_CODE_OK, "");
	fresh(EXPECT_NAMED);
	check(VERDICT_OPEN, EXIT_CODE_OK, "");
	d.superblock.state = SUPERBLOCK_UNCHECKED;
	d.superblock.needed = 0;
	check(VERDICT_OPEN, EXIT_CODE_OK, "");
	d.superblock.needed = GIB - (16 << 20) - 1; /* a larger partition is none of our business */
	check(VERDICT_OPEN, EXIT_CODE_OK, "");
	check_opened(VERDICT_OPEN, EXIT_CODE_OK, "");
}

TEST(unreadable)
{
	fresh(EXPECT_ANY);
	d.kind = HEADER_UNREADABLE;
	d.err = EIO;
	check(VERDICT_REFUSE, EXIT_CODE_DEVICE,
	      "The header of volume root cannot be read from /dev/vda2: the disk reports a read error.\n"
	      "Check cable, power and drive (the kernel's log has the details), then boot again.");
	d.err = 12345;
	check(VERDICT_REFUSE, EXIT_CODE_DEVICE,
	      "The header of volume root cannot be read from /dev/vda2: the kernel refused to "
	      "read it; see its log (dmesg).\n"
	      "Check cable, power and drive (the kernel's log has the details), then boot "
	      "again.");
	v.expect = EXPECT_NOTHING;
	verdict_disk(&v, "/dev/vda2", &d, &got);
	CHECK_INT(got.action, VERDICT_REFUSE);
}

TEST(not_luks)
{
	fresh(EXPECT_ANY);
	d.kind = HEADER_NOT_LUKS;
	check(VERDICT_REFUSE, EXIT_CODE_DEVICE,
	      "/dev/vda2 is not a LUKS2 disk: no header was found at its start (volume root).\n"
	      "Is it the right disk? `blkid` lists all disks; if the header was overwritten, "
	      "restore a backup with `cryptsetup luksHeaderRestore`.");
	v.expect = EXPECT_NOTHING;
	verdict_disk(&v, "/dev/vda2", &d, &got);
	CHECK_INT(got.action, VERDICT_LEAVE);
	CHECK_INT(got.code, EXIT_CODE_OK);
	CHECK_HAS(got.text, "/dev/vda2 is not a LUKS2 disk");
}

TEST(detached_header)
{
	static char header[] = "/boot/root.hdr\033[2J";

	fresh(EXPECT_ANY);
	v.header = header;
	d.kind = HEADER_NOT_LUKS;
	verdict_disk(&v, "/dev/vda2", &d, &got);
	CHECK_HAS(got.text, "/boot/root.hdr?[2J is not a LUKS2 disk");
	check_manners();
}

TEST(luks1)
{
	fresh(EXPECT_ANY);
	d.kind = HEADER_LUKS1;
	check(VERDICT_REFUSE, EXIT_CODE_REFUSED,
	      "/dev/vda2 has a LUKS1 header, which cannot protect integrity, but volume root "
	      "must be protected: this is not the disk it should be.\n"
	      "Do not type your passphrase unless you replaced the disk yourself; in that case "
	      "rebuild the boot image from a rescue system.");
	v.expect = EXPECT_NOTHING;
	check(VERDICT_LEAVE, EXIT_CODE_OK,
	      "/dev/vda2 (volume root) has a LUKS1 header, without integrity protection; it is "
	      "left to other programs.");
}

TEST(broken_header)
{
	fresh(EXPECT_ANY);
	d.kind = HEADER_LUKS2_BROKEN;
	d.first = COPY_NO_MAGIC;
	d.second = COPY_BAD_CHECKSUM;
	check(VERDICT_REFUSE, EXIT_CODE_DEVICE,
	      "Both copies of the LUKS2 header of /dev/vda2 (volume root) are damaged: the "
	      "first is overwritten, the second is damaged.\n"
	      "Without a header no passphrase opens the disk; restore a backup with "
	      "`cryptsetup luksHeaderRestore /dev/vda2 --header-backup-file FILE`.");
	d.first = COPY_OK;
	check(VERDICT_REFUSE, EXIT_CODE_DEVICE,
	      "/dev/vda2 (volume root) has a LUKS2 header that cannot be used: its first copy "
	      "is present, but its contents are invalid; its second copy is damaged.\n"
	      "A newer system may have written it, or it is damaged: see `cryptsetup luksDump "
	      "/dev/vda2`, or restore a backup with `cryptsetup luksHeaderRestore`.");
}

TEST(one_copy_damaged)
{
	fresh(EXPECT_ANY);
	d.first = COPY_BAD_CHECKSUM;
	check(VERDICT_OPEN, EXIT_CODE_OK,
	      "The first copy of the LUKS2 header of /dev/vda2 (volume root) is damaged; the "
	      "second is good and is used.\n"
	      "If this message appears again at the next boot, run `cryptsetup repair "
	      "/dev/vda2` and watch the disk's health.");
	d.first = COPY_OK;
	d.second = COPY_NO_MAGIC;
	check(VERDICT_OPEN, EXIT_CODE_OK,
	      "The second copy of the LUKS2 header of /dev/vda2 (volume root) is overwritten; "
	      "the first is good and is used.\n"
	      "If this message appears again at the next boot, run `cryptsetup repair "
	      "/dev/vda2` and watch the disk's health.");
}

#define SWAPPED                                                                           \
	"The disk or its header may have been replaced: do not type your passphrase. If " \
	"you changed it yourself, rebuild the boot image from a rescue system."

TEST(promises)
{
	fresh(EXPECT_ANY);
	d.header.integrity[0] = '\0';
	check(VERDICT_REFUSE, EXIT_CODE_REFUSED,
	      "/dev/vda2 is refused: volume root must have integrity protection, but this "
	      "header has none.\n" SWAPPED);
	(void)str_copy(d.header.integrity, sizeof(d.header.integrity), "none");
	check(VERDICT_REFUSE, EXIT_CODE_REFUSED,
	      "/dev/vda2 is refused: volume root must have integrity protection, but this "
	      "header has \"none\", which detects no change.\n" SWAPPED);
	fresh(EXPECT_NAMED);
	d.header.integrity[0] = '\0';
	check(VERDICT_REFUSE, EXIT_CODE_REFUSED,
	      "/dev/vda2 is refused: volume root must have integrity protection by "
	      "hmac(sha256), but this header has none.\n" SWAPPED);
	(void)str_copy(d.header.integrity, sizeof(d.header.integrity), "hmac(sha1)");
	check(VERDICT_REFUSE, EXIT_CODE_REFUSED,
	      "/dev/vda2 is refused: volume root must be protected by hmac(sha256), but this "
	      "header names hmac(sha1).\n" SWAPPED);
	fresh(EXPECT_ANY);
	(void)str_copy(d.header.integrity, sizeof(d.header.integrity), "hmac(sha1)");
	check(VERDICT_OPEN, EXIT_CODE_OK, "");
}

TEST(not_ours)
{
	fresh(EXPECT_NOTHING);
	d.header.integrity[0] = '\0';
	check(VERDICT_LEAVE, EXIT_CODE_OK,
	      "/dev/vda2 (volume root) has no integrity protection; it is left to other "
	      "programs.");
	(void)str_copy(d.header.integrity, sizeof(d.header.integrity), "none");
	check(VERDICT_LEAVE, EXIT_CODE_OK,
	      "/dev/vda2 (volume root) has no integrity protection; it is left to other "
	      "programs.");
	d.active = ACTIVE_OTHER; /* nor is that then */
	check(VERDICT_LEAVE, EXIT_CODE_OK,
	      "/dev/vda2 (volume root) has no integrity protection; it is left to other "
	      "programs.");
}

TEST(already_active)
{
	fresh(EXPECT_ANY);
	d.active = ACTIVE_SAME;
	check(VERDICT_ACTIVE, EXIT_CODE_OK, "");
	d.header.integrity[0] = '\0'; /* opened by something that promised nothing */
	verdict_disk(&v, "/dev/vda2", &d, &got);
	CHECK_INT(got.action, VERDICT_REFUSE);
	CHECK_INT(got.code, EXIT_CODE_REFUSED);

	fresh(EXPECT_ANY);
	d.active = ACTIVE_OTHER;
	(void)str_copy(d.active_uuid, sizeof(d.active_uuid), "CRYPT-LUKS2-2222");
	check(VERDICT_REFUSE, EXIT_CODE_BUSY,
	      "/dev/mapper/root exists already and is not the volume on /dev/vda2 (it is "
	      "CRYPT-LUKS2-2222).\n"
	      "Give one of the two another name in crypttab, or close the existing mapping "
	      "with `cryptsetup close root`.");
	d.active_uuid[0] = '\0';
	verdict_disk(&v, "/dev/vda2", &d, &got);
	CHECK_HAS(got.text, "(it has no UUID)");
}

TEST(header_that_cannot_open)
{
	fresh(EXPECT_ANY);
	(void)str_copy(d.header.requirement, sizeof(d.header.requirement),
		       "one that only a newer cryptsetup knows");
	check(VERDICT_REFUSE, EXIT_CODE_DEVICE,
	      "/dev/vda2 (volume root) needs a feature that this version of intact lacks: one "
	      "that only a newer cryptsetup knows.\n"
	      "Update intact and rebuild the boot image, or open the disk from a rescue system "
	      "with a current cryptsetup.");
	(void)str_copy(d.header.requirement, sizeof(d.header.requirement),
		       "offline-reencrypt (an interrupted re-encryption)");
	check(VERDICT_REFUSE, EXIT_CODE_DEVICE,
	      "/dev/vda2 (volume root) needs a feature that this version of intact lacks: "
	      "offline-reencrypt (an interrupted re-encryption).\n"
	      "A re-encryption was started but not finished: complete it from a rescue system "
	      "with `cryptsetup reencrypt --resume-only`.");
	fresh(EXPECT_ANY);
	d.header.keyslots = 0;
	check(VERDICT_REFUSE, EXIT_CODE_DEVICE,
	      "/dev/vda2 (volume root) has no keyslot left: no passphrase can open it.\n"
	      "The keyslots were removed, or wiped by `cryptsetup erase`; only a header backup "
	      "can restore them (`cryptsetup luksHeaderRestore`).");
}

TEST(data_that_cannot_open)
{
	fresh(EXPECT_ANY);
	d.size = GIB - GIB / 8;
	check(VERDICT_REFUSE, EXIT_CODE_DEVICE,
	      "/dev/vda2 (volume root) is too small: it has 896 MiB, but had 1 GiB when it was "
	      "formatted (128 MiB missing).\n"
	      "The partition was shrunk, or the disk was copied only in part: restore its size "
	      "or copy it again. Nothing has been changed.");
	fresh(EXPECT_ANY);
	d.superblock.state = SUPERBLOCK_MISSING;
	check(VERDICT_REFUSE, EXIT_CODE_DEVICE,
	      "/dev/vda2 (volume root): the dm-integrity superblock, 16777216 bytes from the "
	      "start, is missing; without it the kernel cannot find the data.\n"
	      "Neither header nor passphrase is the cause: the disk was overwritten there. "
	      "Write nothing more to the disk; restore these 4 KiB, or the whole disk, from a "
	      "copy.");
	d.superblock.state = SUPERBLOCK_BAD;
	check(VERDICT_REFUSE, EXIT_CODE_DEVICE,
	      "/dev/vda2 (volume root): the dm-integrity superblock, 16777216 bytes from the "
	      "start, is damaged; the kernel would refuse it.\n"
	      "Neither header nor passphrase is the cause. Write nothing more to the disk; "
	      "restore these 4 KiB, or the whole disk, from a copy.");
	d.superblock.state = SUPERBLOCK_OK;
	d.superblock.tag_size = 20;
	check(VERDICT_REFUSE, EXIT_CODE_REFUSED,
	      "/dev/vda2 (volume root): header and data do not belong together: hmac(sha256) "
	      "needs integrity tags of 32 bytes per sector, but the dm-integrity superblock "
	      "has 20.\n"
	      "Was the header of another disk restored, or the disk formatted again? Restore "
	      "the header that belongs to this data.");
}

#define STAYS                                                                            \
	"Nothing is started from it; it is left open for inspection (`dmsetup table`). " \
	"Unless you changed it yourself, assume the disk has been tampered with."

TEST(mapping_is_not_what_was_promised)
{
	fresh(EXPECT_ANY);
	o.crypt_present = false;
	check_opened(VERDICT_REFUSE, EXIT_CODE_GENERAL,
		     "/dev/vda2 was opened, but /dev/mapper/root does not exist.\n"
		     "Something closed it again: see the kernel's log (dmesg), then boot again.");
	fresh(EXPECT_ANY);
	(void)str_copy(o.dm_cipher, sizeof(o.dm_cipher), "aes-xts-plain64");
	check_opened(
		VERDICT_REFUSE, EXIT_CODE_REFUSED,
		"/dev/mapper/root does not match the header of /dev/vda2: the kernel uses "
		"aes-xts-plain64 instead of capi:authenc(hmac(sha256),xts(aes))-plain64.\n" STAYS);
	fresh(EXPECT_ANY);
	o.crypt_tag_size = 0;
	o.crypt_integrity[0] = '\0';
	check_opened(VERDICT_REFUSE, EXIT_CODE_REFUSED,
		     "/dev/mapper/root was opened without integrity protection (the kernel reports "
		     "\"none\"), although the header of /dev/vda2 requires hmac(sha256).\n" STAYS);
	fresh(EXPECT_ANY);
	(void)str_copy(o.crypt_integrity, sizeof(o.crypt_integrity), "none");
	check_opened(VERDICT_REFUSE, EXIT_CODE_REFUSED,
		     "/dev/mapper/root was opened without integrity protection (the kernel reports "
		     "\"none\"), although the header of /dev/vda2 requires hmac(sha256).\n" STAYS);
	fresh(EXPECT_ANY);
	o.crypt_tag_size = o.dif_tag_size = 20;
	check_opened(VERDICT_REFUSE, EXIT_CODE_REFUSED,
		     "/dev/mapper/root does not match the header of /dev/vda2: its integrity tags "
		     "have 20 bytes per sector instead of 32.\n" STAYS);
	d.header.tag_size = 0; /* an algorithm of the future: its tag size is not known */
	check_opened(VERDICT_OPEN, EXIT_CODE_OK, "");
	fresh(EXPECT_ANY);
	o.dif_present = false;
	o.dif_tag_size = 0;
	check_opened(
		VERDICT_REFUSE, EXIT_CODE_REFUSED,
		"/dev/mapper/root_dif, which holds the integrity tags of /dev/vda2, is missing or "
		"not dm-integrity.\n" STAYS);
	d.header.inline_tags = true; /* the drive holds them */
	check_opened(VERDICT_OPEN, EXIT_CODE_OK, "");
	fresh(EXPECT_ANY);
	o.dif_tag_size = 48;
	check_opened(
		VERDICT_REFUSE, EXIT_CODE_REFUSED,
		"/dev/mapper/root and the root_dif below it disagree: integrity tags of 32 and "
		"48 bytes per sector.\n" STAYS);
	fresh(EXPECT_ANY);
	d.header.dm_cipher[0] = '\0'; /* a cipher that this build cannot compose */
	check_opened(VERDICT_OPEN, EXIT_CODE_OK, "");
}

TEST(superblock_of_the_file_system)
{
	fresh(EXPECT_ANY);
	o.read_failed = true;
	o.read_err = EILSEQ;
	o.read_sector = 2;
	check_opened(VERDICT_OPEN, EXIT_CODE_OK,
		     ""); /* ext4 was recognised: the block was one never written */
	o.type[0] = '\0';
	check_opened(
		VERDICT_REFUSE, EXIT_CODE_INTEGRITY,
		"Integrity check failed on root (/dev/vda2): sector 2, where its file system "
		"begins, does not hold what was written there. The disk is failing, or someone "
		"changed it.\n"
		"/dev/mapper/root stays open for repair: copy the disk first, then run fsck or "
		"restore a backup. (A new volume that holds nothing yet looks the same.)");
	o.read_err = EIO;
	check_opened(
		VERDICT_REFUSE, EXIT_CODE_GENERAL,
		"/dev/mapper/root (/dev/vda2) cannot be read at sector 2, where its file system "
		"begins: the disk reports a read error.\n"
		"The passphrase was right. Check cable and drive, and copy the disk before it "
		"gets worse; the mapping stays open for that.");
	o.read_failed =
		false; /* nothing recognised, nothing wrong: mounting it is for others to try */
	check_opened(VERDICT_OPEN, EXIT_CODE_OK, "");
	o.udev_silent = true;
	check_opened(
		VERDICT_OPEN, EXIT_CODE_OK,
		"udev did not confirm /dev/mapper/root in time: the image lacks device-mapper's "
		"udev rules (95-dm-notify.rules), or udevd hangs.\n"
		"The volume is open, but its links in /dev/disk may never appear.");
	o.crypt_tag_size = 0; /* what the mapping is comes before what is on it */
	o.read_failed = true;
	verdict_opened(&v, "/dev/vda2", &d.header, &o, &got);
	CHECK_INT(got.code, EXIT_CODE_REFUSED);
}

static void fill(char *s, size_t size, int seed)
{
	for (size_t i = 0; i < size - 1; i++)
		s[i] = (char)(1 + (i * 7 + (size_t)seed) % 255);
	s[size - 1] = '\0';
}

/* Everything as long and as hostile as it can be: the texts stay printable and in two lines. */
TEST(hostile_strings)
{
	char name[NAME_MAX_LEN + 1], header[1000], integrity[64], node[64];

	for (int seed = 0; seed < 20; seed++) {
		fresh(EXPECT_NAMED);
		fill(name, sizeof(name), seed);
		fill(header, sizeof(header), seed);
		fill(node, sizeof(node), seed);
		memset(integrity, 'x', sizeof(integrity) - 1);
		integrity[sizeof(integrity) - 1] = '\0';
		v.name = name;
		v.integrity = integrity;
		if (seed % 2)
			v.header = header;
		fill(d.header.integrity, sizeof(d.header.integrity), seed);
		fill(d.header.dm_cipher, sizeof(d.header.dm_cipher), seed);
		fill(d.active_uuid, sizeof(d.active_uuid), seed);
		fill(d.header.requirement, sizeof(d.header.requirement), seed);
		fill(o.dm_cipher, sizeof(o.dm_cipher), seed + 1);
		fill(o.crypt_integrity, sizeof(o.crypt_integrity), seed);
		for (int kind = HEADER_UNREADABLE; kind <= HEADER_LUKS2; kind++)
			for (int i = 0; i < 8; i++) {
				d.kind = (enum header_kind)kind;
				v.expect = i & 1 ? EXPECT_ANY : EXPECT_NAMED;
				d.active = i & 2 ? ACTIVE_OTHER : ACTIVE_NONE;
				d.superblock.state = i & 4 ? SUPERBLOCK_MISSING : SUPERBLOCK_OK;
				if (i == 5)
					d.header.requirement[0] = '\0';
				verdict_disk(&v, node, &d, &got);
				for (const char *p = got.text; *p; p++)
					CHECK(*p == '\n' || (*p >= 0x20 && *p < 0x7f));
				CHECK(!strchr(got.text, '\n') ||
				      !strchr(strchr(got.text, '\n') + 1, '\n'));
			}
		verdict_opened(&v, node, &d.header, &o, &got);
		for (const char *p = got.text; *p; p++)
			CHECK(*p == '\n' || (*p >= 0x20 && *p < 0x7f));
	}
}

TEST_MAIN(good_disk, unreadable, not_luks, detached_header, luks1, broken_header, one_copy_damaged,
	  promises, not_ours, already_active, header_that_cannot_open, data_that_cannot_open,
	  mapping_is_not_what_was_promised, superblock_of_the_file_system, hostile_strings)
