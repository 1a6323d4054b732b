/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/util.h"
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
	      "format=2\nvolume=root\noutcome=open\ncode=0\ndevice=/dev/vda2\nuuid=1111-2222\n"
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
	      5,
	      "format=2\nvolume=root\noutcome=failed\ncode=6\nseconds=0.005\nreason=no disk\nnext=code=0\n");
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
	      "format=2\nvolume=r\xc3\xb6?\noutcome=failed\ncode=0\ndevice=/dev/?\nuuid=1 ?\n"
	      "cipher=?[2J\nseconds=0.000\nreason=a?b\n");
}

/* A message's second line is what to do. Steps are read again as they were written; what is no step
 * is left out. */
TEST(steps)
{
	struct steps steps = { 0 }, again = { 0 };
	const struct result r = { .outcome = OUTCOME_FAILED,
				  .code = EXIT_CODE_PASSPHRASE,
				  .name = "root",
				  .node = "",
				  .keyslot = -1,
				  .steps = &steps,
				  .stage = STEP_TRY,
				  .typed = 3,
				  .implementation = "authenc(hmac(sha256-ni),xts-aes-aesni)",
				  .text = "wrong passphrase\nCheck\nCaps Lock" };
	cleanup_free char *text = NULL, *more = NULL;

	steps_begin(&steps, STEP_DISK, STEP_NO_NUMBER, 512, NULL);
	steps_end(&steps, STEP_DISK, STEP_OK, 812, "/dev/vd\na");
	steps_begin(&steps, STEP_TRY, SOURCE_PROMPT, 70000, NULL);
	steps_end(&steps, STEP_TRY, STEP_WRONG, 72005, NULL);
	check(&r, 72010,
	      "format=2\nvolume=root\noutcome=failed\ncode=2\ntyped=3\n"
	      "implementation=authenc(hmac(sha256-ni),xts-aes-aesni)\nseconds=72.010\nstage=try\n"
	      "reason=wrong passphrase\nnext=Check Caps Lock\n"
	      "step=disk 0.512 0.300 ok - /dev/vd a\n"
	      "step=try 70.000 2.005 wrong passphrase\n");
	text = record_format(&r, 0);
	more = xasprintf("step=\n%sstep=try 1.000 1.000 ok nothing\n\nstep=disk", text);
	record_steps(more, &again);
	CHECK(again.n == 2 && again.list[1].t.start == 70000 && again.list[1].t.length == 2005);
	CHECK_STR(again.list[0].text, "/dev/vd a");
}

TEST(other_outcomes)
{
	struct result r = {
		.outcome = OUTCOME_WAS_OPEN, .name = "a", .node = "", .keyslot = -1, .text = ""
	};

	check(&r, 0, "format=2\nvolume=a\noutcome=was-open\ncode=0\nseconds=0.000\n");
	r.outcome = OUTCOME_LEFT;
	check(&r, 0, "format=2\nvolume=a\noutcome=left\ncode=0\nseconds=0.000\n");
}

TEST_MAIN(open_volume, promises, no_disk, hostile_values, steps, other_outcomes)
