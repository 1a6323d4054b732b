/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/generator.h"

#include "system/sysroot.h"

static void install(const char *path, const char *script)
{
	char real[512];

	file(path, script);
	in_system(real, path);
	if (chmod(real, 0755) < 0)
		abort();
}

TEST(which_one)
{
	struct generator g = { .line = "untouched" };
	char real[512];

	sysroot_start();
	CHECK_INT(generator_find(top, &g), -ENOENT);
	CHECK_STR(g.line, "untouched");
	install("/usr/bin/mkinitcpio", "");
	CHECK_INT(generator_find(top, &g), 0);
	CHECK_STR(g.line, "mkinitcpio -P");
	install("/sbin/dracut", "");
	CHECK_INT(generator_find(top, &g), 0);
	CHECK_STR(g.line, "dracut -f --regenerate-all");
	install("/usr/sbin/update-initramfs", "");
	CHECK_INT(generator_find(top, &g), 0);
	CHECK_STR(g.line, "update-initramfs -u -k all");
	/* Debian's initramfs-tools was removed, its configuration was not. */
	in_system(real, "/usr/sbin/update-initramfs");
	CHECK_INT(chmod(real, 0644), 0);
	CHECK_INT(generator_find(top, &g), 0);
	CHECK_STR(g.argv[0], "dracut");
}

TEST(how_it_ended)
{
	struct generator g;

	sysroot_start();
	install("/usr/bin/dracut", "#!/bin/sh\n[ \"$*\" = '-f --regenerate-all' ] && exit 3\n");
	CHECK_INT(generator_find(top, &g), 0);
	CHECK_INT(generator_run(&g), 3);
	install("/usr/bin/dracut", "#!/bin/sh\nkill -9 $$\n");
	CHECK_INT(generator_run(&g), 128 + 9);
	install("/usr/bin/dracut", "#!/no/such/shell\n");
	CHECK_INT(generator_run(&g), 127);
}

TEST_MAIN(which_one, how_it_ended)
