/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "facts/fstab.h"

#include "base/texts.h"
#include "base/util.h"
#include "test.h"

static void add(struct fstab *fstab, const char *source, const char *point, const char *type,
		const char *options)
{
	struct fstab_line *line = array_add(&fstab->lines, &fstab->n, sizeof(*line));

	*line = (struct fstab_line){ xstrdup(source), xstrdup(point), xstrdup(type),
				     xstrdup(options) };
}

TEST(devices)
{
	static const struct {
		const char *source, *type, *options, *devices;
	} rows[] = {
		{ "UUID=1", "ext4", "device=/dev/sda", "UUID=1" },
		{ "/dev/mapper/a", "btrfs", "device=/dev/mapper/a,device=/dev/mapper/b,subvol=@",
		  "/dev/mapper/a /dev/mapper/a /dev/mapper/b" },
		{ "UUID=1", "btrfs", "subvol=@,device=", "UUID=1" },
		{ "/dev/mapper/a:/dev/mapper/b", "bcachefs", "", "/dev/mapper/a /dev/mapper/b" },
		{ "/dev/disk/by-path/x:y", "ext4", "", "/dev/disk/by-path/x:y" },
		{ "OLD_BLKID_UUID=a:b", "bcachefs", "", "OLD_BLKID_UUID=a:b" },
		/* the links of udev that have the name of the mapping in them */
		{ "/dev/disk/by-id/dm-name-my-root", "ext4", "", "/dev/mapper/my-root" },
		{ "/dev/disk/by-id/dm-name-a\\x20b", "ext4", "", "/dev/mapper/a b" },
		{ "/dev/disk/by-id/dm-uuid-CRYPT-LUKS2-0123456789abcdef0123456789abcdef-my-root",
		  "ext4", "", "/dev/mapper/my-root" },
		{ "/dev/disk/by-id/dm-uuid-LVM-abc", "ext4", "",
		  "/dev/disk/by-id/dm-uuid-LVM-abc" },
		{ "/dev/disk/by-id/dm-uuid-CRYPT-LUKS2-0123-x", "ext4", "",
		  "/dev/disk/by-id/dm-uuid-CRYPT-LUKS2-0123-x" },
		{ "/dev/disk/by-id/dm-uuid-CRYPT-PLAIN-x", "ext4", "",
		  "/dev/disk/by-id/dm-uuid-CRYPT-PLAIN-x" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct fstab fstab = { 0 };
		char all[400] = "", **texts;
		size_t n;

		add(&fstab, rows[i].source, "/", rows[i].type, rows[i].options);
		fstab_devices(fstab.lines, &texts, &n);
		for (size_t j = 0; j < n; j++)
			str_append(all, sizeof(all), "%s%s", j ? " " : "", texts[j]);
		CHECK_STR(all, rows[i].devices);
		texts_free(texts, n);
		fstab_free(&fstab);
	}
}

TEST(elsewhere)
{
	struct fstab fstab = { 0 };

	add(&fstab, "/dev/mapper/home", "/home", "ext4", "");
	add(&fstab, "/dev/mapper/swap", "none", "swap", "");
	add(&fstab, "/dev/disk/by-id/dm-name-var", "/var", "xfs", "");
	add(&fstab, "/dev/mapper/tree", "/home2", "btrfs", "");
	add(&fstab, "/dev/mapper/any", "/any", "auto", "");
	add(&fstab, "/dev/mapper/usr", "/usr", "ext4", "");
	add(&fstab, "/dev/mapper/both", "/srv", "ext4", "");
	add(&fstab, "/dev/mapper/both", "/", "ext4", "");
	CHECK(fstab_is_elsewhere(&fstab, "home"));
	CHECK(fstab_is_elsewhere(&fstab, "swap"));
	CHECK(fstab_is_elsewhere(&fstab, "var"));
	CHECK(!fstab_is_elsewhere(&fstab, "tree"));
	CHECK(!fstab_is_elsewhere(&fstab, "any"));
	CHECK(!fstab_is_elsewhere(&fstab, "usr"));
	CHECK(!fstab_is_elsewhere(&fstab, "both"));
	CHECK(!fstab_is_elsewhere(&fstab, "other"));
	fstab_free(&fstab);
}

TEST_MAIN(devices, elsewhere)
