/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/verdict.h"

#include "policy/diagnosis.h"
#include "policy/subject.h"

#include <stdio.h>
#include <sys/sysmacros.h>

/* What becomes of the mapping, and what to think of the disk: the end of each refusal here. */
static const char *remains(const struct volume *v)
{
	return v->nofail ? "It is closed again, since the boot goes on without it. Unless you "
			   "changed it yourself, assume the disk has been tampered with." :
			   "Nothing is started from it; it is left open for inspection (`dmsetup "
			   "table`). Unless you changed it yourself, assume the disk has been "
			   "tampered with.";
}

/* What the tables are compared with. */
struct expected {
	const struct header *h;
	uint64_t sectors; /* of 512 bytes, that the volume offers; 0: not known */
	char disk[24];	  /* the disk's number, "254:0" */
	bool recovery;
	const char *end; /* of each refusal */
};

static struct expected expect(const struct volume *v, const struct device *dev,
			      const struct disk *d)
{
	struct expected e = { .h = &d->header,
			      .recovery = v->options & DM_OPTION_RECOVERY,
			      .end = remains(v) };

	if (d->superblock.state == SUPERBLOCK_OK)
		e.sectors = d->superblock.provided / 512;
	(void)snprintf(e.disk, sizeof(e.disk), "%u:%u", major(dev->devno), minor(dev->devno));
	return e;
}

/* The first thing that is wrong with a table of one target, as the end of a sentence that begins
 * with the mapping's name; NULL: nothing. below and offset: where the target has to lie. */
static const char *wrong_layer(const struct dm_layer *l, const char *target, uint64_t sectors,
			       const char *below, uint64_t offset, unsigned block_size)
{
	if (!l->live)
		return "is suspended, or is about to get another table";
	if (l->targets != 1)
		return "has more than one target";
	if (!str_eq(l->target, target) || !l->understood)
		return "has a table that its header does not ask for";
	if (l->start != 0 || (sectors > 0 && l->length != sectors))
		return "does not cover exactly the data of the volume";
	if (!str_eq(l->below, below) || l->offset != offset)
		return "lies on another device, or at another place of it";
	if (l->block_size != block_size)
		return "has another sector size";
	return NULL;
}

static bool refuse_layer(const struct subject *s, const struct expected *e, const char *suffix,
			 const char *wrong, struct verdict *ret)
{
	if (wrong)
		verdict_set(ret, VERDICT_REFUSE, EXIT_CODE_REFUSED,
			    "/dev/mapper/%s%s does not match the header of %s: it %s.\n%s", s->name,
			    suffix, s->where, wrong, e->end);
	return wrong != NULL;
}

/* Judges how NAME decrypts and authenticates. Returns whether it is not what it should be. */
static bool judge_cipher(const struct subject *s, const struct expected *e,
			 const struct dm_layer *l, struct verdict *ret)
{
	const struct header *h = e->h;
	char cipher[sizeof(l->cipher)], integrity[sizeof(l->integrity)];

	subject_printable(cipher, sizeof(cipher), l->cipher);
	subject_printable(integrity, sizeof(integrity), l->integrity);
	if (*s->dm_cipher && !str_eq(l->cipher, h->dm_cipher))
		verdict_set(ret, VERDICT_REFUSE, EXIT_CODE_REFUSED,
			    "/dev/mapper/%s does not match the header of %s: the kernel uses %s "
			    "instead of %s.\n%s",
			    s->name, s->where, *cipher ? cipher : "no cipher", s->dm_cipher,
			    e->end);
	else if (l->tag_size == 0 || !str_eq(l->integrity, "aead"))
		verdict_set(ret, VERDICT_REFUSE, EXIT_CODE_REFUSED,
			    "/dev/mapper/%s was opened without integrity protection (the kernel "
			    "reports \"%s\"), although the header of %s requires %s.\n%s",
			    s->name, *integrity ? integrity : "none", s->where, s->integrity,
			    e->end);
	else if (h->tag_size > 0 && l->tag_size != h->tag_size)
		verdict_set(ret, VERDICT_REFUSE, EXIT_CODE_REFUSED,
			    "/dev/mapper/%s does not match the header of %s: its integrity tags "
			    "have %u bytes per sector instead of %u.\n%s",
			    s->name, s->where, l->tag_size, h->tag_size, e->end);
	else if (l->iv_offset != h->iv_offset || l->integrity_key_size != h->integrity_key_size)
		return refuse_layer(s, e, "", "has another IV offset or integrity key size", ret);
	else
		return false;
	return true;
}

/* Judges NAME. Returns whether it is not what it should be. */
static bool judge_crypt(const struct subject *s, const struct expected *e, const struct opened *o,
			struct verdict *ret)
{
	const struct dm_layer *l = &o->crypt;
	bool direct = e->h->inline_tags; /* without NAME_dif */

	if (!l->present) {
		verdict_set(ret, VERDICT_REFUSE, EXIT_CODE_GENERAL,
			    "%s was opened, but /dev/mapper/%s does not exist.\n"
			    "Something closed it again: see the kernel's log (dmesg), then boot "
			    "again.",
			    s->where, s->name);
		return true;
	}
	/* The cipher first: its message says more. */
	if (l->understood && judge_cipher(s, e, l, ret))
		return true;
	return refuse_layer(s, e, "",
			    wrong_layer(l, "crypt", e->sectors, direct ? e->disk : o->dif.device,
					direct ? e->h->data_offset / 512 : 0, e->h->sector_size),
			    ret);
}

/* Judges NAME_dif, which holds the tags. Returns whether it is not what it should be. */
static bool judge_dif(const struct subject *s, const struct expected *e, const struct opened *o,
		      struct verdict *ret)
{
	const struct dm_layer *l = &o->dif;

	if (e->h->inline_tags)
		return false;
	if (!l->present || !str_eq(l->target, "integrity")) {
		verdict_set(ret, VERDICT_REFUSE, EXIT_CODE_REFUSED,
			    "/dev/mapper/%s_dif, which holds the integrity tags of %s, is missing "
			    "or not dm-integrity.\n%s",
			    s->name, s->where, e->end);
		return true;
	}
	if (l->understood && l->tag_size != o->crypt.tag_size) {
		verdict_set(ret, VERDICT_REFUSE, EXIT_CODE_REFUSED,
			    "/dev/mapper/%s and the %s_dif below it disagree: integrity tags of "
			    "%u and %u bytes per sector.\n%s",
			    s->name, s->name, o->crypt.tag_size, l->tag_size, e->end);
		return true;
	}
	if (l->understood && l->mode == 'R' && !e->recovery)
		return refuse_layer(s, e, "_dif", "is in dm-integrity's recovery mode", ret);
	return refuse_layer(s, e, "_dif",
			    wrong_layer(l, "integrity", o->crypt.length, e->disk,
					e->h->data_offset / 512, e->h->sector_size),
			    ret);
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
			    s->name, s->node, sector, s->node, s->word);
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
		verdict_set(
			ret, VERDICT_REFUSE, EXIT_CODE_GENERAL,
			"/dev/mapper/%s (%s) cannot be read at sector %llu, where its file "
			"system begins: %s.\n"
			"The passphrase was right. Check cable and drive, and copy the disk "
			"before it gets worse; the mapping stays open for that. If the "
			"kernel's log (dmesg) says that dm-integrity cannot read its journal, a "
			"boot with x-intact.recovery leaves the journal out.",
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

static void tell_recovery(const struct subject *s, struct verdict *ret)
{
	verdict_set(ret, VERDICT_OPEN, EXIT_CODE_OK,
		    "%s is open read-only in dm-integrity's recovery mode: what is still in the "
		    "journal of %s is left out, so the last writes are missing, and some blocks "
		    "may fail their check.\n"
		    "Mount it without a journal of its own (ext4: rootflags=noload, XFS: "
		    "rootflags=norecovery), copy the data, and boot again without "
		    "x-intact.recovery.",
		    s->name, s->node);
}

void verdict_opened(const struct volume *v, const struct device *dev, const struct disk *d,
		    const struct opened *o, struct verdict *ret)
{
	const struct expected e = expect(v, dev, d);
	struct subject s;

	*ret = (struct verdict){ .action = VERDICT_OPEN, .code = EXIT_CODE_OK };
	subject_describe(v, dev->node, &d->header, &s);
	if (judge_crypt(&s, &e, o, ret) || judge_dif(&s, &e, o, ret))
		return;
	/* A block that was never written has no valid tag (cryptsetup --integrity-no-wipe), so a
	 * failed read counts only where no file system was recognised. */
	if (o->read_failed && !*o->type)
		judge_read(&s, o, v->nofail, ret);
	else if (o->repair != REPAIR_NONE)
		tell_repair(&s, o, ret);
	else if (o->dif.mode == 'R')
		tell_recovery(&s, ret);
	else if (o->udev_silent)
		verdict_set(ret, VERDICT_OPEN, EXIT_CODE_OK,
			    "udev did not confirm /dev/mapper/%s in time: the image lacks "
			    "device-mapper's udev rules (95-dm-notify.rules), or udevd hangs.\n"
			    "The volume is open, but its links in /dev/disk may never appear.",
			    s.name);
}

bool verdict_closes(enum exit_code code)
{
	return code == EXIT_CODE_REFUSED || code == EXIT_CODE_INTEGRITY;
}
