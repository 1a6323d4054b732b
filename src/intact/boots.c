/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "intact/boots.h"

#include "base/texts.h"
#include "system/mounts.h"

#define CONFIG_MAX (4 << 20)

const char *const boots_bases[BOOTS_BASES] = { "/boot", "/efi", "/boot/efi" };

char *boots_config(const char *path, struct boots *boots)
{
	char *text = NULL;
	int r = read_file(path, CONFIG_MAX, &text, NULL);

	if ((r == -EACCES || r == -EPERM) && !boots->denied)
		boots->denied = xstrdup(path);
	return r < 0 ? NULL : text;
}

const char *boots_kind_name(enum boots_kind kind)
{
	static const char *const names[BOOTS_KINDS] = {
		[BOOTS_OTHER] = "another boot loader", [BOOTS_GRUB] = "GRUB",
		[BOOTS_SYSTEMD_BOOT] = "systemd-boot", [BOOTS_EXTLINUX] = "extlinux",
		[BOOTS_RASPBERRY] = "the firmware",    [BOOTS_REFIND] = "rEFInd",
		[BOOTS_FIRMWARE] = "the firmware",
	};

	return names[kind];
}

void boots_add(struct boots *boots, enum boots_kind kind, const char *file, const char *base,
	       struct boot_entries *entries)
{
	struct boots_loader *loader;

	entries_mark_default(entries);
	if (!entries->n) {
		entries_free(entries);
		return;
	}
	loader = array_add(&boots->list, &boots->n, sizeof(*loader));
	*loader = (struct boots_loader){
		.kind = kind, .name = boots_kind_name(kind), .file = xstrdup(file), .base = base
	};
	loader->entries = *entries;
	*entries = (struct boot_entries){ 0 };
}

static bool has_ending(const char *name, const char *ending)
{
	size_t n = strlen(name), m = strlen(ending);

	return n > m && strcasecmp(name + n - m, ending) == 0;
}

/* The files of /loader/entries. */
static void read_entries(const char *folder, const char *environment, struct boots *boots,
			 struct boot_entries *entries)
{
	char **names;
	size_t n;

	texts_folder(folder, &names, &n);
	if (!n && access(folder, R_OK) < 0 && errno == EACCES && !boots->denied)
		boots->denied = xstrdup(folder);
	for (size_t i = 0; i < n; i++) {
		cleanup_free char *path = xasprintf("%s/%s", folder, names[i]);
		cleanup_free char *text = has_ending(names[i], ".conf") ?
						  boots_config(path, boots) :
						  NULL;

		if (text)
			bls_read(names[i], text, environment, entries);
	}
	texts_free(names, n);
	bls_sort(entries);
}

/* Unified kernel images that need no entry. */
static void add_unified(const char *root, const char *base, struct boot_entries *entries)
{
	cleanup_free char *folder = xasprintf("%s%s/EFI/Linux", root, base);
	char **names;
	size_t n;

	texts_folder(folder, &names, &n);
	for (size_t i = n; i-- > 0;) {
		struct boot_entry *entry = has_ending(names[i], ".efi") ? entries_add(entries) :
									  NULL;

		if (!entry)
			continue;
		free(entry->title);
		entry->title = xstrdup(names[i]);
		entry->id = xstrdup(names[i]);
		entry->kernel = xasprintf("/EFI/Linux/%s", names[i]);
		entry->unified = true;
	}
	texts_free(names, n);
}

/* Returns whether GRUB reads /boot/loader/entries, too. */
static bool find_grub(const char *root, const char *folder, struct boots *boots)
{
	cleanup_free char *file = xasprintf("%s/boot/%s/grub.cfg", root, folder);
	cleanup_free char *env = xasprintf("%s/boot/%s/grubenv", root, folder);
	cleanup_free char *entries_folder = xasprintf("%s/boot/loader/entries", root);
	cleanup_free char *text = boots_config(file, boots);
	cleanup_free char *environment = text ? boots_config(env, boots) : NULL;
	struct boot_entries entries = { 0 };
	bool more;

	if (!text)
		return false;
	grub_read(text, environment, &entries);
	more = entries.more;
	if (more)
		read_entries(entries_folder, environment, boots, &entries);
	boots_add(boots, BOOTS_GRUB, file, "/boot", &entries);
	return more;
}

/* chosen: what takes the place of the default in loader.conf, if there is such an entry; NULL. */
static void find_systemd_boot(const char *root, const char *base, bool with_entries,
			      const char *chosen, struct boots *boots)
{
	cleanup_free char *folder = xasprintf("%s%s/loader/entries", root, base);
	cleanup_free char *file = xasprintf("%s%s/loader/loader.conf", root, base);
	cleanup_free char *text = boots_config(file, boots);
	struct boot_entries entries = { 0 };

	if (with_entries)
		read_entries(folder, NULL, boots, &entries);
	add_unified(root, base, &entries);
	if (text)
		bls_read_default(text, &entries);
	if (chosen && entries_have(&entries, chosen)) {
		free(entries.wanted);
		entries.wanted = xstrdup(chosen);
	}
	boots_add(boots, BOOTS_SYSTEMD_BOOT, text ? file : folder, base, &entries);
}

static void find_extlinux(const char *root, struct boots *boots)
{
	cleanup_free char *file = xasprintf("%s/boot/extlinux/extlinux.conf", root);
	cleanup_free char *text = boots_config(file, boots);
	struct boot_entries entries = { 0 };

	if (text)
		extlinux_read(text, &entries);
	boots_add(boots, BOOTS_EXTLINUX, file, "/boot/extlinux", &entries);
}

static void find_raspberry(const char *root, const char *base, struct boots *boots)
{
	cleanup_free char *file = xasprintf("%s%s/config.txt", root, base);
	cleanup_free char *second = xasprintf("%s%s/cmdline.txt", root, base);
	cleanup_free char *text = boots_config(file, boots);
	cleanup_free char *cmdline = text ? boots_config(second, boots) : NULL;
	struct boot_entries entries = { 0 };

	if (text)
		raspberry_read(text, cmdline ? cmdline : "", &entries);
	boots_add(boots, BOOTS_RASPBERRY, file, base, &entries);
}

void boots_find(const char *root, const char *sysroot, struct boots *ret)
{
	cleanup_free char *chosen = sysroot ? boots_chosen(sysroot) : NULL;
	bool more;

	*ret = (struct boots){ 0 };
	more = find_grub(root, "grub", ret);
	more |= find_grub(root, "grub2", ret);
	for (size_t i = 0; i < BOOTS_BASES; i++)
		find_systemd_boot(root, boots_bases[i], i > 0 || !more, chosen, ret);
	find_extlinux(root, ret);
	find_raspberry(root, "/boot/firmware", ret);
	find_raspberry(root, "/boot", ret);
	boots_refind(root, ret);
	if (sysroot)
		boots_firmware(root, sysroot, ret);
}

void boots_free(struct boots *boots)
{
	for (size_t i = 0; i < boots->n; i++) {
		free(boots->list[i].file);
		entries_free(&boots->list[i].entries);
	}
	free(boots->list);
	free(boots->denied);
	free(boots->first);
	*boots = (struct boots){ 0 };
}

bool boots_mounted(const char *sysroot, const char *path, const char *device)
{
	struct mount mount;
	bool found = false;

	if (mount_find(sysroot, "self", path, &mount) < 0)
		return false;
	for (size_t i = 0; i < mount.n_devices; i++)
		found |= str_eq(mount.devices[i], device);
	mount_free(&mount);
	return found;
}

char *boots_locate(const char *root, const struct boots_loader *loader,
		   const struct boot_entry *entry, const char *path)
{
	/* GRUB can name the file system: "(hd0,gpt2)/vmlinuz". */
	const char *bare = *path == '(' && strchr(path, ')') ? strchr(path, ')') + 1 : path;
	const char *slash = *bare == '/' ? "" : "/";
	/* A path in a subvolume of btrfs begins with its name. */
	const char *below = *bare ? strchr(bare + 1, '/') : NULL;
	const char *base = entry->base ? entry->base : loader->base;
	char *places[] = { xasprintf("%s%s%s%s", root, base, slash, bare),
			   xasprintf("%s%s%s", root, slash, bare),
			   xasprintf("%s%s", root, below ? below : "/none") };
	size_t found = 0;

	for (size_t i = ARRAY_SIZE(places); i-- > 0;)
		if (access(places[i], F_OK) == 0)
			found = i;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (i != found)
			free(places[i]);
	return places[found];
}
