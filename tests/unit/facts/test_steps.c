/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "facts/steps.h"

#include "base/util.h"
#include "test.h"

static void check(const char *value, const char *expected)
{
	struct step step;
	cleanup_free char *text = NULL;

	if (step_parse(value, &step))
		text = step_format(&step);
	CHECK_STR(text ? text : "(none)", expected);
}

static void same(const char *value)
{
	check(value, value);
}

TEST(lines)
{
	same("disk 0.512 0.300 ok - /dev/vda2");
	same("try 4.922 1.951 no-key tpm2 token 1: the TPM does not answer");
	same("try 4.922 1.951 wrong passphrase");
	same("keyslot 4.922 1.950 stopped 31");
	same("prompt 999999999999.999 4294967.295 runs -");
	check("disk 0.512 0.300 ok -  two", "disk 0.512 0.300 ok -  two");
}

TEST(no_lines)
{
	static const char *const wrong[] = {
		"",
		"disk",
		"disk 0.512",
		"disk 0.512 0.300",
		"disk 0.512 0.300 ok",
		" 0.512 0.300 ok -",
		"disc 0.512 0.300 ok -",
		"disk 0.5 0.300 ok -",
		"disk 0.5120 0.300 ok -",
		"disk .512 0.300 ok -",
		"disk -0.512 0.300 ok -",
		"disk 0512 0.300 ok -",
		"disk 1234567890123.000 0.300 ok -",
		"disk 0.512 4294967.296 ok -",
		"disk 0.512 0.300 good -",
		"disk 0.512 0.300  -",
		"try 0.512 0.300 ok -",
		"try 0.512 0.300 ok 3",
		"keyslot 0.512 0.300 ok 100",
		"keyslot 0.512 0.300 ok 1x",
		"keyslot 0.512 0.300 ok -1",
	};

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		check(wrong[i], "(none)");
}

/* A text is cut, never the step. */
TEST(long_text)
{
	cleanup_free char *text = xcalloc(1, 400), *value = NULL;
	struct step step;

	memset(text, 'x', 399);
	value = xasprintf("disk 0.512 0.300 ok - %s", text);
	CHECK(step_parse(value, &step) && strlen(step.text) == STEP_TEXT - 1);
}

/* The beginning and the end stay. */
TEST(bounded)
{
	struct steps s = { 0 };

	for (unsigned i = 0; i < 3 * STEPS_MAX; i++) {
		steps_begin(&s, STEP_PROMPT, STEP_NO_NUMBER, i, NULL);
		steps_end(&s, STEP_PROMPT, STEP_OK, i, NULL);
	}
	CHECK(s.n == STEPS_MAX && s.lost == 2 * STEPS_MAX);
	CHECK(s.list[0].t.start == 0 && s.list[STEPS_MAX - 1].t.start == 3 * STEPS_MAX - 1);
}

/* What a worker measured is put where it began; a clock never runs backwards. */
TEST(order)
{
	struct timings timings = { 0 };
	struct steps s = { 0 };

	timings_add(NULL, STEP_KEYSLOT, 0, STEP_OK, 0, 0);
	timings_add(&timings, STEP_KEYSLOT, 3, STEP_WRONG, 20, 30);
	timings_add(&timings, STEP_MAPPING, STEP_NO_NUMBER, STEP_OK, 35, 30);
	steps_begin(&s, STEP_TRY, SOURCE_PROMPT, 10, NULL);
	steps_begin(&s, STEP_CHECK, STEP_NO_NUMBER, 40, NULL);
	steps_take(&s, &timings);
	steps_end_all(&s, STEP_FAILED, 50);
	CHECK(s.n == 4 && s.list[1].t.kind == STEP_KEYSLOT && s.list[2].t.length == 0);
	CHECK(s.list[0].t.length == 40 && s.list[3].t.end == STEP_FAILED);
	CHECK(!steps_running(&s, STEP_TRY));
	for (unsigned i = 0; i < 2 * TIMINGS_MAX; i++)
		timings_add(&timings, STEP_KEYSLOT, 0, STEP_OK, 0, 0);
	CHECK(timings.n == TIMINGS_MAX);
}

TEST_MAIN(lines, no_lines, long_text, bounded, order)
