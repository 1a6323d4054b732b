/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Other programs, with a limit. */
#include "system/program.h"

#include "base/util.h"
#include "test.h"

TEST(says_something)
{
	const char *const arguments[PROGRAM_ARGUMENTS_MAX] = { "printf", "%s", "$(id) *" };
	char *text = NULL;

	/* No shell reads it. */
	CHECK_INT(program_output_within(arguments, 600000, 100, &text), 0);
	CHECK_STR(text, "$(id) *");
	free(text);
	CHECK_INT(program_output_within(arguments, 600000, 3, &text), 0);
	CHECK_STR(text, "$(i");
	free(text);
}

TEST(does_not_end)
{
	const char *const arguments[PROGRAM_ARGUMENTS_MAX] = { "sleep", "3600" };
	uint64_t begin = now_ms();
	char *text = NULL;

	CHECK_INT(program_output_within(arguments, 100, 100, &text), -ETIMEDOUT);
	CHECK(now_ms() - begin < 3600000);
	CHECK_STR(text, "");
	free(text);
}

TEST(absent)
{
	const char *const arguments[PROGRAM_ARGUMENTS_MAX] = { "no-such-program" };
	char *text = NULL;

	CHECK_INT(program_output_within(arguments, 600000, 100, &text), 127);
	free(text);
}

TEST_MAIN(says_something, does_not_end, absent)
