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
		  "W " CMDLINE "rootdelay=x: the value after '=' is not a time such as 90, " },
		{ "rootdelay", "not a time" },
		{ "rd.timeout=soon", "not a time" },
		{ "cryptopts=target=x", "E " CMDLINE "cryptopts=target=x: \"\" is not a device" },
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

/* What lengthens the wait for disks: 0 is no limit to systemd and dracut, and no pause elsewhere.
 */
TEST(waits)
{
	static const struct {
		const char *cmdline;
		uint64_t wait;
	} rows[] = {
		{ "rootdelay=0", DEVICE_WAIT_DEFAULT },
		{ "rd.retry=0", DEVICE_WAIT_DEFAULT },
		{ "rd.retry=300", 300000 },
		{ "rd.timeout=10", DEVICE_WAIT_DEFAULT },
		{ "rd.timeout=0", WAIT_FOREVER },
		{ "systemd.default_device_timeout_sec=2min", 120000 },
		{ "rd.systemd.default_device_timeout_sec=infinity rootdelay=60", WAIT_FOREVER },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		build(OWN, rows[i].cmdline);
		CHECK_ROW(first()->device_wait == rows[i].wait, rows[i].cmdline);
		CHECK_STR(findings(), "");
	}
}

/* The fields are written as in crypttab; GRUB may have doubled the backslashes. */
TEST(escapes)
{
	check_volumes("cryptopts=target=a\\0134,source=LABEL=a\\040b", "a\\=LABEL=a b");
	check_volumes("cryptopts=target=a,source=LABEL=a\\\\040b", "a=LABEL=a b");
	build(NULL, "cryptopts=source=/dev/sda2,key=/a\\054b");
	CHECK_STR(keyfile(first()), "/a,b");
	CHECK_STR(findings(), "");
}

/* Debian's boot scripts then read no crypttab. */
TEST(crypttab_is_replaced)
{
	static const struct {
		const char *cmdline;
		const char *root, *data; /* what switches them off */
	} rows[] = {
		{ "cryptopts=", CMDLINE "cryptopts=", CMDLINE "cryptopts=" },
		{ "cryptopts", CMDLINE "cryptopts", CMDLINE "cryptopts" },
		{ "cryptopts= cryptopts=source=UUID=" U2, NULL, NULL },
		{ "cryptopts=source=UUID=" U2 " cryptopts=", NULL, NULL },
		{ "cryptopts=source=/dev/sda2", NULL, CMDLINE "cryptopts=source=/dev/sda2" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		build(OWN "data UUID=" U2, rows[i].cmdline);
		CHECK_STR(config.volumes[0].off, rows[i].root);
		CHECK_STR(config.volumes[1].off, rows[i].data);
		CHECK(volume_is_required(&config.volumes[0]));
		CHECK_STR(findings(), "");
	}
}

TEST_MAIN(volumes_are_added, mistakes, volumes_are_refined, waits, escapes, crypttab_is_replaced)
