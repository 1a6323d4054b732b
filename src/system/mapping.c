/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/mapping.h"

#include "base/util.h"
#include "facts/dmtable.h"

#include <fcntl.h>
#include <libdevmapper.h>
#include <linux/dm-ioctl.h>
#include <linux/fs.h>
#include <linux/keyctl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

struct mapping {
	struct mapping_spec spec;
	unsigned major, minor; /* of NAME_dif */
	int fd;		       /* keeps NAME_dif in use; the kernel removes it after the close */
	bool readonly;
};

/* libdevmapper's "cookie", the semaphore for the devices for which udev was not waited for yet; 0:
 * none. */
static uint32_t cookie;

void mapping_settle(void)
{
	if (cookie)
		(void)dm_udev_wait(cookie);
	cookie = 0;
	(void)dm_task_update_nodes();
}

/* --- one device ------------------------------------------------------------------------------- */

struct made {
	const char *name;
	const char *type; /* in the UUID: "CRYPT-TYPE-<uuid without dashes>-NAME" */
	const char *target;
	const char *params;
	uint64_t size;	   /* bytes */
	const char *below; /* node of the device below */
	bool readonly;
	uint16_t udev_flags;
};

static void no_log(int level, const char *file, int line, int dm_errno_or_class, const char *f, ...)
{
	(void)level, (void)file, (void)line, (void)dm_errno_or_class, (void)f;
}

static void dm_node(unsigned minor, char node[static MAPPING_NODE_MAX])
{
	snprintf(node, MAPPING_NODE_MAX, "/dev/dm-%u", minor);
}

static bool set_read_ahead(struct dm_task *task, const char *below)
{
	cleanup_close int fd = open(below, O_RDONLY | O_CLOEXEC);
	long sectors;

	return fd < 0 || ioctl(fd, BLKRAGET, &sectors) < 0 ||
	       dm_task_set_read_ahead(task, (uint32_t)sectors, DM_READ_AHEAD_MINIMUM_FLAG);
}

/* Asks udev to report when it has handled the device; does nothing where no udevd runs. Without the
 * flag, libdevmapper would make and remove nodes itself. */
static bool ask_udev_to_report(struct dm_task *task, uint16_t udev_flags)
{
	return !dm_udev_get_sync_support() ||
	       dm_task_set_cookie(task, &cookie, DM_UDEV_DISABLE_LIBRARY_FALLBACK | udev_flags);
}

/* 0 and the number of the new device, or a negative errno. Does not wait for udev. */
static int make(const struct made *made, const char *uuid, struct dm_info *ret)
{
	struct dm_task *task = dm_task_create(DM_DEVICE_CREATE);
	char dm_uuid[DM_UUID_LEN] = ""; /* cuts a very long name, as libcryptsetup does */
	int r = -ENOMEM;

	dm_log_with_errno_init(no_log);
	str_append(dm_uuid, sizeof(dm_uuid), "CRYPT-%s-", made->type);
	for (const char *p = uuid; *p; p++)
		if (*p != '-')
			str_append(dm_uuid, sizeof(dm_uuid), "%c", *p);
	str_append(dm_uuid, sizeof(dm_uuid), "-%s", made->name);
	/* secure_data: the kernel and libdevmapper wipe their buffers. */
	if (task && dm_task_set_name(task, made->name) && dm_task_set_uuid(task, dm_uuid) &&
	    dm_task_secure_data(task) && (!made->readonly || dm_task_set_ro(task)) &&
	    dm_task_add_target(task, 0, made->size / 512, made->target, made->params) &&
	    set_read_ahead(task, made->below) && ask_udev_to_report(task, made->udev_flags)) {
		r = 0;
		if (!dm_task_run(task) || !dm_task_get_info(task, ret))
			r = dm_task_get_errno(task) ? -dm_task_get_errno(task) : -EIO;
	}
	if (task)
		dm_task_destroy(task);
	return r;
}

/* --- NAME_dif --------------------------------------------------------------------------------- */

bool mapping_possible(const struct disk *disk)
{
	const struct header *h = &disk->header;

	return disk->superblock.state == SUPERBLOCK_OK && disk->superblock.provided > 0 &&
	       h->tag_size > 0 && h->dm_cipher[0] && h->key_description[0] && !h->inline_tags;
}

/*
 * Has the kernel remove NAME_dif as soon as it is no longer open; cancel: no longer has it do so.
 * By number: given a name where no udevd runs, libdevmapper would remove the node at once, although
 * the device still exists.
 */
static bool set_deferred_remove(const struct mapping *m, bool cancel)
{
	struct dm_task *task = dm_task_create(cancel ? DM_DEVICE_TARGET_MSG : DM_DEVICE_REMOVE);
	bool ok = task && dm_task_set_major_minor(task, (int)m->major, (int)m->minor, 0);

	if (cancel)
		ok = ok && dm_task_set_sector(task, 0) &&
		     dm_task_set_message(task, "@cancel_deferred_remove");
	else
		ok = ok && dm_task_deferred_remove(task);
	ok = ok && dm_task_run(task);
	if (task)
		dm_task_destroy(task);
	return ok;
}

static void remove_at_once(const char *name)
{
	struct dm_task *task = dm_task_create(DM_DEVICE_REMOVE);

	if (task && dm_task_set_name(task, name) && ask_udev_to_report(task, 0))
		(void)dm_task_run(task);
	if (task)
		dm_task_destroy(task);
}

/* Keeps NAME_dif open, and has the kernel remove it after the close. */
static int hold(struct mapping *m, const char *dif, const struct dm_info *info)
{
	char node[MAPPING_NODE_MAX];

	m->major = info->major;
	m->minor = info->minor;
	dm_node(m->minor, node);
	m->fd = open(node, O_RDONLY | O_CLOEXEC);
	if (m->fd >= 0 && set_deferred_remove(m, false))
		return 0;
	if (m->fd >= 0)
		close(m->fd);
	remove_at_once(dif);
	return -EIO;
}

/* The disk's number, "254:0", and whether it is read-only. */
static int describe_disk(const char *node, char device[static 24], bool *ret_readonly)
{
	cleanup_close int fd = open(node, O_RDONLY | O_CLOEXEC);
	struct stat st;
	int readonly = 0;

	if (fd < 0 || fstat(fd, &st) < 0 || ioctl(fd, BLKROGET, &readonly) < 0)
		return neg_errno();
	snprintf(device, 24, "%u:%u", major(st.st_rdev), minor(st.st_rdev));
	*ret_readonly = readonly;
	return 0;
}

int mapping_make_lower(const struct mapping_spec *spec, struct mapping **ret)
{
	cleanup_free char *dif = xasprintf("%s_dif", spec->name);
	struct mapping *m;
	char params[DMTABLE_MAX], device[24];
	struct dm_info info;
	bool readonly = false;
	int r = describe_disk(spec->node, device, &readonly);

	if (r < 0)
		return r;
	if (!dmtable_integrity(&spec->disk->header, spec->options, device, params, sizeof(params)))
		return -EINVAL;
	m = xcalloc(1, sizeof(*m));
	m->spec = *spec;
	m->readonly = readonly || spec->options & DM_OPTION_READONLY;
	r = make(
		&(struct made){
			.name = dif,
			.type = "SUBDEV",
			.target = "integrity",
			.params = params,
			.size = spec->disk->superblock.provided,
			.below = spec->node,
			.readonly = m->readonly,
			/* Only dm-crypt uses it: udev makes no links and does not probe it. */
			.udev_flags = DM_UDEV_DISABLE_SUBSYSTEM_RULES_FLAG |
				      DM_UDEV_DISABLE_DISK_RULES_FLAG |
				      DM_UDEV_DISABLE_OTHER_RULES_FLAG },
		spec->disk->header.uuid, &info);
	if (r == 0)
		r = hold(m, dif, &info);
	if (r < 0) {
		free(m);
		return r;
	}
	*ret = m;
	return 0;
}

struct mapping *mapping_free(struct mapping *m)
{
	if (m) {
		close(m->fd);
		free(m);
	}
	return NULL;
}

/* --- NAME ------------------------------------------------------------------------------------- */

/*
 * Writes the key as dm-crypt's table has it: as a reference to this thread's keyring, so that
 * `dmsetup table` does not show the key, or the key itself where the kernel has no keyrings. ret
 * holds at least DMTABLE_MAX / 2 bytes. Returns the key's number in the keyring, or -1.
 */
static long give_key(const struct header *h, const struct secret *key, char *ret, size_t size)
{
	long serial = syscall(SYS_add_key, "logon", h->key_description, key->bytes, key->len,
			      KEY_SPEC_THREAD_KEYRING);

	if (serial >= 0) {
		snprintf(ret, size, ":%zu:logon:%s", key->len, h->key_description);
		return serial;
	}
	for (size_t i = 0; i < key->len && 2 * i + 2 < size; i++)
		snprintf(ret + 2 * i, 3, "%02x", key->bytes[i]);
	return -1;
}

int mapping_make_upper(struct mapping *m, const struct secret *key)
{
	char key_text[DMTABLE_MAX / 2], params[DMTABLE_MAX], device[24], node[MAPPING_NODE_MAX];
	long serial = give_key(&m->spec.disk->header, key, key_text, sizeof(key_text));
	struct dm_info info;
	int r = -EINVAL;

	snprintf(device, sizeof(device), "%u:%u", m->major, m->minor);
	dm_node(m->minor, node);
	if (dmtable_crypt(&m->spec.disk->header, m->spec.options, key_text, device, params,
			  sizeof(params)))
		r = make(&(struct made){ .name = m->spec.name,
					 .type = "LUKS2",
					 .target = "crypt",
					 .params = params,
					 .size = m->spec.disk->superblock.provided,
					 .below = node,
					 .readonly = m->readonly },
			 m->spec.disk->header.uuid, &info);
	explicit_bzero(key_text, sizeof(key_text));
	explicit_bzero(params, sizeof(params));
	/* dm-crypt has its own copy now. */
	if (serial >= 0)
		(void)syscall(SYS_keyctl, KEYCTL_UNLINK, serial, KEY_SPEC_THREAD_KEYRING);
	if (r == 0)
		(void)set_deferred_remove(m, true);
	return r;
}

/* --- removing them ---------------------------------------------------------------------------- */

static int run_on(const char *name, int type, bool (*prepare)(struct dm_task *task, uint64_t size),
		  uint64_t size)
{
	struct dm_task *task = dm_task_create(type);
	int r = -ENOMEM;

	if (task && dm_task_set_name(task, name) && (!prepare || prepare(task, size))) {
		r = 0;
		if (!dm_task_run(task))
			r = dm_task_get_errno(task) ? -dm_task_get_errno(task) : -EIO;
	}
	if (task)
		dm_task_destroy(task);
	return r;
}

/* udev may have the device open for a moment, to see what is on it. */
static bool prepare_remove(struct dm_task *task, uint64_t size)
{
	(void)size;
	return dm_task_retry_remove(task) && ask_udev_to_report(task, 0);
}

static bool prepare_deferred(struct dm_task *task, uint64_t size)
{
	(void)size;
	return dm_task_deferred_remove(task) && ask_udev_to_report(task, 0);
}

static bool prepare_error(struct dm_task *task, uint64_t size)
{
	return dm_task_add_target(task, 0, size, "error", "");
}

/* Not flushed: what is still to be written must not reach the disk. */
static bool prepare_resume(struct dm_task *task, uint64_t size)
{
	(void)size;
	return dm_task_no_flush(task) && dm_task_skip_lockfs(task) && ask_udev_to_report(task, 0);
}

/* Sectors of the mapping; 0: there is none. */
static uint64_t sectors_of(const char *name)
{
	struct dm_task *task = dm_task_create(DM_DEVICE_STATUS);
	uint64_t start = 0, length = 0, end = 0;
	struct dm_info info = { 0 };
	char *type, *params;
	void *next = NULL;

	if (task && dm_task_set_name(task, name) && dm_task_run(task) &&
	    dm_task_get_info(task, &info) && info.exists) {
		do {
			next = dm_get_next_target(task, next, &start, &length, &type, &params);
			if (start + length > end)
				end = start + length;
		} while (next);
	}
	if (task)
		dm_task_destroy(task);
	return end;
}

int mapping_remove(const char *name)
{
	cleanup_free char *dif = xasprintf("%s_dif", name);
	int r;

	dm_log_with_errno_init(no_log);
	r = run_on(name, DM_DEVICE_REMOVE, prepare_remove, 0);
	if (r == -EBUSY) {
		r = run_on(name, DM_DEVICE_RELOAD, prepare_error, sectors_of(name));
		if (r == 0)
			r = run_on(name, DM_DEVICE_RESUME, prepare_resume, 0);
		if (r == 0)
			(void)run_on(name, DM_DEVICE_REMOVE, prepare_deferred, 0);
	}
	if (r == 0 || r == -ENXIO)
		(void)run_on(dif, DM_DEVICE_REMOVE, prepare_remove, 0);
	mapping_settle();
	return r == -ENXIO ? 0 : r;
}

/* --- looking at them -------------------------------------------------------------------------- */

/* Returns whether the mapping exists. When its first target has this type, calls parse with the
 * target's parameters. */
static bool read_table(const char *name, const char *type,
		       void (*parse)(const char *params, struct opened *ret), struct opened *ret,
		       char node[static MAPPING_NODE_MAX])
{
	struct dm_task *task = dm_task_create(DM_DEVICE_TABLE);
	char *target = NULL, *params = NULL;
	struct dm_info info = { 0 };
	uint64_t start, length;
	bool exists = false;

	if (!task)
		return false;
	/* dm-crypt's table holds the volume key where the kernel has no keyrings: with this flag,
	 * the kernel and libdevmapper wipe their buffers. */
	(void)dm_task_secure_data(task);
	if (dm_task_set_name(task, name) && dm_task_run(task) && dm_task_get_info(task, &info) &&
	    info.exists) {
		exists = true;
		dm_node(info.minor, node);
		dm_get_next_target(task, NULL, &start, &length, &target, &params);
		if (target && params && str_eq(target, type))
			parse(params, ret);
	}
	dm_task_destroy(task);
	return exists;
}

void mapping_read(const char *name, struct opened *ret, char node[static MAPPING_NODE_MAX])
{
	cleanup_free char *dif = xasprintf("%s_dif", name);
	char dif_node[MAPPING_NODE_MAX];

	dm_log_with_errno_init(no_log);
	node[0] = '\0';
	ret->crypt_present = read_table(name, "crypt", dmtable_parse_crypt, ret, node);
	ret->dif_present = read_table(dif, "integrity", dmtable_parse_integrity, ret, dif_node);
}
