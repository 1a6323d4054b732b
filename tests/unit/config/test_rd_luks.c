/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "built.h"

#define OWN "root UUID=" U1 " none x-intact.integrity=aead,tries=5\n"

TEST(switched_off)
{
	static const struct {
		const char *cmdline;
		bool disabled;
	} rows[] = {
		{ "rd.luks=0", true }, { "luks=no", true },    { "rd.luks=no rd.luks=yes", false },
		{ "rd.luks", false },  { "rd.luks=1", false }, { "rd.luks=x", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		build(NULL, rows[i].cmdline);
		CHECK_ROW(config.disabled == rows[i].disabled, rows[i].cmdline);
	}
	CHECK_STR(findings(),
		  "W " CMDLINE "rd.luks=x: the value must be yes or no; the parameter is ignored.");
}

TEST(volumes_are_added)
{
	static const struct {
		const char *cmdline, *volumes;
	} rows[] = {
		{ "rd.luks.uuid=" U1, "luks-" U1 "=UUID=" U1 },
		{ "luks.uuid=luks-" U1 " rd.luks.uuid=" U1, "luks-" U1 "=UUID=" U1 },
		{ "rd.luks.name=" U1 "=root", "root=UUID=" U1 },
		{ "rd.luks.name=" U1 "=root rd.luks.uuid=" U1, "root=UUID=" U1 },
		{ "rd.luks.uuid=" U1 " rd.luks.uuid=" U2,
		  "luks-" U1 "=UUID=" U1 " luks-" U2 "=UUID=" U2 },
		{ "rd.luks.partuuid=abcd-02", "luks-abcd-02=PARTUUID=abcd-02" },
		{ "rd.luks.name=abcd-02=root rd.luks.partuuid=abcd-02", "root=PARTUUID=abcd-02" },
		{ "rd.luks.serial=S1", "luks-S1=SERIAL=S1" },
		{ "rd.luks.uuid=keysource:" U1, "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check_volumes(rows[i].cmdline, rows[i].volumes);
}

TEST(mistakes)
{
	static const struct {
		const char *parameter, *finding;
	} rows[] = {
		{ "rd.luks.uuid=foo",
		  "E " CMDLINE "rd.luks.uuid=foo: \"foo\" is not a complete UUID as blkid "
		  "shows it; the parameter is ignored." },
		{ "rd.luks.uuid", "E " CMDLINE "rd.luks.uuid: \"\" is not a complete UUID" },
		{ "rd.luks.uuid=1111", "\"1111\" is not a complete UUID" },
		{ "rd.luks.name=root",
		  "E " CMDLINE
		  "rd.luks.name=root: the value must be UUID=NAME, with the complete UUID as blkid "
		  "shows it; the parameter is ignored." },
		{ "rd.luks.name=x=root",
		  CMDLINE "rd.luks.name=x=root: the value must be UUID=NAME" },
		{ "rd.luks.name=" U2 "=a/b",
		  "the name \"a/b\" contains a '/'; the parameter is ignored." },
		{ "rd.luks.name=" U2 "=", "the name \"\" is empty; the parameter is ignored." },
		{ "rd.luks.name=" U2 "=root",
		  "E " CMDLINE "rd.luks.name=" U2 "=root: the name \"root\" is already used by "
		  "/etc/intact/crypttab line 1; the parameter is ignored." },
		{ "rd.luks.partuuid=",
		  "E " CMDLINE
		  "rd.luks.partuuid=: the value \"\" is empty; the parameter is ignored." },
		{ "rd.luks.serial=a/b", "\"a/b\" contains a '/'" },
		{ "rd.luks.options=" U2 "=tries=1",
		  "W " CMDLINE "rd.luks.options=" U2 "=tries=1: no volume with this UUID is "
		  "configured; the parameter is ignored." },
		{ "rd.luks.options=" U1 "=tries=x",
		  "W " CMDLINE "rd.luks.options=" U1
		  "=tries=x: option \"tries=x\" of root is ignored: "
		  "the value after '=' is not a whole number." },
		{ "rd.luks.timeout=x",
		  "W " CMDLINE "rd.luks.timeout=x: the value after '=' is not a time such as 90" },
		{ "rd.luks.allow-discards=" U2, "no volume with this UUID" },
		{ "rd.luks.allow-discards",
		  "W " CMDLINE
		  "rd.luks.allow-discards: option \"allow-discards\" of root is dropped" },
		{ "rd.luks.data=" U1 "=/dev/sdb",
		  "W " CMDLINE "rd.luks.data=" U1
		  "=/dev/sdb: not supported yet; the parameter is ignored." },
		{ "rd.luks.key=" U1 "=/key:/dev/sdb",
		  "is on another disk, which is not supported yet" },
		{ "rd.luks.uuid=\033[2J",
		  CMDLINE "rd.luks.uuid=?[2J: \"?[2J\" is not a complete UUID" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check_mistake(rows[i].parameter, rows[i].finding);
}

TEST(volumes_are_refined)
{
	build(OWN,
	      "rd.luks.options=" U1 "=tries=1,headless rd.luks.options=tries=2 rd.luks.uuid=" U2);
	CHECK_STR(volumes(), "root=UUID=" U1 " luks-" U2 "=UUID=" U2);
	CHECK_INT(config.volumes[0].tries, 1);
	CHECK(config.volumes[0].headless);
	CHECK_INT(config.volumes[1].tries, 2);
	CHECK(!config.volumes[1].headless);

	build(OWN, "rd.luks.name=" U1 "=crypt");
	CHECK_STR(volumes(), "crypt=UUID=" U1);
	CHECK(first()->expect == EXPECT_NAMED);

	build("root UUID=" U1 "\nhome UUID=" U2 "\n", "rd.luks.name=" U1 "=home rd.luks.uuid=" U2);
	CHECK_STR(volumes(), "root=UUID=" U1 " home=UUID=" U2);
	CHECK_STR(findings(),
		  "W " CMDLINE "rd.luks.name=" U1 "=home: the name \"home\" is already used by "
		  "/etc/intact/crypttab line 2; the name \"root\" is kept.");

	build(OWN, "rd.luks.timeout=30");
	CHECK_INT(first()->prompt_wait, 30000);
	build(OWN, "luks.timeout=0");
	CHECK(first()->prompt_wait == WAIT_FOREVER);

	build(OWN, "rd.luks.key=" U1 "=/key");
	CHECK_STR(first()->keyfile, "/key");
	build(OWN, "rd.luks.key=/key rd.luks.uuid=" U2);
	CHECK(first()->keyfile == NULL);
	CHECK_STR(config.volumes[1].keyfile, "/key");
}

TEST_MAIN(switched_off, volumes_are_added, mistakes, volumes_are_refined)
