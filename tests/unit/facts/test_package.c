/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What package managers say about a file. */
#include "facts/package.h"

#include "base/util.h"
#include "test.h"

TEST(pattern)
{
	static const char *const rows[][2] = {
		{ "/usr/bin/cat", "/usr/bin/cat" },
		{ "/usr/bin/[", "/usr/bin/\\[" },
		{ "/a*b?c\\d]", "/a\\*b\\?c\\\\d\\]" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_free char *got = package_dpkg_pattern(rows[i][0]);

		CHECK_STR(got, rows[i][1]);
	}
}

TEST(dpkg)
{
	static const struct {
		const char *path, *output, *name; /* NULL: none */
	} rows[] = {
		{ "/bin/cat", "coreutils: /bin/cat\n", "coreutils" },
		{ "/bin/[", "coreutils: /bin/[", "coreutils" },
		{ "/doc", "libc6:amd64, libc6:i386: /doc\n", "libc6:amd64" },
		{ "/bin/sh",
		  "diversion by dash from: /bin/sh\ndiversion by dash to: /bin/sh.distrib\n"
		  "dash: /bin/sh\n",
		  "dash" },
		{ "/bin/sh", "local diversion from: /bin/sh\n", NULL },
		{ "/bin/cat", "coreutils: /usr/bin/cat\n", NULL },
		{ "/bin/cat", "coreutils: /bin/cat2\n", NULL },
		{ "/bin/cat", "x: /y\n: /bin/cat\n", NULL },
		{ "/bin/cat", "$(reboot): /bin/cat\n", NULL },
		{ "/bin/cat", "-x: /bin/cat\n", NULL },
		{ "/bin/cat", "", NULL },
		/* A name of a file that looks like an answer. */
		{ "/a: /b", "evil: /a: /b\n", "evil" },
		{ "/b", "evil: /a: /b\n", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char name[PACKAGE_NAME_MAX] = "";
		bool found = package_from_dpkg(rows[i].output, rows[i].path, name);

		CHECK_ROW(found == (rows[i].name != NULL), rows[i].output);
		CHECK_STR(name, rows[i].name ? rows[i].name : "");
	}
}

TEST(lines)
{
	static const char *const rows[][2] = {
		{ "bash\n", "bash" },
		{ "perl-base\nperl\n", "perl-base" },
		{ "file /x is not owned by any package\n", "" },
		{ "error: No package owns /x\n", "" },
		{ "\n\n", "" },
		{ "a;reboot\n", "" },
	};
	char longest[300], name[PACKAGE_NAME_MAX] = "";

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		name[0] = '\0';
		(void)package_from_lines(rows[i][0], name);
		CHECK_STR(name, rows[i][1]);
	}
	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	CHECK(!package_from_lines(longest, name));
}

TEST_MAIN(pattern, dpkg, lines)
