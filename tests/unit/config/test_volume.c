/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "built.h"

TEST(names_of_mappings)
{
	static const struct {
		const char *name, *problem;
	} rows[] = {
		{ "root", NULL },
		{ "luks-" U1, NULL },
		{ "a b\xc3\xa9", NULL },
		{ "controls", NULL },
		{ "root_dif", NULL },
		{ "", "is empty" },
		{ "a/b", "contains a '/'" },
		{ "control", "is reserved" },
		{ ".", "begins with a '.'" },
		{ "..", "begins with a '.'" },
		{ ".early", "begins with a '.'" },
		{ "...", "begins with a '.'" },
		{ "a\tb", "contains a control character" },
		{ "a\x7f", "contains a control character" },
		{ "a\xc2\x9b", "contains a control character" },
		{ "a\x9b", "contains a control character" },
	};
	char name[125];

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		CHECK_STR(config_name_problem(rows[i].name), rows[i].problem);

	memset(name, 'n', sizeof(name));
	name[124] = '\0';
	CHECK_STR(config_name_problem(name), "is longer than 123 bytes");
	name[123] = '\0';
	CHECK_STR(config_name_problem(name), NULL);
}

static struct volume *find(enum devref_kind kind, const char *value)
{
	struct devref ref = { .kind = kind };

	CHECK(str_copy(ref.value, sizeof(ref.value), value));
	return config_find_source(&config, &ref);
}

TEST(finds)
{
	build("a UUID=abcd\nb LABEL=Disk\nc /dev/sda2\nd PARTUUID=AB-01", NULL);
	CHECK_INT(config.n_volumes, 4);
	CHECK(find(DEVREF_UUID, "ABCD") == &config.volumes[0]);
	CHECK(find(DEVREF_UUID, "abc") == NULL);
	CHECK(find(DEVREF_PARTUUID, "abcd") == NULL);
	CHECK(find(DEVREF_LABEL, "Disk") == &config.volumes[1]);
	CHECK(find(DEVREF_LABEL, "disk") == NULL);
	CHECK(find(DEVREF_PATH, "/dev/sda2") == &config.volumes[2]);
	CHECK(find(DEVREF_PATH, "/dev/SDA2") == NULL);
	CHECK(find(DEVREF_PARTUUID, "ab-01") == &config.volumes[3]);
	CHECK(config_find_name(&config, "b") == &config.volumes[1]);
	CHECK(config_find_name(&config, "B") == NULL);
	config_free(&config);
	CHECK(config_find_name(&config, "b") == NULL);
}

/* Each volume has two mappings, NAME and NAME_dif. */
TEST(names_that_clash)
{
	static const char tab[] = "root UUID=" U1 " none x-intact.integrity\n";

	build("root UUID=" U1 "\nroot_dif UUID=" U2 "\nroot_dif_dif UUID=" U3, NULL);
	CHECK_STR(volumes(), "root=UUID=" U1 " root_dif_dif=UUID=" U3);
	CHECK_STR(findings(),
		  "E /etc/intact/crypttab line 2: the name \"root_dif\" clashes with "
		  "\"root\" of /etc/intact/crypttab line 1: NAME_dif is the lower mapping "
		  "of NAME. This line is ignored; give the volume another name.");
	build("root_dif UUID=" U1 "\nroot UUID=" U2, NULL);
	CHECK_STR(volumes(), "root_dif=UUID=" U1);
	build(tab, "rd.luks.name=" U2 "=root_dif");
	CHECK_STR(volumes(), "root=UUID=" U1);
	build(tab, "cryptdevice=/dev/vdb:root_dif");
	CHECK_STR(volumes(), "root=UUID=" U1);
	build("root UUID=" U1 " none x-intact.integrity\nhome UUID=" U2,
	      "rd.luks.name=" U2 "=root_dif");
	CHECK_STR(volumes(), "root=UUID=" U1 " home=UUID=" U2);
	build("luks-" U2 "_dif UUID=" U1, "rd.luks.uuid=" U2);
	CHECK_STR(volumes(), "");
	build("luks-" U2 "_dif UUID=" U1 " none x-intact.integrity", "rd.luks.uuid=" U2);
	CHECK_STR(volumes(), "luks-" U2 "_dif=UUID=" U1);
	config_free(&config);
}

TEST_MAIN(names_of_mappings, finds, names_that_clash)
