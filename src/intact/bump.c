/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "intact/bump.h"

#include "base/exitcode.h"
#include "base/util.h"
#include "intact/closing.h"
#include "intact/freshly.h"
#include "system/block.h"
#include "system/kmsg.h"
#include "system/mounts.h"
#include "system/stack.h"

#include <getopt.h>
#include <stdio.h>
#include <strings.h>
#include <time.h>

static void usage(FILE *file)
{
	fputs("Usage: intact bump [OPTION]\n"
	      "Counts on for every open volume whose header has a freshness record: from now on,\n"
	      "copies of the disk that were made before are refused.\n"
	      "\n"
	      "  --closed   the system ends: leaves out volumes that are mounted for writing, and\n"
	      "             records that the others do not change any more\n"
	      "  --help     show this text\n"
	      "\n"
	      "Exit status: 0 all were counted, or there is none; 1 one was not, see the messages.\n",
	      file);
}

/* At the end of a system nobody reads standard error: the kernel's log may be kept. */
static void say(const char *name, const char *text)
{
	cleanup_free char *line = xasprintf("%s: %s", name, text);

	fprintf(stderr, "intact: %s\n", line);
	kmsg_write(5, line);
}

/* --- the tags --- */

/* A person waits for the machine to switch itself off: when is it said what it still does, and how
 * often? */
#define TELL_MS 1000
#define TELL_AGAIN_MS 5000

struct telling {
	const char *name;
	uint64_t at;
};

static void read_so_far(void *arg, uint64_t done, uint64_t total)
{
	struct telling *telling = arg;
	cleanup_free char *text = NULL;
	char size[32];

	if (now_ms() < telling->at)
		return;
	telling->at = now_ms() + TELL_AGAIN_MS;
	text = xasprintf("the digest of its integrity tags is being made: %llu %% of %s are read",
			 (unsigned long long)(done / (total / 100 + 1)), format_bytes(total, size));
	say(telling->name, text);
}

/* systemd gives its programs 90 seconds for the end of the system, all together. */
#define TAGS_MS 75000

/* --- what is written to --- */

/* Is the volume with this UUID below a file system that is mounted for writing? */
struct search {
	const char *uuid;
	bool found;
};

static void look_at(void *arg, const struct mount *mount)
{
	struct search *search = arg;

	for (size_t i = 0; i < mount->n_devices; i++) {
		struct stack stack = { 0 };

		stack_walk("", mount->devices[i], &stack);
		for (size_t j = 0; j < stack.n_mappings; j++)
			search->found |= strcasecmp(stack.mappings[j].uuid, search->uuid) == 0;
		stack_free(&stack);
	}
}

static bool is_written_to(const char *uuid)
{
	struct search search = { .uuid = uuid };

	return mounts_writable("", look_at, &search) < 0 || search.found;
}

/* --- one volume --- */

/* One bump, and the state that it leaves. */
struct bumping {
	enum fresh_state state;
	uint64_t until; /* with FRESH_CLOSED: by when the integrity tags must be read */
};

static void take_tags(const struct stack_mapping *m, const struct header *h,
		      const struct fsroot *root, const char *node, uint64_t until,
		      struct tags *tags)
{
	struct telling telling = { m->name, now_ms() + TELL_MS };
	const struct tags_watch watch = { read_so_far, &telling };
	char buf[160];
	const char *why = closing_tags(m, h, root, node, until, &watch, tags, buf, sizeof(buf));
	cleanup_free char *text = NULL;

	if (!why)
		return;
	text = xasprintf(
		"the digest of its integrity tags is not made, because %s: the next boot will "
		"not notice older single blocks",
		why);
	say(m->name, text);
}

/* The sums of the tags take most of a record's room; the digest alone can do without. */
static int bump_record(struct freshness *f, struct fresh_facts *facts, enum fresh_state state,
		       const struct fsroot *root)
{
	const struct fresh_record before = facts->record;
	int r = fresh_bump(&freshness_ops, f, &facts->record, facts->count, state, root,
			   (uint64_t)time(NULL));

	if (r != -ENOSPC || before.tags.digits == 0)
		return r;
	facts->record = before;
	facts->record.tags.digits = 0;
	facts->record.tags.first = 0;
	memset(facts->record.tags.sums, 0, sizeof(facts->record.tags.sums));
	return fresh_bump(&freshness_ops, f, &facts->record, facts->count, state, root,
			  (uint64_t)time(NULL));
}

static int count_on(struct freshness *f, const struct header *h, const char *node,
		    const struct bumping *b, const struct stack_mapping *m)
{
	const char *name = m->name;
	struct fresh_facts facts;
	struct fresh_verdict verdict;
	struct fsroot root;
	int r;

	freshly_judge(f, h, node, &facts, &root, &verdict);
	if (verdict.outcome == FRESH_STALE) {
		say(name, verdict.text);
		return -ESTALE;
	}
	if (b->state == FRESH_CLOSED && facts.record.tags.state != TAGS_NONE)
		take_tags(m, h, &root, node, b->until, &facts.record.tags);
	r = bump_record(f, &facts, b->state, &root);
	if (r < 0) {
		cleanup_free char *text = xasprintf("the disk was not counted on: %s",
						    freshly_why(f, r));

		say(name, text);
	}
	return r;
}

/* 0, also for a volume that has no record; or a negative errno. */
static int bump(const struct stack_mapping *m, const struct bumping *b)
{
	char device[BLOCK_NAME_MAX], header[64], node[64];
	struct fresh_devices devices;
	struct luks *luks = NULL;
	struct disk disk = { 0 };
	struct freshness *f;
	int r = 0;

	/* A copy of the disk that is open beside it has the same UUID. */
	if (freshness_kept_devices(m->uuid, &devices) < 0 || !freshly_is_on(m, devices.data) ||
	    !freshly_node(m, node) || block_by_number("", devices.header, device) < 0 ||
	    !block_node(device, header))
		return 0;
	if (b->state == FRESH_CLOSED && is_written_to(m->uuid)) {
		say(m->name, "is still mounted for writing: the next boot will say that it was not "
			     "shut down cleanly");
		return -EBUSY;
	}
	luks_read_header(header, NULL, NULL, &disk, &luks);
	if (!luks || strcasecmp(disk.header.uuid, m->uuid) != 0) {
		say(m->name, "its header cannot be read");
		luks_free(luks);
		return -EIO;
	}
	f = freshness_new(luks, &disk.header, fresh_count_to);
	if (f && disk.header.fresh != FRESH_NONE && freshness_get_keys(f) == 0)
		r = count_on(f, &disk.header, node, b, m);
	freshness_free(f);
	luks_free(luks);
	return r;
}

int bump_main(int argc, char **argv)
{
	static const struct option options[] = { { "closed", no_argument, NULL, 'c' },
						 { "help", no_argument, NULL, 'h' },
						 { 0 } };
	struct bumping b = { .state = FRESH_OPEN, .until = now_ms() + TAGS_MS };
	struct stack stack = { 0 };
	int c, code = EXIT_CODE_OK;

	optind = 1;
	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (c == 'c') {
			b.state = FRESH_CLOSED;
			continue;
		}
		usage(c == 'h' ? stdout : stderr);
		return c == 'h' ? EXIT_CODE_OK : EXIT_CODE_GENERAL;
	}
	if (optind != argc) {
		usage(stderr);
		return EXIT_CODE_GENERAL;
	}
	secrets_leave_no_core();
	stack_walk_all("", &stack);
	for (size_t i = 0; i < stack.n_mappings; i++)
		if (bump(&stack.mappings[i], &b) < 0)
			code = EXIT_CODE_GENERAL;
	stack_free(&stack);
	return code;
}
