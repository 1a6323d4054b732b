/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "intact/checkboots.h"

#include "base/escape.h"
#include "base/texts.h"
#include "config/cmdline.h"
#include "intact/checkunified.h"
#include "intact/outdated.h"
#include "intact/several.h"
#include "system/block.h"

#include <stdio.h>

/* The configuration that has the entry. */
static const char *file_of(const struct looking *l)
{
	return l->entry->file ? l->entry->file : l->loader->file;
}

/* An entry that names a file which is not there. */
static void add_missing(const struct looking *l, const char *path, const char *version)
{
	struct checked *c = looking_add(l, "");

	c->image = xstrdup(path);
	c->version = xstrdup(version);
	faults_add(&c->faults, SEVERITY_ERROR, "no-file",
		   "mount what /etc/fstab has for /boot and make the image, or make the boot "
		   "loader's configuration anew",
		   "%s (%s) names %s, which is not there", file_of(l), l->loader->name, path);
}

/* --- the system of an entry ---------------------------------------------------------------------
 */

/* Are the entry's files on a file system that is neither /boot nor /? Then they are those of
 * another system. */
static bool is_foreign(const struct looking *l)
{
	struct devref ref = { .kind = DEVREF_UUID };
	char device[BLOCK_NAME_MAX];

	if (l->j->described || !l->entry->uuid ||
	    !str_copy(ref.value, sizeof(ref.value), l->entry->uuid) ||
	    block_resolve(l->j->sysroot, &ref, device) < 0)
		return false;
	return !boots_mounted(l->j->sysroot, "/boot", device) &&
	       !boots_mounted(l->j->sysroot, "/", device);
}

/* --- the kernel ---------------------------------------------------------------------------------
 */

/* Copies the version of a kernel; false: it is none, but a product's, or a word ("vmlinuz-linux").
 */
static bool take_version(const char *text, char *ret, size_t size)
{
	return *text >= '0' && *text <= '9' && strchr(text, '.') && !strpbrk(text, " \t/") &&
	       str_copy(ret, size, text);
}

/* "/boot/vmlinuz-6.1.0" is of 6.1.0. */
static bool version_of_name(const char *path, char *ret, size_t size)
{
	static const char *const names[] = { "vmlinuz-", "vmlinux-", "kernel-",
					     "linux-",	 "Image-",   "kernel-genkernel-" };
	const char *base = strrchr(path, '/');
	bool found = false;

	base = base ? base + 1 : path;
	for (size_t i = 0; i < ARRAY_SIZE(names) && !found; i++)
		found = str_after(base, names[i]) &&
			take_version(str_after(base, names[i]), ret, size);
	return found;
}

/* The version of the entry's kernel; "": not known. */
static void find_version(const struct looking *l, const char *path, char *ret, size_t size)
{
	cleanup_close int fd = -1;
	struct unified_source source;
	const char *at = l->entry->version ? strrchr(l->entry->version, '@') : NULL;

	ret[0] = '\0';
	if (imagefile_open(path, &source, &fd) == 0 &&
	    unified_kernel_version(&source, 0, ret, size))
		return;
	/* openSUSE puts the number of a snapshot before it: "1@6.13.7-1-default". */
	if (!version_of_name(path, ret, size) && l->entry->version)
		(void)take_version(at ? at + 1 : l->entry->version, ret, size);
}

/* --- a kernel and its images --------------------------------------------------------------------
 */

static void look_whole(const struct looking *l, const struct image_part *parts, size_t n,
		       const char *version)
{
	struct checked *c = looking_add(l, "");

	judged_image(l->j, parts, n, *version ? version : NULL, l->entry->options, c);
	if (c->is_default)
		outdated_grub(l->j->root, l->loader, l->entry, &c->faults);
}

static void look_images(const struct looking *l, const char *kernel)
{
	struct image_part parts[ENTRY_IMAGES_MAX];
	char version[128];
	size_t n = 0;
	bool whole = true;

	find_version(l, kernel, version, sizeof(version));
	for (size_t i = 0; i < l->entry->n_images && whole; i++) {
		char *path = boots_locate(l->j->root, l->loader, l->entry, l->entry->images[i]);

		parts[n++] = (struct image_part){ .path = path, .size = UINT64_MAX };
		whole = access(path, F_OK) == 0 || errno != ENOENT;
	}
	if (!whole)
		add_missing(l, parts[n - 1].path, version);
	else if (n)
		look_whole(l, parts, n, version);
	while (n)
		free(parts[--n].path);
}

/* --- a kernel without an image ------------------------------------------------------------------
 */

/* The root that only programs of an image find: the kernel alone knows partitions and their UUIDs,
 * and mappings that the command line has. NULL: another one, or none. The caller frees it. */
static char *root_for_image(const char *options)
{
	static const char *const forms[] = { "/dev/mapper/", "/dev/dm-", "/dev/disk/",
					     "UUID=", "LABEL=" };
	struct cmdline words = { 0 };
	const char *root;
	char *found = NULL;

	cmdline_parse(options, &words);
	root = cmdline_get(&words, "root");
	for (size_t i = 0; root && !found && i < ARRAY_SIZE(forms); i++)
		if (str_after(root, forms[i]) && !cmdline_get(&words, "dm-mod.create"))
			found = xstrdup(root);
	cmdline_free(&words);
	return found;
}

/* Is an image built into this kernel? */
static bool has_own_image(const struct judging *j, const char *version)
{
	static const char setting[] = "CONFIG_INITRAMFS_SOURCE=\"";
	cleanup_free char *path = xasprintf("%s/boot/config-%s", j->root, version);
	cleanup_free char *text = NULL;
	const char *at;

	if (read_file(path, 1 << 20, &text, NULL) < 0)
		return false;
	at = strstr(text, setting);
	return at && at[strlen(setting)] != '"';
}

static void look_without_image(const struct looking *l, const char *kernel)
{
	cleanup_free char *root = root_for_image(l->entry->options);
	char version[128];
	struct checked *c;

	/* A memory test, or a system that needs none. */
	if (!root)
		return;
	find_version(l, kernel, version, sizeof(version));
	c = looking_add(l, "");
	c->image = xstrdup(kernel);
	c->version = xstrdup(version);
	if (has_own_image(l->j, version))
		faults_add(&c->faults, SEVERITY_NOTE, "not-read", NULL,
			   "the image is built into %s: it was not looked at", kernel);
	else
		faults_add(&c->faults, SEVERITY_ERROR, "no-initrd",
			   "make the image for this kernel, and after that the boot loader's "
			   "configuration anew",
			   "%s (%s) starts %s without an initramfs image: the kernel alone cannot "
			   "open root=%s",
			   file_of(l), l->loader->name, kernel, root);
}

/* --- an entry -----------------------------------------------------------------------------------
 */

static void look(const struct looking *l)
{
	const struct boot_entry *e = l->entry;
	cleanup_free char *kernel = NULL;

	/* A menu of the firmware, another system's boot loader. */
	if (!e->kernel || e->other || is_foreign(l))
		return;
	kernel = boots_locate(l->j->root, l->loader, e, e->kernel);
	if (access(kernel, F_OK) < 0 && errno == ENOENT) {
		if (e->unified || e->n_images)
			add_missing(l, kernel, "");
	} else if ((e->unified || e->any) && look_unified(l, kernel)) {
		return;
	} else if (e->n_images) {
		look_images(l, kernel);
	} else if (!e->any) {
		look_without_image(l, kernel);
	}
}

/* --- images without a boot loader ---------------------------------------------------------------
 */

static bool is_image(const char *name)
{
	static const char *const names[] = { "initrd.img-", "initramfs-", "initrd-" };
	bool found = false;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		found |= str_after(name, names[i]) != NULL;
	return found && !strstr(name, "kdump");
}

static void look_alone(struct judging *j, struct checked_list *all)
{
	cleanup_free char *folder = xasprintf("%s/boot", j->root);
	char **names;
	size_t n;

	texts_folder(folder, &names, &n);
	for (size_t i = 0; i < n; i++) {
		struct image_part part = { .size = UINT64_MAX };

		if (!is_image(names[i]))
			continue;
		part.path = xasprintf("%s/%s", folder, names[i]);
		judged_image(j, &part, 1, NULL, NULL,
			     array_add(&all->list, &all->n, sizeof(*all->list)));
		free(part.path);
	}
	texts_free(names, n);
}

/* --- everything ---------------------------------------------------------------------------------
 */

/* What the boot loaders start if nobody chooses, and is not known. false: there is none. */
static bool say_defaults(const struct boots *boots)
{
	bool said = false;

	for (size_t i = 0; i < boots->n; i++)
		for (size_t k = 0; k < boots->list[i].entries.n; k++) {
			const struct boot_entry *e = &boots->list[i].entries.list[k];
			cleanup_free char *title = str_printable(xstrdup(e->title));

			if (!e->is_default || boots->list[i].kind == BOOTS_FIRMWARE)
				continue;
			said = true;
			fprintf(stderr,
				"intact: error: %s starts \"%s\" by default, which was not looked "
				"at: it is no Linux of this system with an initramfs image\n",
				boots->list[i].name, title);
		}
	return said;
}

void checkboots_all(struct judging *j, struct checked_list *all)
{
	struct boots boots;
	bool said;

	boots_find(j->root, j->described ? NULL : j->sysroot, &boots);
	several_look(&boots, j, all, look);
	if (boots.first && all->n && j->form == CHECKED_TEXT) {
		cleanup_free char *first = str_printable(xstrdup(boots.first));

		printf("The firmware starts %s.\n", first);
	}
	said = all->n && !checked_has_default(all) && say_defaults(&boots);
	/* No entry that starts Linux: another boot loader does, or there is none here. */
	if (!checked_has_default(all) && !said && !boots.denied)
		look_alone(j, all);
	if (boots.denied)
		fprintf(stderr, "intact: warning: %s cannot be read: root would see more entries\n",
			boots.denied);
	else if (!all->n)
		fputs("intact: error: there is no boot entry and no image in /boot: is /boot "
		      "mounted?\n",
		      stderr);
	boots_free(&boots);
}
