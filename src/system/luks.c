/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/luks.h"

#include "base/escape.h"
#include "base/util.h"
#include "system/keyring.h"
#include "system/kmsg.h"
#include "system/luks_header.h"
#include "system/luks_private.h"
#include "system/ondisk.h"
#include "system/snapshot.h"
#include "system/tpm2_json.h"

#include <argon2_prepare.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

/* Of all keyslots together; what lies beyond is left out of the snapshot. Those of cryptsetup are
 * at most 2 MiB each. */
#define KEY_MATERIAL_MAX (64 << 20)

#define NO_REASON "Keyslot open failed." /* comes after its reason, if it gives one */

static void keep_error(int level, const char *msg, void *arg)
{
	struct luks *luks = arg;

	if (level != CRYPT_LOG_ERROR || str_after(msg, NO_REASON))
		return;
	str_copy(luks->error, sizeof(luks->error), msg);
	luks->error[strcspn(luks->error, "\n")] = '\0';
	str_printable(luks->error);
}

struct luks *luks_new(const char *node)
{
	struct luks *luks = xcalloc(1, sizeof(*luks));

	str_copy(luks->node, sizeof(luks->node), node);
	luks->snapshot = luks->header = luks->disk = -1;
	return luks;
}

static void close_file(int fd)
{
	if (fd >= 0)
		close(fd);
}

struct luks *luks_free(struct luks *luks)
{
	if (luks) {
		crypt_free(luks->cd);
		close_file(luks->snapshot);
		close_file(luks->header);
		if (luks->disk != luks->header)
			close_file(luks->disk);
		free(luks);
	}
	return NULL;
}

/* --- the header ------------------------------------------------------------------------------- */

/* libcryptsetup takes a path for everything. */
static void path_of(int fd, char path[static 32])
{
	snprintf(path, 32, "/proc/self/fd/%d", fd);
}

int luks_load(struct crypt_device **ret, int from, struct luks *luks)
{
	char path[32];
	int r;

	path_of(from, path);
	/* Without its locks, libcryptsetup does not write a damaged copy again by itself. */
	(void)crypt_metadata_locking(NULL, 0);
	/* Token handlers are plug-ins, which a static program cannot load. */
	crypt_token_external_disable();
	crypt_set_log_callback(NULL, keep_error, luks);
	r = crypt_init(ret, path);
	if (r < 0)
		return r;
	crypt_set_log_callback(*ret, keep_error, luks);
	return crypt_load(*ret, CRYPT_LUKS, NULL);
}

int luks_again(const struct luks *luks, struct luks **ret)
{
	struct luks *again = luks_new(luks->node);
	int r = luks_load(&again->cd, luks->snapshot, again);

	again->header = again->disk = fcntl(luks->header, F_DUPFD_CLOEXEC, 0);
	if (r < 0)
		luks_free(again);
	else
		*ret = again;
	return r;
}

static int copy_key_material(struct luks *luks, int from)
{
	uint64_t left = KEY_MATERIAL_MAX;
	int r = 0, max = crypt_keyslot_max(CRYPT_LUKS2);

	for (int i = 0; i < max && r == 0; i++) {
		crypt_keyslot_info info = crypt_keyslot_status(luks->cd, i);
		uint64_t offset, length;

		if ((info != CRYPT_SLOT_ACTIVE && info != CRYPT_SLOT_ACTIVE_LAST) ||
		    crypt_keyslot_area(luks->cd, i, &offset, &length) < 0 || length > left)
			continue;
		left -= length;
		r = snapshot_copy(luks->snapshot, from, offset, length);
	}
	return r;
}

int luks_open_direct(int fd)
{
	char path[32];
	static char block[4096] __attribute__((aligned(4096)));
	int direct;

	path_of(fd, path);
	direct = open(path, O_RDONLY | O_CLOEXEC | O_DIRECT);
	if (direct >= 0 && pread(direct, block, sizeof(block), 0) < 0 && errno == EINVAL) {
		close(direct);
		direct = -1;
	}
	return direct;
}

/* Reads the header once. 0 or a negative errno; *ret is of use also after some failures. */
static int take(struct luks *luks, struct disk *disk, struct header_reading *ret)
{
	cleanup_close int direct = luks_open_direct(luks->header);
	int from = direct >= 0 ? direct : luks->header, r;

	luks->snapshot = snapshot_new(ondisk_size(luks->header));
	if (luks->snapshot < 0)
		return luks->snapshot;
	r = ondisk_luks2_take(luks->snapshot, from, &ret->magic, &disk->first, &disk->second);
	if (r == 0)
		r = luks_load(&luks->cd, luks->snapshot, luks);
	if (r < 0)
		return r;
	ret->luks1 = !str_eq(crypt_get_type(luks->cd), CRYPT_LUKS2);
	if (ret->luks1)
		return 0;
	r = copy_key_material(luks, from);
	return r < 0 ? r : snapshot_seal(luks->snapshot);
}

/* A FIFO would be waited for, and no other kind of file holds a header. 0 or an errno. */
static int open_detached(const char *path, int *ret)
{
	cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return errno;
	if (S_ISDIR(st.st_mode))
		return EISDIR;
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		return ENOTBLK;
	*ret = steal_fd(&fd);
	return 0;
}

/* Opens what the header and the data are on. 0 or an errno. */
static int open_disks(struct luks *luks, const char *header_path, struct disk *disk)
{
	luks->disk = open(luks->node, O_RDONLY | O_CLOEXEC);
	disk->data_failed = luks->disk < 0;
	if (luks->disk < 0)
		return errno;
	if (header_path) {
		disk->detached = true;
		disk->data_luks = ondisk_begins_with_luks(luks->disk);
		str_copy(disk->where, sizeof(disk->where), header_path);
		return open_detached(header_path, &luks->header);
	}
	luks->header = luks->disk;
	return 0;
}

/* 0, or the errno of reading the first sector. */
static int read_error(int fd)
{
	unsigned char sector[512];

	return pread(fd, sector, sizeof(sector), 0) < 0 ? errno : 0;
}

void luks_read_header(const char *node, const char *header_path, const char *name, struct disk *ret,
		      struct luks **ret_luks)
{
	struct luks *luks = luks_new(node);
	struct disk disk = { 0 };
	struct header_reading reading = { .read_err = open_disks(luks, header_path, &disk) };

	if (!reading.read_err)
		reading.load_err = -take(luks, &disk, &reading);
	else
		reading.load_err = reading.read_err;
	if (reading.load_err && !reading.read_err)
		reading.read_err = read_error(luks->header);
	disk.kind = header_kind(&reading);
	disk.err = reading.read_err ? reading.read_err : reading.load_err;
	if (disk.kind == HEADER_LUKS2)
		luks_header_read(luks->cd, luks->disk, name, &disk);

	*ret = disk;
	if (ret_luks && disk.kind == HEADER_LUKS2)
		*ret_luks = steal_pointer(&luks);
	luks_free(luks);
}

bool luks_is_block(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISBLK(st.st_mode);
}

enum repair luks_repair(const struct luks *luks, const struct disk *disk)
{
	cleanup_close int fd = -1;
	struct header h;
	char path[32];
	int r;

	if (disk->first == COPY_OK && disk->second == COPY_OK)
		return REPAIR_NONE;
	/* A detached header in the image is there only until the end of the boot. */
	if (!luks_is_block(luks->header))
		return REPAIR_NONE;
	/* The very device that was judged, whatever has its name now. */
	path_of(luks->header, path);
	fd = open(path, O_RDWR | O_CLOEXEC);
	r = fd < 0 ? neg_errno() : ondisk_luks2_repair(luks->snapshot, fd);
	/* A new record was written since, and with it both copies. */
	if (r == -ESTALE && luks_flush(luks, &h) == 0)
		r = 0;
	return r == 0 ? REPAIR_DONE : REPAIR_FAILED;
}

bool luks_same_header(struct crypt_device *a, struct crypt_device *b)
{
	const char *judged = NULL, *now = NULL;

	return crypt_dump_json(a, &judged, 0) == 0 && crypt_dump_json(b, &now, 0) == 0 &&
	       str_eq(judged, now);
}

/* --- the volume ------------------------------------------------------------------------------- */

dev_t luks_number(const struct luks *luks)
{
	struct stat st;

	return fstat(luks->disk, &st) == 0 ? st.st_rdev : 0;
}

int luks_make_lower(const struct luks *luks, const struct opening *as, const struct disk *disk,
		    struct mapping **mapping)
{
	struct mapping_spec spec = { .name = as->name,
				     .node = luks->node,
				     .disk = disk,
				     .devno = luks_number(luks),
				     .options = as->options | disk->header.options };

	if (*mapping || !mapping_possible(disk))
		return 0;
	return mapping_make_lower(&spec, mapping);
}

/*
 * The context to open a keyslot with. For key material that only the kernel can decrypt it is one
 * on the disk itself, since dm-crypt needs a block device: a loop device on the snapshot would be a
 * second disk with this UUID, to udev and to all who look for it. Its JSON, which is in memory from
 * here on, must be the judged one; and a key from other key material does not match the digest in
 * it.
 */
static int context_for(struct luks *luks, int keyslot, struct crypt_device **ret)
{
	size_t size;
	const char *cipher = crypt_keyslot_get_encryption(luks->cd, keyslot, &size);
	struct crypt_device *cd = NULL;
	int r = 0;

	*ret = luks->cd;
	if (!cipher || header_area_in_library(cipher))
		return 0;
	r = luks_load(&cd, luks->header, luks);
	if (r == 0 && !luks_same_header(luks->cd, cd)) {
		str_copy(luks->error, sizeof(luks->error), "the header has changed meanwhile");
		r = -ESTALE;
	}
	if (r == 0)
		*ret = cd;
	else
		crypt_free(cd);
	return r;
}

int luks_kernel_file(const struct luks *luks)
{
	int max = crypt_keyslot_max(CRYPT_LUKS2);
	size_t size;

	for (int i = 0; i < max; i++) {
		const char *cipher = crypt_keyslot_get_encryption(luks->cd, i, &size);

		if (cipher && !header_area_in_library(cipher))
			return luks->header;
	}
	return -1;
}

/* With a key of the kernel's keyring for the passphrase. 0 or more, or a negative errno. */
static int get_key_with_key(struct crypt_device *cd, int keyslot, int key, char *ret, size_t *size)
{
	struct key_content content = { 0 };
	int r = keyring_read(key, &content);

	if (r == 0)
		r = crypt_volume_key_get(cd, keyslot, ret, size, (const char *)content.bytes,
					 content.len);
	key_content_free(&content);
	return r;
}

/* 0 or more, or a negative errno. */
static int get_key(struct crypt_device *cd, int keyslot, const struct offer *offer, char *ret,
		   size_t *size)
{
	struct crypt_keyslot_context *context = NULL;
	int r;

	if (offer->source == SOURCE_TOKEN)
		return get_key_with_key(cd, keyslot, offer->key, ret, size);
	if (offer->source != SOURCE_KEYFILE)
		return crypt_volume_key_get(cd, keyslot, ret, size,
					    (const char *)offer->secret->bytes, offer->secret->len);
	r = crypt_keyslot_context_init_by_keyfile(cd, offer->file, offer->file_size,
						  offer->file_offset, &context);
	if (r == 0)
		r = crypt_volume_key_get_by_keyslot_context(cd, keyslot, ret, size, context);
	crypt_keyslot_context_free(context);
	return r;
}

int luks_keyslot_open(struct luks *luks, int keyslot, const struct offer *offer, struct secret *ret)
{
	struct crypt_device *cd;
	size_t size = sizeof(ret->bytes);
	int r;

	luks->error[0] = '\0';
	r = context_for(luks, keyslot, &cd);
	if (r < 0)
		return r;
	r = get_key(cd, keyslot, offer, (char *)ret->bytes, &size);
	if (r >= 0)
		ret->len = size;
	if (cd != luks->cd)
		crypt_free(cd);
	/* It says nothing of its own where a field of the header cannot be read. */
	if (r == -EINVAL && !luks->error[0])
		return -EBADMSG;
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

const char *luks_tpm2_token(const struct luks *luks, int number, struct tpm2_token *ret, char *buf,
			    size_t size)
{
	const char *header = NULL;

	if (crypt_dump_json(luks->cd, &header, 0) < 0)
		return "cannot be read";
	return tpm2_json_find(header, number, ret, buf, size);
}

/* What only libcryptsetup can open (see mapping_possible), with the header of the snapshot. Checks
 * the key with its digest once more. */
static int open_by_library(struct luks *luks, const struct opening *as, const struct secret *key)
{
	struct crypt_device *cd = NULL;
	char path[32], disk[32];
	int r;

	path_of(luks->snapshot, path);
	/* The very device that was judged, whatever has its name now. */
	path_of(luks->disk, disk);
	r = crypt_init_data_device(&cd, path, disk);
	if (r == 0) {
		crypt_set_log_callback(cd, keep_error, luks);
		r = crypt_load(cd, CRYPT_LUKS2, NULL);
	}
	if (r == 0)
		r = crypt_activate_by_volume_key(cd, as->name, (const char *)key->bytes, key->len,
						 luks_header_flags(as->options));
	crypt_free(cd);
	return r;
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
		r = open_by_library(luks, as, key);
	}
	if (r >= 0)
		return 0;
	*ret = (struct open_failure){ .err = r };
	if (r == -EBUSY)
		mapping_holder(luks->node, ret->holder);
	str_copy(ret->library, sizeof(ret->library), luks->error);
	kmsg_since(kmsg, "device-mapper: table: ", ret->kernel, sizeof(ret->kernel));
	return r;
}

void luks_fetch_memory(uint64_t memory)
{
	argon2_prepare(memory);
}
