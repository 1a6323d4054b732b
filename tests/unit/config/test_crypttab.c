/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/util.h"
#include "config/crypttab.h"
#include "test.h"

/* Entries as <line|name|source|keyfile|options>, errors as !line|word|problem! (problem: its first
 * words). */
static const char *described(const char *text, size_t len)
{
	static char buf[4096];
	struct crypttab tab;

	buf[0] = '\0';
	crypttab_parse(text, len, &tab);
	for (size_t i = 0; i < tab.n_entries; i++)
		str_append(buf, sizeof(buf), "<%u|%s|%s|%s|%s>", tab.entries[i].line,
			   tab.entries[i].name, tab.entries[i].source,
			   tab.entries[i].keyfile ? tab.entries[i].keyfile : "~",
			   tab.entries[i].options);
	for (size_t i = 0; i < tab.n_errors; i++)
		str_append(buf, sizeof(buf), "!%u|%s|%s%s!", tab.errors[i].line, tab.errors[i].word,
			   tab.errors[i].problem, tab.errors[i].ignored ? " (ignored)" : "");
	crypttab_free(&tab);
	return buf;
}

#define NO_DEVICE "has no device: a line is NAME DEVICE [KEYFILE [OPTIONS]]"
#define FIFTH \
	"is a fifth field and is ignored; separate options by commas, without blanks (ignored)"
#define MARK                                                                                \
	"stands after a byte order mark, which other programs read as a part of the line; " \
	"save the file without it (ignored)"
#define BYTES "contains control characters; write the line again"
#define QUOTE "has a quote that is not closed"

TEST(splits)
{
	static const struct {
		const char *text, *expected;
	} rows[] = {
		{ "", "" },
		{ "\n\n", "" },
		{ "\xef\xbb\xbf", "!1||" MARK "!" },
		{ "\xef\xbb\xbf# c\nroot a\r\n", "<2|root|a|~|>!1|# c|" MARK "!" },
		{ "# comment\n   # another\n", "" },
		{ "root UUID=1", "<1|root|UUID=1|~|>" },
		{ "root UUID=1\n", "<1|root|UUID=1|~|>" },
		{ "root\tUUID=1  none luks,discard\n", "<1|root|UUID=1|~|luks,discard>" },
		{ "  root UUID=1 - luks", "<1|root|UUID=1|~|luks>" },
		{ "root UUID=1 /key luks", "<1|root|UUID=1|/key|luks>" },
		{ "root UUID=1 none luks # words\r\n", "<1|root|UUID=1|~|luks>" },
		{ "root#1 /dev/x#y", "<1|root#1|/dev/x#y|~|>" },
		{ "a /dev/1\n\nb /dev/2", "<1|a|/dev/1|~|><3|b|/dev/2|~|>" },
		{ "\"my root\" LABEL=\"my disk\" none luks", "<1|my root|LABEL=my disk|~|luks>" },
		{ "'my root' 'LABEL=a b' '' luks", "<1|my root|LABEL=a b|~|luks>" },
		{ "bob's /dev/disk/by-label/it's", "<1|bob's|/dev/disk/by-label/it's|~|>" },
		{ "my\\040root LABEL=a\\040b", "<1|my root|LABEL=a b|~|>" },
		{ "my\\x20root /dev/disk/by-label/a\\x20b",
		  "<1|my root|/dev/disk/by-label/a\\x20b|~|>" },
		{ "a\\0b\\x0g\\0777 /dev/1", "<1|a\\0b\\x0g\\0777|/dev/1|~|>" },
		{ "a\\x5cx20 /dev/1", "<1|a\\x20|/dev/1|~|>" },
		/* A comma in a value. */
		{ "a b none header=/x\\054y,key-slot=1", "<1|a|b|~|header=/x\037y,key-slot=1>" },
		{ "a b none header=/x\\0054y,q\\,r,s", "<1|a|b|~|header=/x\037y,q\037r,s>" },
		{ "a b none x\\037y", "!1|a b none x\\037y|" BYTES "!" },
		{ "a,b c\\054d /e\\054f", "<1|a,b|c,d|/e,f|>" },
		{ "root", "!1|root|" NO_DEVICE "!" },
		{ "root # UUID=1", "!1|root|" NO_DEVICE "!" },
		{ "a /dev/1\nroot\nb /dev/2\n",
		  "<1|a|/dev/1|~|><3|b|/dev/2|~|>!2|root|" NO_DEVICE "!" },
		{ "root UUID=1 none luks, discard",
		  "<1|root|UUID=1|~|luks,>!1|discard|" FIFTH "!" },
		{ "root \"UUID=1 none", "!1|\"UUID=1 none|" QUOTE "!" },
		{ "root UUID='1", "!1|UUID='1|" QUOTE "!" },
		{ "root UUID=1 none luks \"x",
		  "<1|root|UUID=1|~|luks>!1|\"x|" QUOTE " (ignored)!" },
		{ "a\001b UUID=1\nc /dev/2", "<2|c|/dev/2|~|>!1|a\001b UUID=1|" BYTES "!" },
		{ "a\033[2J UUID=1", "!1|a\033[2J UUID=1|" BYTES "!" },
		/* as an escape, in each field, and those that UTF-8 and Latin-1 have */
		{ "a\\0033c UUID=1", "!1|a\\0033c UUID=1|" BYTES "!" },
		{ "a\\x1bc UUID=1", "!1|a\\x1bc UUID=1|" BYTES "!" },
		{ "a LABEL=\\0033[2J", "!1|a LABEL=\\0033[2J|" BYTES "!" },
		{ "a UUID=1 /k\\0012", "!1|a UUID=1 /k\\0012|" BYTES "!" },
		{ "a UUID=1 /k\\0233", "!1|a UUID=1 /k\\0233|" BYTES "!" },
		{ "a UUID=1 none x\\0302\\0233", "!1|a UUID=1 none x\\0302\\0233|" BYTES "!" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		CHECK_STR(described(rows[i].text, strlen(rows[i].text)), rows[i].expected);
}

/* What of a line has no effect. */
TEST(lost)
{
	static const struct {
		const char *text, *lost;
	} rows[] = {
		{ "a \"b c", "a \"b c" },
		{ "a b c d e f\n", " e f" },
		{ "a b c d \"e f\n", " \"e f" },
		{ "\n a\t\nx", " a\t" },
		{ "a \\0033 x", "a \\0033 x" },
		{ "\xef\xbb\xbf"
		  "a b",
		  "" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct crypttab tab;

		crypttab_parse(rows[i].text, strlen(rows[i].text), &tab);
		CHECK(tab.n_errors > 0);
		CHECK_STR(tab.n_errors ? tab.errors[0].lost : NULL, rows[i].lost);
		crypttab_free(&tab);
	}
}

TEST(takes_any_bytes)
{
	static const char nul[] = "a\0b /dev/1\nc /dev/2\0";
	char big[4096];

	CHECK_STR(described(nul, sizeof(nul) - 1),
		  "!1|a?b /dev/1|" BYTES "!!2|c /dev/2?|" BYTES "!");
	CHECK_STR(described("root UUID=1XYZ", 11),
		  "<1|root|UUID=1|~|>"); /* len counts, not a NUL */
	memset(big, 'x', sizeof(big));
	CHECK_STR(described(big, sizeof(big)),
		  "!1|xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx|" NO_DEVICE
		  "!");
}

TEST(escape_is_the_inverse)
{
	static const char *const fields[] = {
		"root", "a b",		 "\"a\"",    "'",	 "#x",
		"\\",	"\\x20",	 "\\040",    "\xd0\x96", "tab\\",
		"=\"x", "LABEL=\"x y\"", "\xc3\xa9",
	};

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		cleanup_free char *escaped = crypttab_escape(fields[i]);
		cleanup_free char *line = xasprintf("%s %s /k%s %s\n", escaped, escaped, escaped,
						    escaped);
		struct crypttab tab;

		crypttab_parse(line, strlen(line), &tab);
		CHECK_ROW(tab.n_entries == 1 && tab.n_errors == 0, fields[i]);
		if (tab.n_entries == 1) {
			CHECK_STR(tab.entries[0].name, fields[i]);
			CHECK_STR(tab.entries[0].source, fields[i]);
			CHECK_STR(tab.entries[0].keyfile + 2, fields[i]);
			CHECK_STR(tab.entries[0].options, fields[i]);
		}
		crypttab_free(&tab);
	}
}

TEST(comma_in_a_value_is_written_again)
{
	cleanup_free char *escaped = crypttab_escape("header=/x\037\037y,z\\0037");

	CHECK_STR(escaped, "header=/x\\0054\\0054y,z\\01340037");
}

TEST_MAIN(splits, lost, takes_any_bytes, escape_is_the_inverse, comma_in_a_value_is_written_again)
