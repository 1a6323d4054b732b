/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "built.h"

#define OWN "root UUID=" U1 " none x-intact.integrity=aead,tries=5\n"

TEST(volumes_are_added)
{
	static const struct {
		const char *cmdline, *volumes;
	} rows[] = {
		{ "cryptopts=target=crypt,source=UUID=" U1 ",luks", "crypt=UUID=" U1 },
		{ "cryptopts=source=/dev/sda2", "cryptroot=/dev/sda2" },
		{ "cryptopts=target=a,source=/dev/a cryptopts=target=b,source=/dev/b",
		  "a=/dev/a b=/dev/b" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check_volumes(rows[i].cmdline, rows[i].volumes);
}

TEST(mistakes)
{
	static const struct {
		const char *parameter, *finding;
	} rows[] = {
		{ "rootdelay=x",
		  "W " CMDLINE "rootdelay=x: the value after '=' is not a number of seconds" },
		{ "rootdelay", "not a number of seconds" },
		{ "cryptopts=target=x", "E " CMDLINE "cryptopts=target=x: \"\" is not a device" },
		{ "cryptopts", "is not a device" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check_mistake(rows[i].parameter, rows[i].finding);
}

TEST(volumes_are_refined)
{
	build(NULL, "cryptopts=target=r,source=/dev/sda2,key=/key,tries=1");
	CHECK_STR(keyfile(first()), "/key");
	CHECK_INT(first()->tries, 1);
	build(NULL, "cryptopts=target=r,source=/dev/sda2,key=none");
	CHECK(first()->keyfile == NULL);

	build(OWN, "rootdelay=120");
	CHECK_INT(first()->device_wait, 120000);
	build(OWN, "rootdelay=1"); /* never shorter */
	CHECK_INT(first()->device_wait, DEVICE_WAIT_DEFAULT);
}

TEST_MAIN(volumes_are_added, mistakes, volumes_are_refined)
