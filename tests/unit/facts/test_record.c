/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "facts/record.h"
#include "test.h"

#include <stdlib.h>

static void check(const struct result *r, uint64_t now_ms, const char *expected)
{
	char *text = record_format(r, now_ms);

	CHECK_STR(text, expected);
	free(text);
}

TEST(open_volume)
{
	const struct header h = { .uuid = "1111-2222",
				  .integrity = "hmac(sha256)",
				  .dm_cipher = "capi:authenc(hmac(sha256),xts(aes))-plain64",
				  .sector_size = 4096,
				  .tag_size = 32,
				  .key_digest = "sha256:12" };

	check(&(struct result){ .outcome = OUTCOME_OPEN,
				.code = EXIT_CODE_OK,
				.name = "root",
				.node = "/dev/vda2",
				.header = &h,
				.keyslot = 0,
				.text = "",
				.unpinned = true },
	      12034,
	      "volume=root\noutcome=open\ncode=0\ndevice=/dev/vda2\nuuid=1111-2222\n"
	      "integrity=hmac(sha256)\ncipher=capi:authenc(hmac(sha256),xts(aes))-plain64\n"
	      "sector_size=4096\ntag_size=32\nvolume_key=sha256:12\npinned=no\n"
	      "keyslot=0\nseconds=12.034\n");
}

/* What the image demanded is kept for the next image. */
TEST(promises)
{
	const struct result r = { .outcome = OUTCOME_FAILED,
				  .name = "data",
				  .node = "/dev/vdb",
				  .keyslot = -1,
				  .promised = "x-intact.integrity,x-intact.sector-size=512",
				  .text = "promised=nothing" };
	char *text = record_format(&r, 0), *value = record_value(text, "promised"),
	     *none = record_value(text, "nonsense"), *last = record_value("a=1\n\nb=2", "b");

	CHECK_STR(value, "x-intact.integrity,x-intact.sector-size=512");
	CHECK_STR(none, "");
	CHECK_STR(last, "2");
	free(text), free(value), free(none), free(last);
}

/* What is not known is left out; a reason of two lines stays one value. */
TEST(no_disk)
{
	check(&(struct result){ .outcome = OUTCOME_FAILED,
				.code = EXIT_CODE_TIMEOUT,
				.name = "root",
				.node = "",
				.keyslot = -1,
				.text = "no disk\ncode=0" },
	      5, "volume=root\noutcome=failed\ncode=6\nseconds=0.005\nreason=no disk code=0\n");
}

/* Neither a line of its own, nor anything that a terminal obeys when the file is read. */
TEST(hostile_values)
{
	const struct header h = { .uuid = "1\n\xc2\x9b", .dm_cipher = "\033[2J" };

	check(&(struct result){ .outcome = OUTCOME_FAILED,
				.name = "r\xc3\xb6\xe2\x80\xae",
				.node = "/dev/\x9b",
				.header = &h,
				.keyslot = -1,
				.text = "a\rb" },
	      0,
	      "volume=r\xc3\xb6?\noutcome=failed\ncode=0\ndevice=/dev/?\nuuid=1 ?\n"
	      "cipher=?[2J\nseconds=0.000\nreason=a?b\n");
}

TEST(other_outcomes)
{
	struct result r = {
		.outcome = OUTCOME_WAS_OPEN, .name = "a", .node = "", .keyslot = -1, .text = ""
	};

	check(&r, 0, "volume=a\noutcome=was-open\ncode=0\nseconds=0.000\n");
	r.outcome = OUTCOME_LEFT;
	check(&r, 0, "volume=a\noutcome=left\ncode=0\nseconds=0.000\n");
}

TEST_MAIN(open_volume, promises, no_disk, hostile_values, other_outcomes)
