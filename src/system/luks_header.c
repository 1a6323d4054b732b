/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/luks_header.h"

#include "base/escape.h"
#include "base/util.h"
#include "system/block.h"
#include "system/luks_json.h"
#include "system/ondisk.h"

#include <libcryptsetup.h>

static const struct {
	enum dm_option option;
	uint32_t flag;
} dm_options[] = {
	{ DM_OPTION_READONLY, CRYPT_ACTIVATE_READONLY },
	{ DM_OPTION_SAME_CPU_CRYPT, CRYPT_ACTIVATE_SAME_CPU_CRYPT },
	{ DM_OPTION_SUBMIT_FROM_CRYPT_CPUS, CRYPT_ACTIVATE_SUBMIT_FROM_CRYPT_CPUS },
	{ DM_OPTION_NO_READ_WORKQUEUE, CRYPT_ACTIVATE_NO_READ_WORKQUEUE },
	{ DM_OPTION_NO_WRITE_WORKQUEUE, CRYPT_ACTIVATE_NO_WRITE_WORKQUEUE },
	{ DM_OPTION_HIGH_PRIORITY, CRYPT_ACTIVATE_HIGH_PRIORITY },
	{ DM_OPTION_NO_JOURNAL, CRYPT_ACTIVATE_NO_JOURNAL },
};

uint32_t luks_header_flags(unsigned options)
{
	uint32_t all = 0;

	for (size_t i = 0; i < ARRAY_SIZE(dm_options); i++)
		if (options & dm_options[i].option)
			all |= dm_options[i].flag;
	return all;
}

static void read_options(struct crypt_device *cd, struct header *h)
{
	uint32_t flags = 0;

	if (crypt_persistent_flags_get(cd, CRYPT_FLAGS_ACTIVATION, &flags) < 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(dm_options); i++)
		if (flags & dm_options[i].flag)
			h->options |= dm_options[i].option;
}

static void read_superblock(struct disk *disk, int fd)
{
	const struct header *h = &disk->header;

	if (h->integrity[0] && !h->inline_tags)
		(void)ondisk_superblock_read(fd, h->data_offset, &disk->superblock);
}

static void read_active(struct disk *disk, const char *name)
{
	char device[BLOCK_NAME_MAX], dm_uuid[BLOCK_DM_UUID_MAX];

	if (!name || block_by_mapping("", name, device) < 0 ||
	    block_attribute("", device, "dm/uuid", dm_uuid, sizeof(dm_uuid)) < 0)
		return;
	if (header_is_mapping(disk->header.uuid, dm_uuid)) {
		disk->active = ACTIVE_SAME;
		return;
	}
	disk->active = ACTIVE_OTHER;
	str_copy(disk->active_uuid, sizeof(disk->active_uuid), dm_uuid);
}

static void read_header(struct crypt_device *cd, struct header *h)
{
	const char *json = NULL;

	str_copy(h->uuid, sizeof(h->uuid), crypt_get_uuid(cd) ? crypt_get_uuid(cd) : "");
	str_copy(h->label, sizeof(h->label), crypt_get_label(cd) ? crypt_get_label(cd) : "");
	str_printable(h->uuid);
	str_printable(h->label);
	read_options(cd, h);
	if (crypt_dump_json(cd, &json, 0) == 0)
		(void)luks_json_read(json, h);
	str_printable(h->encryption);
	str_printable(h->integrity);
	str_printable(h->requirement);
}

void luks_header_read(struct crypt_device *cd, int fd, const char *name, struct disk *disk)
{
	read_header(cd, &disk->header);
	read_superblock(disk, fd);
	disk->size = ondisk_size(fd);
	read_active(disk, name);
}
