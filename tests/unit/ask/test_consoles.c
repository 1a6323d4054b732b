/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which consoles the kernel has.
 */
#include "ask/consoles.h"
#include "base/util.h"
#include "test.h"

static const char *list(const char *text)
{
	static char joined[1024];
	char names[CONSOLES_MAX][CONSOLE_NAME_MAX];
	size_t n = consoles_parse(text, names);

	joined[0] = '\0';
	for (size_t i = 0; i < n; i++)
		str_append(joined, sizeof(joined), "%s,", names[i]);
	return joined;
}

TEST(consoles_of_the_kernel)
{
	char many[200] = "";

	CHECK_STR(list(""), "");
	CHECK_STR(list("\n"), "");
	CHECK_STR(list("tty0"), "tty0,");
	CHECK_STR(list("tty0 ttyS0 hvc0\n"), "tty0,ttyS0,hvc0,");
	CHECK_STR(list("  ttyAMA0   tty0 ttyAMA0 "), "ttyAMA0,tty0,");
	/* Nothing but a node of /dev. */
	CHECK_STR(list("../etc/passwd tty0 /dev/sda . .. tty\033"), "tty0,");
	CHECK_STR(list("a-name-that-is-longer-than-any-is tty1"), "tty1,");
	for (int i = 0; i < 20; i++)
		str_append(many, sizeof(many), "ttyS%d ", i);
	CHECK_STR(list(many), "ttyS0,ttyS1,ttyS2,ttyS3,ttyS4,ttyS5,ttyS6,ttyS7,ttyS8,ttyS9,ttyS10,"
			      "ttyS11,ttyS12,ttyS13,ttyS14,ttyS15,");
}

TEST_MAIN(consoles_of_the_kernel)
