/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/luks_header.h"

#include "base/escape.h"
#include "base/util.h"
#include "facts/cipher.h"
#include "system/block.h"
#include "system/ondisk.h"

#include <fcntl.h>
#include <json-c/json.h>
#include <libcryptsetup.h>
#include <linux/fs.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#ifndef CRYPT_REQUIREMENT_INLINE_HW_TAGS
#define CRYPT_REQUIREMENT_INLINE_HW_TAGS (1U << 4)
#endif

static void read_keyslot(struct crypt_device *cd, int number, struct keyslot *slot)
{
	struct crypt_pbkdf_type pbkdf = { 0 };
	size_t size = 0;
	const char *cipher = crypt_keyslot_get_encryption(cd, number, &size);
	int priority = crypt_keyslot_get_priority(cd, number);

	slot->number = number;
	slot->priority = priority < 0 ? KEYSLOT_NORMAL : (enum keyslot_priority)priority;
	/* The ciphers that libcryptsetup has from Mbed TLS; the kernel does all others. */
	slot->alone = !cipher ||
		      (strncmp(cipher, "aes-xts-", 8) != 0 && strncmp(cipher, "aes-cbc-", 8) != 0);
	if (crypt_keyslot_get_pbkdf(cd, number, &pbkdf) < 0)
		return;
	slot->iterations = pbkdf.iterations;
	slot->memory = pbkdf.max_memory_kb;
	slot->lanes = pbkdf.parallel_threads;
}

static void read_keyslots(struct crypt_device *cd, struct header *h)
{
	int max = crypt_keyslot_max(CRYPT_LUKS2);

	for (int i = 0; i < max; i++) {
		crypt_keyslot_info info = crypt_keyslot_status(cd, i);

		if (info != CRYPT_SLOT_ACTIVE && info != CRYPT_SLOT_ACTIVE_LAST)
			continue;
		if (h->keyslots < KEYSLOTS_MAX)
			read_keyslot(cd, i, &h->keyslot[h->keyslots]);
		h->keyslots++;
	}
}

static void read_requirements(struct crypt_device *cd, struct header *h)
{
	uint32_t flags = 0;

	if (crypt_persistent_flags_get(cd, CRYPT_FLAGS_REQUIREMENTS, &flags) < 0)
		return;
	h->inline_tags = flags & CRYPT_REQUIREMENT_INLINE_HW_TAGS;
	if (flags & CRYPT_REQUIREMENT_UNKNOWN)
		str_copy(h->requirement, sizeof(h->requirement),
			 "one that only a newer cryptsetup knows");
	else if (flags & CRYPT_REQUIREMENT_OFFLINE_REENCRYPT)
		str_copy(h->requirement, sizeof(h->requirement),
			 "offline-reencrypt (an interrupted re-encryption)");
}

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

/* "cryptsetup:UUID-dDIGEST": libcryptsetup (lib/luks2/luks2_digest.c) expects this description when
 * it works with the mapping later. Only the JSON holds the number of the digest. */
static void read_key_description(struct crypt_device *cd, struct header *h)
{
	const char *text = NULL;
	struct json_object *json, *digests = NULL;

	if (crypt_dump_json(cd, &text, 0) < 0)
		return;
	json = json_tokener_parse(text);
	if (json && json_object_object_get_ex(json, "digests", &digests) &&
	    json_object_is_type(digests, json_type_object)) {
		struct json_object_iterator first = json_object_iter_begin(digests),
					    end = json_object_iter_end(digests);

		/* With two digests, a re-encryption is under way. */
		if (!json_object_iter_equal(&first, &end) &&
		    json_object_object_length(digests) == 1)
			snprintf(h->key_description, sizeof(h->key_description),
				 "cryptsetup:%s-d%s", h->uuid, json_object_iter_peek_name(&first));
	}
	json_object_put(json);
}

static void read_integrity(struct crypt_device *cd, struct header *h)
{
	struct crypt_params_integrity ip = { 0 };
	struct cipher cipher;

	if (crypt_get_integrity_info(cd, &ip) == 0 && ip.integrity)
		str_copy(h->integrity, sizeof(h->integrity), ip.integrity);
	if (cipher_read(h->encryption, h->integrity, &cipher) < 0 ||
	    !str_copy(h->dm_cipher, sizeof(h->dm_cipher), cipher.dm))
		h->dm_cipher[0] = '\0';
	if (h->integrity[0])
		h->tag_size = cipher_tag_size(h->encryption, h->integrity);
	/* By default, a hash's key is as long as its tag, which is the tag size with plain64
	 * because that stores no IV. Only another size matters later. */
	if (ip.integrity_key_size != cipher_tag_size("aes-xts-plain64", h->integrity))
		h->integrity_key_size = ip.integrity_key_size;
}

static void read_superblock(struct disk *disk, const char *node)
{
	const struct header *h = &disk->header;
	cleanup_close int fd = open(node, O_RDONLY | O_CLOEXEC);

	if (fd >= 0 && h->integrity[0] && !h->inline_tags)
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

static uint64_t size_of(const char *node)
{
	cleanup_close int fd = open(node, O_RDONLY | O_CLOEXEC);
	uint64_t size = 0;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return 0;
	if (S_ISREG(st.st_mode))
		return (uint64_t)st.st_size;
	return ioctl(fd, BLKGETSIZE64, &size) < 0 ? 0 : size;
}

static void read_header(struct crypt_device *cd, struct header *h)
{
	const char *mode = crypt_get_cipher_mode(cd);

	str_copy(h->uuid, sizeof(h->uuid), crypt_get_uuid(cd) ? crypt_get_uuid(cd) : "");
	str_copy(h->label, sizeof(h->label), crypt_get_label(cd) ? crypt_get_label(cd) : "");
	str_append(h->encryption, sizeof(h->encryption), "%s%s%s",
		   crypt_get_cipher(cd) ? crypt_get_cipher(cd) : "", mode ? "-" : "",
		   mode ? mode : "");
	h->sector_size = (unsigned)crypt_get_sector_size(cd);
	h->data_offset = crypt_get_data_offset(cd) * 512;
	h->iv_offset = crypt_get_iv_offset(cd);
	read_requirements(cd, h);
	read_options(cd, h);
	read_key_description(cd, h);
	read_keyslots(cd, h);
	read_integrity(cd, h);
	str_printable(h->label);
	str_printable(h->encryption);
	str_printable(h->integrity);
}

void luks_header_read(struct crypt_device *cd, const char *node, const char *name,
		      struct disk *disk)
{
	read_header(cd, &disk->header);
	read_superblock(disk, node);
	disk->size = size_of(node);
	read_active(disk, name);
}
