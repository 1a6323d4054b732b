/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/usage.h"

#include "base/texts.h"
#include "base/util.h"
#include "facts/dmuuid.h"
#include "system/block.h"

#include <stdio.h>

bool usage_whole_disk(const char *sysroot, const char *device, char disk[static BLOCK_NAME_MAX])
{
	cleanup_free char *above = xasprintf("%s" BLOCK_CLASS "/%s/..", sysroot, device);

	return block_has(sysroot, device, "partition") && block_link_name(above, disk) == 0;
}

/* --- holders ---------------------------------------------------------------------------------- */

void usage_holders(const char *sysroot, const char *device, char ***ret, size_t *ret_n)
{
	cleanup_free char *folder = xasprintf("%s" BLOCK_CLASS "/%s/holders", sysroot, device);

	texts_folder(folder, ret, ret_n);
}

static enum dmuuid_kind kind_of(const char *sysroot, const char *device, char luks_uuid[static 40])
{
	char dm_uuid[BLOCK_DM_UUID_MAX];

	luks_uuid[0] = '\0';
	if (block_attribute(sysroot, device, "dm/uuid", dm_uuid, sizeof(dm_uuid)) < 0)
		return DMUUID_OTHER;
	return dmuuid_parse(dm_uuid, luks_uuid);
}

/* Does the mapping work already? Before its first table is in use, it has no size. */
static bool has_size(const char *sysroot, const char *device)
{
	char size[32];

	return block_attribute(sysroot, device, "size", size, sizeof(size)) == 0 &&
	       !str_eq(size, "0");
}

/* The open LUKS volume that is the only user of device, or of the NAME_dif that is. */
static bool open_volume(const char *sysroot, const char *device, char volume[static BLOCK_NAME_MAX],
			char luks_uuid[static 40])
{
	char **names, first[BLOCK_NAME_MAX] = "";
	bool found = false;
	size_t n;

	usage_holders(sysroot, device, &names, &n);
	if (n == 1)
		(void)str_copy(first, sizeof(first), names[0]);
	texts_free(names, n);
	switch (*first ? kind_of(sysroot, first, luks_uuid) : DMUUID_OTHER) {
	case DMUUID_LUKS1:
	case DMUUID_LUKS2:
		found = str_copy(volume, BLOCK_NAME_MAX, first) && *luks_uuid &&
			has_size(sysroot, first);
		break;
	case DMUUID_DIF:
		/* One level: below a NAME_dif there is no other. */
		if (kind_of(sysroot, device, luks_uuid) != DMUUID_DIF)
			found = open_volume(sysroot, first, volume, luks_uuid);
		break;
	case DMUUID_OTHER:
	case DMUUID_PLAIN:
	case DMUUID_STANDALONE:
	case DMUUID_HELD:
		break;
	}
	return found;
}

static void set_name(const char *sysroot, const char *device, struct device *ret)
{
	block_mapping_name(sysroot, device, ret->holder);
	if (!ret->holder[0])
		(void)str_copy(ret->holder, sizeof(ret->holder), device);
}

void usage_holder(const char *sysroot, const char *device, struct device *ret)
{
	char volume[BLOCK_NAME_MAX], luks_uuid[40], disk[BLOCK_NAME_MAX], **names;
	size_t n;

	ret->holder[0] = ret->holder_luks[0] = '\0';
	if (open_volume(sysroot, device, volume, luks_uuid)) {
		set_name(sysroot, volume, ret);
		(void)str_copy(ret->holder_luks, sizeof(ret->holder_luks), luks_uuid);
		return;
	}
	usage_holders(sysroot, device, &names, &n);
	if (n > 0)
		set_name(sysroot, names[0], ret);
	texts_free(names, n);
	if (ret->holder[0] || !usage_whole_disk(sysroot, device, disk))
		return;
	usage_holders(sysroot, disk, &names, &n);
	if (n > 0)
		set_name(sysroot, names[0], ret);
	texts_free(names, n);
}

/* --- snapshots -------------------------------------------------------------------------------- */

/* LVM names the store of a snapshot LVM-…-cow; it is below the snapshot alone. */
void usage_snapshot(const char *sysroot, const char *device, struct device *ret)
{
	cleanup_free char *folder = xasprintf("%s" BLOCK_CLASS "/%s/slaves", sysroot, device);
	char **names, dm_uuid[BLOCK_DM_UUID_MAX];
	size_t n;

	texts_folder(folder, &names, &n);
	for (size_t i = 0; i < n; i++) {
		size_t len;

		if (block_attribute(sysroot, names[i], "dm/uuid", dm_uuid, sizeof(dm_uuid)) < 0)
			continue;
		len = strlen(dm_uuid);
		if (str_after(dm_uuid, "LVM-") && len > 4 && str_eq(dm_uuid + len - 4, "-cow"))
			(void)str_copy(ret->member, sizeof(ret->member), "snapshot");
	}
	texts_free(names, n);
}
