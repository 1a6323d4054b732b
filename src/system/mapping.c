/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/mapping.h"

#include "base/texts.h"
#include "base/util.h"
#include "system/block.h"
#include "system/device.h"
#include "system/usage.h"

#include <fcntl.h>
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
	bool passing; /* there is NAME, and the kernel removes NAME_dif all the same after it */
};

static void dm_node(unsigned minor, char node[static DMDEVICE_NODE_MAX])
{
	snprintf(node, DMDEVICE_NODE_MAX, "/dev/dm-%u", minor);
}

/* The device, which nothing else may use then. -EBUSY: something does. */
static int claim(const char *node)
{
	int fd = open(node, O_RDONLY | O_EXCL | O_CLOEXEC);

	return fd < 0 ? neg_errno() : fd;
}

/* The disk, exclusively or not, if its node still leads to the one whose header was judged; else
 * -ENODEV. The number of that one is not given to another disk while the worker has it open. */
static int open_disk(const struct mapping_spec *spec, int how)
{
	cleanup_close int fd = open(spec->node, O_RDONLY | O_CLOEXEC | how);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return neg_errno();
	return st.st_rdev == spec->devno ? steal_fd(&fd) : -ENODEV;
}

/* --- NAME_dif --------------------------------------------------------------------------------- */

bool mapping_possible(const struct disk *disk)
{
	const struct header *h = &disk->header;

	return disk->superblock.state == SUPERBLOCK_OK && disk->superblock.provided > 0 &&
	       h->tag_size > 0 && h->dm_cipher[0] && h->key_description[0] && !h->inline_tags;
}

/* Keeps NAME_dif open, and has the kernel remove it after the close. */
static int hold(struct mapping *m, const char *dif)
{
	char node[DMDEVICE_NODE_MAX];

	dm_node(m->minor, node);
	m->fd = open(node, O_RDONLY | O_CLOEXEC);
	if (m->fd >= 0 && dmdevice_set_deferred_remove(m->major, m->minor, false))
		return 0;
	if (m->fd >= 0)
		close(m->fd);
	(void)dmdevice_remove(dif);
	return -EIO;
}

/* The disk's number, "254:0", and whether it is read-only. */
static int describe_disk(int fd, char device[static 24], bool *ret_readonly)
{
	struct stat st;
	int readonly = 0;

	if (fstat(fd, &st) < 0 || ioctl(fd, BLKROGET, &readonly) < 0)
		return neg_errno();
	snprintf(device, 24, "%u:%u", major(st.st_rdev), minor(st.st_rdev));
	*ret_readonly = readonly;
	return 0;
}

static int make_lower(struct mapping *m, int *disk)
{
	cleanup_free char *dif = xasprintf("%s_dif", m->spec.name);
	const struct disk *facts = m->spec.disk;
	char params[DMTABLE_MAX], device[24];
	int r = describe_disk(*disk, device, &m->readonly);

	if (r < 0)
		return r;
	if (!dmtable_integrity(&facts->header, m->spec.options, device, params, sizeof(params)))
		return -EINVAL;
	m->readonly = m->readonly || m->spec.options & DM_OPTION_READONLY;
	r = dmdevice_make(&(struct dmdevice_spec){ .name = dif,
						   .type = "SUBDEV",
						   .uuid = facts->header.uuid,
						   .target = "integrity",
						   .params = params,
						   .size = facts->superblock.provided,
						   .readonly = m->readonly,
						   .hidden = true },
			  disk, &m->major, &m->minor);
	return r < 0 ? r : hold(m, dif);
}

/* Is it what make_lower() makes? */
static bool is_leftover(const struct mapping *m, const struct dm_layer *l, const char *disk)
{
	const struct disk *facts = m->spec.disk;

	return l->live && l->understood && l->targets == 1 && str_eq(l->target, "integrity") &&
	       l->start == 0 && l->length == facts->superblock.provided / 512 &&
	       str_eq(l->below, disk) && l->offset == facts->header.data_offset / 512 &&
	       l->mode == dmtable_mode(m->spec.options) && l->tag_size == facts->header.tag_size &&
	       l->block_size == facts->header.sector_size;
}

/*
 * The disk is in use. An earlier instance that was killed may have left NAME_dif behind: its worker
 * waits in the kernel, for a disk that does not answer or only for its own end, and has NAME_dif
 * open. It is used as it is; two devices on one disk would destroy each other's data. Nothing else
 * may have it open exclusively when NAME is made.
 */
static int adopt_lower(struct mapping *m)
{
	cleanup_free char *dif = xasprintf("%s_dif", m->spec.name);
	cleanup_close int disk = open_disk(&m->spec, 0);
	char device[24], node[DMDEVICE_NODE_MAX];
	struct dm_layer layer;
	int r = disk < 0 ? disk : describe_disk(disk, device, &m->readonly);

	if (r < 0)
		return r;
	dmdevice_read(dif, &layer, node);
	if (!is_leftover(m, &layer, device) ||
	    sscanf(layer.device, "%u:%u", &m->major, &m->minor) != 2 ||
	    !dmdevice_is_only_holder(m->spec.devno, m->minor))
		return -EBUSY;
	dmdevice_make_node(dif);
	m->readonly = m->readonly || m->spec.options & DM_OPTION_READONLY;
	m->fd = open(node, O_RDONLY | O_CLOEXEC);
	return m->fd < 0 ? neg_errno() : 0;
}

int mapping_make_lower(const struct mapping_spec *spec, struct mapping **ret)
{
	cleanup_close int disk = open_disk(spec, O_EXCL);
	cleanup_free struct mapping *m = NULL;
	int r;

	if (disk < 0 && disk != -EBUSY)
		return disk;
	m = xcalloc(1, sizeof(*m));
	m->spec = *spec;
	r = disk < 0 ? adopt_lower(m) : make_lower(m, &disk);
	if (r == 0)
		*ret = steal_pointer(&m);
	return r;
}

struct mapping *mapping_free(struct mapping *m)
{
	if (m) {
		/* From here on mapping_remove() removes it, and its node. */
		if (m->passing)
			(void)dmdevice_set_deferred_remove(m->major, m->minor, true);
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
	const struct disk *facts = m->spec.disk;
	const bool private = m->spec.options & DM_OPTION_PRIVATE;
	char key_text[DMTABLE_MAX / 2], params[DMTABLE_MAX], device[24], node[DMDEVICE_NODE_MAX];
	cleanup_close int dif = -1;
	unsigned major, minor;
	long serial;
	int r = -EINVAL;

	dm_node(m->minor, node);
	dif = claim(node);
	if (dif < 0)
		return dif;
	serial = give_key(&facts->header, key, key_text, sizeof(key_text));
	snprintf(device, sizeof(device), "%u:%u", m->major, m->minor);
	if (dmtable_crypt(&facts->header, m->spec.options, key_text, device, params,
			  sizeof(params)))
		r = dmdevice_make(&(struct dmdevice_spec){ .name = m->spec.name,
							   .type = private ? "TEMP" : "LUKS2",
							   .uuid = facts->header.uuid,
							   .target = "crypt",
							   .params = params,
							   .size = facts->superblock.provided,
							   .readonly = m->readonly,
							   .hidden = private },
				  &dif, &major, &minor);
	explicit_bzero(key_text, sizeof(key_text));
	explicit_bzero(params, sizeof(params));
	/* dm-crypt has its own copy now. */
	if (serial >= 0)
		(void)syscall(SYS_keyctl, KEYCTL_UNLINK, serial, KEY_SPEC_THREAD_KEYRING);
	m->passing = r == 0 && private;
	if (r == 0 && !private)
		(void)dmdevice_set_deferred_remove(m->major, m->minor, true);
	return r;
}

void mapping_holder(const char *node, char holder[static 128])
{
	struct device dev = { .devno = device_resolve(node) };

	device_refresh(&dev);
	(void)str_copy(holder, 128, dev.holder);
}

/* --- removing them ---------------------------------------------------------------------------- */

/* Devices that stand on each other. */
#define DEPTH_MAX 16

/* Removes the devices of device-mapper that stand on this one, the topmost first, unless something
 * uses one of them: then false. */
static bool remove_above(const char *device, unsigned depth)
{
	char **names, name[128];
	bool alone = true;
	size_t n;

	usage_holders("", device, &names, &n);
	for (size_t i = 0; alone && i < n; i++) {
		alone = depth > 0 && remove_above(names[i], depth - 1);
		block_mapping_name("", names[i], name);
		if (alone)
			alone = name[0] && dmdevice_remove(name) == 0;
	}
	texts_free(names, n);
	return alone;
}

static bool is_alone(const char *name)
{
	char device[BLOCK_NAME_MAX];

	return block_by_mapping("", name, device) < 0 || remove_above(device, DEPTH_MAX);
}

int mapping_remove(const char *name)
{
	cleanup_free char *dif = xasprintf("%s_dif", name);
	bool alone = is_alone(name);
	int r = dmdevice_close(name);

	/* What came meanwhile: from now on nothing can be read that others would come for. */
	if (alone)
		(void)is_alone(name);
	/* What has it open, to see what is on it, must not keep the disk for ever. */
	if ((r == 0 || r == -ENXIO) && dmdevice_remove(dif) == -EBUSY)
		dmdevice_remove_later(dif);
	dmdevice_settle();
	return r == -ENXIO ? 0 : r;
}

/* --- looking at them -------------------------------------------------------------------------- */

void mapping_read(const char *name, struct opened *ret, char node[static DMDEVICE_NODE_MAX])
{
	cleanup_free char *dif = xasprintf("%s_dif", name);
	char dif_node[DMDEVICE_NODE_MAX];

	dmdevice_read(name, &ret->crypt, node);
	dmdevice_read(dif, &ret->dif, dif_node);
	if (!ret->crypt.live || (ret->dif.present && !ret->dif.live))
		node[0] = '\0';
}
