/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/verdict.h"

#include "base/escape.h"
#include "policy/diagnosis.h"
#include "policy/subject.h"

#include <stdio.h>
#include <strings.h>

void verdict_set(struct verdict *ret, enum verdict_action action, enum exit_code code,
		 const char *fmt, ...)
{
	va_list ap;

	ret->action = action;
	ret->code = code;
	va_start(ap, fmt);
	(void)vsnprintf(ret->text, sizeof(ret->text), fmt, ap);
	va_end(ap);
	/* A precision or the end of the buffer may have cut a character in two. */
	(void)str_printable_lines(ret->text);
}

/* A judge_… that returns a bool returns whether it has reached a verdict. */

/* --- disks without a LUKS2 header that can be used --- */

static const char *copy_state(enum header_copy copy)
{
	switch (copy) {
	case COPY_OK:
		return "present, but its contents are invalid";
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
		verdict_set(ret, VERDICT_REFUSE, EXIT_CODE_DEVICE,
			    "%s (volume %s) has a LUKS2 header that cannot be used: its first copy "
			    "is %s; its second copy is %s.\n"
			    "A newer system may have written it, or it is damaged: see `cryptsetup "
			    "luksDump %s`, or restore a backup with `cryptsetup "
			    "luksHeaderRestore`.",
			    s->where, s->name, copy_state(d->first), copy_state(d->second),
			    s->where);
	else
		verdict_set(ret, VERDICT_REFUSE, EXIT_CODE_DEVICE,
			    "Both copies of the LUKS2 header of %s (volume %s) are damaged: the "
			    "first is %s, the second is %s.\n"
			    "Without a header no passphrase opens the disk; restore a backup with "
			    "`cryptsetup luksHeaderRestore %s --header-backup-file FILE`.",
			    s->where, s->name, copy_state(d->first), copy_state(d->second),
			    s->where);
}

static void judge_luks1(const struct subject *s, bool promised, struct verdict *ret)
{
	if (promised)
		verdict_set(ret, VERDICT_REFUSE, EXIT_CODE_REFUSED,
			    "%s has a LUKS1 header, which cannot protect integrity, but volume %s "
			    "must be protected: this is not the disk it should be.\n"
			    "Do not type your passphrase unless you replaced the disk yourself; in "
			    "that case rebuild the boot image from a rescue system.",
			    s->where, s->name);
	else
		verdict_set(ret, VERDICT_LEAVE, EXIT_CODE_OK,
			    "%s (volume %s) has a LUKS1 header, without integrity protection; it "
			    "is left to other programs.",
			    s->where, s->name);
}

/* A disk without a LUKS2 header is left to other programs where nothing was promised. */
static void judge_other(const struct subject *s, const struct volume *v, const struct disk *d,
			struct verdict *ret)
{
	bool promised = v->expect != EXPECT_NOTHING;

	switch (d->kind) {
	case HEADER_UNREADABLE:
		verdict_set(ret, VERDICT_REFUSE, EXIT_CODE_DEVICE,
			    "The header of volume %s cannot be read from %s: %s.\n"
			    "Check cable, power and drive (the kernel's log has the details), then "
			    "boot again.",
			    s->name, d->data_failed ? s->node : s->where,
			    diagnosis_read_error(d->err));
		break;
	case HEADER_NOT_LUKS:
		verdict_set(ret, promised ? VERDICT_REFUSE : VERDICT_LEAVE,
			    promised ? EXIT_CODE_DEVICE : EXIT_CODE_OK,
			    "%s is not a LUKS2 disk: no header was found at its start (volume "
			    "%s).\n"
			    "Is it the right disk? `blkid` lists all disks; if the header was "
			    "overwritten, restore a backup with `cryptsetup luksHeaderRestore`.",
			    s->where, s->name);
		break;
	case HEADER_LUKS1:
		judge_luks1(s, promised, ret);
		break;
	case HEADER_LUKS2_BROKEN:
	case HEADER_LUKS2:
		judge_broken(s, d, ret);
		break;
	}
}

/* --- what would fail after the passphrase --- */

/* A detached header may be any header. */
static bool judge_uuid(const struct subject *s, const struct volume *v, const struct header *h,
		       struct verdict *ret)
{
	const char *wanted = volume_header_uuid(v);

	if (!wanted || strcasecmp(wanted, h->uuid) == 0)
		return false;
	verdict_set(ret, VERDICT_REFUSE, EXIT_CODE_DEVICE,
		    "The detached header in %s has the UUID %s, but volume %s needs the one with "
		    "the UUID %s.\n"
		    "Is it the header of another disk? Check header=, rd.luks.name= and "
		    "rd.luks.data= of the volume.",
		    s->where, *h->uuid ? h->uuid : "(none)", s->name, wanted);
	return true;
}

static bool judge_size(const struct subject *s, const struct disk *d, struct verdict *ret)
{
	uint64_t needed = d->header.data_offset + d->superblock.needed;
	char has[32], had[32], lacks[32];

	if (d->superblock.needed == 0 || d->size == 0 || needed <= d->size)
		return false;
	verdict_set(ret, VERDICT_REFUSE, EXIT_CODE_DEVICE,
		    "%s (volume %s) is too small: it has %s, but had %s when it was formatted (%s "
		    "missing).\n"
		    "The partition was shrunk, or the disk was copied only in part: restore its "
		    "size or copy it again. Nothing has been changed.",
		    s->node, s->name, format_bytes(d->size, has), format_bytes(needed, had),
		    format_bytes(needed - d->size, lacks));
	return true;
}

/* Of a disk that ends before its data begin, no superblock was read. */
static bool judge_offset(const struct subject *s, const struct disk *d, struct verdict *ret)
{
	char has[32], begin[32];

	if (d->size == 0 || d->header.data_offset < d->size)
		return false;
	verdict_set(ret, VERDICT_REFUSE, EXIT_CODE_DEVICE,
		    "%s (volume %s) ends before its data begin: it has %s, but according to its "
		    "header the data begin at %s.\n"
		    "The partition was shrunk, the disk was copied only in part, or the header is "
		    "not this disk's. Nothing has been changed.",
		    s->node, s->name, format_bytes(d->size, has),
		    format_bytes(d->header.data_offset, begin));
	return true;
}

#define NOT_TOGETHER "%s (volume %s): header and data do not belong together: "
#define RESTORE_HEADER                                                                     \
	"\nWas the header of another disk restored, or the disk formatted again? Restore " \
	"the header that belongs to this data."

/* Not before the passphrase was typed, the kernel would refuse such a superblock, too. */
static bool judge_together(const struct subject *s, const struct disk *d, struct verdict *ret)
{
	const struct header *h = &d->header;
	const struct superblock *sb = &d->superblock;

	if (h->tag_size > 0 && sb->tag_size != h->tag_size)
		verdict_set(ret, VERDICT_REFUSE, EXIT_CODE_REFUSED,
			    NOT_TOGETHER
			    "%s needs integrity tags of %u bytes per sector, but the dm-integrity "
			    "superblock has %u." RESTORE_HEADER,
			    s->node, s->name, s->integrity, h->tag_size, sb->tag_size);
	else if (sb->block_size > 0 && sb->block_size != h->sector_size)
		verdict_set(ret, VERDICT_REFUSE, EXIT_CODE_REFUSED,
			    NOT_TOGETHER
			    "the header has sectors of %u bytes, but the dm-integrity superblock "
			    "has %u." RESTORE_HEADER,
			    s->node, s->name, h->sector_size, sb->block_size);
	return ret->action == VERDICT_REFUSE;
}

/* What only a dm-integrity device with tags of its own can have: a key for the journal, tags that
 * are still being computed. */
static bool is_standalone(const struct superblock *sb)
{
	return sb->journal_mac || sb->recalculating;
}

static bool judge_superblock(const struct subject *s, const struct disk *d, struct verdict *ret)
{
	const struct header *h = &d->header;
	bool missing = d->superblock.state == SUPERBLOCK_MISSING;

	switch (d->superblock.state) {
	case SUPERBLOCK_UNCHECKED:
		return false;
	case SUPERBLOCK_OK:
		if (judge_together(s, d, ret))
			return true;
		if (!is_standalone(&d->superblock))
			return false;
		break;
	case SUPERBLOCK_UNFINISHED:
		verdict_set(ret, VERDICT_REFUSE, EXIT_CODE_DEVICE,
			    "%s (volume %s): the format of this disk is not finished (%u %%).\n"
			    "Nothing can open the disk until it is; on an installed system or a "
			    "rescue system, go on with: intact format --resume %s",
			    s->node, s->name, d->superblock.percent, s->node);
		return true;
	case SUPERBLOCK_MISSING:
	case SUPERBLOCK_BAD:
		break;
	}
	verdict_set(ret, VERDICT_REFUSE, EXIT_CODE_DEVICE,
		    "%s (volume %s): the dm-integrity superblock, %llu bytes from the start, is "
		    "%s.\n"
		    "Neither header nor passphrase is the cause%s. Write nothing more to the disk; "
		    "restore these 4 KiB, or the whole disk, from a copy.",
		    s->node, s->name, (unsigned long long)h->data_offset,
		    missing ? "missing; without it the kernel cannot find the data" :
			      "damaged; the kernel would refuse it",
		    missing ? ": the disk was overwritten there" : "");
	return true;
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
		subject_printable(uuid, sizeof(uuid), d->active_uuid);
		verdict_set(ret, VERDICT_REFUSE, EXIT_CODE_BUSY,
			    "/dev/mapper/%s exists already and is not the volume on %s (%s%s).\n"
			    "Give one of the two another name in crypttab, or close the existing "
			    "mapping with `cryptsetup close %s`.",
			    s->name, s->where, *uuid ? "it is " : "it has no UUID", uuid, s->word);
		return true;
	}
	return false;
}

/* One copy is enough. The other is written again when the volume is open and may be written to. */
static void warn_of_copy(const struct subject *s, const struct disk *d, struct verdict *ret)
{
	bool first = d->first != COPY_OK;

	if (!first && d->second == COPY_OK)
		return;
	verdict_set(ret, VERDICT_OPEN, EXIT_CODE_OK,
		    "The %s copy of the LUKS2 header of %s (volume %s) is %s; the %s is good and "
		    "is used.\n"
		    "If this message appears again at the next boot, run `cryptsetup repair %s` "
		    "and watch the disk's health.",
		    first ? "first" : "second", s->where, s->name,
		    copy_state(first ? d->first : d->second), first ? "second" : "first", s->where);
}

/* What is on the data device itself counts for nothing beside a detached header. */
static void warn_of_second_header(const struct subject *s, const struct disk *d,
				  struct verdict *ret)
{
	if (d->data_luks)
		verdict_set(ret, VERDICT_OPEN, EXIT_CODE_OK,
			    "%s (volume %s) begins with a LUKS header of its own, which is not "
			    "used: the detached header in %s is.\n"
			    "If the header on the disk is the right one, remove header= from the "
			    "volume's options.",
			    s->node, s->name, s->where);
}

void verdict_disk(const struct volume *v, const char *node, const struct disk *d,
		  struct verdict *ret)
{
	const struct header *h = &d->header;
	struct subject s;

	*ret = (struct verdict){ .action = VERDICT_OPEN, .code = EXIT_CODE_OK };
	subject_describe(v, node, h, &s);
	if (d->where[0])
		subject_printable(s.where, sizeof(s.where), d->where);
	if (d->kind != HEADER_LUKS2) {
		judge_other(&s, v, d, ret);
		ret->of_header = !d->data_failed;
		return;
	}
	/* What the image promises and what a header may ask for come first: a mapping that is open
	 * already breaks it, too. */
	if (judge_uuid(&s, v, h, ret) || verdict_header(&s, v, h, ret)) {
		ret->of_header = true;
		return;
	}
	if (judge_active(&s, d, ret))
		return;
	if (verdict_keyslots(&s, v, h, ret)) {
		ret->of_header = true;
		return;
	}
	if (judge_offset(&s, d, ret) || judge_size(&s, d, ret) || judge_superblock(&s, d, ret))
		return;
	if (!ret->text[0])
		warn_of_copy(&s, d, ret);
	if (!ret->text[0])
		warn_of_second_header(&s, d, ret);
}
