/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/message.h"
#include "base/util.h"
#include "test.h"

static void check(const char *name, const char *label, const char *text, const char *expected)
{
	cleanup_free char *message = message_format(name, label, text);

	CHECK_STR(message, expected);
}

TEST(form)
{
	check(NULL, NULL, "done", "intact: done\n");
	check("root", NULL, "done", "intact: root: done\n");
	check("root", "error", "first\nsecond\n",
	      "intact: root: error: first\n        second\n        \n");
	check(NULL, "warning", "", "intact: warning: \n");
}

TEST(hostile_bytes)
{
	check("\033c\xc2\x9b", "note", "a\033[2J\rb\x9b\nc\xe2\x80\xae",
	      "intact: ?c?: note: a?[2J?b?\n        c?\n");
	check("k\xc3\xbc"
	      "che",
	      NULL, "\xc3\xbc",
	      "intact: k\xc3\xbc"
	      "che: \xc3\xbc\n");
}

TEST_MAIN(form, hostile_bytes)
