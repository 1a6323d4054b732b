/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a person is told about a disk. The texts stand here whole, so that a change of one is seen
 * as what it is.
 */
#include "base/escape.h"
#include "base/util.h"
#include "genuine.h"
#include "policy/verdict.h"
#include "test.h"

#include <stdio.h>
#include <sys/sysmacros.h>

#define GIB (1024ull * 1024 * 1024)
#define DATA (GIB - (64 << 20))

static struct volume v;
static struct device dev;
static struct disk d;
static struct opened o;
static struct verdict got;

/* A volume that is what the image says, and its disk. */
static void fresh(enum expect expect)
{
	static char name[] = "root", hmac[] = "hmac(sha256)";

	v = (struct volume){ .name = name,
			     .expect = expect,
			     .keyslot = KEYSLOT_ANY,
			     .integrity = expect == EXPECT_NAMED ? hmac : NULL };
	d = (struct disk){
		.kind = HEADER_LUKS2,
		.header = genuine_header(),
		.superblock = {
			.state = SUPERBLOCK_OK,
			.tag_size = 32,
			.provided = DATA,
			.needed = GIB - (16 << 20),
		},
		.size = GIB,
	};
	dev = (struct device){ .node = "/dev/vda2", .devno = makedev(254, 2) };
	o = (struct opened){
		.crypt = {
			.present = true,
			.live = true,
			.device = "253:1",
			.targets = 1,
			.target = "crypt",
			.length = DATA / 512,
			.understood = true,
			.below = "253:0",
			.tag_size = 32,
			.block_size = 4096,
			.cipher = "capi:authenc(hmac(sha256),xts(aes))-plain64",
			.integrity = "aead",
		},
		.dif = {
			.present = true,
			.live = true,
			.device = "253:0",
			.targets = 1,
			.target = "integrity",
			.length = DATA / 512,
			.understood = true,
			.below = "254:2",
			.offset = (16 << 20) / 512,
			.tag_size = 32,
			.block_size = 4096,
			.mode = 'J',
		},
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
	verdict_opened(&v, &dev, &d, &o, &got);
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
	fresh(EXPECT_ANY);
	v.detached = d.detached = true;
	str_copy(d.where, sizeof(d.where), "/boot/root.hdr\033[2J");
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

#define SWAPPED                                                                              \
	"The disk may have been replaced: do not type your passphrase. If you re-encrypted " \
	"or formatted it yourself, run `intact pin root` on the booted system or a rescue "  \
	"system."

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
	d.header.tag_size = d.superblock.tag_size = 20;
	d.header.key_size = d.header.keyslot[0].key_size = 84;
	check(VERDICT_OPEN, EXIT_CODE_OK, "");
}

static void pin_all(void)
{
	(void)str_copy(v.pins.encryption, sizeof(v.pins.encryption), "aes-xts-plain64");
	(void)str_copy(v.pins.key_digest, sizeof(v.pins.key_digest), GENUINE_DIGEST);
	v.pins.sector_size = 4096;
	v.pins.key_size = 96;
}

TEST(pins)
{
	fresh(EXPECT_NAMED);
	pin_all();
	check(VERDICT_OPEN, EXIT_CODE_OK, "");
	d.active = ACTIVE_SAME;
	check(VERDICT_ACTIVE, EXIT_CODE_OK, "");
	d.header.key_digest[70] ^= 1; /* whoever opened it */
	verdict_disk(&v, "/dev/vda2", &d, &got);
	CHECK_INT(got.action, VERDICT_REFUSE);

	fresh(EXPECT_NAMED);
	pin_all();
	d.header.key_digest[70] ^= 1;
	check(VERDICT_REFUSE, EXIT_CODE_REFUSED,
	      "/dev/vda2 is refused: volume root must have the volume key "
	      "sha256:0123456789ab..., but this header is for another "
	      "(sha256:0123456789ab...).\n" SWAPPED);
	d.header.key_digest[0] = '\0';
	check(VERDICT_REFUSE, EXIT_CODE_REFUSED,
	      "/dev/vda2 is refused: volume root must have the volume key "
	      "sha256:0123456789ab..., but this header is for another (none...).\n" SWAPPED);
	d.header.key_size = 97;
	check(VERDICT_REFUSE, EXIT_CODE_REFUSED,
	      "/dev/vda2 is refused: volume root must have a volume key of 96 bytes, but this "
	      "header's has 97.\n" SWAPPED);
	d.header.sector_size = 512;
	check(VERDICT_REFUSE, EXIT_CODE_REFUSED,
	      "/dev/vda2 is refused: volume root must have sectors of 4096 bytes, but this "
	      "header names 512.\n" SWAPPED);
	(void)str_copy(d.header.encryption, sizeof(d.header.encryption), "aes-xts-plain\033");
	check(VERDICT_REFUSE, EXIT_CODE_REFUSED,
	      "/dev/vda2 is refused: volume root must be encrypted with aes-xts-plain64, but "
	      "this header names aes-xts-plain?.\n" SWAPPED);
}

/* Garbage is no weaker than a pin. */
TEST(pin_that_makes_no_sense)
{
	fresh(EXPECT_ANY);
	(void)str_copy(v.pins.bad, sizeof(v.pins.bad), "x-intact.key-size=many");
	check(VERDICT_REFUSE, EXIT_CODE_REFUSED,
	      "/dev/vda2 is refused: the boot image requires \"x-intact.key-size=many\" of volume "
	      "root, which makes no sense, so no disk can satisfy it.\n"
	      "Correct the option in crypttab from a rescue system and rebuild the boot image.");
}

#define CHANGED                                                                     \
	"Do not type your passphrase: someone may have changed the header. If you " \
	"formatted the disk like this yourself, open it from a rescue system with " \
	"cryptsetup."

static void check_fault(const char *says)
{
	char text[600];

	snprintf(text, sizeof(text),
		 "/dev/vda2 is refused: its LUKS2 header %s (volume root).\n" CHANGED, says);
	check(VERDICT_REFUSE, EXIT_CODE_REFUSED, text);
	d.active = ACTIVE_SAME;
	check(VERDICT_REFUSE, EXIT_CODE_REFUSED, text);
	v.expect = EXPECT_NOTHING;
	check(VERDICT_REFUSE, EXIT_CODE_REFUSED, text);
	fresh(EXPECT_ANY);
}

/* One thing at a time that no genuine header says. */
TEST(faults)
{
	struct header *h = &d.header;

	fresh(EXPECT_ANY);
	str_copy(h->uuid, sizeof(h->uuid), "1a7ac700 1 zero 8");
	check_fault("has no valid UUID");
	h->uuid[0] = '\0';
	check_fault("has no valid UUID");
#define SEGMENT "describes something else than one encrypted segment up to the end of the disk"
	h->segments = 2;
	check_fault(SEGMENT);
	h->segments = 0;
	check_fault(SEGMENT);
	h->crypt = false;
	check_fault(SEGMENT);
	h->dynamic = false;
	check_fault(SEGMENT);
#define DIGEST(hash) "has no usable " hash "digest of its volume key"
	h->digests = 2;
	check_fault(DIGEST("sha256 "));
	h->digest_hash[0] = '\0';
	check_fault(DIGEST(""));
	str_copy(h->digest_hash, sizeof(h->digest_hash), "\033whirlpool");
	check_fault(DIGEST("?whirlpool "));
	h->digest_size = 31;
	check_fault(DIGEST("sha256 "));
	h->digest_iterations = 2000000000;
	check_fault(DIGEST("sha256 "));
	h->sector_size = 513;
	check_fault("asks for sectors of 513 bytes");
	h->sector_size = 8192;
	check_fault("asks for sectors of 8192 bytes");
	h->plain_journal = false;
	check_fault("asks for a journal that is encrypted or has a MAC");
	h->iv_offset = 4096;
	check_fault("counts the sectors of its data from 4096 instead of 0");
	str_copy(h->encryption, sizeof(h->encryption), "aes-ecb-null");
	check_fault("asks for aes-ecb-null with hmac(sha256) and a key of 96 bytes, which is not a "
		    "known combination");
	h->key_size = 1;
	check_fault("asks for aes-xts-plain64 with hmac(sha256) and a key of 1 bytes, which is not "
		    "a known combination");
	h->tag_size = 0;
	check_fault(
		"asks for aes-xts-plain64 with hmac(sha256) and a key of 96 bytes, which is not "
		"a known combination");
}

TEST(keyslots)
{
	fresh(EXPECT_ANY);
	d.header.keyslots = 2;
	d.header.keyslot[1] = d.header.keyslot[0];
	d.header.keyslot[1].number = 5;
	d.header.keyslot[1].digests = 2;
	check(VERDICT_OPEN, EXIT_CODE_OK,
	      "The LUKS2 header of /dev/vda2 has keyslots that are not used: keyslot 5 belongs to "
	      "2 volume keys at once.\n"
	      "Someone may have changed the header: see `cryptsetup luksDump /dev/vda2`.");
	v.keyslot = 5;
#define NONE                                                                                  \
	"Do not type your passphrase: someone may have changed the header. Restore a backup " \
	"with `cryptsetup luksHeaderRestore`."
	check(VERDICT_REFUSE, EXIT_CODE_REFUSED,
	      "/dev/vda2 is refused: the LUKS2 header of volume root has no keyslot that can be "
	      "used: keyslot 5 belongs to 2 volume keys at once.\n" NONE);
	v.keyslot = 0;
	verdict_disk(&v, "/dev/vda2", &d, &got);
	CHECK_INT(got.action, VERDICT_OPEN);
	v.keyslot = 9; /* which there is not: said after the passphrase */
	verdict_disk(&v, "/dev/vda2", &d, &got);
	CHECK_INT(got.action, VERDICT_OPEN);
	v.keyslot = KEYSLOT_ANY;
	d.header.keyslot[0].priority = KEYSLOT_IGNORE; /* the good one */
	verdict_disk(&v, "/dev/vda2", &d, &got);
	CHECK_INT(got.action, VERDICT_REFUSE);
	d.header.keyslot[0].kdf = KDF_OTHER;
	check(VERDICT_REFUSE, EXIT_CODE_REFUSED,
	      "/dev/vda2 is refused: the LUKS2 header of volume root has no keyslot that can be "
	      "used: keyslot 0 uses an unknown key derivation; keyslot 5 belongs to 2 volume keys "
	      "at once.\n" NONE);
}

TEST(repaired)
{
	fresh(EXPECT_ANY);
	o.repair = REPAIR_DONE;
	check_opened(VERDICT_OPEN, EXIT_CODE_OK,
		     "The damaged copy of the LUKS2 header of /dev/vda2 (volume root) has been "
		     "restored from the good one.");
	o.repair = REPAIR_FAILED;
	check_opened(VERDICT_OPEN, EXIT_CODE_OK,
		     "The damaged copy of the LUKS2 header of /dev/vda2 (volume root) could not be "
		     "restored: run `cryptsetup repair` and watch the disk's health.");
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

	fresh(EXPECT_ANY); /* nothing says how long its key is */
	d.active = ACTIVE_SAME;
	d.header.keyslots = 0;
	verdict_disk(&v, "/dev/vda2", &d, &got);
	CHECK_INT(got.action, VERDICT_REFUSE);
	CHECK_HAS(got.text, "has no keyslot left");

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
	(void)str_copy(d.header.requirement, sizeof(d.header.requirement), "online-reencrypt-v2");
	for (int i = 0; i < 2; i++) {
		check(VERDICT_REFUSE, EXIT_CODE_DEVICE,
		      "The re-encryption of /dev/vda2 (volume root) has not finished "
		      "(online-reencrypt-v2).\n"
		      "Complete it from a rescue system with `cryptsetup reencrypt --resume-only`, "
		      "then run `intact pin root` there: the volume key is a new one.");
		/* Its segments are of many kinds then; what is promised is judged later. */
		d.header.segments = 3;
		d.header.integrity[0] = '\0';
	}
	fresh(EXPECT_ANY);
	/* `cryptsetup erase`: the size of the key went with the keyslots. */
	pin_all();
	d.header.keyslots = d.header.key_size = 0;
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
	d.superblock.state = SUPERBLOCK_UNFINISHED;
	d.superblock.percent = 37;
	check(VERDICT_REFUSE, EXIT_CODE_DEVICE,
	      "/dev/vda2 (volume root): the format of this disk is not finished (37 %).\n"
	      "Nothing can open the disk until it is; on an installed system or a rescue system, "
	      "go on with: intact format --resume /dev/vda2");
	d.superblock.state = SUPERBLOCK_BAD;
	check(VERDICT_REFUSE, EXIT_CODE_DEVICE,
	      "/dev/vda2 (volume root): the dm-integrity superblock, 16777216 bytes from the "
	      "start, is damaged; the kernel would refuse it.\n"
	      "Neither header nor passphrase is the cause. Write nothing more to the disk; "
	      "restore these 4 KiB, or the whole disk, from a copy.");
	/* A key for the journal, and tags that are still computed: never below LUKS2. */
	for (int i = 0; i < 2; i++) {
		fresh(EXPECT_ANY);
		d.superblock.journal_mac = i == 0;
		d.superblock.recalculating = i == 1;
		check(VERDICT_REFUSE, EXIT_CODE_DEVICE,
		      "/dev/vda2 (volume root): the dm-integrity superblock, 16777216 bytes from "
		      "the start, is damaged; the kernel would refuse it.\n"
		      "Neither header nor passphrase is the cause. Write nothing more to the disk; "
		      "restore these 4 KiB, or the whole disk, from a copy.");
	}
	fresh(EXPECT_ANY);
	d.superblock.block_size = 4096;
	check(VERDICT_OPEN, EXIT_CODE_OK, "");
	d.superblock.block_size = 512;
	check(VERDICT_REFUSE, EXIT_CODE_REFUSED,
	      "/dev/vda2 (volume root): header and data do not belong together: the header has "
	      "sectors of 4096 bytes, but the dm-integrity superblock has 512.\n"
	      "Was the header of another disk restored, or the disk formatted again? Restore "
	      "the header that belongs to this data.");
	fresh(EXPECT_ANY);
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

TEST(data_beyond_the_end)
{
	static const uint64_t offsets[] = { 1ULL << 40, UINT64_MAX - 511, UINT64_MAX };

	for (size_t i = 0; i < ARRAY_SIZE(offsets); i++) {
		fresh(EXPECT_ANY);
		d.size = 1ULL << 40;
		d.header.data_offset = offsets[i];
		d.superblock.state = SUPERBLOCK_UNCHECKED;
		verdict_disk(&v, "/dev/vda2", &d, &got);
		CHECK_INT(got.action, VERDICT_REFUSE);
		CHECK_INT(got.code, EXIT_CODE_DEVICE);
		CHECK_HAS(got.text,
			  "/dev/vda2 (volume root) ends before its data begin: it has 1 TiB");
		check_manners();
	}
}

TEST(mapping_is_not_what_was_promised)
{
	fresh(EXPECT_ANY);
	o.crypt.present = false;
	check_opened(VERDICT_REFUSE, EXIT_CODE_GENERAL,
		     "/dev/vda2 was opened, but /dev/mapper/root does not exist.\n"
		     "Something closed it again: see the kernel's log (dmesg), then boot again.");
	fresh(EXPECT_ANY);
	(void)str_copy(o.crypt.cipher, sizeof(o.crypt.cipher), "aes-xts-plain64");
	check_opened(
		VERDICT_REFUSE, EXIT_CODE_REFUSED,
		"/dev/mapper/root does not match the header of /dev/vda2: the kernel uses "
		"aes-xts-plain64 instead of capi:authenc(hmac(sha256),xts(aes))-plain64.\n" STAYS);
	fresh(EXPECT_ANY);
	o.crypt.tag_size = 0;
	o.crypt.integrity[0] = '\0';
	check_opened(VERDICT_REFUSE, EXIT_CODE_REFUSED,
		     "/dev/mapper/root was opened without integrity protection (the kernel reports "
		     "\"none\"), although the header of /dev/vda2 requires hmac(sha256).\n" STAYS);
	fresh(EXPECT_ANY);
	(void)str_copy(o.crypt.integrity, sizeof(o.crypt.integrity), "none");
	check_opened(VERDICT_REFUSE, EXIT_CODE_REFUSED,
		     "/dev/mapper/root was opened without integrity protection (the kernel reports "
		     "\"none\"), although the header of /dev/vda2 requires hmac(sha256).\n" STAYS);
	fresh(EXPECT_ANY);
	o.crypt.tag_size = o.dif.tag_size = 20;
	check_opened(VERDICT_REFUSE, EXIT_CODE_REFUSED,
		     "/dev/mapper/root does not match the header of /dev/vda2: its integrity tags "
		     "have 20 bytes per sector instead of 32.\n" STAYS);
	d.header.tag_size = 0; /* an algorithm of the future: its tag size is not known */
	check_opened(VERDICT_OPEN, EXIT_CODE_OK, "");
	fresh(EXPECT_ANY);
	o.dif.present = false;
	o.dif.tag_size = 0;
	check_opened(
		VERDICT_REFUSE, EXIT_CODE_REFUSED,
		"/dev/mapper/root_dif, which holds the integrity tags of /dev/vda2, is missing or "
		"not dm-integrity.\n" STAYS);
	d.header.inline_tags = true; /* the drive holds them */
	(void)str_copy(o.crypt.below, sizeof(o.crypt.below), "254:2");
	o.crypt.offset = (16 << 20) / 512;
	check_opened(VERDICT_OPEN, EXIT_CODE_OK, "");
	fresh(EXPECT_ANY);
	o.dif.tag_size = 48;
	check_opened(
		VERDICT_REFUSE, EXIT_CODE_REFUSED,
		"/dev/mapper/root and the root_dif below it disagree: integrity tags of 32 and "
		"48 bytes per sector.\n" STAYS);
	fresh(EXPECT_ANY);
	d.header.dm_cipher[0] = '\0'; /* a cipher that this build cannot compose */
	check_opened(VERDICT_OPEN, EXIT_CODE_OK, "");
}

/* One row for each thing that the tables of the two devices say. */
TEST(every_part_of_the_stack_counts)
{
	static const struct {
		const char *wrong;
		size_t at; /* of a byte in struct opened that is changed */
	} rows[] = {
#define ROW(field, wrong) { wrong, offsetof(struct opened, field) }
		ROW(crypt.live, "root does not match"),
		ROW(crypt.targets, "root does not match"),
		ROW(crypt.target, "root does not match"),
		ROW(crypt.start, "root does not match"),
		ROW(crypt.length, "root does not match"),
		ROW(crypt.understood, "root does not match"),
		ROW(crypt.below, "root does not match"),
		ROW(crypt.offset, "root does not match"),
		ROW(crypt.block_size, "root does not match"),
		ROW(crypt.iv_offset, "root does not match"),
		ROW(crypt.integrity_key_size, "root does not match"),
		ROW(dif.live, "root_dif does not match"),
		ROW(dif.targets, "root_dif does not match"),
		ROW(dif.target, "root_dif, which holds"),
		ROW(dif.start, "root_dif does not match"),
		ROW(dif.length, "root_dif does not match"),
		ROW(dif.understood, "root_dif does not match"),
		ROW(dif.below, "root_dif does not match"),
		ROW(dif.offset, "root_dif does not match"),
		ROW(dif.block_size, "root_dif does not match"),
		ROW(dif.device, "root does not match"),
#undef ROW
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		fresh(EXPECT_ANY);
		((unsigned char *)&o)[rows[i].at] ^= 1;
		verdict_opened(&v, &dev, &d, &o, &got);
		CHECK_INT(got.action, VERDICT_REFUSE);
		CHECK_INT(got.code, EXIT_CODE_REFUSED);
		CHECK_ROW(strstr(got.text, rows[i].wrong), got.text);
		check_manners();
	}
}

/* A whole stack like it on another disk, or two stacks that are crossed. */
TEST(stack_of_another_disk)
{
	fresh(EXPECT_ANY);
	dev.devno = makedev(254, 18);
	check_opened(VERDICT_REFUSE, EXIT_CODE_REFUSED,
		     "/dev/mapper/root_dif does not match the header of /dev/vda2: it lies on "
		     "another device, or at another place of it.\n" STAYS);
	fresh(EXPECT_ANY);
	(void)str_copy(o.crypt.below, sizeof(o.crypt.below), "253:2");
	check_opened(VERDICT_REFUSE, EXIT_CODE_REFUSED,
		     "/dev/mapper/root does not match the header of /dev/vda2: it lies on another "
		     "device, or at another place of it.\n" STAYS);
}

/* It is asked for, or the mapping is not what it should be. */
TEST(recovery_mode)
{
	fresh(EXPECT_ANY);
	o.dif.mode = 'R';
	check_opened(VERDICT_REFUSE, EXIT_CODE_REFUSED,
		     "/dev/mapper/root_dif does not match the header of /dev/vda2: it is in "
		     "dm-integrity's recovery mode.\n" STAYS);
	v.options = DM_OPTION_READONLY;
	verdict_opened(&v, &dev, &d, &o, &got);
	CHECK_INT(got.code, EXIT_CODE_REFUSED);
	v.options = DM_OPTION_READONLY | DM_OPTION_RECOVERY;
	check_opened(VERDICT_OPEN, EXIT_CODE_OK,
		     "root is open read-only in dm-integrity's recovery mode: what is still in "
		     "the journal of /dev/vda2 is left out, so the last writes are missing, and "
		     "some blocks may fail their check.\n"
		     "Mount it without a journal of its own (ext4: rootflags=noload, XFS: "
		     "rootflags=norecovery), copy the data, and boot again without "
		     "x-intact.recovery.");
	o.read_failed = true;
	o.read_err = EILSEQ;
	o.type[0] = '\0';
	verdict_opened(&v, &dev, &d, &o, &got);
	CHECK_INT(got.code, EXIT_CODE_INTEGRITY);
	o.crypt.offset = 8;
	verdict_opened(&v, &dev, &d, &o, &got);
	CHECK_INT(got.code, EXIT_CODE_REFUSED);
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
		"gets worse; the mapping stays open for that. If the kernel's log (dmesg) says that "
		"dm-integrity cannot read its journal, a boot with x-intact.recovery leaves the "
		"journal out.");
	o.read_failed =
		false; /* nothing recognised, nothing wrong: mounting it is for others to try */
	check_opened(VERDICT_OPEN, EXIT_CODE_OK, "");
	o.udev_silent = true;
	check_opened(
		VERDICT_OPEN, EXIT_CODE_OK,
		"udev did not confirm /dev/mapper/root in time: the image lacks device-mapper's "
		"udev rules (95-dm-notify.rules), or udevd hangs.\n"
		"The volume is open, but its links in /dev/disk may never appear.");
	o.crypt.tag_size = 0; /* what the mapping is comes before what is on it */
	o.read_failed = true;
	verdict_opened(&v, &dev, &d, &o, &got);
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
			str_copy(d.where, sizeof(d.where), header);
		d.detached = d.data_luks = seed % 2;
		fill(d.header.integrity, sizeof(d.header.integrity), seed);
		fill(d.header.dm_cipher, sizeof(d.header.dm_cipher), seed);
		fill(d.active_uuid, sizeof(d.active_uuid), seed);
		fill(d.header.requirement, sizeof(d.header.requirement), seed);
		fill(o.crypt.cipher, sizeof(o.crypt.cipher), seed + 1);
		fill(o.crypt.integrity, sizeof(o.crypt.integrity), seed);
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
		(void)str_copy(dev.node, sizeof(dev.node), node);
		verdict_opened(&v, &dev, &d, &o, &got);
		for (const char *p = got.text; *p; p++)
			CHECK(*p == '\n' || (*p >= 0x20 && *p < 0x7f));
	}
}

/* Commands are meant to be pasted: a name with blanks or with what a shell reads is quoted there.
 */
TEST(names_in_commands)
{
	static char name[] = "my $(disk)";

	fresh(EXPECT_ANY);
	v.name = name;
	d.header.integrity[0] = '\0';
	verdict_disk(&v, "/dev/vda2", &d, &got);
	CHECK_HAS(got.text, "volume my $(disk) must");
	CHECK_HAS(got.text, "run `intact pin 'my $(disk)'` on");

	fresh(EXPECT_ANY);
	v.name = name;
	(void)str_copy(d.header.requirement, sizeof(d.header.requirement), "online-reencrypt-v2");
	verdict_disk(&v, "/dev/vda2", &d, &got);
	CHECK_HAS(got.text, "run `intact pin 'my $(disk)'` there");

	fresh(EXPECT_ANY);
	v.name = name;
	d.active = ACTIVE_OTHER;
	verdict_disk(&v, "/dev/vda2", &d, &got);
	CHECK_HAS(got.text, "with `cryptsetup close 'my $(disk)'`");

	fresh(EXPECT_ANY);
	v.name = name;
	v.nofail = o.read_failed = true;
	o.type[0] = '\0';
	o.read_err = EILSEQ;
	verdict_opened(&v, &dev, &d, &o, &got);
	CHECK_HAS(got.text, "cryptsetup open /dev/vda2 'my $(disk)'.");
}

/* A character of two bytes at the place where a text is cut. */
TEST(no_half_characters)
{
	for (size_t len = 0; len < 100; len++) {
		cleanup_free char *shown = NULL;

		fresh(EXPECT_ANY);
		memset(d.header.encryption, 'x', len);
		str_copy(d.header.encryption + len, sizeof(d.header.encryption) - len, "\xc3\xa4y");
		verdict_disk(&v, "/dev/vda2", &d, &got);
		CHECK_INT(got.code, EXIT_CODE_REFUSED);
		shown = str_printable_lines(xstrdup(got.text));
		CHECK_STR(got.text, shown);
	}
}

TEST_MAIN(data_beyond_the_end, no_half_characters, pins, pin_that_makes_no_sense, faults, keyslots,
	  repaired, good_disk, unreadable, not_luks, detached_header, luks1, broken_header,
	  one_copy_damaged, promises, not_ours, already_active, header_that_cannot_open,
	  data_that_cannot_open, mapping_is_not_what_was_promised, every_part_of_the_stack_counts,
	  stack_of_another_disk, recovery_mode, superblock_of_the_file_system, hostile_strings,
	  names_in_commands)
