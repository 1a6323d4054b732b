/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/luks.h"

#include "base/util.h"
#include "facts/cipher.h"
#include "system/block.h"
#include "system/kmsg.h"
#include "system/ondisk.h"

#include <argon2_prepare.h>
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

struct luks {
	struct crypt_device *cd;
	char node[64];
	const char *header_path; /* the volume's */
	char error[256];	 /* libcryptsetup's last error message */
};

static void keep_error(int level, const char *msg, void *arg)
{
	struct luks *cv = arg;

	if (level != CRYPT_LOG_ERROR)
		return;
	str_copy(cv->error, sizeof(cv->error), msg);
	cv->error[strcspn(cv->error, "\n")] = '\0';
	str_printable(cv->error);
}

struct luks *luks_free(struct luks *cv)
{
	if (cv) {
		crypt_free(cv->cd);
		free(cv);
	}
	return NULL;
}

/* --- facts --------------------------------------------------------------------------------------
 */

static void read_keyslot(struct crypt_device *cd, int number, struct keyslot *slot)
{
	struct crypt_pbkdf_type pbkdf = { 0 };
	size_t size = 0;
	const char *cipher = crypt_keyslot_get_encryption(cd, number, &size);
	int priority = crypt_keyslot_get_priority(cd, number);

	slot->number = number;
	slot->priority = priority < 0 ? KEYSLOT_NORMAL : (enum keyslot_priority)priority;
	/* What Mbed TLS has; the rest goes through the kernel. */
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

static void read_options(struct crypt_device *cd, struct header *h)
{
	uint32_t flags = 0;

	if (crypt_persistent_flags_get(cd, CRYPT_FLAGS_ACTIVATION, &flags) < 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(dm_options); i++)
		if (flags & dm_options[i].flag)
			h->options |= dm_options[i].option;
}

/* "cryptsetup:UUID-dDIGEST", which libcryptsetup (lib/luks2/luks2_digest.c) expects when it is to
 * work with the mapping later. No other call tells the number of the digest. */
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

		/* Two would be a re-encryption that is under way. */
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
	/* A hash's own key is as long as its tag, where no IV lies beside that. */
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

static void read_luks2(struct crypt_device *cd, struct header *h)
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

/* Always hands out a crypt_volume; one to free when the answer is a negative errno. */
static int load(const char *node, const char *header_path, struct luks **ret)
{
	struct luks *cv = xcalloc(1, sizeof(*cv));
	int r;

	str_copy(cv->node, sizeof(cv->node), node);
	cv->header_path = header_path;
	*ret = cv;
	/* Tokens would be plug-ins, which a static program cannot load. */
	crypt_token_external_disable();
	crypt_set_log_callback(NULL, keep_error, cv);
	r = crypt_init_data_device(&cv->cd, header_path ? header_path : node,
				   header_path ? node : NULL);
	if (r < 0)
		return r;
	crypt_set_log_callback(cv->cd, keep_error, cv);
	return crypt_load(cv->cd, CRYPT_LUKS, NULL);
}

int luks_again(const struct luks *cv, struct luks **ret)
{
	struct luks *again;
	int r = load(cv->node, cv->header_path, &again);

	if (r < 0)
		luks_free(again);
	else
		*ret = again;
	return r;
}

/* 0, or the errno of reading the start of what fd is, which may be -1 with open_err. */
static int read_error(int fd, int open_err)
{
	unsigned char sector[512];

	if (fd < 0)
		return open_err;
	return pread(fd, sector, sizeof(sector), 0) < 0 ? errno : 0;
}

void luks_read_header(const char *node, const char *header_path, const char *name, struct disk *ret,
		      struct luks **ret_cv)
{
	const char *where = header_path ? header_path : node;
	struct header_reading reading = { 0 };
	struct disk disk = { 0 };
	struct luks *cv;
	int r, open_err;

	/* Before crypt_load, which quietly repairs a damaged copy from the other. */
	cleanup_close int fd = open(where, O_RDONLY | O_CLOEXEC);
	open_err = errno;
	if (fd >= 0)
		reading.magic = ondisk_luks2_copies(fd, &disk.first, &disk.second);

	r = load(node, header_path, &cv);
	reading.load_err = -r;
	if (r < 0)
		reading.read_err = read_error(fd, open_err);
	else
		reading.luks1 = !str_eq(crypt_get_type(cv->cd), CRYPT_LUKS2);
	disk.kind = header_kind(&reading);
	disk.err = reading.read_err ? reading.read_err : reading.load_err;
	if (disk.kind == HEADER_LUKS2) {
		read_luks2(cv->cd, &disk.header);
		read_superblock(&disk, node);
		disk.size = size_of(node);
		read_active(&disk, name);
	}

	*ret = disk;
	if (ret_cv && disk.kind == HEADER_LUKS2)
		*ret_cv = steal_pointer(&cv);
	luks_free(cv);
}

/* --- opening ------------------------------------------------------------------------------------
 */

static uint32_t activation_flags(unsigned options)
{
	uint32_t all = 0;

	for (size_t i = 0; i < ARRAY_SIZE(dm_options); i++)
		if (options & dm_options[i].option)
			all |= dm_options[i].flag;
	return all;
}

int luks_make_lower(const struct luks *cv, const struct opening *as, const struct disk *disk,
		    struct mapping **mapping)
{
	struct mapping_spec spec = { .name = as->name,
				     .node = cv->node,
				     .disk = disk,
				     .options = as->options | disk->header.options };

	if (*mapping || !mapping_possible(disk))
		return 0;
	return mapping_prepare(&spec, mapping);
}

int luks_keyslot_open(struct luks *cv, int keyslot, const struct offer *offer, struct secret *ret)
{
	struct crypt_keyslot_context *context = NULL;
	size_t size = sizeof(ret->bytes);
	int r;

	cv->error[0] = '\0';
	if (offer->source != SOURCE_KEYFILE) {
		const struct secret *secret = offer->secret;

		r = crypt_volume_key_get(cv->cd, keyslot, (char *)ret->bytes, &size,
					 (const char *)secret->bytes, secret->len);
	} else {
		r = crypt_keyslot_context_init_by_keyfile(cv->cd, offer->file, offer->file_size,
							  offer->file_offset, &context);
		if (r == 0)
			r = crypt_volume_key_get_by_keyslot_context(
				cv->cd, keyslot, (char *)ret->bytes, &size, context);
		crypt_keyslot_context_free(context);
	}
	if (r >= 0)
		ret->len = size;
	return r < 0 ? r : 0;
}

const char *luks_node(const struct luks *cv)
{
	return cv->node;
}

const char *luks_error(const struct luks *cv)
{
	return cv->error;
}

int luks_open(struct luks *cv, const struct opening *as, const struct disk *disk,
	      struct mapping **mapping, const struct secret *key, struct open_failure *ret)
{
	cleanup_close int kmsg = kmsg_mark();
	int r;

	cv->error[0] = '\0';
	if (mapping_possible(disk)) {
		r = luks_make_lower(cv, as, disk, mapping);
		if (r == 0)
			r = mapping_open(*mapping, key);
	} else {
		r = crypt_activate_by_volume_key(cv->cd, as->name, (const char *)key->bytes,
						 key->len, activation_flags(as->options));
	}
	if (r >= 0)
		return 0;
	*ret = (struct open_failure){ .err = r };
	str_copy(ret->library, sizeof(ret->library), cv->error);
	kmsg_since(kmsg, "device-mapper: table: ", ret->kernel, sizeof(ret->kernel));
	return r;
}

void luks_fetch_memory(uint64_t memory)
{
	argon2_prepare(memory);
}
