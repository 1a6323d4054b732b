/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "intact/checkboots.h"

#include "base/texts.h"
#include "intact/boots.h"
#include "system/block.h"
#include "system/mounts.h"

#include <stdio.h>

struct looking {
	struct judging *j;
	struct checked_list *all;
	const struct boots_loader *loader;
	const struct boot_entry *entry;
};

static struct checked *add(const struct looking *l, const char *suffix)
{
	struct checked *c = array_add(&l->all->list, &l->all->n, sizeof(*l->all->list));

	c->title = xasprintf("%s%s", l->entry->title, suffix);
	c->is_default = l->entry->is_default && !*suffix;
	c->maker = "unknown";
	return c;
}

/* An entry that names a file which is not there. */
static void add_missing(const struct looking *l, const char *path, const char *version)
{
	struct checked *c = add(l, "");

	c->image = xstrdup(path);
	c->version = xstrdup(version);
	faults_add(&c->faults, SEVERITY_ERROR, "no-file",
		   "mount what /etc/fstab has for /boot and make the image, or make the boot "
		   "loader's configuration anew",
		   "%s (%s) names %s, which is not there", l->loader->file, l->loader->name, path);
}

/* --- the system of an entry ---------------------------------------------------------------------
 */

static bool mounted_from(const char *sysroot, const char *path, const char *device)
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
	return !mounted_from(l->j->sysroot, "/boot", device) &&
	       !mounted_from(l->j->sysroot, "/", device);
}

/* --- the kernel ---------------------------------------------------------------------------------
 */

/* "/boot/vmlinuz-6.1.0" is of 6.1.0. */
static void version_of_name(const char *path, char *ret, size_t size)
{
	static const char *const names[] = { "vmlinuz-", "vmlinux-", "kernel-",
					     "linux-",	 "Image-",   "kernel-genkernel-" };
	const char *base = strrchr(path, '/');

	base = base ? base + 1 : path;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (str_after(base, names[i]))
			str_copy(ret, size, str_after(base, names[i]));
}

/* The version of the entry's kernel; "": not known. */
static void find_version(const struct looking *l, const char *path, char *ret, size_t size)
{
	cleanup_close int fd = -1;
	struct unified_source source;

	ret[0] = '\0';
	if (imagefile_open(path, &source, &fd) == 0 &&
	    unified_kernel_version(&source, 0, ret, size))
		return;
	if (l->entry->version)
		str_copy(ret, size, l->entry->version);
	else
		version_of_name(path, ret, size);
}

/* --- a unified kernel image ---------------------------------------------------------------------
 */

/* The text of a part; "" when there is none. The caller frees it. */
static char *part_text(const struct unified_source *source, const struct unified *u, size_t profile,
		       enum unified_part part)
{
	uint64_t size = u->profile[profile].part[part].size;
	char *text;

	if (size > 64 << 10)
		size = 64 << 10;
	text = xcalloc((size_t)size + 1, 1);
	if (size &&
	    !source->read(source->arg, u->profile[profile].part[part].offset, text, (size_t)size))
		text[0] = '\0';
	for (size_t len = strlen(text); len && strchr(" \n", text[len - 1]);)
		text[--len] = '\0';
	return text;
}

static void look_profile(const struct looking *l, char *path, const struct unified_source *source,
			 const struct unified *u, size_t profile)
{
	cleanup_free char *uname = part_text(source, u, profile, UNIFIED_UNAME);
	cleanup_free char *built = part_text(source, u, profile, UNIFIED_CMDLINE);
	cleanup_free char *cmdline = xasprintf("%s %s", built, l->entry->options);
	char suffix[32] = "", version[128];
	const enum unified_part order[] = { UNIFIED_UCODE, UNIFIED_INITRD };
	struct image_part parts[ARRAY_SIZE(order)];
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(order); i++)
		if (u->profile[profile].part[order[i]].size)
			parts[n++] = (struct image_part){
				.path = path,
				.offset = u->profile[profile].part[order[i]].offset,
				.size = u->profile[profile].part[order[i]].size
			};
	if (!n)
		return;
	if (profile)
		snprintf(suffix, sizeof(suffix), ", profile %zu", profile);
	if (!*uname &&
	    !unified_kernel_version(source, u->profile[profile].part[UNIFIED_LINUX].offset, version,
				    sizeof(version)))
		version[0] = '\0';
	judged_image(l->j, parts, n,
		     *uname	? uname :
		     version[0] ? version :
				  NULL,
		     cmdline, add(l, suffix));
}

static void look_unified(const struct looking *l, char *path)
{
	cleanup_close int fd = -1;
	struct unified_source source;
	struct unified u;
	const char *why;
	int r = imagefile_open(path, &source, &fd);

	why = r < 0 ? "cannot be read" : unified_read(&source, &u);
	if (why) {
		struct checked *c;

		/* Another program: a shell, another boot loader. */
		if (r == 0 && str_eq(why, "has no kernel in it"))
			return;
		c = add(l, "");
		c->image = xstrdup(path);
		c->version = xstrdup("");
		faults_add(&c->faults, SEVERITY_ERROR, "damaged", "make the image anew", "%s %s",
			   path, why);
		return;
	}
	for (size_t i = 0; i < u.n; i++)
		look_profile(l, path, &source, &u, i);
}

/* --- a kernel and its images --------------------------------------------------------------------
 */

static void look_images(const struct looking *l, const char *kernel)
{
	struct image_part parts[ENTRY_IMAGES_MAX];
	char version[128];
	size_t n = 0;
	bool whole = true;

	find_version(l, kernel, version, sizeof(version));
	for (size_t i = 0; i < l->entry->n_images && whole; i++) {
		char *path = boots_locate(l->j->root, l->loader, l->entry->images[i]);

		parts[n++] = (struct image_part){ .path = path, .size = UINT64_MAX };
		whole = access(path, F_OK) == 0 || errno != ENOENT;
	}
	if (!whole)
		add_missing(l, parts[n - 1].path, version);
	else if (n)
		judged_image(l->j, parts, n, version[0] ? version : NULL, l->entry->options,
			     add(l, ""));
	while (n)
		free(parts[--n].path);
}

static void look(const struct looking *l)
{
	cleanup_free char *kernel = NULL;

	/* A menu of the firmware, another system's boot loader, a memory test. */
	if (!l->entry->kernel || is_foreign(l) || (!l->entry->unified && !l->entry->n_images))
		return;
	kernel = boots_locate(l->j->root, l->loader, l->entry->kernel);
	if (access(kernel, F_OK) < 0 && errno == ENOENT)
		add_missing(l, kernel, "");
	else if (l->entry->unified)
		look_unified(l, kernel);
	else
		look_images(l, kernel);
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

void checkboots_all(struct judging *j, struct checked_list *all)
{
	struct boots boots;

	boots_find(j->root, &boots);
	for (size_t i = 0; i < boots.n; i++)
		for (size_t k = 0; k < boots.list[i].entries.n; k++) {
			const struct looking l = { .j = j,
						   .all = all,
						   .loader = &boots.list[i],
						   .entry = &boots.list[i].entries.list[k] };

			look(&l);
		}
	if (!boots.n && !boots.denied)
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
