/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "facts/fstab.h"

#include "base/escape.h"
#include "base/texts.h"
#include "base/util.h"
#include "facts/dmuuid.h"

void fstab_free(struct fstab *fstab)
{
	for (size_t i = 0; i < fstab->n; i++) {
		free(fstab->lines[i].source);
		free(fstab->lines[i].point);
		free(fstab->lines[i].type);
		free(fstab->lines[i].options);
	}
	free(fstab->lines);
	*fstab = (struct fstab){ 0 };
}

const struct fstab_line *fstab_find(const struct fstab *fstab, const char *point)
{
	for (size_t i = 0; i < fstab->n; i++) {
		const struct fstab_line *line = &fstab->lines[i];

		if (str_eq(str_eq(point, "swap") ? line->type : line->point, point))
			return line;
	}
	return NULL;
}

/* "CRYPT-LUKS2-0123…-NAME": NAME, or NULL. */
static const char *name_in_uuid(const char *dm_uuid)
{
	char luks_uuid[40];
	enum dmuuid_kind kind = dmuuid_parse(dm_uuid, luks_uuid);

	if (!luks_uuid[0] || (kind != DMUUID_LUKS1 && kind != DMUUID_LUKS2))
		return NULL;
	return dm_uuid + strlen("CRYPT-LUKS2-") + 32 + 1;
}

static void add_device(char ***texts, size_t *n, const char *device)
{
	const char *name = str_after(device, "/dev/disk/by-id/dm-name-");
	const char *dm_uuid = str_after(device, "/dev/disk/by-id/dm-uuid-");
	cleanup_free char *mapping = NULL;

	if (dm_uuid)
		name = name_in_uuid(dm_uuid);
	if (name)
		mapping = xasprintf("/dev/mapper/%s", name);
	if (mapping)
		(void)unescape(mapping, ESCAPE_HEX);
	texts_add(texts, n, mapping ? mapping : device);
}

void fstab_devices(const struct fstab_line *line, char ***ret, size_t *ret_n)
{
	cleanup_free char *sources = xstrdup(line->source), *options = xstrdup(line->options);
	bool several = str_eq(line->type, "bcachefs") && line->source[0] == '/';
	char *rest = sources;

	*ret = NULL;
	*ret_n = 0;
	while (several && rest)
		add_device(ret, ret_n, strsep(&rest, ":"));
	if (!several)
		add_device(ret, ret_n, sources);
	rest = options;
	while (str_eq(line->type, "btrfs") && rest) {
		const char *device = str_after(strsep(&rest, ","), "device=");

		if (device && *device)
			add_device(ret, ret_n, device);
	}
}

static bool is_for_system(const struct fstab_line *line)
{
	return str_eq(line->point, "/") || str_eq(line->point, "/usr");
}

/* Subvolumes, or members, of one file system may stand in several lines. */
static bool may_be_shared(const struct fstab_line *line)
{
	static const char *const alone[] = { "ext2", "ext3", "ext4", "xfs", "f2fs", "swap" };

	for (size_t i = 0; i < ARRAY_SIZE(alone); i++)
		if (str_eq(line->type, alone[i]))
			return false;
	return true;
}

static bool has_device(const struct fstab_line *line, const char *name)
{
	char **texts;
	size_t n;
	bool found = false;

	fstab_devices(line, &texts, &n);
	for (size_t i = 0; i < n && !found; i++) {
		const char *mapping = str_after(texts[i], "/dev/mapper/");

		found = mapping && str_eq(mapping, name);
	}
	texts_free(texts, n);
	return found;
}

bool fstab_is_elsewhere(const struct fstab *fstab, const char *name)
{
	bool found = false;

	for (size_t i = 0; i < fstab->n; i++) {
		const struct fstab_line *line = &fstab->lines[i];

		if (!has_device(line, name))
			continue;
		if (is_for_system(line) || may_be_shared(line))
			return false;
		found = true;
	}
	return found;
}
