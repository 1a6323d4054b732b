/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/util.h"
#include "facts/passwords.h"
#include "test.h"

#include <stdio.h>

#define BYTES(text) (const unsigned char *)(text), sizeof(text) - 1

static const char *split(const unsigned char *list, size_t size)
{
	static char buf[256];
	const unsigned char *p;
	size_t at = 0, len;

	buf[0] = '\0';
	while ((p = passwords_next(list, size, &at, &len)))
		str_append(buf, sizeof(buf), "<%.*s>", (int)len, (const char *)p);
	CHECK(passwords_next(list, size, &at, &len) == NULL);
	return buf;
}

TEST(lists)
{
	CHECK_STR(split(BYTES("")), "");
	CHECK_STR(split(BYTES("a")), "<a>");
	CHECK_STR(split(BYTES("a\0")), "<a>");
	CHECK_STR(split(BYTES("a\0bc")), "<a><bc>");
	CHECK_STR(split(BYTES("a\0bc\0")), "<a><bc>");
	CHECK_STR(split(BYTES("\0\0a\0\0\0b")), "<a><b>");
	CHECK_STR(split(BYTES("\0\0\0")), "");
}

TEST(members)
{
	CHECK(passwords_have(BYTES("a\0bc"), BYTES("a")));
	CHECK(passwords_have(BYTES("a\0bc"), BYTES("bc")));
	CHECK(!passwords_have(BYTES("a\0bc"), BYTES("b")));
	CHECK(!passwords_have(BYTES("a\0bc"), BYTES("bcd")));
	CHECK(!passwords_have(BYTES("a\0bc"), BYTES("")));
	CHECK(!passwords_have(BYTES(""), BYTES("a")));
}

TEST_MAIN(lists, members)
