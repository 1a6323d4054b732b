/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/device.h"

#include "base/util.h"

#include <blkid/blkid.h>
#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

/* Who multicasts on NETLINK_KOBJECT_UEVENT (systemd's src/libsystemd/sd-device/device-monitor.c).
 */
#define GROUP_KERNEL 1
#define GROUP_UDEV 2

#define SYS_BLOCK "/sys/class/block"

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

/* LUKS first and alone: a remnant of another format elsewhere on the disk must not make it
 * ambiguous. */
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

/* Serial number as udev's ID_SERIAL_SHORT has it for the disks whose driver shows one in sysfs
 * (virtio, NVMe, MMC, SCSI with device/vpd_pg80 is left to by-id links). For a partition: its
 * disk's. */
static void read_serial(const char *name, struct device *dev)
{
	static const char *const places[] = { "serial", "device/serial", "../serial",
					      "../device/serial" };

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		cleanup_free char *path = xasprintf(SYS_BLOCK "/%s/%s", name, places[i]);

		if (read_line(path, dev->serial, sizeof(dev->serial)) == 0 && dev->serial[0])
			return;
	}
}

int device_probe(const char *node, struct device *ret)
{
	struct device dev = { 0 };
	cleanup_close int fd = open(node, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	const char *name = str_after(node, "/dev/");
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
	if (name)
		read_serial(name, &dev);
	*ret = dev;
	return 0;
}

/*
 * Not worth opening: RAM disks, and the two devices of an open LUKS2 volume.  Probing those would
 * read blocks that were perhaps never written, and the kernel reports each as an integrity error.
 */
static bool is_boring(const char *name)
{
	static const char *const prefixes[] = { "ram", "zram", "fd" };
	static const char *const mappings[] = { "CRYPT-SUBDEV-", "CRYPT-LUKS2-", "CRYPT-LUKS1-",
						"CRYPT-PLAIN-", "CRYPT-TEMP-" };
	cleanup_free char *path = xasprintf(SYS_BLOCK "/%s/dm/uuid", name);
	const char *rest;
	char uuid[160];

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (str_after(name, prefixes[i]))
			return true;
	if (read_line(path, uuid, sizeof(uuid)) < 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(mappings); i++)
		if (str_after(uuid, mappings[i]))
			return true;
	/* NAME_dif as cryptsetup before 2.7 leaves it, "CRYPT-INTEGRITY-<uuid of the LUKS
	 * header>-NAME_dif"; a standalone dm-integrity device has no UUID there, and may well hold
	 * a volume. */
	rest = str_after(uuid, "CRYPT-INTEGRITY-");
	return rest && strspn(rest, "0123456789abcdef") == 32 && rest[32] == '-';
}

/* "sda1" of sysfs to "/dev/sda1"; the kernel writes '/' in names as '!'. */
static bool node_of(const char *name, char node[static 64])
{
	int n = snprintf(node, 64, "/dev/%s", name);

	for (char *p = node; *p; p++)
		if (*p == '!')
			*p = '/';
	return n > 0 && n < 64;
}

int device_scan(void (*seen)(void *arg, const struct device *dev), void *arg)
{
	DIR *dir = opendir(SYS_BLOCK);
	struct dirent *entry;

	if (!dir)
		return -errno;
	while ((entry = readdir(dir))) {
		struct device dev;
		char node[64];

		if (entry->d_name[0] != '.' && !is_boring(entry->d_name) &&
		    node_of(entry->d_name, node) && device_probe(node, &dev) == 0)
			seen(arg, &dev);
	}
	closedir(dir);
	return 0;
}

int device_monitor_open(bool udev, int *ret_fd)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK,
				       .nl_groups = GROUP_KERNEL | (udev ? GROUP_UDEV : 0) };
	cleanup_close int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
				      NETLINK_KOBJECT_UEVENT);
	int size = 1 << 20; /* a machine with many disks announces them all at once */

	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	*ret_fd = steal_fd(&fd);
	return 0;
}

/* What a uevent says; NULL where it does not. */
struct uevent {
	char buf[8192];
	const char *action, *subsystem, *devname, *modalias;
};

/* 1, 0 when it is none of the kernel's (*ret_udev: but of udevd's), or a negative errno. */
static int read_uevent(int fd, struct uevent *ret, bool *ret_udev)
{
	const struct {
		const char *key;
		const char **value;
	} wanted[] = {
		{ "ACTION=", &ret->action },
		{ "SUBSYSTEM=", &ret->subsystem },
		{ "DEVNAME=", &ret->devname },
		{ "MODALIAS=", &ret->modalias },
	};
	struct sockaddr_nl from = { 0 };
	struct iovec iov = { .iov_base = ret->buf, .iov_len = sizeof(ret->buf) - 1 };
	struct msghdr msg = {
		.msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &iov, .msg_iovlen = 1
	};
	ssize_t n = recvmsg(fd, &msg, MSG_DONTWAIT);

	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	/* Any process may send to this socket by unicast; only the kernel is port 0. udevd's word
	 * is only a hint to look. */
	if (from.nl_pid != 0) {
		if (from.nl_groups & GROUP_UDEV)
			*ret_udev = true;
		return 0;
	}
	ret->buf[n] = '\0';
	/* "add@/devices/…" and then KEY=VALUE strings, each NUL-terminated (lib/kobject_uevent.c).
	 */
	for (const char *p = ret->buf; p < ret->buf + n; p += strlen(p) + 1)
		for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
			if (str_after(p, wanted[i].key))
				*wanted[i].value = str_after(p, wanted[i].key);
	return ret->action && ret->subsystem;
}

int device_monitor_read(int fd, char node[static 64], bool *ret_gone, bool *ret_udev)
{
	struct uevent event = { .action = NULL };
	int r = read_uevent(fd, &event, ret_udev);

	if (r <= 0)
		return r;
	if (!event.devname || !str_eq(event.subsystem, "block") || is_boring(event.devname) ||
	    !node_of(event.devname, node))
		return 0;
	*ret_gone = str_eq(event.action, "remove");
	return 1;
}

int device_monitor_read_modalias(int fd, char *bus, size_t bus_size, char *modalias,
				 size_t modalias_size)
{
	struct uevent event = { .action = NULL };
	bool udev;
	int r = read_uevent(fd, &event, &udev);

	if (r <= 0)
		return r;
	return str_eq(event.action, "add") && event.modalias &&
	       str_copy(bus, bus_size, event.subsystem) &&
	       str_copy(modalias, modalias_size, event.modalias);
}

dev_t device_resolve(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISBLK(st.st_mode) ? st.st_rdev : 0;
}

int device_probe_link(const char *path, struct device *ret)
{
	cleanup_free char *node = realpath(path, NULL);

	return node ? device_probe(node, ret) : -errno;
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

int device_mapping_uuid(const char *mapping, char *uuid, size_t size)
{
	DIR *dir = opendir(SYS_BLOCK);
	struct dirent *entry;
	int r = -ENOENT;

	if (!dir)
		return -ENOENT;
	while (r < 0 && (entry = readdir(dir))) {
		char path[300], name[160];

		if (!str_after(entry->d_name, "dm-"))
			continue;
		snprintf(path, sizeof(path), SYS_BLOCK "/%s/dm/name", entry->d_name);
		if (read_line(path, name, sizeof(name)) < 0 || !str_eq(name, mapping))
			continue;
		snprintf(path, sizeof(path), SYS_BLOCK "/%s/dm/uuid", entry->d_name);
		r = read_line(path, uuid, size);
	}
	closedir(dir);
	return r;
}
