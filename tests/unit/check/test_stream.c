/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Archives, zeros and compressed parts, one after the other. */
#include "made.h"

static bool stops;

static const char *stop_early(void *arg)
{
	(void)arg;
	return stops ? "enough" : NULL;
}

TEST(whole_in_any_pieces)
{
	static const size_t pieces[] = { 1, 2, 3, 7, 64, 100000 };

	for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
		piece = pieces[i];
		made_start();
		made_text("kernel/x86/microcode/x.bin", "microcode");
		made_trailer();
		made_bytes("\0\0\0\0\0\0\0\0", 8);
		made_link("bin", "usr/bin");
		made_text("./bin/sh", "shell");
		made_text("etc/intact/crypttab", "a\n");
		made_trailer();
		made_unpack();
		CHECK_INT(image.result.end, STREAM_WHOLE);
		CHECK_INT(image.result.used, 1U << COMPRESSION_NONE);
		CHECK_INT(image.contents.n, 4);
		/* The kernel unpacks through the links that it has made. */
		CHECK(contents_at(&image.contents, "/usr/bin/sh") != NULL);
		CHECK_STR(contents_text(&image.contents, "/etc/intact/crypttab"), "a\n");
		made_forget();
	}
	piece = 1000;
}

TEST(ends)
{
	static const struct {
		const char *what, *tail;
		size_t n, cut;
		enum stream_end end;
	} rows[] = {
		{ "whole", "", 0, 0, STREAM_WHOLE },
		{ "junk", "\1\1\1\1", 4, 0, STREAM_UNKNOWN },
		{ "one byte", "\1", 1, 0, STREAM_UNKNOWN },
		{ "cut in the content", "", 0, 130, STREAM_CUT },
		{ "cut in the header", "", 0, 60, STREAM_CUT },
		{ "no trailer", "", 0, 124, STREAM_CUT },
		{ "bzip2", "BZh9", 4, 0, STREAM_UNKNOWN_COMPRESSION },
		{ "not aligned",
		  "\0"
		  "070701",
		  7, 0, STREAM_UNKNOWN },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		made_start();
		made_text("a", "text of a file");
		made_trailer();
		made_bytes(rows[i].tail, rows[i].n);
		made.n -= rows[i].cut;
		made_unpack();
		CHECK_ROW(image.result.end == rows[i].end, rows[i].what);
		made_forget();
	}
	made_start();
	made_unpack();
	CHECK_INT(image.result.end, STREAM_EMPTY);
	made_forget();
}

TEST(damage)
{
	static const struct {
		const char *what;
		size_t name_size;
		const char *name, *why;
	} rows[] = {
		{ "a megabyte", 1 << 20, "n", "more than 4096 bytes" },
		{ "no name", 0, "", "no name" },
		{ "open", 3, "abcdef", "does not end" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		made_start();
		made_header(S_IFREG, 0, rows[i].name, rows[i].name_size, 1, 1);
		made_trailer();
		made_unpack();
		CHECK_ROW(image.result.end == STREAM_DAMAGED, rows[i].what);
		if (image.result.why)
			CHECK_HAS(image.result.why, rows[i].why);
		made_forget();
	}
}

TEST(lz4)
{
	/* "abc", then 200 bytes of it again, then "x": more than fits in a length of four bits. */
	static const uint8_t frame[] = { 0x02, 0x21, 0x4c, 0x18, 10, 0,	  0,	0,   0x3f,
					 'a',  'b',  'c',  3,	 0,  181, 0x10, 'x', 0 };
	uint8_t to[256] = { 0 };

	(void)frame;
	CHECK_INT(lz4_block(frame + 8, 9, to), 3 + 200 + 1);
	CHECK(memcmp(to, "abcabcabc", 9) == 0 && to[203] == 'x');
	/* Further back than there is anything, and cut off. */
	CHECK_INT(lz4_block((const uint8_t *)"\x1f"
					     "a\x02\0",
			    4, to),
		  -1);
	CHECK_INT(lz4_block((const uint8_t *)"\x1f"
					     "a\x01\0",
			    4, to),
		  -1);
	CHECK_INT(lz4_block((const uint8_t *)"\xf0\xff", 2, to), -1);
	CHECK_INT(lz4_block(to, 0, to), -1);
}

TEST(stopped)
{
	struct stream_source source = { .read = made_read };
	struct stream_result result = { .end = STREAM_WHOLE };

	made_start();
	made_text("a", "b");
	made_trailer();
	made.at = 0;
	contents_init(&image.contents);
	stops = true;
	stream_read(&source, &contents_ops, &image.contents, stop_early, &result);
	CHECK_INT(result.end, STREAM_DAMAGED);
	CHECK_STR(result.why, "enough");
	made_forget();
}

TEST(hard_links)
{
	made_start();
	made_header(S_IFREG | 0755, 0, "init", 5, 2, 9);
	made_header(S_IFREG | 0755, 8, "bin/sh", 7, 2, 9);
	made_bytes("#!/bin/a", 8);
	made_header(S_IFREG | 0755, 0, "other", 6, 2, 10);
	made_trailer();
	/* The same number in another archive is another file. */
	made_header(S_IFREG | 0755, 0, "late", 5, 2, 9);
	made_trailer();
	made_unpack();
	CHECK_STR(contents_text(&image.contents, "/init"), "#!/bin/a");
	CHECK_STR(contents_text(&image.contents, "/late"), "");
	CHECK_STR(contents_text(&image.contents, "/other"), "");
	made_forget();
}

TEST(links)
{
	made_start();
	made_link("a", "b");
	made_link("b", "a");
	made_link("up", "../../../../etc");
	made_link("abs", "/etc/x/../y");
	made_text("etc/intact/y", "there");
	made_link("etc/y", "intact/y");
	made_text("etc/x/z", "");
	made_trailer();
	made_unpack();
	CHECK(!contents_resolve(&image.contents, "/a"));
	CHECK(!contents_resolve(&image.contents, "/a/b/c"));
	CHECK(contents_at(&image.contents, "/a") != NULL);
	CHECK_STR(contents_text(&image.contents, "/abs"), "there");
	CHECK_STR(contents_text(&image.contents, "up/intact/y"), "there");
	made_forget();
}

/* A later file takes the place of an earlier one. */
TEST(replaced)
{
	made_start();
	made_text("etc/intact/crypttab", "old");
	made_trailer();
	made_text("/etc//intact/crypttab", "new");
	made_trailer();
	made_unpack();
	CHECK_INT(image.contents.n, 1);
	CHECK_STR(contents_text(&image.contents, "/etc/intact/crypttab"), "new");
	made_forget();
}

TEST(too_many_files)
{
	char name[16];

	made_start();
	made.data = malloc(CONTENTS_FILES_MAX * 140UL);
	for (unsigned i = 0; i <= CONTENTS_FILES_MAX; i++) {
		static const char header[] =
			"0707010000000100000000000000000000000000000001000000000000000000000000"
			"0000000000000000000000000000000800000000";

		memcpy(made.data + made.n, header, CPIO_HEADER_SIZE);
		snprintf(name, sizeof(name), "%07u", i);
		memcpy(made.data + made.n + CPIO_HEADER_SIZE, name, 8);
		memset(made.data + made.n + CPIO_HEADER_SIZE + 8, 0, 2);
		made.n += 120;
	}
	piece = 100000;
	made_unpack();
	CHECK_INT(image.result.end, STREAM_DAMAGED);
	CHECK(image.contents.n <= CONTENTS_FILES_MAX);
	piece = 1000;
	made_forget();
	made_start();
}

TEST_MAIN(whole_in_any_pieces, ends, damage, lz4, stopped, hard_links, links, replaced,
	  too_many_files)
