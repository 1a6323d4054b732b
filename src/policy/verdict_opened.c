/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/verdict.h"

#include "policy/diagnosis.h"
#include "policy/subject.h"

/* What becomes of the mapping, and what to think of the disk: the end of each refusal here. */
static const char *remains(const struct volume *v)
{
	return v->nofail ? "It is closed again, since the boot goes on without it. Unless you "
			   "changed it yourself, assume the disk has been tampered with." :
			   "Nothing is started from it; it is left open for inspection (`dmsetup "
			   "table`). Unless you changed it yourself, assume the disk has been "
			   "tampered with.";
}

/* Judges NAME, which decrypts and authenticates. Returns whether it is not what it should be. */
static bool judge_crypt(const struct subject *s, const struct header *h, const struct opened *o,
			const char *end, struct verdict *ret)
{
	char cipher[sizeof(o->dm_cipher)], integrity[sizeof(o->crypt_integrity)];

	subject_printable(cipher, sizeof(cipher), o->dm_cipher);
	subject_printable(integrity, sizeof(integrity), o->crypt_integrity);
	if (!o->crypt_present)
		verdict_set(ret, VERDICT_REFUSE, EXIT_CODE_GENERAL,
			    "%s was opened, but /dev/mapper/%s does not exist.\n"
			    "Something closed it again: see the kernel's log (dmesg), then boot "
			    "again.",
			    s->where, s->name);
	else if (*s->dm_cipher && !str_eq(o->dm_cipher, h->dm_cipher))
		verdict_set(ret, VERDICT_REFUSE, EXIT_CODE_REFUSED,
			    "/dev/mapper/%s does not match the header of %s: the kernel uses %s "
			    "instead of %s.\n%s",
			    s->name, s->where, *cipher ? cipher : "no cipher", s->dm_cipher, end);
	else if (o->crypt_tag_size == 0 || !str_eq(o->crypt_integrity, "aead"))
		verdict_set(ret, VERDICT_REFUSE, EXIT_CODE_REFUSED,
			    "/dev/mapper/%s was opened without integrity protection (the kernel "
			    "reports \"%s\"), although the header of %s requires %s.\n%s",
			    s->name, *integrity ? integrity : "none", s->where, s->integrity, end);
	else if (h->tag_size > 0 && o->crypt_tag_size != h->tag_size)
		verdict_set(ret, VERDICT_REFUSE, EXIT_CODE_REFUSED,
			    "/dev/mapper/%s does not match the header of %s: its integrity tags "
			    "have %u bytes per sector instead of %u.\n%s",
			    s->name, s->where, o->crypt_tag_size, h->tag_size, end);
	else
		return false;
	return true;
}

/* Judges NAME_dif, which holds the tags. Returns whether it is not what it should be. */
static bool judge_dif(const struct subject *s, const struct header *h, const struct opened *o,
		      const char *end, struct verdict *ret)
{
	if (h->inline_tags)
		return false;
	if (!o->dif_present || o->dif_tag_size == 0) {
		verdict_set(ret, VERDICT_REFUSE, EXIT_CODE_REFUSED,
			    "/dev/mapper/%s_dif, which holds the integrity tags of %s, is missing "
			    "or not dm-integrity.\n%s",
			    s->name, s->where, end);
		return true;
	}
	if (o->dif_tag_size != o->crypt_tag_size) {
		verdict_set(ret, VERDICT_REFUSE, EXIT_CODE_REFUSED,
			    "/dev/mapper/%s and the %s_dif below it disagree: integrity tags of "
			    "%u and %u bytes per sector.\n%s",
			    s->name, s->name, o->crypt_tag_size, o->dif_tag_size, end);
		return true;
	}
	return false;
}

/* dm-crypt and dm-integrity return EILSEQ for a tag that does not match. Any other errno comes from
 * the disk below: it is broken, which is no sign of tampering. */
static void judge_read(const struct subject *s, const struct opened *o, bool nofail,
		       struct verdict *ret)
{
	unsigned long long sector = o->read_sector;

	if (o->read_err == EILSEQ && nofail)
		verdict_set(ret, VERDICT_REFUSE, EXIT_CODE_INTEGRITY,
			    "Integrity check failed on %s (%s): sector %llu does not hold what was "
			    "written there. The disk is failing, or someone changed it.\n"
			    "The boot goes on without it. For repair, copy the disk, then open it "
			    "by hand: cryptsetup open %s %s. (A new volume that holds nothing yet "
			    "looks the same.)",
			    s->name, s->node, sector, s->node, s->name);
	else if (o->read_err == EILSEQ)
		verdict_set(ret, VERDICT_REFUSE, EXIT_CODE_INTEGRITY,
			    "Integrity check failed on %s (%s): sector %llu, where its file system "
			    "begins, does not hold what was written there. The disk is failing, or "
			    "someone changed it.\n"
			    "/dev/mapper/%s stays open for repair: copy the disk first, then run "
			    "fsck or restore a backup. (A new volume that holds nothing yet looks "
			    "the same.)",
			    s->name, s->node, sector, s->name);
	else
		verdict_set(ret, VERDICT_REFUSE, EXIT_CODE_GENERAL,
			    "/dev/mapper/%s (%s) cannot be read at sector %llu, where its file "
			    "system begins: %s.\n"
			    "The passphrase was right. Check cable and drive, and copy the disk "
			    "before it gets worse; the mapping stays open for that.",
			    s->name, s->node, sector, diagnosis_read_error(o->read_err));
}

static void tell_repair(const struct subject *s, const struct opened *o, struct verdict *ret)
{
	verdict_set(ret, VERDICT_OPEN, EXIT_CODE_OK,
		    o->repair == REPAIR_DONE ?
			    "The damaged copy of the LUKS2 header of %s (volume %s) has been "
			    "restored from the good one." :
			    "The damaged copy of the LUKS2 header of %s (volume %s) could not be "
			    "restored: run `cryptsetup repair` and watch the disk's health.",
		    s->where, s->name);
}

void verdict_opened(const struct volume *v, const char *node, const struct header *h,
		    const struct opened *o, struct verdict *ret)
{
	struct subject s;

	*ret = (struct verdict){ .action = VERDICT_OPEN, .code = EXIT_CODE_OK };
	subject_describe(v, node, h, &s);
	if (judge_crypt(&s, h, o, remains(v), ret) || judge_dif(&s, h, o, remains(v), ret))
		return;
	/* A block that was never written has no valid tag (cryptsetup --integrity-no-wipe), so a
	 * failed read counts only where no file system was recognised. */
	if (o->read_failed && !*o->type)
		judge_read(&s, o, v->nofail, ret);
	else if (o->repair != REPAIR_NONE)
		tell_repair(&s, o, ret);
	else if (o->udev_silent)
		verdict_set(ret, VERDICT_OPEN, EXIT_CODE_OK,
			    "udev did not confirm /dev/mapper/%s in time: the image lacks "
			    "device-mapper's udev rules (95-dm-notify.rules), or udevd hangs.\n"
			    "The volume is open, but its links in /dev/disk may never appear.",
			    s.name);
}

bool verdict_closes(const struct verdict *verdict)
{
	return verdict->action == VERDICT_REFUSE &&
	       (verdict->code == EXIT_CODE_REFUSED || verdict->code == EXIT_CODE_INTEGRITY);
}
