/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/verdict.h"

#include "base/escape.h"
#include "base/util.h"
#include "policy/diagnosis.h"

#include <stdio.h>

/* What the texts name, fit for a console: what comes from a disk or a file is shown in printable
 * ASCII. */
struct subject {
	char name[NAME_MAX_LEN + 1]; /* of the mapping */
	char node[64];		     /* the data device */
	char where[128]; /* what holds the header: the device, or the path of a detached one */
	char integrity[64];
	char dm_cipher[160];
};

static void copy_printable(char *dst, size_t size, const char *s)
{
	(void)str_copy(dst, size, s);
	(void)str_printable(dst);
}

static void describe(const struct volume *v, const char *node, const struct header *h,
		     struct subject *ret)
{
	copy_printable(ret->name, sizeof(ret->name), v->name);
	copy_printable(ret->node, sizeof(ret->node), node);
	copy_printable(ret->where, sizeof(ret->where), v->header ? v->header : node);
	copy_printable(ret->integrity, sizeof(ret->integrity), h->integrity);
	copy_printable(ret->dm_cipher, sizeof(ret->dm_cipher), h->dm_cipher);
}

static void say(struct verdict *ret, enum verdict_action action, enum exit_code code,
		const char *fmt, ...) PRINTF_LIKE(4, 5);

static void say(struct verdict *ret, enum verdict_action action, enum exit_code code,
		const char *fmt, ...)
{
	va_list ap;

	ret->action = action;
	ret->code = code;
	va_start(ap, fmt);
	(void)vsnprintf(ret->text, sizeof(ret->text), fmt, ap);
	va_end(ap);
}

/* --- disks that are no LUKS2 ------------------------------------------------------------------ */

static const char *copy_state(enum header_copy copy)
{
	switch (copy) {
	case COPY_OK:
		return "in place, but makes no sense";
	case COPY_NO_MAGIC:
		return "overwritten";
	case COPY_BAD_CHECKSUM:
		return "damaged";
	}
	return "damaged";
}

static void judge_broken(const struct subject *s, const struct disk *d, struct verdict *ret)
{
	if (d->first == COPY_OK || d->second == COPY_OK)
		say(ret, VERDICT_REFUSE, EXIT_CODE_DEVICE,
		    "%s (volume %s) has a LUKS2 header that cannot be used: its first copy is %s, its "
		    "second %s.\n"
		    "A newer system may have made it, or it was damaged: see `cryptsetup luksDump %s`, "
		    "and restore a backup with `cryptsetup luksHeaderRestore`.",
		    s->where, s->name, copy_state(d->first), copy_state(d->second), s->where);
	else
		say(ret, VERDICT_REFUSE, EXIT_CODE_DEVICE,
		    "Both copies of the LUKS2 header of %s (volume %s) are damaged: the first is %s, the "
		    "second %s.\n"
		    "Without them no passphrase opens the disk; restore a backup with `cryptsetup "
		    "luksHeaderRestore %s --header-backup-file FILE`.",
		    s->where, s->name, copy_state(d->first), copy_state(d->second), s->where);
}

/* Where nothing was promised, somebody else may know what to do; the text is for the curious then.
 */
static void judge_other(const struct subject *s, const struct volume *v, const struct disk *d,
			struct verdict *ret)
{
	bool promised = v->expect != EXPECT_NOTHING;

	switch (d->kind) {
	case HEADER_UNREADABLE:
		say(ret, VERDICT_REFUSE, EXIT_CODE_DEVICE,
		    "The header of volume %s cannot be read from %s: %s.\n"
		    "Check cable, power and drive (the kernel's log has the details), then boot again.",
		    s->name, s->where, diagnosis_read_error(d->err));
		break;
	case HEADER_NOT_LUKS:
		say(ret, promised ? VERDICT_REFUSE : VERDICT_LEAVE,
		    promised ? EXIT_CODE_DEVICE : EXIT_CODE_OK,
		    "%s is not a LUKS2 disk: no header was found at its start (volume %s).\n"
		    "Is it the right one? `blkid` lists what there is; if the header was overwritten, "
		    "restore a backup with `cryptsetup luksHeaderRestore`.",
		    s->where, s->name);
		break;
	case HEADER_LUKS1:
		if (promised)
			say(ret, VERDICT_REFUSE, EXIT_CODE_REFUSED,
			    "%s has a LUKS1 header, which cannot protect integrity, but volume %s must be "
			    "protected: it is not the disk that it should be.\n"
			    "Do not type your passphrase unless you exchanged the disk yourself; then "
			    "make the boot image anew from a rescue system.",
			    s->where, s->name);
		else
			say(ret, VERDICT_LEAVE, EXIT_CODE_OK,
			    "%s (volume %s) has a LUKS1 header, without integrity protection; it is left "
			    "to others.",
			    s->where, s->name);
		break;
	case HEADER_LUKS2_BROKEN:
	case HEADER_LUKS2:
		judge_broken(s, d, ret);
		break;
	}
}

/* --- what the image promises ------------------------------------------------------------------ */

#define SWAPPED                                                                                           \
	"The disk or its header may have been exchanged: do not type your passphrase. If you changed it " \
	"yourself, make the boot image anew from a rescue system."

/* Returns whether anything was said, i.e. whether the disk is not what was promised, or not ours.
 */
static bool judge_expectation(const struct subject *s, const struct volume *v,
			      const struct header *h, struct verdict *ret)
{
	if (v->expect == EXPECT_NOTHING && !header_authenticates(h)) {
		say(ret, VERDICT_LEAVE, EXIT_CODE_OK,
		    "%s (volume %s) has no integrity protection; it is left to others.", s->where,
		    s->name);
		return true;
	}
	if (!header_authenticates(h)) {
		say(ret, VERDICT_REFUSE, EXIT_CODE_REFUSED,
		    "%s is refused: volume %s must have integrity protection%s%s, and this header has "
		    "%s.\n" SWAPPED,
		    s->where, s->name, v->expect == EXPECT_NAMED ? " by " : "",
		    v->expect == EXPECT_NAMED ? v->integrity : "",
		    *h->integrity ? "\"none\", which detects no change" : "none");
		return true;
	}
	if (v->expect == EXPECT_NAMED && !str_eq(v->integrity, h->integrity)) {
		say(ret, VERDICT_REFUSE, EXIT_CODE_REFUSED,
		    "%s is refused: volume %s must be protected by %s, and this header says %s.\n" SWAPPED,
		    s->where, s->name, v->integrity, s->integrity);
		return true;
	}
	return false;
}

/* --- what would make it fail after the passphrase --------------------------------------------- */

static bool judge_header(const struct subject *s, const struct header *h, struct verdict *ret)
{
	if (*h->requirement) {
		char requirement[sizeof(h->requirement)];

		copy_printable(requirement, sizeof(requirement), h->requirement);
		say(ret, VERDICT_REFUSE, EXIT_CODE_DEVICE,
		    "%s (volume %s) needs something that this version of intact cannot do: %s.\n"
		    "%s",
		    s->where, s->name, requirement,
		    strstr(requirement, "reencrypt") ?
			    "A re-encryption was begun and not finished: complete it from a rescue system "
			    "with `cryptsetup reencrypt --resume-only`." :
			    "Update intact and make the boot image anew, or open the disk from a rescue "
			    "system with a current cryptsetup.");
		return true;
	}
	if (h->keyslots == 0) {
		say(ret, VERDICT_REFUSE, EXIT_CODE_DEVICE,
		    "%s (volume %s) has no keyslot left: no passphrase can open it.\n"
		    "The keyslots were removed, or wiped by `cryptsetup erase`; only a header backup "
		    "brings them back (`cryptsetup luksHeaderRestore`).",
		    s->where, s->name);
		return true;
	}
	return false;
}

static bool judge_size(const struct subject *s, const struct disk *d, struct verdict *ret)
{
	uint64_t needed = d->header.data_offset + d->superblock.needed;
	char has[32], needs[32], lacks[32];

	if (d->superblock.needed == 0 || d->size == 0 || needed <= d->size)
		return false;
	say(ret, VERDICT_REFUSE, EXIT_CODE_DEVICE,
	    "%s (volume %s) is too small: it has %s, but had %s when it was formatted (%s are "
	    "missing).\n"
	    "The partition was shrunk or the disk copied only in part: give it its size back or "
	    "copy it again. Nothing has been changed.",
	    s->node, s->name, format_bytes(d->size, has), format_bytes(needed, needs),
	    format_bytes(needed - d->size, lacks));
	return true;
}

static bool judge_superblock(const struct subject *s, const struct disk *d, struct verdict *ret)
{
	const struct header *h = &d->header;

	switch (d->superblock.state) {
	case SUPERBLOCK_UNCHECKED:
		return false;
	case SUPERBLOCK_OK:
		if (h->tag_size == 0 || d->superblock.tag_size == h->tag_size)
			return false;
		say(ret, VERDICT_REFUSE, EXIT_CODE_REFUSED,
		    "%s (volume %s): header and data do not belong together: %s needs %u bytes of tag a "
		    "sector, and the dm-integrity superblock has %u.\n"
		    "Was a header of another disk restored, or the disk formatted anew? Restore the "
		    "header that was made with this data.",
		    s->node, s->name, s->integrity, h->tag_size, d->superblock.tag_size);
		return true;
	case SUPERBLOCK_MISSING:
		say(ret, VERDICT_REFUSE, EXIT_CODE_DEVICE,
		    "%s (volume %s): the dm-integrity superblock, %llu bytes from the start, is missing; "
		    "without it the kernel cannot find the data.\n"
		    "Header and passphrase are not the cause: something wrote over the disk. Write "
		    "nothing more to it; restore these 4 KiB, or all, from a copy.",
		    s->node, s->name, (unsigned long long)h->data_offset);
		return true;
	case SUPERBLOCK_BAD:
		say(ret, VERDICT_REFUSE, EXIT_CODE_DEVICE,
		    "%s (volume %s): the dm-integrity superblock, %llu bytes from the start, is damaged; "
		    "the kernel would refuse it.\n"
		    "Header and passphrase are not the cause. Write nothing more to the disk; restore "
		    "these 4 KiB, or all, from a copy.",
		    s->node, s->name, (unsigned long long)h->data_offset);
		return true;
	}
	return false;
}

static bool judge_active(const struct subject *s, const struct disk *d, struct verdict *ret)
{
	char uuid[sizeof(d->active_uuid)];

	switch (d->active) {
	case ACTIVE_NONE:
		return false;
	case ACTIVE_SAME:
		ret->action = VERDICT_ACTIVE;
		return true;
	case ACTIVE_OTHER:
		copy_printable(uuid, sizeof(uuid), d->active_uuid);
		say(ret, VERDICT_REFUSE, EXIT_CODE_BUSY,
		    "/dev/mapper/%s exists already and is not the volume on %s (%s%s).\n"
		    "Give one of the two another name in crypttab, or close the other with `cryptsetup "
		    "close %s`.",
		    s->name, s->where, *uuid ? "it is " : "it has no UUID", uuid, s->name);
		return true;
	}
	return false;
}

/* One copy is enough. libcryptsetup writes the other anew when it may; else the administrator must.
 */
static void warn_of_copy(const struct subject *s, const struct disk *d, struct verdict *ret)
{
	bool first = d->first != COPY_OK;

	if (!first && d->second == COPY_OK)
		return;
	say(ret, VERDICT_OPEN, EXIT_CODE_OK,
	    "The %s copy of the LUKS2 header of %s (volume %s) is %s; the %s is good and is used.\n"
	    "If this comes up again at the next boot, run `cryptsetup repair %s`, and have an eye on the "
	    "disk's health.",
	    first ? "first" : "second", s->where, s->name, copy_state(first ? d->first : d->second),
	    first ? "second" : "first", s->where);
}

void verdict_disk(const struct volume *v, const char *node, const struct disk *d,
		  struct verdict *ret)
{
	const struct header *h = &d->header;
	struct subject s;

	*ret = (struct verdict){ .action = VERDICT_OPEN, .code = EXIT_CODE_OK };
	describe(v, node, h, &s);

	if (d->kind != HEADER_LUKS2) {
		judge_other(&s, v, d, ret);
		return;
	}
	/* The image's promise comes first, even before success with a mapping that is open
	 * already. */
	if (judge_expectation(&s, v, h, ret) || judge_active(&s, d, ret) ||
	    judge_header(&s, h, ret) || judge_size(&s, d, ret) || judge_superblock(&s, d, ret))
		return;
	warn_of_copy(&s, d, ret);
}

/* --- after opening ---------------------------------------------------------------------------- */

#define STAYS                                                                                         \
	"Nothing is started from it; it stays for a look (`dmsetup table`). If you changed nothing, " \
	"take the disk for tampered with."

/* Returns whether anything was said. */
static bool judge_mapping(const struct subject *s, const struct header *h, const struct opened *o,
			  struct verdict *ret)
{
	char cipher[sizeof(o->dm_cipher)], integrity[sizeof(o->crypt_integrity)];

	copy_printable(cipher, sizeof(cipher), o->dm_cipher);
	copy_printable(integrity, sizeof(integrity), o->crypt_integrity);
	if (!o->crypt_present) {
		say(ret, VERDICT_REFUSE, EXIT_CODE_GENERAL,
		    "%s was opened, but /dev/mapper/%s is not there.\n"
		    "Something closed it again: the kernel's log (dmesg) may say what; then boot again.",
		    s->where, s->name);
	} else if (*s->dm_cipher && !str_eq(o->dm_cipher, h->dm_cipher)) {
		say(ret, VERDICT_REFUSE, EXIT_CODE_REFUSED,
		    "/dev/mapper/%s is not what the header of %s promises: the kernel uses %s instead of "
		    "%s.\n" STAYS,
		    s->name, s->where, *cipher ? cipher : "no cipher", s->dm_cipher);
	} else if (o->crypt_tag_size == 0 || !str_eq(o->crypt_integrity, "aead")) {
		say(ret, VERDICT_REFUSE, EXIT_CODE_REFUSED,
		    "/dev/mapper/%s was opened without integrity protection (the kernel says \"%s\"), "
		    "although the header of %s promises %s.\n" STAYS,
		    s->name, *integrity ? integrity : "none", s->where, s->integrity);
	} else if (h->tag_size > 0 && o->crypt_tag_size != h->tag_size) {
		say(ret, VERDICT_REFUSE, EXIT_CODE_REFUSED,
		    "/dev/mapper/%s is not what the header of %s promises: it checks %u bytes of tag a sector "
		    "instead of %u.\n" STAYS,
		    s->name, s->where, o->crypt_tag_size, h->tag_size);
	} else if (!h->inline_tags && (!o->dif_present || o->dif_tag_size == 0)) {
		say(ret, VERDICT_REFUSE, EXIT_CODE_REFUSED,
		    "/dev/mapper/%s_dif, which holds the integrity tags of %s, is missing or not "
		    "dm-integrity.\n" STAYS,
		    s->name, s->where);
	} else if (!h->inline_tags && o->dif_tag_size != o->crypt_tag_size) {
		say(ret, VERDICT_REFUSE, EXIT_CODE_REFUSED,
		    "/dev/mapper/%s and the %s_dif below it disagree: %u and %u bytes of tag a sector.\n" STAYS,
		    s->name, s->name, o->crypt_tag_size, o->dif_tag_size);
	} else {
		return false;
	}
	return true;
}

/*
 * EILSEQ is dm-crypt's and dm-integrity's word for a tag that does not match. Anything else comes
 * from the disk itself: it is broken, and says nothing about who wrote what.
 */
static void judge_read(const struct subject *s, const struct opened *o, struct verdict *ret)
{
	if (o->read_err == EILSEQ)
		say(ret, VERDICT_REFUSE, EXIT_CODE_INTEGRITY,
		    "Integrity check failed on %s (%s): sector %llu, where its file system begins, is not "
		    "what was written there. The disk is failing, or someone changed it.\n"
		    "/dev/mapper/%s stays open for repair: copy the disk first, then run fsck or restore "
		    "a backup. (A new volume that holds nothing yet looks the same.)",
		    s->name, s->node, (unsigned long long)o->read_sector, s->name);
	else
		say(ret, VERDICT_REFUSE, EXIT_CODE_GENERAL,
		    "/dev/mapper/%s (%s) cannot be read at sector %llu, where its file system begins: "
		    "%s.\n"
		    "This is not a wrong passphrase. Check cable and drive, and copy the disk before it "
		    "gets worse; the mapping stays open for that.",
		    s->name, s->node, (unsigned long long)o->read_sector,
		    diagnosis_read_error(o->read_err));
}

void verdict_opened(const struct volume *v, const char *node, const struct header *h,
		    const struct opened *o, struct verdict *ret)
{
	struct subject s;

	*ret = (struct verdict){ .action = VERDICT_OPEN, .code = EXIT_CODE_OK };
	describe(v, node, h, &s);

	if (judge_mapping(&s, h, o, ret))
		return;
	/* A block never written has no valid tag (cryptsetup --integrity-no-wipe): what was
	 * recognised counts. */
	if (o->read_failed && !*o->type)
		judge_read(&s, o, ret);
	else if (o->udev_silent)
		snprintf(
			ret->text, sizeof(ret->text),
			"udev did not confirm /dev/mapper/%s in time: the image lacks device-mapper's udev rules "
			"(95-dm-notify.rules), or udevd hangs.\n"
			"It is open; what waits for its links in /dev/disk waits in vain.",
			v->name);
}
