/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "intact/health.h"

#include "base/escape.h"
#include "base/util.h"
#include "facts/auditline.h"

#include <stdio.h>

#define DAY 86400
/* The scrub's timer runs once a month; twice it was missed then. */
#define SCRUB_DAYS 90

/* --- the kernel's log ------------------------------------------------------------------------- */

/* Does the line speak of an integrity error of this device ("dm-1")? */
static bool is_error_of(const char *line, const char *device)
{
	static const char *const words[] = { "INTEGRITY AEAD ERROR", "Checksum failed at sector" };
	cleanup_free char *before = xasprintf(" %s: ", device);
	const char *rest = strstr(line, before);

	for (size_t i = 0; rest && i < ARRAY_SIZE(words); i++)
		if (str_after(rest + strlen(before), words[i]))
			return true;
	return false;
}

unsigned health_count_errors(const char *log, const char *crypt, const char *dif)
{
	unsigned n = 0;

	while (*log) {
		size_t len = strcspn(log, "\n");
		cleanup_free char *line = xstrndup(log, len);

		/* Only the kernel writes this prefix: messages of processes have another facility,
		 * which system/kmsg.h leaves out. */
		if (strstr(line, "device-mapper: ") &&
		    ((*crypt && is_error_of(line, crypt)) || (*dif && is_error_of(line, dif))))
			n++;
		log += len + (log[len] == '\n');
	}
	return n;
}

unsigned health_count_audit(const char *log, const char *crypt, const char *dif)
{
	unsigned n = 0;

	while (*log) {
		size_t len = strcspn(log, "\n");
		cleanup_free char *line = xstrndup(log, len);
		struct audit_error e;

		if (auditline_read(line, &e) &&
		    (auditline_is_of(&e, crypt) || auditline_is_of(&e, dif)))
			n++;
		log += len + (log[len] == '\n');
	}
	return n;
}

/* --- the kernel's driver ---------------------------------------------------------------------- */

const char *health_driver(const struct health *h)
{
	return h->record.implementation[0] ? h->record.implementation : h->implementation;
}

const char *health_slow_part(const struct health *h)
{
	static const struct {
		const char *part, *generic, *flags[3];
	} parts[] = {
		{ "aes", "aes-generic", { " aes " } },
		{ "sha256", "sha256-generic", { " sha_ni ", " avx2 ", " sha2 " } },
		{ "sha512", "sha512-generic", { " avx2 ", " sha512 " } },
		{ "sha1", "sha1-generic", { " sha_ni ", " avx2 ", " sha1 " } },
		{ "chacha20", "chacha20-generic", { " ssse3 ", " asimd " } },
		{ "poly1305", "poly1305-generic", { " avx2 ", " asimd " } },
	};
	const char *driver = health_driver(h);

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		for (size_t j = 0; j < ARRAY_SIZE(parts[i].flags) && parts[i].flags[j]; j++)
			if (strstr(driver, parts[i].generic) && strstr(h->cpu, parts[i].flags[j]))
				return parts[i].part;
	return NULL;
}

const char *health_mode(char mode)
{
	switch (mode) {
	case 'J':
		return "journal";
	case 'B':
		return "bitmap";
	case 'D':
		return "direct";
	case 'R':
		return "recovery";
	case 'I':
		return "inline";
	default:
		return "?";
	}
}

/* --- the verdict ------------------------------------------------------------------------------ */

static void judge_speed(const struct health *h, struct faults *faults)
{
	const char *part = health_slow_part(h);

	if (part && str_eq(health_driver(h), h->implementation))
		faults_add(faults, SEVERITY_WARNING, "slow-driver",
			   "load the processor's module for it, and rebuild the boot image",
			   "the kernel runs %s in plain C, although this processor has "
			   "instructions for it: reading and writing take several times as long",
			   part);
	else if (part)
		faults_add(faults, SEVERITY_WARNING, "slow-driver",
			   "rebuild the boot image, and boot again",
			   "at boot the kernel took plain C for %s, although this processor has "
			   "instructions for it: reading and writing take several times as long",
			   part);
	if (h->disk->header.sector_size == 512)
		faults_add(
			faults, SEVERITY_NOTE, "small-sectors", NULL,
			"a tag for every 512 bytes: sectors of 4096 bytes are faster and need less "
			"room (only a new format changes that)");
}

/* dm-integrity devices without LUKS below the volume. */
static void judge_checksums(const struct checksums *c, struct faults *faults)
{
	if (c->recovery)
		faults_add(faults, SEVERITY_WARNING, "recovery", NULL,
			   "it stands on dm-integrity in recovery mode: no checksum is checked");
	if (c->no_journal)
		faults_add(faults, SEVERITY_WARNING, "no-journal",
			   "take mode=direct out of /etc/integritytab, and boot again",
			   "there is no journal: after a power cut, sectors that were being "
			   "written cannot be read");
	if (c->unfinished)
		faults_add(faults, SEVERITY_WARNING, "recalculating", NULL,
			   "checksums of %llu bytes are still being computed from what is on the "
			   "disk: they are not checked yet",
			   (unsigned long long)c->unfinished);
}

static void judge_data(const struct health *h, struct faults *faults)
{
	const struct checksums *c = h->checksums;

	if (header_authenticates(&h->disk->header))
		return;
	if (h->checks == STACK_UNCHECKED)
		faults_add(
			faults, SEVERITY_WARNING, "no-integrity", NULL,
			"the data is encrypted, but not authenticated: nobody notices when it is "
			"changed");
	else if (h->checks == STACK_CHECKSUMS && !c->keyed)
		faults_add(faults, SEVERITY_WARNING, "accidents-only", NULL,
			   "checksums below the encryption (%s) notice accidents, not attackers: "
			   "anyone who can write to the disk can write a matching checksum, too",
			   c->text);
	judge_checksums(c, faults);
}

static void judge_protection(const struct health *h, struct faults *faults)
{
	const struct superblock *sb = &h->disk->superblock;
	char mode = h->opened->dif.mode;
	cleanup_free char *word = shell_word(h->name);
	cleanup_free char *pin = xasprintf("intact pin %s", word);

	judge_data(h, faults);
	if (mode == 'D')
		faults_add(
			faults, SEVERITY_WARNING, "no-journal",
			"cryptsetup refresh --persistent, without --integrity-no-journal",
			"there is no journal: after a power cut, sectors that were being written "
			"cannot be read");
	if (mode == 'R')
		faults_add(faults, SEVERITY_WARNING, "recovery", NULL,
			   "it is open in recovery mode: no tag is checked below dm-crypt");
	if (sb->recalculating && sb->recalculated < sb->provided)
		faults_add(faults, SEVERITY_WARNING, "recalculating", NULL,
			   "tags are still being computed from what is on the disk");
	if (!h->record.present)
		faults_add(faults, SEVERITY_NOTE, "not-by-intact", NULL,
			   "intact did not open it in this boot, so nothing compared it with its "
			   "pins");
	else if (str_eq(h->record.pinned, "no"))
		faults_add(faults, SEVERITY_WARNING, "not-pinned", pin,
			   "the boot image pins no volume key: a replaced disk could pass for it");
}

static void judge_header(const struct health *h, struct faults *faults)
{
	const struct disk *disk = h->disk;

	if (disk->first != COPY_OK || disk->second != COPY_OK)
		faults_add(faults, SEVERITY_WARNING, "header-copy",
			   "boot again: intact-unlock "
			   "writes it anew",
			   "the %s copy of the LUKS2 header is damaged; the other one is good",
			   disk->first != COPY_OK ? "first" : "second");
	if (disk->header.keyslots == 1)
		faults_add(
			faults, SEVERITY_NOTE, "one-keyslot",
			"cryptsetup luksAddKey, and cryptsetup luksHeaderBackup",
			"there is one keyslot only: when its passphrase or its area is lost, so is "
			"the data");
}

static enum exit_code judge_errors(const struct health *h, struct faults *faults)
{
	const struct scrub_state *s = h->scrub;
	uint64_t bad = scrub_state_bad(s) > s->last_bad ? scrub_state_bad(s) : s->last_bad;
	uint64_t mismatches = h->checksums->mismatches;
	cleanup_free char *word = shell_word(h->name);
	cleanup_free char *scrub = xasprintf("intact scrub %s", word);
	cleanup_free char *list = xasprintf("intact scrub --status %s", word);

	if (bad)
		faults_add(faults, SEVERITY_ERROR, "bad-sectors", list,
			   "the last scrub found %llu bytes that are not what was written there",
			   (unsigned long long)bad);
	if (h->kernel_errors)
		faults_add(faults, SEVERITY_ERROR, "integrity-errors", scrub,
			   "the kernel reported at least %u integrity error%s in this boot",
			   h->kernel_errors, h->kernel_errors == 1 ? "" : "s");
	if (h->audit_errors)
		faults_add(faults, SEVERITY_ERROR, "audit-errors", scrub,
			   "the audit log has at least %u integrity error%s since it was opened",
			   h->audit_errors, h->audit_errors == 1 ? "" : "s");
	if (mismatches)
		faults_add(faults, SEVERITY_ERROR, "checksum-errors", scrub,
			   "%llu blocks were read that are not what was written there, since %s "
			   "was opened",
			   (unsigned long long)mismatches, h->checksums->text);
	if (!bad && !s->last)
		faults_add(faults, SEVERITY_NOTE, "never-scrubbed", scrub,
			   "it was never read completely");
	else if (!bad && h->now > s->last && (h->now - s->last) / DAY > SCRUB_DAYS)
		faults_add(faults, SEVERITY_NOTE, "scrub-old", scrub,
			   "it was last read completely %llu days ago",
			   (unsigned long long)((h->now - s->last) / DAY));
	return bad || mismatches || h->kernel_errors || h->audit_errors ? EXIT_CODE_INTEGRITY :
									  EXIT_CODE_OK;
}

enum exit_code health_judge(const struct health *h, struct faults *faults)
{
	enum exit_code code = judge_errors(h, faults);

	judge_protection(h, faults);
	judge_header(h, faults);
	judge_speed(h, faults);
	return code;
}
