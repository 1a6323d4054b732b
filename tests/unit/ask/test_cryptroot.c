/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of Debian's remote unlock.
 */
#include "ask/cryptroot.h"

#include "base/util.h"
#include "test.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

struct image {
	char root[64], path[96];
	struct cryptroot *table;
};

static struct image image_new(const char *content)
{
	struct image i = { .root = "/tmp/intact-test.XXXXXX" };
	cleanup_free char *make = NULL;

	CHECK(mkdtemp(i.root) != NULL);
	make = xasprintf("mkdir -p %s/lib/cryptsetup %s/cryptroot", i.root, i.root);
	CHECK(system(make) == 0);
	snprintf(i.path, sizeof(i.path), "%s/cryptroot/crypttab", i.root);
	if (content) {
		/* As old as an image. */
		const struct timespec old[2] = { { .tv_sec = 1000 }, { .tv_sec = 1000 } };
		FILE *f = fopen(i.path, "w");

		CHECK(f && fputs(content, f) >= 0 && fclose(f) == 0);
		CHECK(utimensat(AT_FDCWD, i.path, old, 0) == 0);
	}
	i.table = cryptroot_new(i.root);
	return i;
}

static void image_free(struct image *i)
{
	cleanup_free char *clear = xasprintf("rm -r %s", i->root);

	cryptroot_free(i->table);
	CHECK(system(clear) == 0);
}

static bool holds(const struct image *i, const char *expected)
{
	cleanup_free char *text = NULL;

	return read_file(i->path, 4096, &text, NULL) == 0 && str_eq(text, expected);
}

/* What cryptroot-unlock asks: is the table older than the first process? */
static bool too_early(const struct image *i)
{
	cleanup_free char *command = xasprintf("[ ! -f %s ] || [ %s -ot /proc/1 ]", i->path,
					       i->path);

	return system(command) == 0;
}

TEST(debian_has_the_volume)
{
	static const char before[] =
		"# a comment\nroot\tUUID=1 none luks\nother UUID=2 /key luks\n";
	struct image i = image_new(before);

	CHECK(too_early(&i));
	cryptroot_add(i.table, "root");
	CHECK(holds(&i, before));
	CHECK(!too_early(&i));
	cryptroot_add(i.table, "other");
	cryptroot_remove(i.table, "root");
	cryptroot_remove(i.table, "nobody");
	CHECK(holds(&i, before));
	image_free(&i);
}

TEST(only_ours)
{
	/* A name that begins with ours is another volume, and the last line has no end. */
	static const char before[] = "root2 UUID=1 none luks\nsecond-swap UUID=2 none luks";
	struct image i = image_new(before);
	cleanup_free char *late = xasprintf("echo late UUID=3 none luks >>%s", i.path);

	cryptroot_add(i.table, "root");
	CHECK(holds(&i, "root2 UUID=1 none luks\nsecond-swap UUID=2 none luks\n"
			"root none none luks\n"));
	CHECK(!too_early(&i));
	cryptroot_add(i.table, "a b\\c#");
	CHECK(holds(&i, "root2 UUID=1 none luks\nsecond-swap UUID=2 none luks\n"
			"root none none luks\na\\0040b\\0134c\\0043 none none luks\n"));
	/* Another program adds a line meanwhile. */
	CHECK(system(late) == 0);
	cryptroot_remove(i.table, "root");
	CHECK(holds(&i, "root2 UUID=1 none luks\nsecond-swap UUID=2 none luks\n"
			"a\\0040b\\0134c\\0043 none none luks\nlate UUID=3 none luks\n"));
	i.table = cryptroot_free(i.table);
	CHECK(holds(&i, "root2 UUID=1 none luks\nsecond-swap UUID=2 none luks\n"
			"late UUID=3 none luks\n"));
	image_free(&i);
}

TEST(no_table_in_the_image)
{
	struct image i = image_new(NULL);

	CHECK(too_early(&i));
	cryptroot_add(i.table, "root");
	CHECK(holds(&i, "root none none luks\n"));
	CHECK(!too_early(&i));
	i.table = cryptroot_free(i.table);
	CHECK(holds(&i, ""));
	image_free(&i);
}

/* Not an image of Debian's: nothing is made. And what cannot be written to is left alone. */
TEST(other_images)
{
	struct image i = image_new(NULL);
	cleanup_free char *folder = xasprintf("rmdir %s/lib/cryptsetup", i.root);
	cleanup_free char *odd = xasprintf("mkdir -p %s/lib/cryptsetup %s", i.root, i.path);

	CHECK(system(folder) == 0);
	cryptroot_add(i.table, "root");
	CHECK(access(i.path, F_OK) < 0);
	CHECK(system(odd) == 0);
	cryptroot_add(i.table, "root");
	cryptroot_remove(i.table, "root");
	image_free(&i);
	CHECK(cryptroot_free(NULL) == NULL);
}

TEST_MAIN(debian_has_the_volume, only_ours, no_table_in_the_image, other_images)
