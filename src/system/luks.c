/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/luks.h"

#include "base/escape.h"
#include "base/util.h"
#include "system/kmsg.h"
#include "system/luks_header.h"
#include "system/ondisk.h"

#include <argon2_prepare.h>
#include <fcntl.h>
#include <libcryptsetup.h>

struct luks {
	struct crypt_device *cd;
	char node[64];
	const char *header_path; /* of a detached header, or NULL; the caller's */
	char error[256];	 /* libcryptsetup's last error message */
};

static void keep_error(int level, const char *msg, void *arg)
{
	struct luks *luks = arg;

	if (level != CRYPT_LOG_ERROR)
		return;
	str_copy(luks->error, sizeof(luks->error), msg);
	luks->error[strcspn(luks->error, "\n")] = '\0';
	str_printable(luks->error);
}

struct luks *luks_free(struct luks *luks)
{
	if (luks) {
		crypt_free(luks->cd);
		free(luks);
	}
	return NULL;
}

/* --- the header ------------------------------------------------------------------------------- */

/* 0 or a negative errno. *ret is set in both cases, and is to be freed after a failure. */
static int load(const char *node, const char *header_path, struct luks **ret)
{
	struct luks *luks = xcalloc(1, sizeof(*luks));
	int r;

	str_copy(luks->node, sizeof(luks->node), node);
	luks->header_path = header_path;
	*ret = luks;
	/* Token handlers are plug-ins, which a static program cannot load. */
	crypt_token_external_disable();
	crypt_set_log_callback(NULL, keep_error, luks);
	r = crypt_init_data_device(&luks->cd, header_path ? header_path : node,
				   header_path ? node : NULL);
	if (r < 0)
		return r;
	crypt_set_log_callback(luks->cd, keep_error, luks);
	return crypt_load(luks->cd, CRYPT_LUKS, NULL);
}

int luks_again(const struct luks *luks, struct luks **ret)
{
	struct luks *again;
	int r = load(luks->node, luks->header_path, &again);

	if (r < 0)
		luks_free(again);
	else
		*ret = again;
	return r;
}

/* 0, or the errno of reading the first sector; open_err is the answer when there is no fd (-1). */
static int read_error(int fd, int open_err)
{
	unsigned char sector[512];

	if (fd < 0)
		return open_err;
	return pread(fd, sector, sizeof(sector), 0) < 0 ? errno : 0;
}

void luks_read_header(const char *node, const char *header_path, const char *name, struct disk *ret,
		      struct luks **ret_luks)
{
	const char *where = header_path ? header_path : node;
	struct header_reading reading = { 0 };
	struct disk disk = { 0 };
	struct luks *luks;
	int r, open_err;

	/* Before crypt_load(), which silently repairs a damaged copy from the other. */
	cleanup_close int fd = open(where, O_RDONLY | O_CLOEXEC);
	open_err = errno;
	if (fd >= 0)
		reading.magic = ondisk_luks2_copies(fd, &disk.first, &disk.second);

	r = load(node, header_path, &luks);
	reading.load_err = -r;
	if (r < 0)
		reading.read_err = read_error(fd, open_err);
	else
		reading.luks1 = !str_eq(crypt_get_type(luks->cd), CRYPT_LUKS2);
	disk.kind = header_kind(&reading);
	disk.err = reading.read_err ? reading.read_err : reading.load_err;
	if (disk.kind == HEADER_LUKS2)
		luks_header_read(luks->cd, node, name, &disk);

	*ret = disk;
	if (ret_luks && disk.kind == HEADER_LUKS2)
		*ret_luks = steal_pointer(&luks);
	luks_free(luks);
}

/* --- the volume ------------------------------------------------------------------------------- */

int luks_make_lower(const struct luks *luks, const struct opening *as, const struct disk *disk,
		    struct mapping **mapping)
{
	struct mapping_spec spec = { .name = as->name,
				     .node = luks->node,
				     .disk = disk,
				     .options = as->options | disk->header.options };

	if (*mapping || !mapping_possible(disk))
		return 0;
	return mapping_make_lower(&spec, mapping);
}

int luks_keyslot_open(struct luks *luks, int keyslot, const struct offer *offer, struct secret *ret)
{
	struct crypt_keyslot_context *context = NULL;
	size_t size = sizeof(ret->bytes);
	int r;

	luks->error[0] = '\0';
	if (offer->source != SOURCE_KEYFILE) {
		const struct secret *secret = offer->secret;

		r = crypt_volume_key_get(luks->cd, keyslot, (char *)ret->bytes, &size,
					 (const char *)secret->bytes, secret->len);
	} else {
		r = crypt_keyslot_context_init_by_keyfile(luks->cd, offer->file, offer->file_size,
							  offer->file_offset, &context);
		if (r == 0)
			r = crypt_volume_key_get_by_keyslot_context(
				luks->cd, keyslot, (char *)ret->bytes, &size, context);
		crypt_keyslot_context_free(context);
	}
	if (r >= 0)
		ret->len = size;
	return r < 0 ? r : 0;
}

const char *luks_node(const struct luks *luks)
{
	return luks->node;
}

const char *luks_error(const struct luks *luks)
{
	return luks->error;
}

int luks_open(struct luks *luks, const struct opening *as, const struct disk *disk,
	      struct mapping **mapping, const struct secret *key, struct open_failure *ret)
{
	cleanup_close int kmsg = kmsg_mark();
	int r;

	luks->error[0] = '\0';
	if (mapping_possible(disk)) {
		r = luks_make_lower(luks, as, disk, mapping);
		if (r == 0)
			r = mapping_make_upper(*mapping, key);
	} else {
		r = crypt_activate_by_volume_key(luks->cd, as->name, (const char *)key->bytes,
						 key->len, luks_header_flags(as->options));
	}
	if (r >= 0)
		return 0;
	*ret = (struct open_failure){ .err = r };
	str_copy(ret->library, sizeof(ret->library), luks->error);
	kmsg_since(kmsg, "device-mapper: table: ", ret->kernel, sizeof(ret->kernel));
	return r;
}

void luks_fetch_memory(uint64_t memory)
{
	argon2_prepare(memory);
}
