/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/luks_make.h"

#include "base/escape.h"
#include "base/util.h"
#include "system/luks_json.h"
#include "system/ondisk.h"
#include "system/snapshot.h"

#include <libcryptsetup.h>
#include <stdio.h>
#include <sys/random.h>

/* What libcryptsetup is told that the segment is encrypted with. It would have the kernel make a
 * dm-integrity device for a segment with integrity; the true cipher is set before the header can
 * reach a disk. */
#define PLACEHOLDER "cipher_null"
#define PLACEHOLDER_MODE "ecb"

/* Of the key material of keyslots. */
#define AREA_ENCRYPTION "aes-xts-plain64"
#define AREA_KEY_SIZE 64

static void keep_error(int level, const char *msg, void *arg)
{
	char *error = arg;

	if (level != CRYPT_LOG_ERROR)
		return;
	str_copy(error, LUKS_MAKE_ERROR, msg);
	error[strcspn(error, "\n")] = '\0';
	str_printable(error);
}

static int set_pbkdf(struct crypt_device *cd, const struct luks_make *make)
{
	const struct crypt_pbkdf_type *defaults = crypt_get_pbkdf_default(CRYPT_LUKS2);
	struct crypt_pbkdf_type pbkdf = *defaults;

	if (make->pbkdf)
		pbkdf.type = make->pbkdf;
	if (str_eq(pbkdf.type, CRYPT_KDF_PBKDF2))
		pbkdf.max_memory_kb = pbkdf.parallel_threads = 0;
	if (make->memory)
		pbkdf.max_memory_kb = make->memory;
	if (make->parallel)
		pbkdf.parallel_threads = make->parallel;
	if (make->iter_time)
		pbkdf.time_ms = make->iter_time;
	if (make->iterations) {
		pbkdf.iterations = make->iterations;
		pbkdf.time_ms = 0;
		pbkdf.flags |= CRYPT_PBKDF_NO_BENCHMARK;
	}
	return crypt_set_pbkdf_type(cd, &pbkdf);
}

static int new_key(struct secret *key, unsigned size)
{
	if (key->len)
		return key->len == size ? 0 : -EINVAL;
	if (size > sizeof(key->bytes) || getrandom(key->bytes, size, 0) != (ssize_t)size)
		return -EIO;
	key->len = size;
	return 0;
}

static int add_keyslot(struct crypt_device *cd, const struct luks_make *make,
		       const struct secret *passphrase, const struct secret *key)
{
	struct crypt_keyslot_context *with = NULL, *from = NULL;
	int r = crypt_keyslot_context_init_by_volume_key(cd, (const char *)key->bytes, key->len,
							 &from);

	if (r == 0 && make->key_file)
		r = crypt_keyslot_context_init_by_keyfile(cd, make->key_file, 0, 0, &with);
	else if (r == 0)
		r = crypt_keyslot_context_init_by_passphrase(cd, (const char *)passphrase->bytes,
							     passphrase->len, &with);
	if (r == 0)
		r = crypt_keyslot_add_by_keyslot_context(cd, CRYPT_ANY_SLOT, from, CRYPT_ANY_SLOT,
							 with, 0);
	crypt_keyslot_context_free(with);
	crypt_keyslot_context_free(from);
	return r < 0 ? r : 0;
}

static int format(struct crypt_device *cd, const struct luks_make *make,
		  const struct secret *passphrase, const struct secret *key)
{
	struct crypt_params_luks2 params = { .sector_size = make->sector_size,
					     .label = make->label };
	int r = set_pbkdf(cd, make);

	if (r == 0)
		r = crypt_set_data_offset(cd, LUKS_MAKE_OFFSET / 512);
	if (r == 0)
		r = crypt_format(cd, CRYPT_LUKS2, PLACEHOLDER, PLACEHOLDER_MODE, make->uuid,
				 (const char *)key->bytes, key->len, &params);
	if (r == 0)
		r = crypt_keyslot_set_encryption(cd, AREA_ENCRYPTION, AREA_KEY_SIZE);
	return r == 0 ? add_keyslot(cd, make, passphrase, key) : r;
}

static int set_segment(struct crypt_device *cd, const struct luks_make *make, int fd)
{
	const char *before = NULL;
	cleanup_free char *json = NULL;
	int r = crypt_dump_json(cd, &before, 0);

	if (r < 0)
		return r;
	json = luks_json_with_cipher(before, make->encryption, make->integrity,
				     make->integrity_key_size);
	return json ? ondisk_luks2_set_json(fd, json) : -EINVAL;
}

int luks_make(const struct luks_make *make, const struct secret *passphrase, struct secret *key,
	      char error[static LUKS_MAKE_ERROR])
{
	cleanup_close int fd = snapshot_new(LUKS_MAKE_OFFSET + (1 << 20));
	struct crypt_device *cd = NULL;
	char path[32];
	int r;

	error[0] = '\0';
	if (fd < 0)
		return fd;
	r = new_key(key, make->key_size);
	if (r < 0)
		return r;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	(void)crypt_metadata_locking(NULL, 0);
	crypt_token_external_disable();
	crypt_set_log_callback(NULL, keep_error, error);
	r = crypt_init(&cd, path);
	if (r == 0) {
		crypt_set_log_callback(cd, keep_error, error);
		r = format(cd, make, passphrase, key);
	}
	if (r == 0)
		r = set_segment(cd, make, fd);
	crypt_free(cd);
	crypt_set_log_callback(NULL, NULL, NULL);
	return r < 0 ? r : steal_fd(&fd);
}
