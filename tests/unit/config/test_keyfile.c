/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "built.h"
#include "config/keyfile.h"

TEST(key_files)
{
	build("root UUID=" U1 " /key:UUID=" U2 " x-intact.integrity", NULL);
	CHECK(first()->keyfile == NULL);
	CHECK_STR(findings(), "W " LINE1 "key file \"/key:UUID=" U2
			      "\" of root is on another disk, which is not "
			      "supported yet; the passphrase is asked for instead.");
	build("root UUID=" U1 " /key:/dev/sdb1 x-intact.integrity", NULL);
	CHECK_HAS(findings(), "W " LINE1 "key file");
	build("root UUID=" U1 " secret x-intact.integrity", NULL);
	CHECK(first()->keyfile == NULL);
	CHECK_STR(findings(),
		  "W " LINE1
		  "key file \"secret\" of root is not an absolute path; the passphrase is "
		  "asked for instead.");
	build("root UUID=" U1, "rd.luks.key=" U1 "=/k\xc2\x9b");
	CHECK(first()->keyfile == NULL);
	CHECK_HAS(findings(), "key file \"/k?\" of root has control characters in its name");
	build("root UUID=" U1 " /a:b", NULL);
	CHECK_STR(first()->keyfile, "/a:b");
	CHECK_STR(findings(), "");
}

TEST(random_keys)
{
	CHECK(keyfile_is_random("/dev/urandom"));
	CHECK(keyfile_is_random("/dev/random"));
	CHECK(keyfile_is_random("/dev/hwrng"));
	CHECK(keyfile_is_random("/dev/hw_random"));
	CHECK(!keyfile_is_random("/dev/urandom2"));
	CHECK(!keyfile_is_random("/key"));
	CHECK(!keyfile_is_random(NULL));
}

TEST_MAIN(key_files, random_keys)
