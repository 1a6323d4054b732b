/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/escape.h"
#include "base/util.h"
#include "test.h"

struct row {
	const char *text, *expected;
	int r;
};

static void check_rows(const struct row *rows, size_t n, unsigned forms)
{
	for (size_t i = 0; i < n; i++) {
		cleanup_free char *text = xstrdup(rows[i].text);

		CHECK_ROW(unescape(text, forms) == rows[i].r, rows[i].text);
		CHECK_STR(text, rows[i].expected);
	}
}

/* udev's links: the caller refuses a \x that is no escape. */
TEST(links_of_udev)
{
	static const struct row rows[] = {
		{ "", "", 0 },
		{ "plain", "plain", 0 },
		{ "my\\x20disk", "my disk", 0 },
		{ "\\x2f\\x2F\\x5cx20", "//\\x20", 0 },
		{ "\\xc3\\xa9", "\xc3\xa9", 0 },
		{ "a\\b \\040 \\", "a\\b \\040 \\", 0 },
		{ "a\\x", "a\\x", -EINVAL },
		{ "a\\x2", "a\\x2", -EINVAL },
		{ "\\xzz\\x41", "\\xzzA", -EINVAL },
		{ "a\\x00b", "a\\x00b", -EINVAL },
	};

	check_rows(rows, ARRAY_SIZE(rows), ESCAPE_HEX);
}

/* Names of mappings; libdevmapper escapes no NUL, so one that is there ends the name. */
TEST(names_of_libdevmapper)
{
	static const struct row rows[] = {
		{ "a\\x20b", "a b", 0 },
		{ "a\\x2", "a\\x2", -EINVAL },
		{ "a\\x00b", "a", 0 },
	};

	check_rows(rows, ARRAY_SIZE(rows), ESCAPE_HEX | ESCAPE_NUL);
}

/* mountinfo and swaps */
TEST(paths_of_the_kernel)
{
	static const struct row rows[] = {
		{ "/a\\040b", "/a b", 0 },
		{ "\\134040", "\\040", 0 },
		{ "\\011\\012\\377", "\t\n\xff", 0 },
		{ "\\400\\777", "\\400\\777", 0 },
		{ "\\04\\4 \\048", "\\04\\4 \\048", 0 },
		{ "a\\x20", "a\\x20", 0 },
		{ "a\\000b", "a", 0 },
	};

	check_rows(rows, ARRAY_SIZE(rows), ESCAPE_OCTAL | ESCAPE_NUL);
}

TEST(fields_of_crypttab)
{
	static const struct row either[] = {
		{ "a\\040b", "a b", 0 },
		{ "a\\0040b", "a b", 0 },
		{ "\\07", "\007", 0 },
		{ "\\0377\\01778",
		  "\xff\x7f"
		  "8",
		  0 },
		/* a NUL, and more than a byte holds */
		{ "a\\0b \\00 \\0000", "a\\0b \\00 \\0000", 0 },
		{ "\\0400 \\0777", "\\0400 \\0777", 0 },
		{ "\\1 \\\\ \\", "\\1 \\\\ \\", 0 },
	};
	static const struct row name[] = {
		{ "a\\x20b\\040c", "a b c", 0 },
		{ "\\x5cx20", "\\x20", 0 },
		{ "\\x0g \\x00", "\\x0g \\x00", -EINVAL }, /* the parser lets them stand */
	};
	static const struct row source[] = { { "a\\x20b \\x", "a\\x20b \\x", 0 } };

	check_rows(either, ARRAY_SIZE(either), ESCAPE_ZERO_OCTAL);
	check_rows(either, ARRAY_SIZE(either), ESCAPE_ZERO_OCTAL | ESCAPE_HEX);
	check_rows(name, ARRAY_SIZE(name), ESCAPE_ZERO_OCTAL | ESCAPE_HEX);
	check_rows(source, ARRAY_SIZE(source), ESCAPE_ZERO_OCTAL);
}

TEST(escapes)
{
	static const struct row rows[] = {
		{ "", "", 0 },
		{ "root", "root", 0 },
		{ "a b\t", "a\\0040b\\0011", 0 },
		{ "\\x20 \x7f", "\\0134x20\\0040\\0177", 0 },
		{ "#\"'", "\\0043\"'", 0 },
		{ "\xc3\xa9", "\xc3\xa9", 0 },
		/* what a terminal would obey, as a byte and as a character */
		{ "\x9b"
		  "2J\xc2\x9b",
		  "\\02332J\\0302\\0233", 0 },
		{ "\xe2\x80\xae", "\\0342\\0200\\0256", 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_free char *text = escape(rows[i].text, "#");

		CHECK_STR(text, rows[i].expected);
		CHECK_INT(unescape(text, ESCAPE_ZERO_OCTAL), 0);
		CHECK_STR(text, rows[i].text);
	}
}

TEST(untrusted_text)
{
	static const struct {
		const char *text, *line, *lines;
	} rows[] = {
		{ "", "", "" },
		{ "a\033[2Jb\n\x7f~", "a?[2Jb??~", "a?[2Jb\n?~" },
		{ "caf\xc3\xa9 \xd0\x96 \xe5\xae\x89 \xe2\x80\xa6",
		  "caf\xc3\xa9 \xd0\x96 \xe5\xae\x89 \xe2\x80\xa6",
		  "caf\xc3\xa9 \xd0\x96 \xe5\xae\x89 \xe2\x80\xa6" },
		/* C1: the bytes, and U+0080, U+009B, U+009F; U+00A0 has no glyph */
		{ "\x80\x9b\x9f\xa0", "????", "????" },
		{ "\xc2\x80\xc2\x9b\xc2\x9f\xc2\xa0\xc2\xad\xc2\xa1", "?????\xc2\xa1",
		  "?????\xc2\xa1" },
		/* U+202E, U+2066, U+200F, U+061C, U+FEFF, U+2028, U+E0041 */
		{ "\xe2\x80\xae\xe2\x81\xa6\xe2\x80\x8f\xd8\x9c\xef\xbb\xbf\xe2\x80\xa8\xf3\xa0\x81\x81",
		  "???????", "???????" },
		/* a longer form of '/', of ESC; a surrogate; above U+10FFFF; cut short */
		{ "\xc0\xaf\xe0\x80\x9b\xed\xa0\x80", "????????", "????????" },
		{ "\xf4\x90\x80\x80\xff\xfe", "??????", "??????" },
		{ "x\xc3", "x?", "x?" },
		{ "\xe2\x82(\xe2\x82", "?\?(??", "?\?(??" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_free char *line = xstrdup(rows[i].text), *lines = xstrdup(rows[i].text);

		CHECK_STR(str_printable(line), rows[i].line);
		CHECK_STR(str_printable_lines(lines), rows[i].lines);
	}
}

TEST(control_characters)
{
	static const char *const has[] = { "\n",   "a\t",      "\x1b",	   "\x7f",
					   "\x9b", "\xc2\x9b", "\xe2\x82", "\xc3\x9b\x9b" };
	static const char *const none[] = { "",		"a b~",	   "\xc3\xa9", "\xd8\xa7",
					    "\xc2\xa0", "caf\xe9", "\xc3\x9b" };

	for (size_t i = 0; i < ARRAY_SIZE(has); i++)
		CHECK_ROW(str_has_control(has[i]), has[i]);
	for (size_t i = 0; i < ARRAY_SIZE(none); i++)
		CHECK_ROW(!str_has_control(none[i]), none[i]);
}

TEST(words_of_a_shell)
{
	static const struct {
		const char *text, *word;
	} rows[] = {
		{ "", "''" },
		{ "/boot/initrd.img-6.1.0-9_a+b:c@d%e", "/boot/initrd.img-6.1.0-9_a+b:c@d%e" },
		{ "a b", "'a b'" },
		{ "$(id);`x`|&<>", "'$(id);`x`|&<>'" },
		{ "it's", "'it'\\''s'" },
		{ "'", "''\\'''" },
		{ "~x", "'~x'" },
		{ "a*", "'a*'" },
		{ "=x", "'=x'" },
		{ "\xc3\xa9", "'\xc3\xa9'" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_free char *word = shell_word(rows[i].text);

		CHECK_STR(word, rows[i].word);
	}
}

TEST_MAIN(links_of_udev, names_of_libdevmapper, paths_of_the_kernel, fields_of_crypttab, escapes,
	  untrusted_text, control_characters, words_of_a_shell)
