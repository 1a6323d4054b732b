/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is kept of a scrub. */
#include "base/util.h"
#include "facts/scrub_state.h"
#include "test.h"

static const struct scrub_run one = { .offset = 4096, .len = 4096 };

TEST(what_is_written_is_read)
{
	struct scrub_state s = { .size = 1 << 30,
				 .position = 123456,
				 .begun = 1795651200,
				 .last = 1795600000,
				 .last_bad = 8192,
				 .more = 512 };
	struct scrub_state read = { 0 };
	cleanup_free char *text = NULL;

	scrub_state_add(&s, &one);
	scrub_state_add(&s, &(struct scrub_run){ .offset = 1 << 20, .len = 512, .medium = true });
	text = scrub_state_write(&s);
	CHECK(scrub_state_read(text, &read));
	CHECK(read.size == s.size && read.position == s.position && read.begun == s.begun);
	CHECK(read.last == s.last && read.last_bad == s.last_bad && read.more == s.more);
	CHECK_INT(read.n_runs, 2);
	for (size_t i = 0; i < 2; i++)
		CHECK(read.runs[i].offset == s.runs[i].offset &&
		      read.runs[i].len == s.runs[i].len && read.runs[i].medium == s.runs[i].medium);
	CHECK_INT(scrub_state_bad(&read), 4096 + 512 + 512);
	free(s.runs);
	free(read.runs);
}

TEST(neighbours_become_one)
{
	struct scrub_state s = { .size = 1 << 30 };

	scrub_state_add(&s, &one);
	scrub_state_add(&s, &(struct scrub_run){ .offset = 8192, .len = 4096 });
	CHECK_INT(s.n_runs, 1);
	CHECK_INT(s.runs[0].len, 8192);
	/* of another kind */
	scrub_state_add(&s, &(struct scrub_run){ .offset = 12288, .len = 4096, .medium = true });
	CHECK_INT(s.n_runs, 2);
	free(s.runs);
}

/* What an earlier scrub that was killed has found is found again beyond its position. */
TEST(cut)
{
	struct scrub_state s = { .size = 1 << 30 };
	static const struct scrub_run runs[] = {
		{ .offset = 40960, .len = 8192 },
		{ .offset = 4096, .len = 4096 },
		{ .offset = 0, .len = 512, .medium = true },
		{ .offset = 6144, .len = 4096 },
		{ .offset = 4096, .len = 4096 },
		{ .offset = 81920, .len = 4096 },
	};

	scrub_state_cut(&s, 4096);
	CHECK_INT(s.n_runs, 0);
	for (size_t i = 0; i < ARRAY_SIZE(runs); i++)
		scrub_state_add(&s, &runs[i]);
	scrub_state_cut(&s, 45056);
	CHECK_INT(s.n_runs, 3);
	CHECK(s.runs[0].offset == 0 && s.runs[0].len == 512 && s.runs[0].medium);
	CHECK(s.runs[1].offset == 4096 && s.runs[1].len == 6144 && !s.runs[1].medium);
	CHECK(s.runs[2].offset == 40960 && s.runs[2].len == 4096);
	scrub_state_cut(&s, 0);
	CHECK_INT(s.n_runs, 0);
	free(s.runs);
}

TEST(too_many_are_counted)
{
	struct scrub_state s = { .size = 1ULL << 40 }, read;
	cleanup_free char *text = NULL;

	for (uint64_t i = 0; i < SCRUB_RUNS_MAX + 10; i++)
		scrub_state_add(&s, &(struct scrub_run){ .offset = i * 8192, .len = 4096 });
	CHECK_INT(s.n_runs, SCRUB_RUNS_MAX);
	CHECK_INT(s.more, 10 * 4096);
	text = scrub_state_write(&s);
	CHECK(strlen(text) < SCRUB_STATE_MAX);
	CHECK(scrub_state_read(text, &read));
	CHECK_INT(read.n_runs, SCRUB_RUNS_MAX);
	free(s.runs);
	free(read.runs);
}

TEST(other_texts)
{
	static const char *const texts[] = {
		"",
		"size=1\n",
		"intact-scrub=2\nsize=1\n",
		"intact-scrub=1\nsize\n",
		"intact-scrub=1\nsize=-1\n",
		"intact-scrub=1\nsize=99999999999999999999\n",
		"intact-scrub=1\ncolour=1\n",
		"intact-scrub=1\nsize=1\nposition=2\n",
		"intact-scrub=1\nsize=8192\nbad=4096 8192 integrity\n",
		"intact-scrub=1\nsize=8192\nbad=4096 0 integrity\n",
		"intact-scrub=1\nsize=8192\nbad=4096 4096\n",
		"intact-scrub=1\nsize=8192\nbad=4096 4096 moon\n",
		"intact-scrub=1\nsize=8192\nbad=4096 4096 medium more\n",
	};
	struct scrub_state s;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		CHECK_ROW(!scrub_state_read(texts[i], &s), texts[i]);
	CHECK(scrub_state_read("intact-scrub=1\nsize=8192\nbad=4096 4096 medium\n", &s));
	free(s.runs);
}

TEST_MAIN(what_is_written_is_read, neighbours_become_one, cut, too_many_are_counted, other_texts)
