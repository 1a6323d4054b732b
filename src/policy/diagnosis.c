/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/diagnosis.h"

#include "base/util.h"

#include <signal.h>
#include <stdio.h>

#define CHEAPER                                                                           \
	"Add memory, or give the disk a cheaper keyslot on a larger machine: cryptsetup " \
	"luksConvertKey --pbkdf-memory"

static void failed(struct unlock *ret, enum exit_code code, const char *fmt, ...) PRINTF_LIKE(3, 4);
static void failed(struct unlock *ret, enum exit_code code, const char *fmt, ...)
{
	va_list ap;

	ret->status = UNLOCK_FAILED;
	ret->code = code;
	va_start(ap, fmt);
	(void)vsnprintf(ret->text, sizeof(ret->text), fmt, ap);
	va_end(ap);
}

const char *diagnosis_read_error(int err)
{
	static const struct {
		int err;
		const char *reason;
	} reasons[] = {
		{ EIO, "the disk reports a read error" },
		{ EILSEQ, "a layer below reports that its integrity check failed" },
		{ ENODATA, "the disk reports a damaged sector" },
		{ ETIMEDOUT, "the disk does not answer" },
		{ ENXIO, "the disk was removed" },
		{ ENODEV, "the disk was removed" },
		{ ENOENT, "it does not exist" },
		{ ENOMEDIUM, "there is no medium in the drive" },
		{ EACCES, "reading it is not permitted" },
		{ EPERM, "reading it is not permitted" },
		{ EBUSY, "something else is using it" },
		{ EISDIR, "it is a folder" },
		{ ENOTBLK, "it is neither a disk nor a regular file" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++)
		if (reasons[i].err == err)
			return reasons[i].reason;
	return "the kernel refused to read it; see its log (dmesg)";
}

/* --- opening with the key --- */

/* The kernel does not name the feature that it does not know; libcryptsetup does, unless something
 * else went wrong after it. */
static bool lacks_integrity_key_size(const struct header *h, const struct open_failure *failure)
{
	return h->integrity_key_size && (strstr(failure->kernel, "Invalid feature arguments") ||
					 strstr(failure->library, "integrity_key_size"));
}

/* The kernel's reason comes first: libcryptsetup guesses from a bare errno, and points elsewhere.
 */
static void quote(const char *node, const struct open_failure *failure, struct unlock *ret)
{
	const char *speaker = failure->kernel[0] ? "the kernel" : "libcryptsetup";
	const char *text = failure->kernel[0]  ? failure->kernel :
			   failure->library[0] ? failure->library :
						 strerror(-failure->err);

	failed(ret, EXIT_CODE_GENERAL, "%s could not be opened: %s says \"%s\".", node, speaker,
	       text);
}

void diagnosis_open(const char *node, const char *name, const struct header *h,
		    const struct open_failure *failure, struct unlock *ret)
{
	/* dm-crypt returns ENOMEM for a cipher that it cannot parse, too, and logs a line then. */
	if (failure->err == -ENOMEM && !failure->kernel[0])
		failed(ret, EXIT_CODE_MEMORY, "not enough memory to open %s", node);
	else if (failure->err == -EBUSY && failure->holder[0])
		failed(ret, EXIT_CODE_BUSY,
		       "%s is in use by %s; it is opened only where nothing else uses it.\n"
		       "If %s is not needed, close it (cryptsetup close, dmsetup remove, mdadm "
		       "--stop) and try again.",
		       node, failure->holder, failure->holder);
	else if (failure->err == -EBUSY || failure->err == -EEXIST)
		failed(ret, EXIT_CODE_BUSY,
		       "%s is in use by something else, or a mapping called %s exists already: see "
		       "dmsetup ls --tree",
		       node, name);
	else if (failure->err == -ENODEV)
		failed(ret, EXIT_CODE_DEVICE,
		       "%s is another disk now than the one whose header was read; it was not "
		       "opened.\nIf you exchanged a disk or a cable, boot again.",
		       node);
	else if (failure->err == -EILSEQ)
		failed(ret, EXIT_CODE_INTEGRITY,
		       "a sector of %s failed its integrity check while the disk was being opened: "
		       "the disk is failing or was tampered with.\n"
		       "The kernel log has the sector: dmesg | grep INTEGRITY",
		       node);
	else if (lacks_integrity_key_size(h, failure))
		failed(ret, EXIT_CODE_GENERAL,
		       "%s could not be opened: its header asks for an integrity key of %u bytes, "
		       "which this kernel's dm-crypt cannot use.\n"
		       "Boot a newer kernel: Linux can since 6.12.",
		       node, h->integrity_key_size);
	else
		quote(node, failure, ret);
}

/* --- keys and keyslots --- */

void diagnosis_keyfile(const struct file_place *place, const char *node, const char *why,
		       struct unlock *ret)
{
	char text[200];

	place_format(place, text, sizeof(text));
	if (place->kind == PLACE_DEVICE)
		failed(ret, EXIT_CODE_PASSPHRASE, "the key on %s cannot be read (%s: %s)", text,
		       node, why);
	else
		failed(ret, EXIT_CODE_PASSPHRASE, "the key file %s cannot be read (%s%s%s)", text,
		       node, *node ? ": " : "", why);
	ret->status = UNLOCK_NO_KEY; /* the next source may have a key */
}

void diagnosis_token(const char *node, const struct keyring_token *token, int err,
		     struct unlock *ret)
{
	failed(ret, EXIT_CODE_PASSPHRASE,
	       "token %d of %s names the key \"%s\" of the kernel's keyring: %s", token->number,
	       node, token->key, err == ENOKEY ? "it is not there" : strerror(err));
	/* No line about keyrings on a kernel without them. */
	if (err == ENOSYS)
		ret->text[0] = '\0';
	ret->status = UNLOCK_NO_KEY;
}

/* What the person can do about it; "". */
static const char *tpm2_advice(enum tpm_fault fault)
{
	switch (fault) {
	case TPM_POLICY:
		return ". If you know what has changed, enrol the key again: systemd-cryptenroll "
		       "--wipe-slot=tpm2 --tpm2-device=auto";
	case TPM_LOCKOUT:
		return ". The owner can unlock it: tpm2_dictionarylockout --clear-lockout";
	case TPM_NO_SIGNATURE:
		return " (tpm2-pcr-signature.json)";
	default:
		return "";
	}
}

void diagnosis_tpm2(const char *node, const struct tpm2_summary *token, const char *wrong,
		    const struct tpm_answer *answer, struct unlock *ret)
{
	char code[32] = "";

	if (!wrong && (answer->fault == TPM_FAILED || answer->fault == TPM_IO))
		(void)snprintf(code, sizeof(code), " (0x%x)", answer->code);
	ret->status = UNLOCK_NO_KEY;
	ret->code = EXIT_CODE_PASSPHRASE;
	if (wrong)
		str_append(ret->text, sizeof(ret->text),
			   "%stoken %d of %s is not used: the token %s", ret->text[0] ? "\n" : "",
			   token->number, node, wrong);
	else
		str_append(ret->text, sizeof(ret->text), "%stoken %d of %s: %s%s%s",
			   ret->text[0] ? "\n" : "", token->number, node,
			   tpm_fault_text(answer->fault), code, tpm2_advice(answer->fault));
}

void diagnosis_no_keyslot(const char *node, int only, const char *left, struct unlock *ret)
{
	if (left[0])
		failed(ret, EXIT_CODE_MEMORY,
		       "no keyslot of %s can be tried on this machine: %s.\n" CHEAPER, node, left);
	else if (only != KEYSLOT_ANY)
		failed(ret, EXIT_CODE_PASSPHRASE,
		       "keyslot %d of %s, which the option key-slot= asks for, does not exist",
		       only, node);
	else
		failed(ret, EXIT_CODE_PASSPHRASE,
		       "all keyslots of %s have the priority \"ignore\": name the right one with "
		       "the option key-slot=",
		       node);
}

void diagnosis_keyslots_failed(const char *node, int err, const char *left, struct unlock *ret)
{
	if (err == -ENOMEM)
		failed(ret, EXIT_CODE_MEMORY, "not enough memory to open %s: %s.\n" CHEAPER, node,
		       left);
	else if (err == -EBADMSG)
		failed(ret, EXIT_CODE_REFUSED,
		       "%s is refused: %s.\n"
		       "Someone may have changed the header. A backup of the header made with "
		       "cryptsetup luksHeaderBackup would replace it.",
		       node, left);
	else
		failed(ret, EXIT_CODE_GENERAL, "%s could not be opened: %s", node, left);
}

void diagnosis_keyslot(const struct keyslot *slot, int err, const char *error, uint64_t free,
		       char *buf, size_t size)
{
	char need[32], have[32];

	format_bytes(slot->memory * 1024, need);
	if (err == -EBADMSG)
		(void)snprintf(buf, size,
			       "gives no key that the header's digest of the volume key can check: "
			       "the keyslot or the digest is damaged or forged");
	else if (err != -ENOMEM)
		(void)snprintf(buf, size, "could not be tried (%s)",
			       error[0] ? error : strerror(-err));
	else if (free < slot->memory)
		(void)snprintf(buf, size, "needs %s of memory, but only %s is free", need,
			       format_bytes(free * 1024, have));
	else
		(void)snprintf(buf, size, "needs %s of memory, but there was not enough", need);
}

/* --- processes --- */

void diagnosis_worker_died(const char *node, int signal, struct unlock *ret)
{
	/* Only the OOM killer sends SIGKILL here; our own kills are reaped elsewhere. */
	if (signal == SIGKILL)
		failed(ret, EXIT_CODE_MEMORY,
		       "the process that opens %s was killed: most likely the machine ran out of "
		       "memory.\n"
		       "If so, the kernel log says it: dmesg | grep -i 'out of memory'",
		       node);
	else
		failed(ret, EXIT_CODE_GENERAL,
		       "the process that opens %s ended unexpectedly (signal %d)", node, signal);
}
