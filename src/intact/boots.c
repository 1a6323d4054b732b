/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "intact/boots.h"

#include "base/texts.h"
#include "system/mounts.h"

#define CONFIG_MAX (1 << 20)
/* grub-editenv makes it 1 KiB large. */
#define GRUBENV_MAX (4 << 10)

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
		[BOOTS_OTHER] = "another boot loader",
		[BOOTS_GRUB] = "GRUB",
		[BOOTS_SYSTEMD_BOOT] = "systemd-boot",
		[BOOTS_EXTLINUX] = "extlinux",
		[BOOTS_RASPBERRY] = "the firmware",
		[BOOTS_REFIND] = "rEFInd",
		[BOOTS_LIMINE] = "Limine",
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

/* grub.cfg with people's own entries behind it: its last part, 41_custom, reads them from a file of
 * their own. The caller frees it; NULL: there is no grub.cfg. */
static char *grub_text(const char *file, const char *custom_file, struct boots *boots)
{
	cleanup_free char *text = boots_config(file, boots), *custom = NULL;

	if (text && strstr(text, "/custom.cfg"))
		custom = boots_config(custom_file, boots);
	return custom ? xasprintf("%s\n%s", text, custom) : steal_pointer(&text);
}

/* The caller frees it; NULL: there is none. */
static char *grub_environment(const char *file)
{
	char *text = NULL;

	(void)read_file(file, GRUBENV_MAX, &text, NULL);
	return text;
}

/* Returns whether GRUB reads /boot/loader/entries, too. */
static bool find_grub(const char *root, const char *folder, struct boots *boots)
{
	cleanup_free char *file = xasprintf("%s/boot/%s/grub.cfg", root, folder);
	cleanup_free char *env = xasprintf("%s/boot/%s/grubenv", root, folder);
	cleanup_free char *entries_folder = xasprintf("%s/boot/loader/entries", root);
	cleanup_free char *custom = xasprintf("%s/boot/%s/custom.cfg", root, folder);
	cleanup_free char *text = grub_text(file, custom, boots);
	cleanup_free char *environment = grub_environment(env);
	struct boot_entries entries = { 0 }, files = { .rule = DEFAULT_GRUB };
	bool more;

	if (!text)
		return false;
	grub_read(text, environment, &entries);
	more = entries.more;
	if (more) {
		boots_files(entries_folder, environment, boots, &files);
		bls_sort(&files);
		grub_insert(&entries, &files);
	}
	boots_add(boots, BOOTS_GRUB, file, "/boot", &entries);
	return more;
}

/* The file for syslinux may be the example of its package: only a program beside it reads it.
 * u-boot has none. */
static void find_extlinux(const char *root, const char *base, struct boots *boots)
{
	static const struct {
		const char *folder, *file, *program;
	} places[] = { { "/extlinux", "extlinux.conf", NULL },
		       { "", "extlinux.conf", "ldlinux.sys" },
		       { "/syslinux", "syslinux.cfg", "ldlinux.sys" },
		       { "/EFI/syslinux", "syslinux.cfg", "syslinux.efi" } };

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		cleanup_free char *folder = xasprintf("%s%s%s", root, base, places[i].folder);
		cleanup_free char *file = xasprintf("%s/%s", folder, places[i].file);
		cleanup_free char *program = xasprintf("%s/%s", folder,
						       places[i].program ? places[i].program : "");
		cleanup_free char *text = access(program, F_OK) == 0 ? boots_config(file, boots) :
								       NULL;
		struct boot_entries entries = { 0 };

		if (text)
			extlinux_read(text, places[i].folder, &entries);
		boots_add(boots, BOOTS_EXTLINUX, file, base, &entries);
	}
}

/* Where the model is not known, it may be a Raspberry Pi 5. */
static void read_raspberry(const char *text, const char *cmdline, const char *model, bool has_2712,
			   struct boot_entries *entries)
{
	static const char kernel_5[] = "kernel_2712.img", kernel[] = "kernel8.img";
	bool is_5 = model && raspberry_is_5(model);

	raspberry_read(text, cmdline, model, has_2712 && is_5 ? kernel_5 : kernel, entries);
	if (model || !has_2712)
		return;
	raspberry_read(text, cmdline, "Raspberry Pi 5", kernel_5, entries);
	if (entries->n < 2)
		return;
	if (str_eq(entries->list[0].kernel, entries->list[1].kernel)) {
		entries_drop_last(entries);
		return;
	}
	free(entries->list[1].title);
	entries->list[1].title = xstrdup("Raspberry Pi 5");
}

static void find_raspberry(const char *root, const char *sysroot, const char *base,
			   struct boots *boots)
{
	cleanup_free char *file = xasprintf("%s%s/config.txt", root, base);
	cleanup_free char *kernel = xasprintf("%s%s/kernel_2712.img", root, base);
	cleanup_free char *name = xasprintf("%s/proc/device-tree/model", sysroot ? sysroot : "");
	cleanup_free char *text = boots_config(file, boots);
	cleanup_free char *model = NULL;
	struct boot_entries entries = { 0 };

	if (sysroot)
		(void)read_file(name, 256, &model, NULL);
	if (text) {
		cleanup_free char *own = raspberry_cmdline(text, model);
		cleanup_free char *path = xasprintf("%s%s/%s", root, base, own);
		cleanup_free char *cmdline = boots_config(path, boots);

		read_raspberry(text, cmdline ? cmdline : "", model, access(kernel, F_OK) == 0,
			       &entries);
	}
	boots_add(boots, BOOTS_RASPBERRY, file, base, &entries);
}

void boots_find(const char *root, const char *sysroot, struct boots *ret)
{
	bool more;

	*ret = (struct boots){ 0 };
	more = find_grub(root, "grub", ret);
	more |= find_grub(root, "grub2", ret);
	boots_systemd_boot(root, sysroot, !more, ret);
	for (size_t i = 0; i < BOOTS_BASES; i++)
		find_extlinux(root, boots_bases[i], ret);
	find_raspberry(root, sysroot, "/boot/firmware", ret);
	find_raspberry(root, sysroot, "/boot", ret);
	boots_limine(root, ret);
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

/* GRUB's path on ZFS begins with a dataset: "/BOOT/debian@/vmlinuz". */
static const char *in_dataset(const char *path)
{
	const char *at = strstr(path, "@/");

	return at && at > path && at[-1] != '/' ? at + 1 : path;
}

char *boots_locate(const char *root, const struct boots_loader *loader,
		   const struct boot_entry *entry, const char *path)
{
	/* GRUB can name the file system: "(hd0,gpt2)/vmlinuz". */
	const char *bare = in_dataset(*path == '(' && strchr(path, ')') ? strchr(path, ')') + 1 :
									  path);
	const char *slash = *bare == '/' ? "" : "/";
	/* A path in a subvolume of btrfs begins with its name. */
	const char *below = *bare ? strchr(bare + 1, '/') : NULL;
	const char *base = entry->base ? entry->base : loader->base;
	char *places[] = { xasprintf("%s%s%s%s", root, base, slash, bare),
			   xasprintf("%s%s%s", root, slash, bare),
			   xasprintf("%s%s", root, below ? below : "/none") };
	/* "/boot/vmlinuz" where no file system is mounted at /boot. */
	const char *inside = str_after(bare, base);
	size_t found = inside && *inside == '/';

	for (size_t i = ARRAY_SIZE(places); i-- > 0;)
		if (access(places[i], F_OK) == 0)
			found = i;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (i != found)
			free(places[i]);
	return places[found];
}
