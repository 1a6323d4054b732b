/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "intact/shown.h"

#include "base/escape.h"
#include "base/json.h"
#include "base/util.h"

#include <stdio.h>

/* --- freshness -------------------------------------------------------------------------------- */

/* In this session nothing is wrong with a disk that is being written to. */
bool shown_is_current(const struct shown *s)
{
	return s->keys && s->verdict.outcome != FRESH_STALE;
}

static const char *covered(const struct fresh_record *record)
{
	const struct fsroot *root = &record->root;

	if (record->tags.state != TAGS_NONE)
		return "an older copy of the disk is refused; after a clean shutdown also older single "
		       "blocks: all integrity tags are compared";
	if (fsroot_binds_blocks(root))
		return "an older copy of the disk is refused; of btrfs also older single blocks (nodatacow "
		       "files excepted)";
	if (str_eq(root->type, "other") || str_eq(root->type, "lvm2"))
		return "an older copy of the disk is refused";
	return "an older copy of the disk is refused, also below a current header";
}

static const char *not_covered(const struct fresh_record *record)
{
	const struct fsroot *root = &record->root;

	if (record->tags.state != TAGS_NONE && !fsroot_binds_blocks(root))
		return "after a power cut: older single blocks, and copies made since the last count; what "
		       "is changed while the system runs";
	if (fsroot_binds_blocks(root))
		return "what is changed while the system runs; copies made since the last count, after a "
		       "power cut";
	if (str_eq(root->type, "lvm2"))
		return "older data below a current header after a power cut; older single blocks";
	if (str_eq(root->type, "other"))
		return "older data below a current header; older single blocks";
	return "older single blocks below a current header and superblock (btrfs would notice them)";
}

static void show_record(const struct shown *s)
{
	const struct fresh_record *r = &s->disk.header.fresh_record;
	char date[FRESH_DATE];

	printf("Record:      no. %llu of %s, %s%s\n", (unsigned long long)r->counter,
	       fresh_date(r->written, date),
	       r->state == FRESH_CLOSED ? "closed" : "open: written while the system runs",
	       r->tags.state == TAGS_TAKEN ? ", with a digest of the integrity tags" : "");
}

static void show_counter(const struct shown *s)
{
	if (!s->keys)
		printf("TPM:         not asked: this boot has not checked the record "
		       "(x-intact.fresh= in the image?)\n");
	else if (s->facts.counter != FRESH_COUNTER_READ || s->verdict.outcome == FRESH_STALE)
		printf("TPM:         %s\n", s->verdict.text);
	else
		printf("TPM:         counter 0x%08x is at %llu: this disk is the current one\n",
		       s->facts.nv, (unsigned long long)s->facts.count);
}

static void show_fresh(const struct shown *s)
{
	const struct header *h = &s->disk.header;
	cleanup_free char *word = shell_word(s->name);

	if (h->fresh == FRESH_NONE) {
		printf("Record:      none: an older copy of the disk would be accepted; see "
		       "intact-fresh(7)\n");
		return;
	}
	if (h->fresh == FRESH_UNREADABLE) {
		printf("Record:      damaged, or not written by intact: the next boot will refuse it\n");
		return;
	}
	show_record(s);
	show_counter(s);
	printf("Covered:     %s\n", covered(&h->fresh_record));
	printf("Not covered: %s\n", not_covered(&h->fresh_record));
	if (h->fresh_record.tags.state != TAGS_NONE && s->rotates)
		printf("The disk is a rotating one, on which reading all integrity tags takes minutes at "
		       "each shutdown and boot: better run `intact pin --fresh %s` without --tags.\n",
		       word);
}

/* --- text ------------------------------------------------------------------------------------- */

static void line(const char *head, const char *text)
{
	cleanup_free char *printable = str_printable(xstrdup(text));

	if (*text)
		printf("%-12s %s\n", head, printable);
}

static const char *kdf_name(enum kdf kdf)
{
	static const char *const names[] = {
		[KDF_OTHER] = "unknown",
		[KDF_PBKDF2] = "pbkdf2",
		[KDF_ARGON2I] = "argon2i",
		[KDF_ARGON2ID] = "argon2id",
	};

	return names[kdf];
}

static void list_keyslots(const struct header *h, char *buf, size_t size)
{
	char memory[32];

	buf[0] = '\0';
	for (unsigned i = 0; i < h->keyslots && i < KEYSLOTS_MAX; i++) {
		const struct keyslot *k = &h->keyslot[i];

		str_append(buf, size, "%s%d (%s%s%s)", i ? ", " : "", k->number, kdf_name(k->kdf),
			   k->memory ? ", " : "",
			   k->memory ? format_bytes(k->memory << 10, memory) : "");
	}
}

/* What checks a volume whose header has no integrity; "" for the others. */
static const char *below(const struct shown *s)
{
	if (header_authenticates(&s->disk.header) || s->health.checks == STACK_UNCHECKED)
		return "";
	return s->health.checks == STACK_TAGS ? "an encrypted volume with tags" : s->checksums.text;
}

static void show_volume(const struct shown *s)
{
	const struct header *h = &s->disk.header;
	cleanup_free char *cipher = xasprintf("%s, volume key of %u bits", h->encryption,
					      h->key_size * 8);
	cleanup_free char *integrity = xasprintf("%s, tags of %u bytes, sectors of %u bytes",
						 h->integrity[0] ? h->integrity : "none",
						 h->tag_size, h->sector_size);
	char keyslots[1024];

	list_keyslots(h, keyslots, sizeof(keyslots));
	line("Volume:", s->name);
	line("Disk:", s->mapping.node);
	line("Cipher:", cipher);
	line("Integrity:", integrity);
	line("Below it:", below(s));
	if (s->opened.dif.present)
		line("Tags by:", health_mode(s->opened.dif.mode));
	line("Driver:", health_driver(&s->health));
	line("Keyslots:", keyslots[0] ? keyslots : "none");
	line("Tokens:", s->tokens[0] ? s->tokens : "none");
	if (s->health.record.present)
		line("Pinned:", str_eq(s->health.record.pinned, "no") ? "no" : "yes");
}

static void show_errors(const struct shown *s)
{
	char date[FRESH_DATE];

	if (s->scrub.last)
		printf("Last scrub:  %s, %llu bytes bad\n", fresh_date(s->scrub.last, date),
		       (unsigned long long)s->scrub.last_bad);
	else
		line("Last scrub:", "never");
	if (s->health.kernel_errors)
		printf("Errors:      at least %u in the kernel's log of this boot\n",
		       s->health.kernel_errors);
	else
		line("Errors:", "none in the kernel's log of this boot");
	if (s->health.audit_errors)
		printf("Audit log:   at least %u integrity error%s since it was opened\n",
		       s->health.audit_errors, s->health.audit_errors == 1 ? "" : "s");
	else if (s->health.audited)
		line("Audit log:", "no integrity error since it was opened");
}

void shown_text(const struct shown *s)
{
	static const char *const labels[] = { "note: ", "warning: ", "error: " };

	show_volume(s);
	show_errors(s);
	show_fresh(s);
	for (size_t i = 0; i < s->faults.n; i++) {
		const struct fault *f = &s->faults.list[i];

		printf("%s%s\n", labels[f->severity], f->text);
		if (f->remedy)
			printf("  \342\206\222 %s\n", f->remedy);
	}
}

/* --- JSON ------------------------------------------------------------------------------------- */

static void put_text(const char *key, const char *text)
{
	cleanup_free char *quoted = json_string(text);

	printf("  \"%s\": %s,\n", key, quoted);
}

static void put_number(const char *key, uint64_t number)
{
	printf("  \"%s\": %llu,\n", key, (unsigned long long)number);
}

static void put_volume(const struct shown *s)
{
	const struct header *h = &s->disk.header;

	put_text("disk", s->mapping.node);
	put_text("uuid", h->uuid);
	put_text("cipher", h->encryption);
	put_text("integrity", h->integrity);
	if (below(s)[0])
		put_text("below", below(s));
	put_number("tag_size", h->tag_size);
	put_number("sector_size", h->sector_size);
	put_text("mode", s->opened.dif.present ? health_mode(s->opened.dif.mode) : "");
	put_text("driver", health_driver(&s->health));
	printf("  \"keyslots\": [");
	for (unsigned i = 0; i < h->keyslots && i < KEYSLOTS_MAX; i++)
		printf("%s{\"number\": %d, \"kdf\": \"%s\", \"memory\": %llu}", i ? ", " : "",
		       h->keyslot[i].number, kdf_name(h->keyslot[i].kdf),
		       (unsigned long long)h->keyslot[i].memory);
	puts("],");
	put_text("tokens", s->tokens);
	if (s->health.record.present)
		put_text("pinned", str_eq(s->health.record.pinned, "no") ? "no" : "yes");
	put_number("last_scrub", s->scrub.last);
	put_number("last_scrub_bad", s->scrub.last_bad);
	put_number("kernel_errors", s->health.kernel_errors);
	if (s->health.audited)
		put_number("audit_errors", s->health.audit_errors);
}

static void put_fresh(const struct shown *s)
{
	static const char *const found[] = {
		[FRESH_NONE] = "none", [FRESH_UNREADABLE] = "unreadable", [FRESH_FOUND] = "found"
	};
	static const char *const tags[] = {
		[TAGS_NONE] = "none", [TAGS_WANTED] = "wanted", [TAGS_TAKEN] = "taken"
	};
	const struct header *h = &s->disk.header;
	const struct fresh_record *r = &h->fresh_record;

	put_text("record", found[h->fresh]);
	if (h->fresh == FRESH_FOUND) {
		put_number("number", r->counter);
		put_number("written", r->written);
		put_text("state", r->state == FRESH_CLOSED ? "closed" : "open");
		put_text("filesystem", r->root.type);
		put_text("covered", covered(r));
		put_text("not_covered", not_covered(r));
		put_text("tags", tags[r->tags.state]);
	}
	if (s->keys && s->facts.counter == FRESH_COUNTER_READ) {
		put_number("counter", s->facts.count);
		printf("  \"index\": \"0x%08x\",\n", s->facts.nv);
	}
	put_text("checked", s->keys ? "yes" : "no");
	put_text("reason", s->verdict.outcome == FRESH_STALE ? s->verdict.text : "");
	printf("  \"current\": %s,\n", shown_is_current(s) ? "true" : "false");
}

static void put_faults(const struct faults *faults)
{
	static const char *const severities[] = { "note", "warning", "error" };

	printf("  \"faults\": [");
	for (size_t i = 0; i < faults->n; i++) {
		const struct fault *f = &faults->list[i];
		cleanup_free char *text = json_string(f->text), *remedy = json_string(f->remedy);

		printf("%s\n   {\"severity\": \"%s\", \"kind\": \"%s\", \"text\": %s, "
		       "\"remedy\": %s}",
		       i ? "," : "", severities[f->severity], f->kind, text, remedy);
	}
	puts("]\n}");
}

void shown_json(const struct shown *s)
{
	puts("{");
	put_text("volume", s->name);
	put_volume(s);
	put_fresh(s);
	put_faults(&s->faults);
}

void shown_json_error(const char *name, const char *error)
{
	cleanup_free char *quoted = json_string(name), *why = json_string(error);

	printf("{\n  \"volume\": %s,\n  \"error\": %s\n}\n", quoted, why);
}
