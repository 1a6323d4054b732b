/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A record of freshness as a header has it, and the start of a volume; and what is judged by them.
 */
#include "fuzz.h"

#include "policy/fresh.h"

/* With one more of them, the inputs of the corpus say other words. */
static const char *const words[] = { "ext4",
				     "btrfs",
				     "xfs",
				     "other",
				     "lvm2",
				     "open",
				     "closed",
				     "0x01800000",
				     "43",
				     "1.2.3",
				     "18446744073709551615" };

/* The digest of the tags, and its sums for one digit or none. */
static void read_tags(struct fuzz_input *in, struct fresh_text *text)
{
	text->tagged = fuzz_bool(in);
	if (!text->tagged)
		return;
	if (fuzz_bool(in))
		memset(text->tags_digest, '0' + (int)fuzz_below(in, 10), 64);
	else
		fuzz_text(in, NULL, 0, text->tags_digest, sizeof(text->tags_digest));
	if (fuzz_bool(in))
		memset(text->tags_sums, '0' + (int)fuzz_below(in, 10), 8 * (1 + TAGS_BASE));
	else
		fuzz_text(in, NULL, 0, text->tags_sums, sizeof(text->tags_sums));
}

/* One way to write each record that can be read. */
static bool read_record(struct fuzz_input *in, struct fresh_record *ret)
{
	struct fresh_text text = { 0 }, again;
	struct {
		char *field;
		size_t size, digits;
	} fields[] = {
		{ text.nv, sizeof(text.nv), 0 },	   { text.name, sizeof(text.name), 68 },
		{ text.counter, sizeof(text.counter), 0 }, { text.state, sizeof(text.state), 0 },
		{ text.type, sizeof(text.type), 0 },	   { text.uuid, sizeof(text.uuid), 32 },
		{ text.order, sizeof(text.order), 0 },	   { text.digest, sizeof(text.digest), 64 },
		{ text.written, sizeof(text.written), 0 }, { text.mac, sizeof(text.mac), 64 },
	};
	unsigned char bytes[FRESH_BYTES];
	char *json;

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		if (fields[i].digits && fuzz_bool(in)) {
			memset(fields[i].field, '0' + (int)fuzz_below(in, 10), fields[i].digits);
			continue;
		}
		fuzz_text(in, words, ARRAY_SIZE(words), fields[i].field, fields[i].size);
	}
	read_tags(in, &text);
	if (!fresh_read(&text, ret))
		return false;
	fresh_write(ret, &again);
	MUST(memcmp(&text, &again, sizeof(text)) == 0 || str_eq(text.nv, again.nv));
	MUST(str_eq(text.counter, again.counter) && str_eq(text.mac, again.mac));
	MUST(fsroot_type_known(ret->root.type));
	MUST(text.tagged == again.tagged && str_eq(text.tags_digest, again.tags_digest));
	MUST(ret->tags.state != TAGS_TAKEN || ret->state == FRESH_CLOSED);
	fresh_bytes(ret, "uuid", bytes);
	json = fresh_json(&again);
	/* No text ends a string of the JSON. */
	MUST(fuzz_readable(json) && !strchr(json, '\\'));
	free(json);
	return true;
}

static struct fsroot read_root(struct fuzz_input *in)
{
	static const struct {
		size_t at;
		const char *magic;
		size_t len;
	} magics[] = { { 1024 + 0x38, "\x53\xef", 2 },
		       { (64 << 10) + 0x40, "_BHRfS_M", 8 },
		       { 0, "XFSB", 4 },
		       { 512, "LABELONE\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0LVM2 001", 32 } };
	unsigned char *start = xcalloc(1, FSROOT_EXTENT);
	size_t len = fuzz_bool(in) ? FSROOT_EXTENT : (size_t)fuzz_number(in) % FSROOT_EXTENT;
	unsigned which = fuzz_below(in, ARRAY_SIZE(magics) + 1);
	struct fsroot_part part;
	struct fsroot root;

	for (unsigned i = fuzz_below(in, 64); i > 0; i--)
		start[(1024 * fuzz_below(in, 66) + 2 * (size_t)fuzz_byte(in)) % FSROOT_EXTENT] =
			fuzz_byte(in);
	if (which < ARRAY_SIZE(magics))
		memcpy(start + magics[which].at, magics[which].magic, magics[which].len);
	/* XFS: the version, where no other byte of the input gets. */
	start[0x65] = (unsigned char)(which == 2 ? 4 + fuzz_below(in, 4) : 0);
	fsroot_read(start, len, &root, &part);
	MUST(part.offset + part.len <= len && part.len <= FSROOT_EXTENT);
	MUST(fsroot_type_known(root.type));
	MUST(!fsroot_binds_blocks(&root) || fsroot_is_final(&root));
	if (part.len > 0)
		root.digest[0] = start[part.offset];
	free(start);
	return root;
}

/* What is current has the TPM's number, or the next. */
static void check_verdict(const struct fresh_facts *f, const struct fresh_verdict *v)
{
	bool numbered = f->counter == FRESH_COUNTER_READ && f->found == FRESH_FOUND && f->mac_ok &&
			(f->record.counter == f->count ||
			 (f->record.counter == f->count + 1 && f->count != UINT64_MAX));

	MUST(fuzz_readable(v->text));
	MUST((v->outcome != FRESH_CURRENT && v->outcome != FRESH_NOTICE) || numbered);
	MUST(v->outcome != FRESH_STALE || (v->text[0] && f->demand != FRESH_DEMAND_REPORT));
	MUST(v->outcome != FRESH_NOT_ASKED || f->demand == FRESH_DEMAND_NONE);
}

/* What is older than another is not newer the other way round. LVM may have been recorded as
 * something else, but nothing else as LVM. */
static void check_age(const struct fsroot *a, const struct fsroot *b)
{
	enum fsroot_age there = fsroot_compare(a, b), back = fsroot_compare(b, a);

	MUST(there != FSROOT_OLDER || back == FSROOT_NEWER);
	if (str_eq(a->type, "lvm2") != str_eq(b->type, "lvm2")) {
		MUST(there != FSROOT_OLDER && there != FSROOT_NEWER);
		return;
	}
	MUST(back == there || there == FSROOT_OLDER || there == FSROOT_NEWER);
	MUST(fsroot_compare(a, a) == FSROOT_SAME);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	struct fresh_facts f = { .demand = (enum fresh_demand)fuzz_below(&in, 3),
				 .found = (enum fresh_found)fuzz_below(&in, 3),
				 .mac_ok = fuzz_bool(&in),
				 .counter = (enum fresh_counter)fuzz_below(&in, 4) };
	static const uint64_t steps[] = { 0, 1, UINT64_MAX };
	struct fresh_verdict v;
	struct fsroot root;
	char date[FRESH_DATE];

	if (!read_record(&in, &f.record) && f.found == FRESH_FOUND)
		f.found = FRESH_UNREADABLE;
	f.count = fuzz_bool(&in) ? f.record.counter - fuzz_below(&in, 3) : fuzz_number(&in);
	f.nv = fuzz_bool(&in) ? f.record.nv : 1;
	memcpy(f.name, f.record.name, sizeof(f.name));
	f.name[33] ^= (unsigned char)(fuzz_below(&in, 8) == 7);
	fresh_judge(&f, &v);
	check_verdict(&f, &v);
	root = read_root(&in);
	if (fuzz_bool(&in))
		root = f.record.root;
	/* The same file system, earlier or later. */
	root.order[fuzz_below(&in, FSROOT_ORDERS)] += steps[fuzz_below(&in, ARRAY_SIZE(steps))];
	check_age(&root, &f.record.root);
	if (v.outcome == FRESH_CURRENT) {
		enum fsroot_age age = fsroot_compare(&root, &f.record.root);

		fresh_judge_root(&f, &root, &v);
		check_verdict(&f, &v);
		MUST((age != FSROOT_OLDER && age != FSROOT_FOREIGN) || v.outcome == FRESH_STALE ||
		     v.outcome == FRESH_OVERRIDE);
	}
	MUST(fuzz_readable(fresh_date(fuzz_number(&in), date)));
	return 0;
}
