/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sys_dm.h"

#include "sys_device.h"
#include "util.h"

#include <fcntl.h>
#include <libdevmapper.h>
#include <linux/fs.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/sem.h>
#include <time.h>

/* --- tables ------------------------------------------------------------------------------------- */

void dm_parse_crypt(const char *params, struct opened *ret)
{
	const char *p = strstr(params, " integrity:");
	size_t len = strcspn(params, " ");
	char type[32] = "";
	unsigned tag;

	if (len >= sizeof(ret->dm_cipher))
		len = sizeof(ret->dm_cipher) - 1;
	memcpy(ret->dm_cipher, params, len);
	ret->dm_cipher[len] = '\0';
	if (p && sscanf(p, " integrity:%u:%31[^ ]", &tag, type) == 2) {
		ret->crypt_tag_size = tag;
		str_copy(ret->crypt_integrity, sizeof(ret->crypt_integrity), type);
	}
}

void dm_parse_integrity(const char *params, struct opened *ret)
{
	unsigned tag;
	char mode;

	/* DEVICE START TAG_SIZE MODE …; "-" as tag size: the internal hash decides, which under dm-crypt there is none of. */
	if (sscanf(params, "%*s %*u %u %c", &tag, &mode) == 2) {
		ret->dif_tag_size = tag;
		ret->dif_mode = mode;
	}
}

/* Calls parse with the parameters of the mapping's first target when it is of this type. Returns whether the mapping exists. */
static bool read_table(const char *name, const char *type, void (*parse)(const char *params, struct opened *ret),
		       struct opened *ret)
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
		dm_get_next_target(task, NULL, &start, &length, &target, &params);
		if (target && params && str_eq(target, type))
			parse(params, ret);
	}
	dm_task_destroy(task);
	return exists;
}

/* --- udev's answer ------------------------------------------------------------------------------- */

/* udev has far more to do when a disk appears than when a mapping does. */
#define UDEV_SECONDS 15

static bool udev_silent;

/*
 * libdevmapper waits here, on a semaphore and without end, until udev's rules (95-dm-notify.rules) say that they are done
 * with a device; it has no time-out of its own to set. The link puts this in the place of semop(). Once udev was silent it
 * is not trusted to answer for the next device.
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

static void read_back(const char *name, struct opened *ret)
{
	static unsigned char blocks[ARRAY_SIZE(places)][BLOCK] __attribute__((aligned(BLOCK)));
	static unsigned char scratch[BLOCK] __attribute__((aligned(BLOCK)));
	struct device_window windows[ARRAY_SIZE(places)];
	cleanup_free char *path = xasprintf("/dev/mapper/%s", name);
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

	dm_log_with_errno_init(no_log);
	opened.crypt_present = read_table(name, "crypt", dm_parse_crypt, &opened);
	opened.dif_present = read_table(dif, "integrity", dm_parse_integrity, &opened);
	read_back(name, &opened);
	opened.udev_silent = udev_silent;
	*ret = opened;
}
