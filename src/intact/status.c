/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "intact/status.h"

#include "base/escape.h"
#include "base/exitcode.h"
#include "base/util.h"
#include "intact/fail.h"
#include "intact/freshly.h"
#include "intact/taggable.h"
#include "system/block.h"
#include "system/stack.h"

#include <getopt.h>
#include <stdio.h>

/* All that is shown. */
struct status {
	const char *name;
	struct stack_mapping mapping;
	char node[64]; /* of the mapping */
	struct disk disk;
	bool keys; /* they were left in the keyring by the boot */
	struct fresh_facts facts;
	struct fsroot root;
	struct fresh_verdict verdict;
};

static void usage(FILE *file)
{
	fputs("Usage: intact status [--json] NAME\n"
	      "Shows whether the open volume NAME has a record of freshness, what the TPM says of it,\n"
	      "and what that protects and what not.\n"
	      "\n"
	      "  --json   as JSON, for programs\n"
	      "  --help   show this text\n"
	      "\n"
	      "Exit status: 0 current, or without a record; 1 general failure; 4 no such open volume;\n"
	      "7 the disk is not the current one, or that cannot be told.\n",
	      file);
}

/* --- gathering --- */

static bool find(struct status *s)
{
	struct stack stack = { 0 };
	char device[BLOCK_NAME_MAX];
	bool found = false;

	stack_walk_all("", &stack);
	for (size_t i = 0; !found && i < stack.n_mappings; i++) {
		found = str_eq(stack.mappings[i].name, s->name) && stack.mappings[i].luks2;
		s->mapping = stack.mappings[i];
	}
	stack_free(&stack);
	return found && block_by_mapping("", s->name, device) == 0 && block_node(device, s->node);
}

/* Where its header is: the boot has left that in the keyring, for a header apart. */
static void header_node(const struct status *s, char node[static 64])
{
	char number[32], device[BLOCK_NAME_MAX];

	if (freshness_kept_header(s->mapping.uuid, number) < 0 ||
	    block_by_number("", number, device) < 0 || !block_node(device, node))
		str_copy(node, 64, s->mapping.node);
}

static enum exit_code gather(struct status *s)
{
	struct luks *luks = NULL;
	struct freshness *f;
	char header[64];

	if (!find(s))
		return fail(EXIT_CODE_DEVICE, "%s is not an open LUKS2 volume", s->name);
	header_node(s, header);
	luks_read_header(header, NULL, NULL, &s->disk, &luks);
	if (!luks)
		return fail(EXIT_CODE_DEVICE, "%s has a header that cannot be read", s->name);
	f = freshness_new(luks, &s->disk.header, fresh_count_to);
	s->keys = f && freshness_get_keys(f) == 0;
	if (s->keys)
		freshly_judge(f, &s->disk.header, s->node, &s->facts, &s->root, &s->verdict);
	freshness_free(f);
	luks_free(luks);
	return EXIT_CODE_OK;
}

/* --- words --- */

/* In this session nothing is wrong with a disk that is being written to. */
static bool is_current(const struct status *s)
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
	if (str_eq(root->type, "other"))
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
	if (str_eq(root->type, "other"))
		return "older data below a current header after a power cut; older single blocks";
	return "older single blocks below a current header and superblock (btrfs would notice them)";
}

static void show_record(const struct status *s)
{
	const struct fresh_record *r = &s->disk.header.fresh_record;
	char date[FRESH_DATE];

	printf("Record:      no. %llu of %s, %s%s\n", (unsigned long long)r->counter,
	       fresh_date(r->written, date),
	       r->state == FRESH_CLOSED ? "closed" : "open: written while the system runs",
	       r->tags.state == TAGS_TAKEN ? ", with a digest of the integrity tags" : "");
}

static void show_counter(const struct status *s)
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

static void show(const struct status *s)
{
	const struct header *h = &s->disk.header;

	if (h->fresh == FRESH_NONE) {
		printf("%s has no record of freshness: an older copy of the disk would be accepted.\n"
		       "`intact pin --fresh %s` makes one; see intact-fresh(7).\n",
		       s->name, s->name);
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
	if (h->fresh_record.tags.state != TAGS_NONE && taggable_rotates("", s->mapping.node))
		printf("The disk is a rotating one, on which reading all integrity tags takes minutes at "
		       "each shutdown and boot: better run `intact pin --fresh %s` without --tags.\n",
		       s->name);
}

/* --- JSON --- */

static void put_text(const char *key, const char *text, const char *end)
{
	printf("  \"%s\": \"", key);
	for (; *text; text++) {
		if (*text == '\n')
			fputs("\\n", stdout);
		else if (*text == '"' || *text == '\\')
			printf("\\%c", *text);
		else
			putchar(*text);
	}
	printf("\"%s\n", end);
}

static void show_json(const struct status *s)
{
	static const char *const found[] = {
		[FRESH_NONE] = "none", [FRESH_UNREADABLE] = "unreadable", [FRESH_FOUND] = "found"
	};
	static const char *const tags[] = {
		[TAGS_NONE] = "none", [TAGS_WANTED] = "wanted", [TAGS_TAKEN] = "taken"
	};
	const struct header *h = &s->disk.header;
	const struct fresh_record *r = &h->fresh_record;
	cleanup_free char *name = str_printable(xstrdup(s->name));

	puts("{");
	put_text("volume", name, ",");
	put_text("record", found[h->fresh], ",");
	if (h->fresh == FRESH_FOUND) {
		printf("  \"number\": %llu,\n  \"written\": %llu,\n",
		       (unsigned long long)r->counter, (unsigned long long)r->written);
		put_text("state", r->state == FRESH_CLOSED ? "closed" : "open", ",");
		put_text("filesystem", r->root.type, ",");
		put_text("covered", covered(r), ",");
		put_text("not_covered", not_covered(r), ",");
		put_text("tags", tags[r->tags.state], ",");
	}
	if (s->keys && s->facts.counter == FRESH_COUNTER_READ)
		printf("  \"counter\": %llu,\n  \"index\": \"0x%08x\",\n",
		       (unsigned long long)s->facts.count, s->facts.nv);
	put_text("checked", s->keys ? "yes" : "no", ",");
	put_text("reason", s->verdict.outcome == FRESH_STALE ? s->verdict.text : "", ",");
	printf("  \"current\": %s\n}\n", is_current(s) ? "true" : "false");
}

int status_main(int argc, char **argv)
{
	static const struct option options[] = { { "json", no_argument, NULL, 'j' },
						 { "help", no_argument, NULL, 'h' },
						 { 0 } };
	struct status s = { 0 };
	bool json = false;
	enum exit_code code;
	int c;

	optind = 1;
	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (c == 'j') {
			json = true;
			continue;
		}
		usage(c == 'h' ? stdout : stderr);
		return c == 'h' ? EXIT_CODE_OK : EXIT_CODE_GENERAL;
	}
	if (optind != argc - 1) {
		usage(stderr);
		return EXIT_CODE_GENERAL;
	}
	s.name = argv[optind];
	code = gather(&s);
	if (code != EXIT_CODE_OK)
		return (int)code;
	if (json)
		show_json(&s);
	else
		show(&s);
	return s.disk.header.fresh == FRESH_NONE || is_current(&s) ? EXIT_CODE_OK :
								     EXIT_CODE_REFUSED;
}
