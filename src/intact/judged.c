/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "intact/judged.h"

#include "config/cmdline.h"
#include "intact/keyboard.h"
#include "system/block.h"
#include "system/etc.h"
#include "system/mounts.h"

#include <sys/stat.h>

/* The configuration of the kernel, where its package has left it; NULL: nowhere. */
static char *kernel_settings(const char *root, const char *version, const char *dir)
{
	cleanup_free char *boot = xasprintf("%s/boot/config-%s", root, version);
	cleanup_free char *tree = xasprintf("%s/config", dir);
	char *text = NULL;

	if (read_file(boot, 1 << 20, &text, NULL) < 0)
		(void)read_file(tree, 1 << 20, &text, NULL);
	return text;
}

/* The files that are no part of a program, between blanks: a key file that the generator includes
 * by itself is one of them. */
static char *files_in(const struct image *image)
{
	static const char *const folders[] = { "usr/", "lib", "bin/", "sbin/", "kernel/" };
	char *all = NULL;
	size_t len = 0;

	for (size_t i = 0; i < image->contents.n; i++) {
		const char *path = image->contents.files[i].path;
		/* Not what would be more than a name, where the list is read. */
		bool skip = !S_ISREG(image->contents.files[i].mode) || strpbrk(path, " \t\n*?[\\");

		for (size_t j = 0; j < ARRAY_SIZE(folders); j++)
			skip |= str_after(path, folders[j]) != NULL;
		if (skip)
			continue;
		*(char *)array_add(&all, &len, 1) = ' ';
		*(char *)array_add(&all, &len, 1) = '/';
		for (; *path; path++)
			*(char *)array_add(&all, &len, 1) = *path;
	}
	*(char *)array_add(&all, &len, 1) = '\0';
	return all;
}

/* What the survey and the plan say about the system, whatever is in the image. */
static void add_findings(const struct plan *plan, struct faults *faults)
{
	for (size_t i = 0; i < plan->findings.n; i++)
		if (plan->findings.list[i].severity != SEVERITY_NOTE)
			faults_add(faults, plan->findings.list[i].severity, "system", NULL, "%s",
				   plan->findings.list[i].text);
}

void judged_free(struct judging *j)
{
	if (!j->key)
		return;
	planned_free(&j->planned);
	contents_free(&j->image.contents);
	free(j->key);
	free(j->dir);
	free(j->settings);
	free(j->version);
	free(j->included);
	j->key = NULL;
}

static char *key_of(const struct image_part *parts, size_t n, const char *version)
{
	char *key = xstrdup(version ? version : "");

	for (size_t i = 0; i < n; i++) {
		char *longer = xasprintf("%s\n%s %llu", key, parts[i].path,
					 (unsigned long long)parts[i].offset);

		free(key);
		key = longer;
	}
	return key;
}

/* The last part that is no add-on. */
static size_t last_of(const struct image_part *parts, size_t n)
{
	size_t last = n - 1;

	while (last > 0 && parts[last].addon)
		last--;
	return last;
}

/* Reads all parts. Messages name the one that is not whole, else the one with /init, which is "the
 * image". */
static void read_parts(struct judging *j, const struct image_part *parts, size_t n)
{
	size_t i, init = n;

	for (i = 0; i < n; i++) {
		const struct contents *c = &j->image.contents;
		size_t before = c->n;
		const struct file *f;

		imagefile_add(&j->image, parts[i].path, parts[i].offset, parts[i].size, i + 1 == n);
		if (j->image.result.end != STREAM_WHOLE)
			break;
		f = contents_at(c, "/init");
		if (f && (size_t)(f - c->files) >= before && !parts[i].addon)
			init = i;
	}
	j->shown = i < n ? i : init < n ? init : last_of(parts, n);
	j->alone = n == 1 || j->shown == init;
}

/* Reads the image, and decides what it must hold. Takes ownership of key. */
static void load(struct judging *j, char *key, const struct image_part *parts, size_t n,
		 const char *version)
{
	judged_free(j);
	j->key = key;
	j->image = (struct image){ .path = parts[0].path };
	imagefile_start(&j->image);
	read_parts(j, parts, n);
	imagefile_end(&j->image);
	j->version = xstrdup(version ? version : image_kernel_in(&j->image, j->running));
	j->image.version = j->version;
	j->dir = j->modules_dir ? xstrdup(j->modules_dir) :
				  xasprintf("%s/lib/modules/%s", j->root, j->version);
	j->settings = kernel_settings(j->root, j->version, j->dir);
	j->image.settings = j->settings;
	j->included = files_in(&j->image);
	j->planned = (struct planned){ .host = { .sysroot = j->sysroot,
						 .root = j->root,
						 .described = j->described,
						 .included = j->included },
				       .kernel = { .version = j->version, .dir = j->dir } };
	/* mkinitcpio resumes only from a device named with resume=: see its hook. */
	planned_make(&j->planned, j->image.maker == MAKER_MKINITCPIO ? "none" : NULL);
}

static bool has_device(void *arg, const struct devref *ref)
{
	char device[BLOCK_NAME_MAX];

	return block_resolve(arg, ref, device) == 0;
}

static bool is_device(void *arg, const struct devref *ref, const char *node)
{
	char device[BLOCK_NAME_MAX], found[64];

	return block_resolve(arg, ref, device) == 0 && block_node(device, found) &&
	       str_eq(found, node);
}

/* Is it the disk of a volume, and so none that anything is mounted from? */
static bool is_disk_of_volume(const struct plan *plan, const char *device)
{
	char node[64];
	bool found = false;

	for (size_t i = 0; block_node(device, node) && i < plan->n_wanted; i++)
		found |= str_eq(plan->wanted[i].node, node);
	return found;
}

/* The root that the command line leads to, if it is there and another one than this system's: a
 * rescue system needs nothing of what this one needs. NULL: it is not. The caller frees it. */
static char *other_root(const struct judging *j, const char *cmdline)
{
	const struct mounted *root = &j->planned.host.mounted_root;
	char device[BLOCK_NAME_MAX], *found = NULL;
	struct cmdline words = { 0 };
	struct devref ref;
	const char *name;
	bool other;

	cmdline_parse(cmdline, &words);
	name = cmdline_get(&words, "root");
	other = j->planned.plan.runs_here && root->there && name && devref_parse(name, &ref) == 0 &&
		block_resolve(j->sysroot, &ref, device) == 0 &&
		!is_disk_of_volume(&j->planned.plan, device);
	for (size_t i = 0; other && i < root->mount.n_devices; i++)
		other = !str_eq(root->mount.devices[i], device);
	if (other)
		found = xstrdup(name);
	cmdline_free(&words);
	return found;
}

/* The next boot of this machine may well be meant to start another system, but not silently. */
static void judge_other(const struct judging *j, const char *root, struct checked *ret)
{
	if (image_is_whole(&j->image, &ret->faults))
		image_judge_programs(&j->image, &ret->faults);
	faults_add(
		&ret->faults, ret->is_default ? SEVERITY_WARNING : SEVERITY_NOTE, "other-root",
		ret->is_default ? "unless that is meant, correct root= in the boot loader's "
				  "configuration, and make that anew" :
				  NULL,
		"root=%s is another disk than the root of the running system: of the image, only "
		"its programs were looked at",
		root);
}

/* A file below a folder where fstab mounts something, and nothing is mounted now: the boot will not
 * see it. */
static void judge_mount(const struct judging *j, const char *path, struct faults *faults)
{
	static const char *const points[] = { "/boot/efi", "/boot", "/efi" };
	const char *inside = str_after(path, j->root);
	struct fstab fstab;

	if (j->described || !inside)
		return;
	etc_fstab(j->root, &fstab);
	for (size_t i = 0; i < ARRAY_SIZE(points); i++) {
		const char *rest = str_after(inside, points[i]);
		struct mount mount;

		if (!rest || *rest != '/' || !fstab_find(&fstab, points[i]))
			continue;
		if (mount_find(j->sysroot, "self", points[i], &mount) == 0)
			mount_free(&mount);
		else
			faults_add(faults, SEVERITY_WARNING, "not-mounted",
				   "mount it, and make the image anew",
				   "%s is in /etc/fstab and not mounted now: the boot will not see "
				   "%s, but an older image",
				   points[i], path);
	}
	fstab_free(&fstab);
}

/* Only of an image that comes as far as the prompt. */
static void judge_keyboard(struct judging *j, struct faults *faults)
{
	struct keyboard keyboard;

	if (faults->fatal || !image_is_ours(&j->image, &j->planned.plan))
		return;
	keyboard_read(j->root, j->described, j->running, &j->image, &keyboard);
	image_judge_keymap(&j->image, &j->planned.plan, &keyboard, faults);
	keyboard_free(&keyboard);
}

void judged_image(struct judging *j, const struct image_part *parts, size_t n, const char *version,
		  const char *cmdline, struct checked *ret)
{
	cleanup_free char *sysroot = xstrdup(j->sysroot);
	const struct image_devices devices = { .has = has_device, .is = is_device, .arg = sysroot };
	char *key = key_of(parts, n, version);
	cleanup_free char *other = NULL;

	if (j->key && str_eq(j->key, key))
		free(key);
	else
		load(j, key, parts, n, version);
	/* The last path is not that of the load before. */
	j->image.path = parts[j->shown].path;
	j->image.unified = parts[j->shown].size != UINT64_MAX;
	j->image.file = j->alone && !j->image.unified ? j->image.path : NULL;
	ret->image = xstrdup(j->image.path);
	ret->version = xstrdup(j->version);
	ret->maker = image_maker_name(j->image.maker);
	/* Who makes images of a system that needs nothing of intact hears nothing of it. */
	if (j->form == CHECKED_WARN && !j->planned.plan.n_lines)
		return;
	other = cmdline ? other_root(j, cmdline) : NULL;
	if (other) {
		judge_other(j, other, ret);
		return;
	}
	image_judge(&j->image, &j->planned.plan, &j->planned.kernel, &devices, &ret->faults);
	judge_mount(j, j->image.path, &ret->faults);
	if (j->image.result.end != STREAM_WHOLE)
		return;
	judge_keyboard(j, &ret->faults);
	if (cmdline)
		image_judge_cmdline(&j->image, &j->planned.plan, cmdline, &devices, &ret->faults);
	if (j->form != CHECKED_WARN && (!ret->title || ret->is_default))
		add_findings(&j->planned.plan, &ret->faults);
}
