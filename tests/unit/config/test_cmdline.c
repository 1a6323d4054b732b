/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/util.h"
#include "config/cmdline.h"
#include "test.h"

/* Parameters joined as <key|value>, "~" for no value. */
static const char *joined(const char *text)
{
	static char buf[1024];
	struct cmdline cmdline;

	buf[0] = '\0';
	cmdline_parse(text, &cmdline);
	for (size_t i = 0; i < cmdline.n_params; i++)
		str_append(buf, sizeof(buf), "<%s|%s>", cmdline.params[i].key,
			   cmdline.params[i].value ? cmdline.params[i].value : "~");
	cmdline_free(&cmdline);
	CHECK(cmdline.n_params == 0 && !cmdline.params);
	return buf;
}

TEST(splits)
{
	static const struct {
		const char *text, *expected;
	} rows[] = {
		{ "", "" },
		{ " \t\n ", "" },
		{ "quiet root=/dev/sda2 ro", "<quiet|~><root|/dev/sda2><ro|~>" },
		{ "  a=1\t b=2 \n", "<a|1><b|2>" },
		{ "a=", "<a|>" },
		{ "a=b=c", "<a|b=c>" },
		{ "=a", "<=a|~>" },
		{ "=a=b", "<=a|b>" },
		{ "a=\"b c\" d", "<a|b c><d|~>" },
		{ "\"a=b c\" d", "<a|b c><d|~>" },
		{ "\"a b\"", "<a b|~>" },
		{ "a=x\"b c\"y", "<a|x\"b c\"y>" },
		{ "cryptdevice=PARTLABEL=\"my disk\":root",
		  "<cryptdevice|PARTLABEL=\"my disk\":root>" },
		{ "a=\"b\":c", "<a|\"b\":c>" },
		{ "a=\"b c\":\"d\"", "<a|\"b c\":\"d\">" },
		{ "a=\"\"", "<a|>" },
		{ "a=\"", "<a|>" },
		{ "\"", "<|~>" },
		{ "\"\"", "<|~>" },
		{ "a=\"open until the end", "<a|open until the end>" },
		{ "a=\"b c", "<a|b c>" },
		{ "a -- b=c", "<a|~>" },
		{ "a --b -- c", "<a|~><--b|~>" },
		{ "--", "" },
		{ "l=\xc3\xa0 x\xa0y", "<l|\xc3\xa0><x\xa0y|~>" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		CHECK_STR(joined(rows[i].text), rows[i].expected);
}

TEST(unquotes)
{
	static const struct {
		const char *text, *expected;
	} rows[] = {
		{ "", "" },
		{ "a", "a" },
		{ "\"a\"=b", "a=b" },
		{ "a='b'", "a=b" },
		{ "\"a'b'\"c", "a'b'c" },
		{ "a=\"b c\",\"d\"", "a=b c,d" },
		{ "John's", "John's" },
		{ "a\"", "a\"" },
		{ "''", "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_free char *value = xstrdup(rows[i].text);

		cmdline_unquote(value);
		CHECK_STR(value, rows[i].expected);
	}
}

TEST(finds)
{
	struct cmdline cmdline;

	cmdline_parse("rootdelay=5 quiet rd.luks.allow_discards root=a root=b", &cmdline);
	CHECK_STR(cmdline_get(&cmdline, "rootdelay"), "5");
	CHECK_STR(cmdline_get(&cmdline, "quiet"), "");
	CHECK_STR(cmdline_get(&cmdline, "root"), "b");
	CHECK_STR(cmdline_get(&cmdline, "rd.luks.allow-discards"), "");
	CHECK(cmdline_get(&cmdline, "roo") == NULL);
	cmdline_free(&cmdline);
}

TEST(keys)
{
	CHECK(cmdline_key_eq("a_b-c", "a-b_c"));
	CHECK(!cmdline_key_eq("a_b", "a_bc"));
	CHECK(!cmdline_key_eq("a_b", "a"));
	CHECK(!cmdline_key_eq("a", "A"));
	CHECK(cmdline_key_eq("", ""));
}

TEST_MAIN(splits, unquotes, finds, keys)
