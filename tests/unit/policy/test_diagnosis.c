/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/diagnosis.h"
#include "test.h"

#include <errno.h>

#define MIB(n) ((uint64_t)(n) << 10)

static struct unlock got;

static void check(enum unlock_status status, enum exit_code code, const char *text)
{
	CHECK_INT(got.status, status);
	CHECK_INT(got.code, code);
	CHECK_STR(got.text, text);
	got = (struct unlock){ .status = UNLOCK_OK };
}

static void opening(int err, const char *library, const char *kernel, unsigned integrity_key_size)
{
	struct header h = { .integrity_key_size = integrity_key_size };
	struct open_failure failure = { .err = err };

	snprintf(failure.library, sizeof(failure.library), "%s", library);
	snprintf(failure.kernel, sizeof(failure.kernel), "%s", kernel);
	diagnosis_open("/dev/vda2", "root", &h, &failure, &got);
}

TEST(errno_alone)
{
	static const struct {
		int err;
		enum exit_code code;
		const char *text;
	} rows[] = {
		{ -ENOMEM, EXIT_CODE_MEMORY, "not enough memory to open /dev/vda2" },
		{ -EBUSY, EXIT_CODE_BUSY,
		  "/dev/vda2 is in use by something else, or a mapping called root exists already: "
		  "see dmsetup ls --tree" },
		{ -EEXIST, EXIT_CODE_BUSY,
		  "/dev/vda2 is in use by something else, or a mapping called root exists already: "
		  "see dmsetup ls --tree" },
		{ -EILSEQ, EXIT_CODE_INTEGRITY,
		  "a sector of /dev/vda2 failed its integrity check while the disk was being "
		  "opened: the disk is failing or was tampered with.\n"
		  "The kernel log has the sector: dmesg | grep INTEGRITY" },
		{ -EINVAL, EXIT_CODE_GENERAL,
		  "/dev/vda2 could not be opened: libcryptsetup says \"Invalid argument\"." },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		opening(rows[i].err, "", "", 0);
		check(UNLOCK_FAILED, rows[i].code, rows[i].text);
	}
}

TEST(who_knows_the_reason)
{
	opening(-EINVAL, "Device vda2 is too small.", "", 0);
	check(UNLOCK_FAILED, EXIT_CODE_GENERAL,
	      "/dev/vda2 could not be opened: libcryptsetup says \"Device vda2 is too small.\".");
	opening(-EINVAL, "Kernel does not support dm-crypt mapping.", "crypt: Device lookup failed",
		0);
	check(UNLOCK_FAILED, EXIT_CODE_GENERAL,
	      "/dev/vda2 could not be opened: the kernel says \"crypt: Device lookup failed\".");
	/* dm-crypt's ENOMEM for a cipher that it cannot parse is no lack of memory */
	opening(-ENOMEM, "", "crypt: Error allocating crypto tfm", 0);
	check(UNLOCK_FAILED, EXIT_CODE_GENERAL,
	      "/dev/vda2 could not be opened: the kernel says \"crypt: Error allocating crypto "
	      "tfm\".");
	/* the other two keep their meaning beside a line of the kernel */
	opening(-EBUSY, "", "crypt: Device lookup failed", 0);
	CHECK_INT(got.code, EXIT_CODE_BUSY);
	opening(-EILSEQ, "", "crypt: Device lookup failed", 0);
	CHECK_INT(got.code, EXIT_CODE_INTEGRITY);
}

TEST(integrity_key_size)
{
	static const char text[] =
		"/dev/vda2 could not be opened: its header asks for an integrity key of 16 bytes, "
		"which this kernel's dm-crypt cannot use.\n"
		"Boot a newer kernel: Linux can since 6.12.";

	opening(-EINVAL, "", "crypt: Invalid feature arguments", 16);
	check(UNLOCK_FAILED, EXIT_CODE_GENERAL, text);
	opening(-EINVAL, "Kernel does not support integrity_key_size option.", "", 16);
	check(UNLOCK_FAILED, EXIT_CODE_GENERAL, text);
	/* a header that asks for none has another reason */
	opening(-EINVAL, "", "crypt: Invalid feature arguments", 0);
	check(UNLOCK_FAILED, EXIT_CODE_GENERAL,
	      "/dev/vda2 could not be opened: the kernel says \"crypt: Invalid feature "
	      "arguments\".");
}

TEST(longest_strings)
{
	char longest[256];

	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	opening(-EINVAL, longest, longest, 16);
	CHECK_HAS(got.text, "the kernel says \"xxx");
	CHECK_INT(got.text[strlen(got.text) - 2], '"');
}

TEST(key_file)
{
	const struct devref stick = { DEVREF_LABEL, "KEYS" };

	diagnosis_keyfile(&(struct file_place){ .path = "/key" }, "", "it is a folder", &got);
	/* not a failure: other keys may open the disk */
	CHECK_INT(got.status, UNLOCK_NO_KEY);
	CHECK_STR(got.text, "the key file /key cannot be read (it is a folder)");
	diagnosis_keyfile(&(struct file_place){ PLACE_FILE, "/key", stick, "" }, "/dev/sdb1",
			  "it is empty", &got);
	CHECK_STR(got.text, "the key file /key:LABEL=KEYS cannot be read (/dev/sdb1: it is empty)");
	diagnosis_keyfile(&(struct file_place){ PLACE_DEVICE, "", stick, "" }, "/dev/sdb1",
			  "it is empty", &got);
	CHECK_STR(got.text, "the key on LABEL=KEYS cannot be read (/dev/sdb1: it is empty)");
}

TEST(no_keyslot)
{
	diagnosis_no_keyslot("/dev/vda2", KEYSLOT_ANY, "keyslot 0 asks for 4 TiB of memory", &got);
	check(UNLOCK_FAILED, EXIT_CODE_MEMORY,
	      "no keyslot of /dev/vda2 can be tried on this machine: keyslot 0 asks for 4 TiB of "
	      "memory.\n"
	      "Add memory, or give the disk a cheaper keyslot on a larger machine: cryptsetup "
	      "luksConvertKey --pbkdf-memory");
	diagnosis_no_keyslot("/dev/vda2", 3, "", &got);
	check(UNLOCK_FAILED, EXIT_CODE_PASSPHRASE,
	      "keyslot 3 of /dev/vda2, which the option key-slot= asks for, does not exist");
	diagnosis_no_keyslot("/dev/vda2", KEYSLOT_ANY, "", &got);
	check(UNLOCK_FAILED, EXIT_CODE_PASSPHRASE,
	      "all keyslots of /dev/vda2 have the priority \"ignore\": name the right one with "
	      "the option key-slot=");
}

TEST(keyslots_failed)
{
	diagnosis_keyslots_failed("/dev/vda2", -ENOMEM, "keyslot 0 needs 1 GiB", &got);
	CHECK_HAS(got.text, "not enough memory to open /dev/vda2: keyslot 0 needs 1 GiB.\nAdd ");
	CHECK_INT(got.code, EXIT_CODE_MEMORY);
	diagnosis_keyslots_failed("/dev/vda2", -EIO, "keyslot 0 could not be tried (x)", &got);
	check(UNLOCK_FAILED, EXIT_CODE_GENERAL,
	      "/dev/vda2 could not be opened: keyslot 0 could not be tried (x)");
	diagnosis_keyslots_failed("/dev/vda2", -EBADMSG, "keyslot 0 gives no key", &got);
	check(UNLOCK_FAILED, EXIT_CODE_REFUSED,
	      "/dev/vda2 is refused: keyslot 0 gives no key.\n"
	      "Someone may have changed the header. A backup of the header made with cryptsetup "
	      "luksHeaderBackup would replace it.");
}

TEST(one_keyslot)
{
	const struct keyslot slot = { .memory = MIB(2048) };
	char text[300];

	diagnosis_keyslot(&slot, -ENOMEM, "", MIB(1024), text, sizeof(text));
	CHECK_STR(text, "needs 2 GiB of memory, but only 1 GiB is free");
	diagnosis_keyslot(&slot, -ENOMEM, "", MIB(4096), text, sizeof(text));
	CHECK_STR(text, "needs 2 GiB of memory, but there was not enough");
	diagnosis_keyslot(&slot, -EIO, "Read failed", 0, text, sizeof(text));
	CHECK_STR(text, "could not be tried (Read failed)");
	diagnosis_keyslot(&slot, -EINVAL, "", 0, text, sizeof(text));
	CHECK_STR(text, "could not be tried (Invalid argument)");
	diagnosis_keyslot(&slot, -EBADMSG, "", 0, text, sizeof(text));
	CHECK_STR(text, "gives no key that the header's digest of the volume key can check: the "
			"keyslot or the digest is damaged or forged");
}

TEST(worker_died)
{
	diagnosis_worker_died("/dev/vda2", 9, &got);
	check(UNLOCK_FAILED, EXIT_CODE_MEMORY,
	      "the process that opens /dev/vda2 was killed: most likely the machine ran out of "
	      "memory.\n"
	      "If so, the kernel log says it: dmesg | grep -i 'out of memory'");
	diagnosis_worker_died("/dev/vda2", 11, &got);
	check(UNLOCK_FAILED, EXIT_CODE_GENERAL,
	      "the process that opens /dev/vda2 ended unexpectedly (signal 11)");
}

TEST_MAIN(errno_alone, who_knows_the_reason, integrity_key_size, longest_strings, key_file,
	  no_keyslot, keyslots_failed, one_keyslot, worker_died)
