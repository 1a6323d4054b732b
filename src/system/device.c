/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/device.h"

#include "base/util.h"
#include "system/block.h"
#include "system/multipath.h"
#include "system/usage.h"

#include <blkid/blkid.h>
#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

static void probe_value(blkid_probe pr, const char *key, char *dst, size_t size)
{
	const char *value;

	if (blkid_probe_lookup_value(pr, key, &value, NULL) == 0)
		str_copy(dst, size, value);
}

static void read_values(blkid_probe pr, struct device *dev)
{
	probe_value(pr, "TYPE", dev->type, sizeof(dev->type));
	probe_value(pr, "VERSION", dev->version, sizeof(dev->version));
	probe_value(pr, "UUID", dev->uuid, sizeof(dev->uuid));
	probe_value(pr, "LABEL", dev->label, sizeof(dev->label));
	probe_value(pr, "PART_ENTRY_UUID", dev->partuuid, sizeof(dev->partuuid));
	probe_value(pr, "PART_ENTRY_NAME", dev->partlabel, sizeof(dev->partlabel));
}

/* Looks for LUKS alone first: what is left on the disk of another format must not make the result
 * ambiguous, and a part of a RAID array still tells which volume is on the array. */
static void probe_content(int fd, struct device *dev)
{
	char luks[] = "crypto_LUKS";
	char *only_luks[] = { luks, NULL };
	blkid_probe pr = blkid_new_probe();

	if (!pr)
		return;
	if (blkid_probe_set_device(pr, fd, 0, 0) == 0) {
		blkid_probe_enable_superblocks(pr, 1);
		blkid_probe_set_superblocks_flags(pr, BLKID_SUBLKS_TYPE | BLKID_SUBLKS_UUID |
							      BLKID_SUBLKS_LABEL |
							      BLKID_SUBLKS_VERSION);
		blkid_probe_enable_partitions(pr, 1);
		blkid_probe_set_partitions_flags(pr, BLKID_PARTS_ENTRY_DETAILS);
		blkid_probe_filter_superblocks_type(pr, BLKID_FLTR_ONLYIN, only_luks);
		if (blkid_do_fullprobe(pr) == 0)
			read_values(pr, dev);
		if (!dev->type[0]) {
			blkid_probe_reset_superblocks_filter(pr);
			if (blkid_do_fullprobe(pr) == 0)
				read_values(pr, dev);
		}
	}
	blkid_free_probe(pr);
}

/* Is the disk a part of something, by a signature that lies anywhere on it? The parts of a RAID
 * array whose superblock is at their end, or of a DRBD device, begin with the same LUKS header as
 * the whole. */
static void probe_member(int fd, char *member, size_t size)
{
	blkid_probe pr = blkid_new_probe();

	if (!pr)
		return;
	if (blkid_probe_set_device(pr, fd, 0, 0) == 0) {
		blkid_probe_enable_superblocks(pr, 1);
		blkid_probe_set_superblocks_flags(pr, BLKID_SUBLKS_TYPE);
		blkid_probe_filter_superblocks_usage(pr, BLKID_FLTR_ONLYIN, BLKID_USAGE_RAID);
		if (blkid_do_fullprobe(pr) == 0)
			probe_value(pr, "TYPE", member, size);
	}
	blkid_free_probe(pr);
}

/* The same for the disk that a partition is on. */
static void probe_whole_disk(const char *name, char *member, size_t size)
{
	char disk[BLOCK_NAME_MAX], node[64];
	cleanup_close int fd = -1;

	if (!usage_whole_disk("", name, disk) || !block_node(disk, node))
		return;
	fd = open(node, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd >= 0)
		probe_member(fd, member, size);
}

/*
 * The serial number, as in udev's ID_SERIAL_SHORT, of disks whose driver shows one in sysfs
 * (virtio, NVMe, MMC); for SCSI disks (device/vpd_pg80), udev's by-id links have it. A partition
 * has the serial number of its disk.
 */
static void read_serial(const char *name, struct device *dev)
{
	static const char *const places[] = { "serial", "device/serial", "../serial",
					      "../device/serial" };

	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (block_attribute("", name, places[i], dev->serial, sizeof(dev->serial)) == 0 &&
		    dev->serial[0])
			return;
}

/* What sysfs and udev know of it. */
static void read_system(struct device *dev)
{
	char number[32], name[BLOCK_NAME_MAX];

	snprintf(number, sizeof(number), "%u:%u", major(dev->devno), minor(dev->devno));
	if (block_by_number("", number, name) < 0)
		return;
	read_serial(name, dev);
	usage_holder("", name, dev);
	if (!dev->member[0])
		probe_whole_disk(name, dev->member, sizeof(dev->member));
	if (!dev->member[0])
		multipath_look("", name, dev);
	if (!dev->member[0])
		usage_snapshot("", name, dev);
}

void device_refresh(struct device *dev)
{
	char number[32], name[BLOCK_NAME_MAX];

	snprintf(number, sizeof(number), "%u:%u", major(dev->devno), minor(dev->devno));
	if (block_by_number("", number, name) == 0)
		usage_holder("", name, dev);
}

int device_probe(const char *node, struct device *ret)
{
	struct device dev = { 0 };
	cleanup_close int fd = open(node, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISBLK(st.st_mode))
		return -ENOENT;
	if (ioctl(fd, BLKGETSIZE64, &dev.size) < 0)
		return -errno;
	if (dev.size == 0)
		return -ENXIO;
	dev.devno = st.st_rdev;
	str_copy(dev.node, sizeof(dev.node), node);
	probe_content(fd, &dev);
	probe_member(fd, dev.member, sizeof(dev.member));
	read_system(&dev);
	*ret = dev;
	return 0;
}

int device_list(void (*seen)(void *arg, const char *node), void *arg)
{
	DIR *dir = opendir(BLOCK_CLASS);
	struct dirent *entry;

	if (!dir)
		return -errno;
	while ((entry = readdir(dir))) {
		char node[64];

		if (entry->d_name[0] != '.' && block_may_hold_volume("", entry->d_name) &&
		    block_node(entry->d_name, node))
			seen(arg, node);
	}
	closedir(dir);
	return 0;
}

struct scan {
	void (*seen)(void *arg, const struct device *dev);
	void *arg;
};

static void scan_one(void *arg, const char *node)
{
	const struct scan *scan = arg;
	struct device dev;

	if (device_probe(node, &dev) == 0)
		scan->seen(scan->arg, &dev);
}

int device_scan(void (*seen)(void *arg, const struct device *dev), void *arg)
{
	return device_list(scan_one, &(struct scan){ seen, arg });
}

void device_answers(const char *node)
{
	static unsigned char block[4096] __attribute__((aligned(4096)));
	cleanup_close int fd = open(node, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_DIRECT);

	/* An error is an answer, too. */
	if (fd >= 0)
		(void)!pread(fd, block, sizeof(block), 0);
}

dev_t device_resolve(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISBLK(st.st_mode) ? st.st_rdev : 0;
}

int device_signature(uint64_t size, const struct device_window *windows, size_t n, char *type,
		     size_t type_size)
{
	cleanup_close int fd = memfd_create("signature", MFD_CLOEXEC);
	blkid_probe pr;

	if (fd < 0)
		return -errno;
	if (ftruncate(fd, (off_t)size) < 0)
		return -errno;
	for (size_t i = 0; i < n; i++)
		if (pwrite(fd, windows[i].data, windows[i].len, (off_t)windows[i].offset) !=
		    (ssize_t)windows[i].len)
			return -EIO;
	pr = blkid_new_probe();
	if (!pr)
		return -ENOMEM;
	type[0] = '\0';
	if (blkid_probe_set_device(pr, fd, 0, 0) == 0) {
		blkid_probe_enable_superblocks(pr, 1);
		blkid_probe_set_superblocks_flags(pr, BLKID_SUBLKS_TYPE);
		blkid_probe_enable_partitions(pr, 1);
		if (blkid_do_fullprobe(pr) == 0) {
			probe_value(pr, "TYPE", type, type_size);
			if (!type[0])
				probe_value(pr, "PTTYPE", type, type_size);
		}
	}
	blkid_free_probe(pr);
	return 0;
}
