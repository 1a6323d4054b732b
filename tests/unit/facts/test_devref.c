/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/util.h"
#include "facts/devref.h"
#include "test.h"

TEST(parses)
{
	static const struct {
		const char *text;
		int r;
		enum devref_kind kind;
		const char *value;
		const char *again; /* NULL: as text */
	} rows[] = {
		{ "UUID=abc", 0, DEVREF_UUID, "abc", NULL },
		{ "uuid=abc", 0, DEVREF_UUID, "abc", "UUID=abc" },
		{ "UUID=\"abc\"", 0, DEVREF_UUID, "abc", "UUID=abc" },
		{ "UUID='abc'", 0, DEVREF_UUID, "abc", "UUID=abc" },
		{ "LABEL=my disk", 0, DEVREF_LABEL, "my disk", NULL },
		{ "LABEL=\"'x'\"", 0, DEVREF_LABEL, "'x'", NULL },
		{ "LABEL=\"", 0, DEVREF_LABEL, "\"", NULL },
		{ "LABEL=\"a'", 0, DEVREF_LABEL, "\"a'", NULL },
		{ "PARTUUID=1-2", 0, DEVREF_PARTUUID, "1-2", NULL },
		{ "PARTLABEL=a=b:c", 0, DEVREF_PARTLABEL, "a=b:c", NULL },
		{ "SERIAL=S1", 0, DEVREF_SERIAL, "S1", NULL },
		{ "/dev/disk/by-uuid/AB-CD", 0, DEVREF_UUID, "AB-CD", "UUID=AB-CD" },
		{ "/dev/disk/by-label/my\\x20disk", 0, DEVREF_LABEL, "my disk", "LABEL=my disk" },
		{ "/dev/disk/by-label/a\\x2fb", 0, DEVREF_LABEL, "a/b", "LABEL=a/b" },
		{ "/dev/disk/by-label/a\\b", 0, DEVREF_LABEL, "a\\b", "LABEL=a\\b" },
		{ "/dev/disk/by-partuuid/1", 0, DEVREF_PARTUUID, "1", "PARTUUID=1" },
		{ "/dev/disk/by-partlabel/root", 0, DEVREF_PARTLABEL, "root", "PARTLABEL=root" },
		{ "/dev/disk/by-id/usb-Foo-0:0", 0, DEVREF_PATH, "/dev/disk/by-id/usb-Foo-0:0",
		  NULL },
		{ "ID=usb-Foo-0:0", 0, DEVREF_PATH, "/dev/disk/by-id/usb-Foo-0:0",
		  "/dev/disk/by-id/usb-Foo-0:0" },
		{ "ID=", -EINVAL, 0, NULL, NULL },
		{ "ID=../../sda", -EINVAL, 0, NULL, NULL },
		{ "/dev/vda2", 0, DEVREF_PATH, "/dev/vda2", NULL },
		{ "/dev/mapper/vg-root", 0, DEVREF_PATH, "/dev/mapper/vg-root", NULL },
		{ "", -EINVAL, 0, NULL, NULL },
		{ "vda2", -EINVAL, 0, NULL, NULL },
		{ "none", -EINVAL, 0, NULL, NULL },
		{ "UUID=", -EINVAL, 0, NULL, NULL },
		{ "UUID=\"\"", -EINVAL, 0, NULL, NULL },
		{ "UUID", -EINVAL, 0, NULL, NULL },
		{ "FOO=bar", -EINVAL, 0, NULL, NULL },
		{ "/dev/disk/by-uuid/", -EINVAL, 0, NULL, NULL },
		{ "/dev/disk/by-label/a\\x", -EINVAL, 0, NULL, NULL },
		{ "/dev/disk/by-label/a\\x2", -EINVAL, 0, NULL, NULL },
		{ "/dev/disk/by-label/a\\xzz", -EINVAL, 0, NULL, NULL },
		{ "/dev/disk/by-label/a\\x00b", -EINVAL, 0, NULL, NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct devref ref = { .kind = DEVREF_NONE, .value = "untouched" };
		char buf[300];

		CHECK_ROW(devref_parse(rows[i].text, &ref) == rows[i].r, rows[i].text);
		if (rows[i].r < 0) {
			CHECK_ROW(str_eq(ref.value, "untouched"), rows[i].text);
			continue;
		}
		CHECK_ROW(ref.kind == rows[i].kind, rows[i].text);
		CHECK_STR(ref.value, rows[i].value);
		CHECK_STR(devref_format(&ref, buf, sizeof(buf)),
			  rows[i].again ? rows[i].again : rows[i].text);
	}
}

TEST(too_long)
{
	struct devref ref;
	char text[300] = "UUID=";

	memset(text + 5, 'a', 255);
	text[260] = '\0';
	CHECK_INT(devref_parse(text, &ref), 0);
	text[260] = 'a';
	text[261] = '\0';
	CHECK_INT(devref_parse(text, &ref), -ENAMETOOLONG);
	memset(text, '/', 256);
	text[256] = '\0';
	CHECK_INT(devref_parse(text, &ref), -ENAMETOOLONG);
}

TEST(format_is_cut)
{
	struct devref ref = { .kind = DEVREF_UUID, .value = "0123456789" };
	char buf[8];

	CHECK_STR(devref_format(&ref, buf, sizeof(buf)), "UUID=01");
}

TEST(matches)
{
	static const struct device dev = {
		.devno = 42,
		.node = "/dev/vda2",
		.uuid = "0123abcd-0000-0000-0000-00000000000f",
		.label = "Root Disk",
		.partuuid = "DEADBEEF-02",
		.partlabel = "system",
		.serial = "S1",
	};
	static const struct device empty = { .devno = 43, .node = "/dev/vdb" };
	static const struct {
		const char *text;
		dev_t resolved;
		bool matches;
	} rows[] = {
		{ "UUID=0123ABCD-0000-0000-0000-00000000000F", 0, true },
		{ "UUID=0123abcd", 0, false },
		{ "LABEL=Root Disk", 0, true },
		{ "LABEL=root disk", 0, false },
		{ "PARTUUID=deadbeef-02", 0, true },
		{ "PARTLABEL=system", 0, true },
		{ "PARTLABEL=System", 0, false },
		{ "SERIAL=S1", 0, true },
		{ "/dev/vda2", 0, true },
		{ "/dev/vda", 0, false },
		{ "/dev/disk/by-id/foo", 42, true },
		{ "/dev/disk/by-id/foo", 43, false },
		{ "/dev/disk/by-id/foo", 0, false },
		{ "UUID=ffff", 42, false },
	};
	struct devref ref = { .kind = DEVREF_NONE };

	CHECK(!devref_matches(&ref, &dev, 42));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CHECK(devref_parse(rows[i].text, &ref) == 0);
		CHECK_ROW(devref_matches(&ref, &dev, rows[i].resolved) == rows[i].matches,
			  rows[i].text);
		CHECK_ROW(!devref_matches(&ref, &empty, 0), rows[i].text);
	}
}

TEST(control_characters)
{
	struct devref ref;

	CHECK_INT(devref_parse("LABEL=a\033[2J", &ref), -EINVAL);
	CHECK_INT(devref_parse("LABEL=a\nb", &ref), -EINVAL);
	CHECK_INT(devref_parse("/dev/a\xc2\x9b", &ref), -EINVAL);
	CHECK_INT(devref_parse("/dev/disk/by-label/a\\x1b", &ref), -EINVAL);
	CHECK_INT(devref_parse("LABEL=k\xc3\xbc"
			       "che",
			       &ref),
		  0);
}

TEST(numbered)
{
	static const struct {
		const char *text;
		bool numbered;
	} rows[] = {
		{ "/dev/sda2", true },
		{ "/dev/vdb", true },
		{ "/dev/nvme0n1p2", true },
		{ "/dev/loop0", true },
		{ "/dev/dm-0", true },
		{ "/dev/md0", false }, /* in the superblock of the array */
		{ "/dev/mapper/vg-root", false },
		{ "/dev/disk/by-id/foo", false },
		{ "PARTUUID=1234-01", false },
		{ "UUID=/dev/sda", false },
		{ "", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		CHECK_ROW(devref_is_numbered(rows[i].text) == rows[i].numbered, rows[i].text);
}

TEST_MAIN(numbered, control_characters, parses, too_long, format_is_cut, matches)
