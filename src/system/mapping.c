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
#include <sys/sem.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <time.h>

struct mapping {
	struct mapping_spec spec;
	unsigned major, minor; /* of NAME_dif */
	int fd;		       /* keeps NAME_dif, which is to be removed when it is closed */
	bool readonly;
};

/* --- udev's answer
 * -------------------------------------------------------------------------------- */

/* udev has far more to do when a disk appears than when a mapping does. */
#define UDEV_SECONDS 15

static bool udev_silent;
static uint32_t cookie; /* of what udev has not been waited for yet, or 0; libdevmapper's word for
			   the semaphore */

/*
 * libdevmapper waits here, on a semaphore and without end, until udev's rules (95-dm-notify.rules)
 * say that they are done with a device; it has no time-out of its own to set. The link puts this in
 * the place of semop(). Once udev was silent it is not trusted to answer for the next device.
 */
int __wrap_semop(int id, struct sembuf *ops, size_t n);
int __wrap_semop(int id, struct sembuf *ops, size_t n)
{
	struct timespec limit = { .tv_sec = udev_silent ? 0 : UDEV_SECONDS };
	bool waits_for_zero = n == 1 && ops[0].sem_op == 0;

	if (semtimedop(id, ops, n, waits_for_zero ? &limit : NULL) == 0)
		return 0;
	if (errno != EAGAIN || !waits_for_zero || ops[0].sem_flg & IPC_NOWAIT)
		return -1;
	udev_silent = true;
	/* The node in /dev/mapper is udev's work too. */
	(void)dm_mknodes(NULL);
	(void)dm_task_update_nodes();
	return 0;
}

void mapping_settle(void)
{
	if (cookie)
		(void)dm_udev_wait(cookie);
	cookie = 0;
	(void)dm_task_update_nodes();
}

bool mapping_udev_silent(void)
{
	return udev_silent;
}

/* --- one device
 * ----------------------------------------------------------------------------------- */

struct made {
	const char *name;
	const char *type; /* in the UUID: "CRYPT-TYPE-<uuid without dashes>-NAME" */
	const char *target;
	const char *params;
	uint64_t size;	   /* bytes */
	const char *below; /* the node it lies on */
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

/* Has udev say when it is done; as if that were done where no udevd runs. Without the flag,
 * libdevmapper would make and remove nodes itself. */
static bool announce(struct dm_task *task, uint16_t udev_flags)
{
	return !dm_udev_get_sync_support() ||
	       dm_task_set_cookie(task, &cookie, DM_UDEV_DISABLE_LIBRARY_FALLBACK | udev_flags);
}

/* 0 and the number of the new device; not waiting for udev. */
static int make(const struct made *made, const char *uuid, struct dm_info *ret)
{
	struct dm_task *task = dm_task_create(DM_DEVICE_CREATE);
	char dm_uuid[DM_UUID_LEN] =
		""; /* of a very long name the end is lost, as with libcryptsetup */
	int r = -ENOMEM;

	dm_log_with_errno_init(no_log);
	str_append(dm_uuid, sizeof(dm_uuid), "CRYPT-%s-", made->type);
	for (const char *p = uuid; *p; p++)
		if (*p != '-')
			str_append(dm_uuid, sizeof(dm_uuid), "%c", *p);
	str_append(dm_uuid, sizeof(dm_uuid), "-%s", made->name);
	/* The flag has kernel and libdevmapper wipe their buffers. */
	if (task && dm_task_set_name(task, made->name) && dm_task_set_uuid(task, dm_uuid) &&
	    dm_task_secure_data(task) && (!made->readonly || dm_task_set_ro(task)) &&
	    dm_task_add_target(task, 0, made->size / 512, made->target, made->params) &&
	    set_read_ahead(task, made->below) && announce(task, made->udev_flags)) {
		r = 0;
		if (!dm_task_run(task) || !dm_task_get_info(task, ret))
			r = dm_task_get_errno(task) ? -dm_task_get_errno(task) : -EIO;
	}
	if (task)
		dm_task_destroy(task);
	return r;
}

/* --- NAME_dif
 * ------------------------------------------------------------------------------------- */

bool mapping_possible(const struct disk *disk)
{
	const struct header *h = &disk->header;

	return disk->superblock.state == SUPERBLOCK_OK && disk->superblock.provided > 0 &&
	       h->tag_size > 0 && h->dm_cipher[0] && h->key_description[0] && !h->inline_tags;
}

/*
 * Removed as soon as nobody has it open, or (cancel) not any more. By number: libdevmapper would
 * take the node of a name away at once where no udevd does that, although the device is still
 * there.
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

	if (task && dm_task_set_name(task, name) && announce(task, 0))
		(void)dm_task_run(task);
	if (task)
		dm_task_destroy(task);
}

/* Opens NAME_dif and leaves it to the kernel to remove. */
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

/* "254:0", and whether it can only be read. */
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

int mapping_prepare(const struct mapping_spec *spec, struct mapping **ret)
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
	r = make(&(struct made){ .name = dif,
				 .type = "SUBDEV",
				 .target = "integrity",
				 .params = params,
				 .size = spec->disk->superblock.provided,
				 .below = spec->node,
				 .readonly = m->readonly,
				 /* Nobody else's business: no links, no look at what is in it. */
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

/* --- NAME
 * ----------------------------------------------------------------------------------------- */

/*
 * The key as dm-crypt takes it: through the keyring of this thread, so that it does not show in
 * `dmsetup table`, or in the line itself where the kernel has no keyrings. ret is at least
 * DMTABLE_MAX / 2. Returns the key's number in the keyring, or -1.
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

int mapping_open(struct mapping *m, const struct secret *key)
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
	/* dm-crypt has its own copy. */
	if (serial >= 0)
		(void)syscall(SYS_keyctl, KEYCTL_UNLINK, serial, KEY_SPEC_THREAD_KEYRING);
	if (r == 0)
		(void)set_deferred_remove(m, true);
	return r;
}

/* --- looking at them
 * ------------------------------------------------------------------------------ */

/* Calls parse with the parameters of the mapping's first target when it is of this type. Returns
 * whether the mapping exists. */
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
	/* dm-crypt's table holds the volume key when it was not loaded through the kernel keyring:
	 * with this flag kernel and libdevmapper wipe their buffers. */
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
