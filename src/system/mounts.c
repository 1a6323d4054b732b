/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/mounts.h"

#include "base/escape.h"
#include "base/parse.h"
#include "base/texts.h"
#include "base/util.h"
#include "system/block.h"

#include <fcntl.h>
#include <linux/btrfs.h>
#include <stdio.h>
#include <sys/ioctl.h>

/* "a b" is "a\040b" in mountinfo and swaps. */
#define KERNEL_ESCAPES (ESCAPE_OCTAL | ESCAPE_NUL)

/* Lists all devices of the btrfs to which device belongs; false when it belongs to none. */
static bool btrfs_members(const char *sysroot, const char *device, struct mount *mount)
{
	cleanup_free char *all = xasprintf("%s/sys/fs/btrfs", sysroot);
	char **uuids;
	size_t n;
	bool found = false;

	texts_folder(all, &uuids, &n);
	for (size_t i = 0; !found && i < n; i++) {
		cleanup_free char *folder = xasprintf("%s/%s/devices", all, uuids[i]);
		cleanup_free char *member = xasprintf("%s/%s", folder, device);

		if (access(member, F_OK) == 0) {
			texts_free(mount->devices, mount->n_devices);
			texts_folder(folder, &mount->devices, &mount->n_devices);
			found = true;
		}
	}
	texts_free(uuids, n);
	return found;
}

/* The devices of the btrfs that is mounted at path, by the kernel's own word: the source may be an
 * old name. */
static bool btrfs_devices(const char *path, struct mount *mount)
{
	cleanup_close int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct btrfs_ioctl_fs_info_args info = { 0 };
	char folder[80] = "/sys/fs/btrfs/";

	if (fd < 0 || ioctl(fd, BTRFS_IOC_FS_INFO, &info) < 0)
		return false;
	for (size_t i = 0; i < sizeof(info.fsid); i++)
		str_append(folder, sizeof(folder), "%s%02x",
			   i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", info.fsid[i]);
	str_append(folder, sizeof(folder), "/devices");
	texts_folder(folder, &mount->devices, &mount->n_devices);
	return mount->n_devices > 0;
}

/* Who mounts it needs no root, and chooses the source and the end of the type. */
static bool is_fuse(const char *type)
{
	return str_eq(type, "fuse") || str_after(type, "fuse.");
}

/*
 * The devices of a file system that has no device number of its own: its source may name one
 * device, or several as with bcachefs ("/dev/a:/dev/b").
 */
static void devices_of_source(const char *sysroot, struct mount *mount)
{
	cleanup_free char *source = xstrdup(is_fuse(mount->type) ? "" : mount->source);
	char *save = NULL, device[BLOCK_NAME_MAX];

	for (char *part = strtok_r(source, ":", &save); part; part = strtok_r(NULL, ":", &save)) {
		if (!str_after(part, "/dev/") || block_device(sysroot, part, device) < 0)
			continue;
		if (btrfs_members(sysroot, device, mount))
			return;
		texts_add(&mount->devices, &mount->n_devices, device);
	}
}

/* The fields of a line, which stay in it. */
struct mount_line {
	char *number, *root, *point, *type, *source, *options;
};

/*
 * "36 35 98:0 /subvolume /mnt rw,noatime master:1 - ext3 /dev/root rw", with any number of fields
 * before the "-". Cuts line into pieces. False when a field is missing.
 */
static bool parse_mountinfo(char *line, struct mount_line *ret)
{
	char *save = NULL, *word;
	unsigned i = 0;

	*ret = (struct mount_line){ 0 };
	for (word = strtok_r(line, " ", &save); word && !str_eq(word, "-");
	     word = strtok_r(NULL, " ", &save), i++) {
		if (i == 2)
			ret->number = word;
		else if (i == 3)
			ret->root = word;
		else if (i == 4)
			ret->point = word;
	}
	ret->type = strtok_r(NULL, " ", &save);
	ret->source = strtok_r(NULL, " ", &save);
	ret->options = strtok_r(NULL, " ", &save); /* the file system's, not the mount's */
	return ret->number && ret->point && ret->type && ret->source;
}

int mount_find(const char *sysroot, const char *process, const char *path, struct mount *ret)
{
	cleanup_free char *file = xasprintf("%s/proc/%s/mountinfo", sysroot, process);
	cleanup_free char *text = NULL, *number = NULL;
	struct mount mount = { 0 };
	char *save = NULL, device[BLOCK_NAME_MAX];
	int r = read_file(file, 16 << 20, &text, NULL);

	if (r < 0)
		return r;
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		struct mount_line at;

		if (!parse_mountinfo(line, &at))
			continue;
		(void)unescape(at.point, KERNEL_ESCAPES);
		if (!str_eq(at.point, path))
			continue;
		/* A later mount covers an earlier one. */
		mount_free(&mount);
		free(number);
		(void)unescape(at.source, KERNEL_ESCAPES);
		(void)unescape(at.root, KERNEL_ESCAPES);
		number = xstrdup(at.number);
		mount.type = xstrdup(at.type);
		mount.root = xstrdup(at.root);
		mount.source = xstrdup(at.source);
	}
	if (!number)
		return -ENOENT;
	if (block_by_number(sysroot, number, device) == 0)
		texts_add(&mount.devices, &mount.n_devices, device);
	else if (*sysroot || !str_eq(mount.type, "btrfs") || !btrfs_devices(path, &mount))
		devices_of_source(sysroot, &mount);
	*ret = mount;
	return 0;
}

char *mount_point(const char *sysroot, const char *device)
{
	cleanup_free char *file = xasprintf("%s/proc/self/mountinfo", sysroot), *text = NULL;
	char *save = NULL, number[32];

	if (block_attribute(sysroot, device, "dev", number, sizeof(number)) < 0 ||
	    read_file(file, 16 << 20, &text, NULL) < 0)
		return NULL;
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		struct mount_line at;

		if (!parse_mountinfo(line, &at) || !str_eq(at.number, number) || !at.root ||
		    !str_eq(at.root, "/"))
			continue;
		(void)unescape(at.point, KERNEL_ESCAPES);
		return xstrdup(at.point);
	}
	return NULL;
}

/* The file system's own devices, by its number, by btrfs' word, or by its source. */
static void find_devices(const char *sysroot, const struct mount_line *at, struct mount *mount)
{
	char device[BLOCK_NAME_MAX];

	if (block_by_number(sysroot, at->number, device) == 0)
		texts_add(&mount->devices, &mount->n_devices, device);
	else if (*sysroot || !str_eq(at->type, "btrfs") || !btrfs_devices(at->point, mount))
		devices_of_source(sysroot, mount);
}

static bool is_on(const struct mount *mount, const char *device)
{
	for (size_t i = 0; i < mount->n_devices; i++)
		if (str_eq(mount->devices[i], device))
			return true;
	return false;
}

void mounts_of(const char *sysroot, const char *device,
	       void (*seen)(void *arg, const char *point, const struct mount *mount), void *arg)
{
	cleanup_free char *file = xasprintf("%s/proc/self/mountinfo", sysroot), *text = NULL;
	char *save = NULL;

	if (read_file(file, 16 << 20, &text, NULL) < 0)
		return;
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		struct mount mount = { 0 };
		struct mount_line at;

		if (!parse_mountinfo(line, &at) || !at.root)
			continue;
		(void)unescape(at.point, KERNEL_ESCAPES);
		(void)unescape(at.source, KERNEL_ESCAPES);
		(void)unescape(at.root, KERNEL_ESCAPES);
		mount.type = xstrdup(at.type);
		mount.root = xstrdup(at.root);
		mount.source = xstrdup(at.source);
		find_devices(sysroot, &at, &mount);
		if (is_on(&mount, device))
			seen(arg, at.point, &mount);
		mount_free(&mount);
	}
}

/* The options of a file system begin with "rw" or "ro". */
static bool is_writable(const struct mount_line *at)
{
	return !at->options || !str_after(at->options, "ro") ||
	       (at->options[2] && at->options[2] != ',');
}

int mounts_writable(const char *sysroot, void (*seen)(void *arg, const struct mount *mount),
		    void *arg)
{
	cleanup_free char *file = xasprintf("%s/proc/self/mountinfo", sysroot), *text = NULL;
	char *save = NULL, device[BLOCK_NAME_MAX];
	int r = read_file(file, 16 << 20, &text, NULL);

	if (r < 0)
		return r;
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		struct mount mount = { 0 };
		struct mount_line at;

		if (!parse_mountinfo(line, &at) || !is_writable(&at))
			continue;
		(void)unescape(at.source, KERNEL_ESCAPES);
		mount.source = xstrdup(at.source);
		mount.type = xstrdup(at.type);
		if (block_by_number(sysroot, at.number, device) == 0)
			texts_add(&mount.devices, &mount.n_devices, device);
		else
			devices_of_source(sysroot, &mount);
		seen(arg, &mount);
		mount_free(&mount);
	}
	return 0;
}

void swaps_read(const char *sysroot, struct swap **ret, size_t *ret_n)
{
	cleanup_free char *file = xasprintf("%s/proc/swaps", sysroot);
	cleanup_free char *text = NULL;
	struct swap *swaps = NULL;
	size_t n = 0;
	char *save = NULL;

	*ret = NULL;
	*ret_n = 0;
	if (read_file(file, 1 << 20, &text, NULL) < 0)
		return;
	/* A heading, "Filename  Type  Size  Used  Priority", then one swap per line. */
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *words = NULL, *path = strtok_r(line, " \t", &words), *size;
		struct swap *swap;
		uint64_t kib;

		(void)strtok_r(NULL, " \t", &words);
		size = strtok_r(NULL, " \t", &words);
		if (!path || !size || parse_u64(size, UINT64_MAX, &kib) < 0)
			continue;
		(void)unescape(path, KERNEL_ESCAPES);
		swap = array_add(&swaps, &n, sizeof(*swaps));
		swap->path = xstrdup(path);
		swap->size = kib;
	}
	*ret = swaps;
	*ret_n = n;
}
