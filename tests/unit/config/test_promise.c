/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/promise.h"

#include "test.h"

static const struct volume pinned = {
	.expect = EXPECT_NAMED,
	.integrity = (char[]){ "hmac(sha256)" },
	.pins = { .encryption = "xchacha20,aes-adiantum-plain64",
		  .sector_size = 4096,
		  .key_size = 64,
		  .key_digest = "sha256:ab",
		  .fresh = FRESH_DEMAND_REQUIRE,
		  .fresh_tags = true },
};

TEST(options_of_a_volume)
{
	const struct volume any = { .expect = EXPECT_ANY }, nothing = { 0 };
	cleanup_free char *all = promise_options(&pinned), *one = promise_options(&any),
			  *none = promise_options(&nothing);

	CHECK_STR(all,
		  "x-intact.integrity=hmac(sha256),"
		  "x-intact.cipher=xchacha20+aes-adiantum-plain64,x-intact.sector-size=4096,"
		  "x-intact.key-size=64,x-intact.volume-key=sha256:ab,x-intact.fresh=require+tags");
	CHECK_STR(one, "x-intact.integrity");
	CHECK_STR(none, "");
}

/* A header is compared with a promise in the words of the option. */
TEST(facts_of_a_header)
{
	const struct header h = { .encryption = "xchacha20,aes-adiantum-plain64",
				  .integrity = "hmac(sha256)",
				  .sector_size = 4096,
				  .key_size = 64,
				  .key_digest = "sha256:ab",
				  .fresh = FRESH_FOUND,
				  .fresh_record = { .tags = { .state = TAGS_WANTED } } };
	const struct header unread = { 0 };
	char a[PROMISE_MAX], b[PROMISE_MAX];

	for (enum promise p = 0; p < PROMISES; p++) {
		promise_of_header(&h, p, a);
		promise_of_volume(&pinned, p, b);
		CHECK(*a);
		CHECK_STR(a, b);
		promise_of_header(&unread, p, a);
		CHECK_STR(a, "");
	}
}

TEST_MAIN(options_of_a_volume, facts_of_a_header)
