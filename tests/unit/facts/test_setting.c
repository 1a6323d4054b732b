/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "facts/setting.h"

#include "base/util.h"
#include "test.h"

TEST(values)
{
	static const struct {
		const char *text, *value;
	} rows[] = {
		{ "KEYMAP=fr\n", "fr" },
		{ "KEYMAP=fr", "fr" },
		{ "KEYMAP=fr\r\nFONT=x\r\n", "fr" },
		{ "KEYMAP=\"fr\"\n", "fr" },
		{ "KEYMAP='fr latin9'\n", "fr latin9" },
		{ " \tKEYMAP=fr\n", "fr" },
		{ "KEYMAP=fr # as on the keys\n", "fr" },
		{ "KEYMAP=fr; FONT=x\n", "fr" },
		{ "FONT=x\n\nKEYMAP=fr\n", "fr" },
		/* The last one counts, also when it sets nothing. */
		{ "KEYMAP=us\nKEYMAP=fr\n", "fr" },
		{ "KEYMAP=us\nKEYMAP=\n", "" },
		{ "KEYMAP=us\nKEYMAP=\"\"\n", "" },
		/* Not this setting. */
		{ "#KEYMAP=fr\n", NULL },
		{ "KEYMAP_TOGGLE=fr\n", NULL },
		{ "MYKEYMAP=fr\n", NULL },
		{ "KEYMAP =fr\n", NULL },
		{ "KEYMAP\n=fr\n", NULL },
		{ "KEYMAP", NULL },
		{ "", NULL },
		/* A shell computes it. */
		{ "KEYMAP=us\nKEYMAP=$(detect)\n", NULL },
		{ "KEYMAP=\"$OTHER\"\n", NULL },
		{ "KEYMAP=`detect`\n", NULL },
		/* A quote that nobody closed ends with its line. */
		{ "KEYMAP=\"fr\nFONT=\"x\"\n", "fr" },
		/* A quote of the other kind is a part of the value. */
		{ "KEYMAP=\"it's\"\n", "it's" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char *value = setting_value(rows[i].text, "KEYMAP");

		if (rows[i].value)
			CHECK_STR(value ? value : "(null)", rows[i].value);
		else
			CHECK(!value);
		free(value);
	}
}

TEST_MAIN(values)
