/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/block.h"

#include "base/escape.h"
#include "base/texts.h"
#include "base/util.h"
#include "facts/dmuuid.h"

#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

int block_attribute(const char *sysroot, const char *device, const char *file, char *buf,
		    size_t size)
{
	cleanup_free char *path = xasprintf("%s" BLOCK_CLASS "/%s/%s", sysroot, device, file);

	return read_line(path, buf, size);
}

bool block_has(const char *sysroot, const char *device, const char *file)
{
	cleanup_free char *path = xasprintf("%s" BLOCK_CLASS "/%s/%s", sysroot, device, file);

	return access(path, F_OK) == 0;
}

bool block_node(const char *device, char node[static 64])
{
	int n = snprintf(node, 64, "/dev/%s", device);

	if (n < 0 || n >= 64) {
		node[0] = '\0';
		return false;
	}
	/* The kernel writes the '/' in a device's name as '!'. */
	for (char *p = node; *p; p++)
		if (*p == '!')
			*p = '/';
	return true;
}

int block_link_name(const char *path, char device[static BLOCK_NAME_MAX])
{
	cleanup_free char *real = realpath(path, NULL);
	const char *name = real ? strrchr(real, '/') : NULL;

	return name && str_copy(device, BLOCK_NAME_MAX, name + 1) ? 0 : -ENOENT;
}

int block_by_number(const char *sysroot, const char *number, char device[static BLOCK_NAME_MAX])
{
	cleanup_free char *path = NULL;

	/* "0:0" in /sys/power/resume means none; in mountinfo, "0:…" stands for no device. */
	if (!*number || number[strspn(number, "0123456789:")] || str_after(number, "0:"))
		return -ENOENT;
	path = xasprintf("%s/sys/dev/block/%s", sysroot, number);
	return block_link_name(path, device);
}

int block_by_mapping(const char *sysroot, const char *name, char device[static BLOCK_NAME_MAX])
{
	cleanup_free char *class = xasprintf("%s" BLOCK_CLASS, sysroot);
	char **names;
	size_t n;
	bool exact = false;
	int r = -ENOENT;

	texts_folder(class, &names, &n);
	for (size_t i = 0; !exact && i < n; i++) {
		char found[160];

		if (block_attribute(sysroot, names[i], "dm/name", found, sizeof(found)) < 0)
			continue;
		/* A path in /dev/mapper is as the kernel has the name, "a\x20b"; people write "a
		 * b".
		 */
		exact = str_eq(found, name);
		(void)unescape(found, ESCAPE_HEX | ESCAPE_NUL);
		if ((exact || (r < 0 && str_eq(found, name))) &&
		    str_copy(device, BLOCK_NAME_MAX, names[i]))
			r = 0;
	}
	texts_free(names, n);
	return r;
}

int block_device(const char *sysroot, const char *node, char device[static BLOCK_NAME_MAX])
{
	cleanup_free char *path = xasprintf("%s%s", sysroot, node);
	const char *mapping = str_after(node, "/dev/mapper/");
	char number[32], name[BLOCK_NAME_MAX];
	struct stat st;

	/* In a chroot, /dev may be empty although /sys is mounted. */
	if (mapping && block_by_mapping(sysroot, mapping, device) == 0)
		return 0;
	if (stat(path, &st) < 0)
		return -ENOENT;
	if (S_ISBLK(st.st_mode)) {
		snprintf(number, sizeof(number), "%u:%u", major(st.st_rdev), minor(st.st_rdev));
		return block_by_number(sysroot, number, device);
	}
	/* Tests cannot make device nodes: there, a plain file with the device's name is one. */
	if (!*sysroot || block_link_name(path, name) < 0 || !block_has(sysroot, name, "dev"))
		return -ENOENT;
	str_copy(device, BLOCK_NAME_MAX, name);
	return 0;
}

/* The link that udev makes for a label, with its \xhh escapes; bytes above ASCII stay. */
static char *udev_link(const char *folder, const char *value)
{
	size_t size = strlen(folder) + 4 * strlen(value) + 1;
	char *path = xcalloc(size, 1), *out = path + strlen(folder);

	(void)str_copy(path, size, folder);
	for (const char *p = value; *p; p++) {
		unsigned char c = (unsigned char)*p;

		if (c >= 0x80 || (c >= '0' && c <= '9') ||
		    ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || strchr("#+-.:=@_", c))
			*out++ = (char)c;
		else
			out += sprintf(out, "\\x%02x", c);
	}
	return path;
}

int block_resolve(const char *sysroot, const struct devref *ref, char device[static BLOCK_NAME_MAX])
{
	const char *folder = devref_folder(ref->kind);
	cleanup_free char *path = NULL;

	if (ref->kind == DEVREF_PATH)
		path = xstrdup(ref->value);
	else if (folder)
		path = udev_link(folder, ref->value);
	return path ? block_device(sysroot, path, device) : -ENOENT;
}

void block_mapping_name(const char *sysroot, const char *device, char name[static 128])
{
	if (block_attribute(sysroot, device, "dm/name", name, 128) < 0)
		name[0] = '\0';
	/* libdevmapper keeps "a b" as "a\x20b" in the kernel. */
	(void)unescape(name, ESCAPE_HEX | ESCAPE_NUL);
}

/* An unused loop device, for example. A drive with removable media is not known to be empty before
 * it is opened. */
static bool is_empty(const char *sysroot, const char *device)
{
	char size[32], removable[8];

	return block_attribute(sysroot, device, "size", size, sizeof(size)) == 0 &&
	       str_eq(size, "0") &&
	       block_attribute(sysroot, device, "removable", removable, sizeof(removable)) == 0 &&
	       str_eq(removable, "0");
}

/*
 * Is it a part of a logical volume (a leg of a mirror, the store of a snapshot), which LVM's own
 * devices use? LVM reserves these names, and gives some parts a UUID with a suffix.
 */
static bool is_lvm_part(const char *sysroot, const char *device, const char *dm_uuid)
{
	static const char *const reserved[] = { "_rimage", "_rmeta", "_mimage", "_mlog",
						"_cdata",  "_cmeta", "_corig",	"_cvol",
						"_tdata",  "_tmeta", "_vdata",	"_vorigin",
						"_iorig",  "_imeta", "_wcorig", "_pmspare",
						"_pvmove" };
	const char *rest = str_after(dm_uuid, "LVM-");
	char name[128];

	if (!rest)
		return false;
	/* Two UUIDs of 32 characters each, of the group and of the volume. */
	if (strlen(rest) > 64)
		return true;
	block_mapping_name(sysroot, device, name);
	for (size_t i = 0; i < ARRAY_SIZE(reserved); i++)
		if (strstr(name, reserved[i]))
			return true;
	return false;
}

bool block_may_hold_volume(const char *sysroot, const char *device)
{
	static const char *const prefixes[] = { "ram", "zram", "fd" };
	char dm_uuid[BLOCK_DM_UUID_MAX], luks_uuid[40];

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (str_after(device, prefixes[i]))
			return false;
	if (is_empty(sysroot, device))
		return false;
	if (block_attribute(sysroot, device, "dm/uuid", dm_uuid, sizeof(dm_uuid)) < 0)
		return true;
	switch (dmuuid_parse(dm_uuid, luks_uuid)) {
	case DMUUID_LUKS1:
	case DMUUID_LUKS2:
	case DMUUID_PLAIN:
	case DMUUID_DIF:
	case DMUUID_HELD:
		return false;
	case DMUUID_STANDALONE: /* may well hold a volume */
	case DMUUID_OTHER:
		break;
	}
	return !is_lvm_part(sysroot, device, dm_uuid);
}
