/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/util.h"
#include "facts/place.h"
#include "test.h"

#include <stdio.h>

/* "kind path device fstype", or the errno. */
static const char *shown(int r, const struct file_place *p)
{
	static const char *const kinds[] = { "image", "file", "device" };
	static char text[1500];
	char device[300] = "-";

	if (r == 0 && place_has_device(p))
		devref_format(&p->device, device, sizeof(device));
	if (r < 0)
		(void)snprintf(text, sizeof(text), "%s", r == -EINVAL ? "EINVAL" : "other");
	else
		(void)snprintf(text, sizeof(text), "%s %s %s %s", kinds[p->kind],
			       p->path[0] ? p->path : "-", device, p->fstype[0] ? p->fstype : "-");
	return text;
}

TEST(fields)
{
	static const struct {
		const char *text, *means;
	} rows[] = {
		{ "/key", "image /key - -" },
		{ "/etc/keys/a:b", "image /etc/keys/a:b - -" },
		{ "/dev/shm/key", "image /dev/shm/key - -" },
		{ "/key:UUID=1234-ABCD", "file /key UUID=1234-ABCD -" },
		{ "/key:LABEL=my keys", "file /key LABEL=my keys -" },
		{ "/key:LABEL=a:b", "file /key LABEL=a:b -" },
		{ "/key:PARTUUID=1", "file /key PARTUUID=1 -" },
		{ "/key:PARTLABEL=\"x y\"", "file /key PARTLABEL=x y -" },
		{ "/a:b/key:/dev/sdb1", "file /a:b/key /dev/sdb1 -" },
		{ "/key:/dev/disk/by-label/KEYS", "file /key LABEL=KEYS -" },
		{ "/key:/dev/disk/by-path/pci-0000:00:14.0-usb-0:1:1.0",
		  "file /key /dev/disk/by-path/pci-0000:00:14.0-usb-0:1:1.0 -" },
		{ "key:LABEL=KEYS", "file /key LABEL=KEYS -" },
		{ "keys/root.bin:/dev/sdb1", "file /keys/root.bin /dev/sdb1 -" },
		{ "LABEL=a:/key", "device - LABEL=a:/key -" },
		{ "key:KEYS", "EINVAL" },
		{ "exec:/bin/x", "EINVAL" },
		{ "file:///key", "EINVAL" },
		{ ":LABEL=KEYS", "EINVAL" },
		{ "/dev/sdb", "device - /dev/sdb -" },
		{ "/dev/disk/by-id/usb-Foo-0:0", "device - /dev/disk/by-id/usb-Foo-0:0 -" },
		{ "/dev/disk/by-partlabel/key", "device - PARTLABEL=key -" },
		{ "PARTUUID=1", "device - PARTUUID=1 -" },
		{ "", "EINVAL" },
		{ "key", "EINVAL" },
		{ "none", "EINVAL" },
		{ "/k\n", "EINVAL" },
		{ "/key:LABEL=\xc2\x9b", "EINVAL" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct file_place p, again;
		int r = place_parse(rows[i].text, &p);
		char buf[1500];

		CHECK_STR(shown(r, &p), rows[i].means);
		CHECK(r < 0 || (place_parse(place_format(&p, buf, sizeof(buf)), &again) == 0 &&
				place_eq(&p, &again)));
	}
}

TEST(too_long)
{
	char path[1100];
	struct file_place p;

	memset(path, 'a', sizeof(path) - 1);
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	CHECK_INT(place_parse(path, &p), -ENAMETOOLONG);
	path[sizeof(p.path) - 1] = '\0';
	CHECK_INT(place_parse(path, &p), 0);
	CHECK_STR(p.path, path);
	CHECK_INT(place_on("/dev/sdb1", "vfat", path, &p), 0);
	CHECK_INT(place_on("/dev/sdb1", "vfat", path + 1, &p), 0);
	CHECK_STR(p.path, path);
}

TEST(dracut)
{
	static const struct {
		const char *text, *means, *volume;
	} rows[] = {
		{ "/key", "image /key - -", "" },
		{ "/key:UUID=1", "file /key UUID=1 -", "" },
		{ "/key:UUID=1:UUID=2", "file /key UUID=1 -", "UUID=2" },
		{ "/key:/dev/sdb1:/dev/sda2", "file /key /dev/sdb1 -", "/dev/sda2" },
		{ "key:UUID=1:UUID=2", "file /key UUID=1 -", "UUID=2" },
		{ "key.img:/", "file /key.img / -", "" },
		{ "/a:b:LABEL=x:UUID=2", "file /a:b LABEL=x -", "UUID=2" },
		{ "/key::UUID=2", "image /key - -", "UUID=2" },
		{ "/dev/sdb::UUID=2", "device - /dev/sdb -", "UUID=2" },
		{ "/key:", "image /key: - -", "" },
		{ "::UUID=2", "EINVAL", "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct devref volume = { .kind = DEVREF_NONE };
		struct file_place p;
		int r = place_parse_volume(rows[i].text, &p, &volume);
		char buf[300];

		CHECK_STR(shown(r, &p), rows[i].means);
		CHECK_STR(devref_format(&volume, buf, sizeof(buf)), rows[i].volume);
	}
}

TEST(arch)
{
	static const struct {
		const char *device, *fstype, *path, *means;
	} rows[] = {
		{ "/dev/sdb1", "vfat", "/key", "file /key /dev/sdb1 vfat" },
		{ "UUID=1", "ext4", "keys/root", "file /keys/root UUID=1 ext4" },
		{ "UUID=1", "auto", "/key", "file /key UUID=1 -" },
		{ "sdb1", "vfat", "/key", "EINVAL" },
		{ "/dev/sdb1", "v fat", "/key", "EINVAL" },
		{ "/dev/sdb1", "vfat", "", "EINVAL" },
		{ "/dev/sdb1", "vfat", "/k\x1b", "EINVAL" },
		{ "/dev/sdb1", "a-file-system-with-a-name-that-is-too-long", "/k", "other" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct file_place p;
		int r = place_on(rows[i].device, rows[i].fstype, rows[i].path, &p);

		CHECK_STR(shown(r, &p), rows[i].means);
	}
}

TEST_MAIN(fields, too_long, dracut, arch)
