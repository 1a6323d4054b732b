/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "intact/bump.h"

#include "base/exitcode.h"
#include "base/util.h"
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

static int count_on(struct freshness *f, const struct header *h, const char *node,
		    enum fresh_state state, const char *name)
{
	struct fresh_facts facts;
	struct fresh_verdict verdict;
	struct fsroot root;
	int r;

	freshly_judge(f, h, node, &facts, &root, &verdict);
	if (verdict.outcome == FRESH_STALE) {
		say(name, verdict.text);
		return -ESTALE;
	}
	r = fresh_bump(&freshness_ops, f, &facts.record, facts.count, state, &root,
		       (uint64_t)time(NULL));
	if (r < 0) {
		cleanup_free char *text = xasprintf("the disk was not counted on: %s",
						    freshly_why(f, r));

		say(name, text);
	}
	return r;
}

/* 0, also for a volume that has no record; or a negative errno. */
static int bump(const struct stack_mapping *m, enum fresh_state state)
{
	char number[32], device[BLOCK_NAME_MAX], header[64], node[64];
	struct luks *luks = NULL;
	struct disk disk = { 0 };
	struct freshness *f;
	int r = 0;

	if (freshness_kept_header(m->uuid, number) < 0 || !freshly_mapping(m->uuid, node) ||
	    block_by_number("", number, device) < 0 || !block_node(device, header))
		return 0;
	if (state == FRESH_CLOSED && is_written_to(m->uuid)) {
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
		r = count_on(f, &disk.header, node, state, m->name);
	freshness_free(f);
	luks_free(luks);
	return r;
}

int bump_main(int argc, char **argv)
{
	static const struct option options[] = { { "closed", no_argument, NULL, 'c' },
						 { "help", no_argument, NULL, 'h' },
						 { 0 } };
	enum fresh_state state = FRESH_OPEN;
	struct stack stack = { 0 };
	int c, code = EXIT_CODE_OK;

	optind = 1;
	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (c == 'c') {
			state = FRESH_CLOSED;
			continue;
		}
		usage(c == 'h' ? stdout : stderr);
		return c == 'h' ? EXIT_CODE_OK : EXIT_CODE_GENERAL;
	}
	if (optind != argc) {
		usage(stderr);
		return EXIT_CODE_GENERAL;
	}
	stack_walk_all("", &stack);
	for (size_t i = 0; i < stack.n_mappings; i++)
		if (bump(&stack.mappings[i], state) < 0)
			code = EXIT_CODE_GENERAL;
	stack_free(&stack);
	return code;
}
