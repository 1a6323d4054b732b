/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "facts/header.h"
#include "test.h"

#include <errno.h>

TEST(header_kinds)
{
	CHECK_INT(header_kind(&(struct header_reading){ 0 }), HEADER_LUKS2);
	CHECK_INT(header_kind(&(struct header_reading){ .luks1 = true }), HEADER_LUKS1);
	CHECK_INT(header_kind(&(struct header_reading){ .load_err = EINVAL, .read_err = EIO }),
		  HEADER_UNREADABLE);
	CHECK_INT(header_kind(&(struct header_reading){
			  .load_err = EINVAL, .read_err = EIO, .magic = true }),
		  HEADER_UNREADABLE);
	CHECK_INT(header_kind(&(struct header_reading){ .load_err = EINVAL, .magic = true }),
		  HEADER_LUKS2_BROKEN);
	CHECK_INT(header_kind(&(struct header_reading){ .load_err = EINVAL }), HEADER_NOT_LUKS);
}

TEST(authenticates)
{
	CHECK(header_authenticates(&(struct header){ .integrity = "hmac(sha256)" }));
	CHECK(header_authenticates(&(struct header){ .integrity = "aead" }));
	CHECK(!header_authenticates(&(struct header){ .integrity = "none" }));
	CHECK(!header_authenticates(&(struct header){ .integrity = "" }));
}

TEST(uuids)
{
	static const char *const bad[] = {
		"",
		"1a7ac700-0000-4000-8000-00000000000",
		"1a7ac700-0000-4000-8000-0000000000011",
		"1a7ac700-0000-4000-8000-00000000000g",
		"1a7ac700-0000-4000-8000 000000000001",
		"1a7ac700000040008000000000000001",
		"1a7ac700-0000-4000-8000-00000000000\n",
		"../../../../../../../../../../../../",
	};

	CHECK(header_uuid_valid("1a7ac700-0000-4000-8000-000000000001"));
	CHECK(header_uuid_valid("1A7AC700-0000-4000-8000-00000000000F"));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK_ROW(!header_uuid_valid(bad[i]), bad[i]);
}

TEST(reencryption)
{
	CHECK(!header_reencrypting(&(struct header){ .requirement = "" }));
	CHECK(!header_reencrypting(&(struct header){ .requirement = "opal" }));
	CHECK(header_reencrypting(&(struct header){ .requirement = "online-reencrypt-v2" }));
	CHECK(header_reencrypting(&(struct header){ .requirement = "offline-reencrypt" }));
}

TEST_MAIN(uuids, reencryption, header_kinds, authenticates)
