/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sys_dm.h"

#include "dmtable.h"
#include "sys_device.h"
#include "sys_mapping.h"
#include "util.h"

#include <fcntl.h>
#include <libdevmapper.h>
#include <linux/fs.h>
#include <stdio.h>
#include <sys/ioctl.h>

/* --- tables ------------------------------------------------------------------------------------- */

/* Calls parse with the parameters of the mapping's first target when it is of this type. Returns whether the mapping exists, and its
 * number. */
static bool read_table(const char *name, const char *type, void (*parse)(const char *params, struct opened *ret),
		       struct opened *ret, unsigned *ret_minor)
{
	struct dm_task *task = dm_task_create(DM_DEVICE_TABLE);
	char *target = NULL, *params = NULL;
	struct dm_info info = { 0 };
	uint64_t start, length;
	bool exists = false;

	if (!task)
		return false;
	/* dm-crypt's table holds the volume key when it was not loaded through the kernel keyring: with this flag kernel and
	 * libdevmapper wipe their buffers. */
	(void)dm_task_secure_data(task);
	if (dm_task_set_name(task, name) && dm_task_run(task) && dm_task_get_info(task, &info) && info.exists) {
		exists = true;
		*ret_minor = info.minor;
		dm_get_next_target(task, NULL, &start, &length, &target, &params);
		if (target && params && str_eq(target, type))
			parse(params, ret);
	}
	dm_task_destroy(task);
	return exists;
}

/* --- reading back --------------------------------------------------------------------------------- */

/* One unit of reading; the largest sector dm-integrity has, so that a read touches one tag. */
#define BLOCK 4096

/* Where superblocks live: ext, XFS, F2FS, LVM2, swap, LUKS at 0; md 1.2, bcachefs at 4096; btrfs at 65536. */
static const uint64_t places[] = { 0, 4096, 65536 };

/* The first 512-byte sector in the block at offset that cannot be read: volumes with 512-byte sectors have a tag each. */
static uint64_t failing_sector(int fd, unsigned char *buf, uint64_t offset, size_t sector_size)
{
	for (uint64_t at = offset; at < offset + BLOCK; at += sector_size)
		if (pread(fd, buf, sector_size, (off_t)at) < 0)
			return at / 512;
	return offset / 512;
}

static void read_back(unsigned number, struct opened *ret)
{
	static unsigned char blocks[ARRAY_SIZE(places)][BLOCK] __attribute__((aligned(BLOCK)));
	static unsigned char scratch[BLOCK] __attribute__((aligned(BLOCK)));
	struct device_window windows[ARRAY_SIZE(places)];
	/* The kernel's own node: the link in /dev/mapper may be on its way through udev yet. */
	cleanup_free char *path = xasprintf("/dev/dm-%u", number);
	/* O_DIRECT: read-ahead would touch blocks nobody asked for, and those may never have been written. */
	cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_DIRECT);
	uint64_t size = 0;
	int sector_size = 512;
	size_t n = 0;

	if (fd < 0 || ioctl(fd, BLKGETSIZE64, &size) < 0) {
		ret->read_failed = true;
		ret->read_err = errno;
		return;
	}
	(void)ioctl(fd, BLKSSZGET, &sector_size);
	for (size_t i = 0; i < ARRAY_SIZE(places) && places[i] + BLOCK <= size && !ret->type[0]; i++) {
		if (pread(fd, blocks[i], BLOCK, (off_t)places[i]) < 0) {
			int err = errno;

			if (!ret->read_failed) {
				ret->read_failed = true;
				ret->read_err = err;
				ret->read_sector = failing_sector(fd, scratch, places[i], (size_t)sector_size);
			}
			continue;
		}
		windows[n++] = (struct device_window){ .offset = places[i], .data = blocks[i], .len = BLOCK };
		if (device_signature(size, windows, n, ret->type, sizeof(ret->type)) < 0)
			ret->type[0] = '\0';
	}
	explicit_bzero(blocks, sizeof(blocks));
}

static void no_log(int level, const char *file, int line, int dm_errno_or_class, const char *f, ...)
{
	(void)level, (void)file, (void)line, (void)dm_errno_or_class, (void)f;
}

void dm_read_opened(const char *name, struct opened *ret)
{
	cleanup_free char *dif = xasprintf("%s_dif", name);
	struct opened opened = { 0 };
	unsigned number = 0, dif_number;

	dm_log_with_errno_init(no_log);
	opened.crypt_present = read_table(name, "crypt", dmtable_parse_crypt, &opened, &number);
	opened.dif_present = read_table(dif, "integrity", dmtable_parse_integrity, &opened, &dif_number);
	if (opened.crypt_present)
		read_back(number, &opened);
	mapping_settle();
	opened.udev_silent = mapping_udev_silent();
	*ret = opened;
}
