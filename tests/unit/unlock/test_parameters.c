/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unlock/parameters.h"

#include "base/util.h"
#include "test.h"

static char root[] = "/tmp/intact-parameters.XXXXXX";

static void put(const char *path, const char *text)
{
	cleanup_free char *full = xasprintf("%s%s", root, path);
	FILE *file;

	CHECK_INT(make_parent_dirs(full, 0755), 0);
	file = fopen(full, "we");
	CHECK(file != NULL);
	if (file) {
		fputs(text, file);
		fclose(file);
	}
}

static void check(const char *expected)
{
	cleanup_free char *text = parameters_read(root);

	CHECK_STR(text, expected);
}

/* In the order of dracut's getarg, but the kernel's come last; no line runs into the next. */
TEST(files)
{
	cleanup_free char *command = NULL;

	CHECK(mkdtemp(root) != NULL);
	check("");
	put("/proc/cmdline", "quiet\n");
	check("quiet\n\n");
	put("/etc/cmdline.d/20-crypt.conf", "rd.luks.uuid=luks-1\n");
	put("/etc/cmdline.d/01-default.conf", "rd.luks.key=/k");
	put("/etc/cmdline.d/01-default.conf~", "old");
	put("/etc/cmdline", "tries");
	put("/run/initramfs/cmdline.d/x.conf", "x");
	check("rd.luks.key=/k\nrd.luks.uuid=luks-1\n\ntries\nx\nquiet\n\n");

	command = xasprintf("rm -r %s", root);
	CHECK_INT(system(command), 0);
}

TEST_MAIN(files)
