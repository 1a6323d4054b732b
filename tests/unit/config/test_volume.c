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
		{ "...", NULL },
		{ "", "is empty" },
		{ "a/b", "contains a '/'" },
		{ "control", "is reserved" },
		{ ".", "is reserved" },
		{ "..", "is reserved" },
		{ "a\tb", "contains a control character" },
		{ "a\x7f", "contains a control character" },
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

TEST_MAIN(names_of_mappings, finds)
