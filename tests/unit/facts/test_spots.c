/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What bad places belong to, and how that is said. */
#include "facts/spots.h"

#include "base/util.h"
#include "test.h"

static void add(struct spots *s, uint64_t volume, uint64_t len, enum spot_kind kind,
		const char *name, uint64_t at, uint64_t inode)
{
	spots_add(s, &(struct area){ .volume = volume, .len = len }, kind, name, at, inode);
}

static void check_text(struct spot spot, const char *expected)
{
	cleanup_free char *text = spot_text(&spot);

	CHECK_HAS(text, expected);
	CHECK(!strchr(text, '\n') && !strchr(text, '\033'));
}

TEST(made_longer)
{
	struct spots s = { 0 };

	add(&s, 0, 10, SPOT_FREE, NULL, 0, 0);
	add(&s, 10, 10, SPOT_FREE, NULL, 0, 0);
	add(&s, 30, 10, SPOT_FREE, NULL, 0, 0);
	add(&s, 40, 10, SPOT_FILE, "/a", 100, 7);
	add(&s, 50, 10, SPOT_FILE, "/a", 110, 7);
	/* Another part of the file follows on the disk. */
	add(&s, 60, 10, SPOT_FILE, "/a", 500, 7);
	add(&s, 70, 10, SPOT_FILE, "/b", 510, 7);
	CHECK_INT(s.n, 5);
	CHECK_INT(s.list[0].len, 20);
	CHECK_INT(s.list[2].len, 20);
	CHECK_INT(spots_files(&s), 2);
	spots_free(&s);
}

/* Two names for each block, in turn. */
TEST(several_names)
{
	struct spots s = { 0 };

	for (uint64_t i = 0; i < 100; i++) {
		add(&s, i * 10, 10, SPOT_FILE, "/b", i * 10, 0);
		add(&s, i * 10, 10, SPOT_FILE, "/a", i * 10, 0);
	}
	CHECK_INT(s.n, 2);
	CHECK_INT(s.list[1].len, 1000);
	spots_sort(&s);
	CHECK_STR(s.list[0].name, "/a");
	spots_free(&s);
}

TEST(not_more_than)
{
	struct spots s = { 0 };

	for (uint64_t i = 0; i < SPOTS_MAX; i++)
		add(&s, i * 20, 10, SPOT_FREE, NULL, 0, 0);
	CHECK(!s.more);
	add(&s, 1, 1, SPOT_SWAP, NULL, 0, 0);
	CHECK(s.more && s.n == SPOTS_MAX);
	spots_free(&s);
}

TEST(words)
{
	char package[] = "bash", remedy[] = "apt install --reinstall bash", path[] = "/bin/bash";
	char hostile[] = "/a\n  sector 1\033[2J", process[] = "12 (cat)", why[] = "because";

	for (unsigned i = SPOT_FILE; i <= SPOT_GOOD; i++)
		check_text((struct spot){ .kind = (enum spot_kind)i, .name = hostile }, "");
	check_text((struct spot){ .kind = SPOT_FILE, .name = path, .at = 8192 },
		   "/bin/bash, from byte 8192 on: restore it from a backup");
	check_text(
		(struct spot){
			.kind = SPOT_FILE, .name = path, .package = package, .remedy = remedy },
		"package bash: apt install --reinstall bash");
	check_text((struct spot){ .kind = SPOT_FILE, .name = path, .package = package },
		   "(package bash has the original)");
	check_text((struct spot){ .kind = SPOT_FILE, .name = hostile }, "/a?  sector 1?[2J, from");
	check_text((struct spot){ .kind = SPOT_FOLDER, .name = path }, "the folder /bin/bash");
	check_text((struct spot){ .kind = SPOT_DELETED, .name = process }, "in process 12 (cat)");
	check_text((struct spot){ .kind = SPOT_UNKNOWN, .name = why }, "cannot be told: because");
	check_text((struct spot){ .kind = SPOT_FREE }, "free space");
	check_text((struct spot){ .kind = SPOT_UNMOUNTED }, "but data may be lost there");
	check_text(
		(struct spot){ .kind = SPOT_MIRRORED, .name = path },
		"/bin/bash, from byte 0 on, of which btrfs has another copy: `btrfs scrub start`");
	CHECK_STR(spot_word(SPOT_JOURNAL), "journal");
}

TEST_MAIN(made_longer, several_names, not_more_than, words)
