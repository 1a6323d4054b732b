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

TEST(read_error)
{
	CHECK_STR(diagnosis_read_error(EIO), "the disk reports a read error");
	CHECK_STR(diagnosis_read_error(EILSEQ),
		  "a layer below reports that its integrity check failed");
	CHECK_STR(diagnosis_read_error(ENODEV), "the disk was removed");
	/* what a clause cannot be made of */
	CHECK_STR(diagnosis_read_error(ENOTTY),
		  "the kernel refused to read it; see its log (dmesg)");
}

TEST(another_disk)
{
	const struct header h = { 0 };
	struct open_failure failure = { .err = -ENODEV };

	opening(-ENODEV, "", "", 0);
	check(UNLOCK_FAILED, EXIT_CODE_DEVICE,
	      "/dev/vda2 is another disk now than the one whose header was read; it was not "
	      "opened.\nIf you exchanged a disk or a cable, boot again.");
	failure.err = -EBUSY;
	snprintf(failure.holder, sizeof(failure.holder), "the mapping \"data\"");
	diagnosis_open("/dev/vda2", "root", &h, &failure, &got);
	check(UNLOCK_FAILED, EXIT_CODE_BUSY,
	      "/dev/vda2 is in use by the mapping \"data\"; it is opened only where nothing else "
	      "uses it.\nIf the mapping \"data\" is not needed, close it (cryptsetup close, "
	      "dmsetup remove, mdadm --stop) and try again.");
}

TEST(keyring_token)
{
	const struct keyring_token token = { .number = 2, .key = "backup:key" };

	diagnosis_token("/dev/vda2", &token, ENOKEY, &got);
	CHECK_INT(got.status, UNLOCK_NO_KEY);
	CHECK_STR(got.text, "token 2 of /dev/vda2 names the key \"backup:key\" of the kernel's "
			    "keyring: it is not there");
	diagnosis_token("/dev/vda2", &token, EACCES, &got);
	CHECK_STR(got.text, "token 2 of /dev/vda2 names the key \"backup:key\" of the kernel's "
			    "keyring: Permission denied");
	/* a kernel without keyrings */
	diagnosis_token("/dev/vda2", &token, ENOSYS, &got);
	CHECK_STR(got.text, "");
	CHECK_INT(got.status, UNLOCK_NO_KEY);
}

static const char *tpm2(enum tpm_fault fault, uint32_t code, const char *wrong)
{
	const struct tpm2_summary token = { .number = 1 };

	got = (struct unlock){ .status = UNLOCK_OK };
	diagnosis_tpm2("/dev/vda2", &token, wrong, &(struct tpm_answer){ fault, code }, &got);
	CHECK_INT(got.status, UNLOCK_NO_KEY);
	CHECK_INT(got.code, EXIT_CODE_PASSPHRASE);
	return got.text;
}

TEST(tpm2_token)
{
	char first[200];

	CHECK_STR(tpm2(TPM_OK, 0, "has no blob"),
		  "token 1 of /dev/vda2 is not used: the token has no blob");
	CHECK_HAS(tpm2(TPM_POLICY, 0x99d, NULL), "enrol the key again: systemd-cryptenroll "
						 "--wipe-slot=tpm2 --tpm2-device=auto");
	/* the number is only shown where the text says nothing */
	CHECK(!strstr(got.text, "0x99d"));
	CHECK_HAS(tpm2(TPM_FAILED, 0x18b, NULL), " (0x18b)");
	CHECK_HAS(tpm2(TPM_LOCKOUT, 0, NULL), ". The owner can unlock it: "
					      "tpm2_dictionarylockout --clear-lockout");
	CHECK_HAS(tpm2(TPM_NO_SIGNATURE, 0, NULL), " (tpm2-pcr-signature.json)");
	/* a second token has a line of its own */
	snprintf(first, sizeof(first), "%s", tpm2(TPM_ABSENT, 0, NULL));
	diagnosis_tpm2("/dev/vda2", &(struct tpm2_summary){ .number = 5 }, NULL,
		       &(struct tpm_answer){ TPM_SILENT, 0 }, &got);
	CHECK(strncmp(got.text, first, strlen(first)) == 0);
	CHECK_HAS(got.text, "\ntoken 5 of /dev/vda2: ");
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

TEST_MAIN(read_error, another_disk, keyring_token, tpm2_token, errno_alone, who_knows_the_reason,
	  integrity_key_size, longest_strings, key_file, no_keyslot, keyslots_failed, one_keyslot,
	  worker_died)
