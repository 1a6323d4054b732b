/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sys_stack.h"

#include "util.h"

#include <dirent.h>
#include <limits.h>
#include <mntent.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define CLASS_BLOCK "/sys/class/block"

/* Real stacks are four or five devices high. */
#define DEPTH_MAX 32

static int attribute(const char *sysroot, const char *device, const char *file, char *buf, size_t size)
{
	cleanup_free char *path = xasprintf("%s" CLASS_BLOCK "/%s/%s", sysroot, device, file);

	return read_line(path, buf, size);
}

static bool exists(const char *sysroot, const char *device, const char *file)
{
	cleanup_free char *path = xasprintf("%s" CLASS_BLOCK "/%s/%s", sysroot, device, file);

	return access(path, F_OK) == 0;
}

static void add_text(char ***texts, size_t *n, const char *text)
{
	*(char **)array_add(texts, n, sizeof(**texts)) = xstrdup(text);
}

static void free_texts(char **texts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(texts[i]);
	free(texts);
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Names in a folder, sorted, so that the same system always gives the same image. */
static void list_folder(const char *path, char ***ret, size_t *ret_n)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	char **names = NULL;
	size_t n = 0;

	if (dir) {
		while ((entry = readdir(dir)))
			if (entry->d_name[0] != '.')
				add_text(&names, &n, entry->d_name);
		closedir(dir);
	}
	if (n)
		qsort(names, n, sizeof(*names), compare_texts);
	*ret = names;
	*ret_n = n;
}

static unsigned hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned)(c - 'a') + 10;
	if (c >= 'A' && c <= 'F')
		return (unsigned)(c - 'A') + 10;
	return 16;
}

/* libdevmapper keeps "a b" as "a\x20b" in the kernel. */
static void undo_mangling(char *s)
{
	char *out = s;

	for (; *s; s++) {
		if (s[0] == '\\' && s[1] == 'x' && hex_digit(s[2]) < 16 && hex_digit(s[3]) < 16) {
			*out++ = (char)(hex_digit(s[2]) << 4 | hex_digit(s[3]));
			s += 3;
		} else {
			*out++ = *s;
		}
	}
	*out = '\0';
}

/* \040 of fstab(5), mountinfo and swaps. */
static void undo_octal(char *s)
{
	char *out = s;

	for (; *s; s++) {
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] >= '0' && s[2] <= '7' && s[3] >= '0' &&
		    s[3] <= '7') {
			*out++ = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0'));
			s += 3;
		} else {
			*out++ = *s;
		}
	}
	*out = '\0';
}

/* --- names of devices ------------------------------------------------------------------------- */

void stack_node(const char *device, char node[static 64])
{
	snprintf(node, 64, "/dev/%.*s", STACK_DEVICE_MAX - 1, device);
	for (char *p = node; *p; p++)
		if (*p == '!')
			*p = '/';
}

/* The last part of a path that a symbolic link of sysfs or /dev leads to. */
static int link_name(const char *path, char device[static STACK_DEVICE_MAX])
{
	cleanup_free char *real = realpath(path, NULL);
	const char *name = real ? strrchr(real, '/') : NULL;

	return name && str_copy(device, STACK_DEVICE_MAX, name + 1) ? 0 : -ENOENT;
}

int stack_by_number(const char *sysroot, const char *number, char device[static STACK_DEVICE_MAX])
{
	cleanup_free char *path = NULL;

	/* "0:0" in /sys/power/resume means none, in mountinfo a number of no device starts with "0:". */
	if (!*number || number[strspn(number, "0123456789:")] || str_after(number, "0:"))
		return -ENOENT;
	path = xasprintf("%s/sys/dev/block/%s", sysroot, number);
	return link_name(path, device);
}

static int by_mapping(const char *sysroot, const char *name, char device[static STACK_DEVICE_MAX])
{
	cleanup_free char *class = xasprintf("%s" CLASS_BLOCK, sysroot);
	char **names;
	size_t n;
	int r = -ENOENT;

	list_folder(class, &names, &n);
	for (size_t i = 0; r < 0 && i < n; i++) {
		char found[160];

		/* As the kernel has it: the file in /dev/mapper is mangled in the same way. */
		if (attribute(sysroot, names[i], "dm/name", found, sizeof(found)) == 0 &&
		    str_eq(found, name) && str_copy(device, STACK_DEVICE_MAX, names[i]))
			r = 0;
	}
	free_texts(names, n);
	return r;
}

int stack_device(const char *sysroot, const char *node, char device[static STACK_DEVICE_MAX])
{
	cleanup_free char *path = xasprintf("%s%s", sysroot, node);
	const char *mapping = str_after(node, "/dev/mapper/");
	char number[32], name[STACK_DEVICE_MAX];
	struct stat st;

	/* /dev may be bare in a chroot while /sys is there. */
	if (mapping && by_mapping(sysroot, mapping, device) == 0)
		return 0;
	if (stat(path, &st) < 0)
		return -ENOENT;
	if (S_ISBLK(st.st_mode)) {
		snprintf(number, sizeof(number), "%u:%u", major(st.st_rdev), minor(st.st_rdev));
		return stack_by_number(sysroot, number, device);
	}
	/* Tests cannot make device nodes: a file of the device's name stands for one. */
	if (!*sysroot || link_name(path, name) < 0 || !exists(sysroot, name, "dev"))
		return -ENOENT;
	str_copy(device, STACK_DEVICE_MAX, name);
	return 0;
}

/* What udev makes of a label in /dev/disk/by-*; bytes above ASCII stay as they are. */
static char *udev_link(const char *folder, const char *value)
{
	size_t size = strlen(folder) + 4 * strlen(value) + 1;
	char *path = xcalloc(size, 1), *out = path + strlen(folder);

	(void)str_copy(path, size, folder);
	for (const char *p = value; *p; p++) {
		unsigned char c = (unsigned char)*p;

		if (c >= 0x80 || (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') ||
		    strchr("#+-.:=@_", c))
			*out++ = (char)c;
		else
			out += sprintf(out, "\\x%02x", c);
	}
	return path;
}

int stack_resolve(const char *sysroot, const struct devref *ref, char device[static STACK_DEVICE_MAX])
{
	cleanup_free char *path = NULL;

	switch (ref->kind) {
	case DEVREF_PATH:
		path = xstrdup(ref->value);
		break;
	case DEVREF_UUID:
		path = udev_link("/dev/disk/by-uuid/", ref->value);
		break;
	case DEVREF_LABEL:
		path = udev_link("/dev/disk/by-label/", ref->value);
		break;
	case DEVREF_PARTUUID:
		path = udev_link("/dev/disk/by-partuuid/", ref->value);
		break;
	case DEVREF_PARTLABEL:
		path = udev_link("/dev/disk/by-partlabel/", ref->value);
		break;
	case DEVREF_NONE:
	case DEVREF_SERIAL:
		return -ENOENT;
	}
	return path ? stack_device(sysroot, path, device) : -ENOENT;
}

void stack_mapping_name(const char *sysroot, const char *device, char name[static 128])
{
	if (attribute(sysroot, device, "dm/name", name, 128) < 0)
		name[0] = '\0';
	undo_mangling(name);
}

/* --- what stands on what ---------------------------------------------------------------------- */

/* Names of the devices directly below: slaves, or the disk (array, …) of a partition. */
static void devices_below(const char *sysroot, const char *device, char ***ret, size_t *ret_n)
{
	cleanup_free char *slaves = xasprintf("%s" CLASS_BLOCK "/%s/slaves", sysroot, device);
	cleanup_free char *parent = xasprintf("%s" CLASS_BLOCK "/%s/..", sysroot, device);
	char disk[STACK_DEVICE_MAX];

	list_folder(slaves, ret, ret_n);
	/* A partition's folder lies in its disk's; the link in /sys/class is followed first. */
	if (exists(sysroot, device, "partition") && link_name(parent, disk) == 0)
		add_text(ret, ret_n, disk);
}

/* "0123456789abcdef0123456789abcdef-NAME", as libcryptsetup puts it behind the type. */
static bool has_luks_uuid(const char *s)
{
	size_t len = 0;

	while (hex_digit(s[len]) < 16)
		len++;
	return len == 32 && s[len] == '-';
}

/* "CRYPT-LUKS2-0123456789abcdef0123456789abcdef-NAME" */
static bool parse_dm_uuid(const char *dm_uuid, struct stack_mapping *ret)
{
	const char *rest = str_after(dm_uuid, "CRYPT-LUKS2-");
	char *out = ret->uuid;

	ret->luks2 = rest != NULL;
	if (!rest)
		rest = str_after(dm_uuid, "CRYPT-LUKS1-");
	if (!rest)
		return false;
	if (!has_luks_uuid(rest))
		return true; /* a LUKS volume all the same */
	for (unsigned i = 0; i < 32; i++) {
		if (i == 8 || i == 12 || i == 16 || i == 20)
			*out++ = '-';
		*out++ = rest[i];
	}
	*out = '\0';
	return true;
}

/*
 * The integrity device that belongs to a LUKS2 volume: "CRYPT-SUBDEV-<uuid>-NAME_dif" since cryptsetup 2.7,
 * before that "CRYPT-INTEGRITY-<uuid>-NAME_dif".  One of integritysetup is "CRYPT-INTEGRITY-NAME":
 * dm-integrity has no UUID.
 */
static bool is_dif_uuid(const char *dm_uuid)
{
	const char *rest = str_after(dm_uuid, "CRYPT-INTEGRITY-");

	return str_after(dm_uuid, "CRYPT-SUBDEV-") || (rest && has_luks_uuid(rest));
}

static bool is_dif(const char *sysroot, const char *device)
{
	char uuid[160];

	return attribute(sysroot, device, "dm/uuid", uuid, sizeof(uuid)) == 0 && is_dif_uuid(uuid);
}

/* Follows NAME_dif down to the device that was opened. */
static void find_backing(const char *sysroot, const char *device, struct stack_mapping *mapping)
{
	char at[STACK_DEVICE_MAX];

	str_copy(at, sizeof(at), device);
	for (unsigned depth = 0; depth < 3; depth++) {
		char **below;
		size_t n;

		devices_below(sysroot, at, &below, &n);
		if (n)
			str_copy(at, sizeof(at), below[0]);
		free_texts(below, n);
		if (!n)
			return;
		if (!is_dif(sysroot, at)) {
			stack_node(at, mapping->node);
			return;
		}
		mapping->dif = true;
	}
}

static void add_mapping(const struct stack_mapping *mapping, struct stack *stack)
{
	for (size_t i = 0; i < stack->n_mappings; i++) {
		if (str_eq(stack->mappings[i].name, mapping->name)) {
			stack->mappings[i].uses |= mapping->uses;
			return;
		}
	}
	*(struct stack_mapping *)array_add(&stack->mappings, &stack->n_mappings, sizeof(*mapping)) = *mapping;
}

static void add_standalone(const char *name, struct stack *stack)
{
	for (size_t i = 0; i < stack->n_standalone; i++)
		if (str_eq(stack->standalone[i], name))
			return;
	str_copy(array_add(&stack->standalone, &stack->n_standalone, sizeof(*stack->standalone)),
		 sizeof(*stack->standalone), name);
}

static void walk(const char *sysroot, const char *device, unsigned uses, unsigned depth, struct stack *stack)
{
	struct stack_mapping mapping = { .uses = uses };
	char dm_uuid[160];
	char **below;
	size_t n;

	if (depth == 0)
		return;
	devices_below(sysroot, device, &below, &n);
	for (size_t i = 0; i < n; i++)
		walk(sysroot, below[i], uses, depth - 1, stack);
	free_texts(below, n);

	if (attribute(sysroot, device, "dm/uuid", dm_uuid, sizeof(dm_uuid)) < 0)
		return;
	stack_mapping_name(sysroot, device, mapping.name);
	if (parse_dm_uuid(dm_uuid, &mapping)) {
		find_backing(sysroot, device, &mapping);
		add_mapping(&mapping, stack);
	} else if (str_after(dm_uuid, "CRYPT-INTEGRITY-") && !is_dif_uuid(dm_uuid)) {
		add_standalone(mapping.name, stack);
	}
}

void stack_walk(const char *sysroot, const char *device, unsigned uses, struct stack *stack)
{
	walk(sysroot, device, uses, DEPTH_MAX, stack);
}

void stack_walk_all(const char *sysroot, unsigned uses, struct stack *stack)
{
	cleanup_free char *class = xasprintf("%s" CLASS_BLOCK, sysroot);
	char **names;
	size_t n;

	list_folder(class, &names, &n);
	for (size_t i = 0; i < n; i++)
		if (exists(sysroot, names[i], "dm/uuid"))
			stack_walk(sysroot, names[i], uses, stack);
	free_texts(names, n);
}

void stack_free(struct stack *stack)
{
	free(stack->mappings);
	free(stack->standalone);
	*stack = (struct stack){ 0 };
}

/* --- mounts and swap -------------------------------------------------------------------------- */

/* All members of the btrfs of which device is one; false when it is none. */
static bool btrfs_members(const char *sysroot, const char *device, struct stack_mount *mount)
{
	cleanup_free char *all = xasprintf("%s/sys/fs/btrfs", sysroot);
	char **uuids;
	size_t n;
	bool found = false;

	list_folder(all, &uuids, &n);
	for (size_t i = 0; !found && i < n; i++) {
		cleanup_free char *folder = xasprintf("%s/%s/devices", all, uuids[i]);
		cleanup_free char *member = xasprintf("%s/%s", folder, device);

		if (access(member, F_OK) == 0) {
			list_folder(folder, &mount->devices, &mount->n_devices);
			found = true;
		}
	}
	free_texts(uuids, n);
	return found;
}

/*
 * A file system without a device number of its own: its source may name one device, or several as with
 * bcachefs ("/dev/a:/dev/b").
 */
static void devices_of_source(const char *sysroot, struct stack_mount *mount)
{
	cleanup_free char *source = xstrdup(mount->source);
	char *save = NULL, device[STACK_DEVICE_MAX];

	for (char *part = strtok_r(source, ":", &save); part; part = strtok_r(NULL, ":", &save)) {
		if (!str_after(part, "/dev/") || stack_device(sysroot, part, device) < 0)
			continue;
		if (btrfs_members(sysroot, device, mount))
			return;
		add_text(&mount->devices, &mount->n_devices, device);
	}
}

/*
 * "36 35 98:0 /subvolume /mnt rw,noatime master:1 - ext3 /dev/root rw": any number of fields stands before
 * the "-". Cuts line into pieces; false when it is something else.
 */
static bool parse_mountinfo(char *line, char **number, char **point, char **type, char **source)
{
	char *save = NULL, *word;
	unsigned i = 0;

	*number = *point = NULL;
	for (word = strtok_r(line, " ", &save); word && !str_eq(word, "-");
	     word = strtok_r(NULL, " ", &save), i++) {
		if (i == 2)
			*number = word;
		else if (i == 4)
			*point = word;
	}
	*type = strtok_r(NULL, " ", &save);
	*source = strtok_r(NULL, " ", &save);
	return *number && *point && *type && *source;
}

int stack_mounted(const char *sysroot, const char *path, struct stack_mount *ret)
{
	cleanup_free char *file = xasprintf("%s/proc/self/mountinfo", sysroot);
	cleanup_free char *text = NULL, *number = NULL;
	struct stack_mount mount = { 0 };
	char *save = NULL, device[STACK_DEVICE_MAX];
	int r = read_file(file, 16 << 20, &text, NULL);

	if (r < 0)
		return r;
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *at, *point, *type, *source;

		if (!parse_mountinfo(line, &at, &point, &type, &source))
			continue;
		undo_octal(point);
		if (!str_eq(point, path))
			continue;
		/* A later line lies over an earlier one. */
		stack_mount_free(&mount);
		free(number);
		undo_octal(source);
		number = xstrdup(at);
		mount.type = xstrdup(type);
		mount.source = xstrdup(source);
	}
	if (!number)
		return -ENOENT;
	if (stack_by_number(sysroot, number, device) == 0)
		add_text(&mount.devices, &mount.n_devices, device);
	else
		devices_of_source(sysroot, &mount);
	*ret = mount;
	return 0;
}

void stack_mount_free(struct stack_mount *mount)
{
	free_texts(mount->devices, mount->n_devices);
	free(mount->source);
	free(mount->type);
	*mount = (struct stack_mount){ 0 };
}

void stack_swaps(const char *sysroot, struct stack_swap **ret, size_t *ret_n)
{
	cleanup_free char *file = xasprintf("%s/proc/swaps", sysroot);
	cleanup_free char *text = NULL;
	struct stack_swap *swaps = NULL;
	size_t n = 0;
	char *save = NULL;

	*ret = NULL;
	*ret_n = 0;
	if (read_file(file, 1 << 20, &text, NULL) < 0)
		return;
	/* "Filename  Type  Size  Used  Priority", a heading, then one a line. */
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *words = NULL, *path = strtok_r(line, " \t", &words), *size;
		struct stack_swap *swap;
		uint64_t kib;

		(void)strtok_r(NULL, " \t", &words);
		size = strtok_r(NULL, " \t", &words);
		if (!path || !size || parse_u64(size, UINT64_MAX, &kib) < 0)
			continue;
		undo_octal(path);
		swap = array_add(&swaps, &n, sizeof(*swaps));
		swap->path = xstrdup(path);
		swap->size = kib;
	}
	*ret = swaps;
	*ret_n = n;
}

void stack_swaps_free(struct stack_swap *swaps, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(swaps[i].path);
	free(swaps);
}

char *stack_fstab(const char *root, const char *mount_point)
{
	cleanup_free char *path = xasprintf("%s/etc/fstab", root);
	FILE *file = setmntent(path, "re");
	struct mntent *entry;
	char *source = NULL;

	if (!file)
		return NULL;
	while (!source && (entry = getmntent(file))) {
		if (str_eq(mount_point, "swap") ? str_eq(entry->mnt_type, "swap")
						: str_eq(entry->mnt_dir, mount_point))
			source = xstrdup(entry->mnt_fsname);
	}
	endmntent(file);
	return source;
}
