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

TEST_MAIN(header_kinds, authenticates)
