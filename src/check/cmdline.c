/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Would this kernel command line lead to the root, with the list of volumes of this image? */
#include "config/cmdline.h"
#include "check/image.h"
#include "config/config.h"

#include <stdio.h>

/* A volume that is switched off may have no name. */
static const struct volume *named(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->n_volumes; i++)
		if (config->volumes[i].name && str_eq(config->volumes[i].name, name))
			return &config->volumes[i];
	return NULL;
}

/* A volume that the boot needs, and that this command line switches off. */
static void judge_off(const struct config *config, const struct plan *plan, struct faults *faults)
{
	for (size_t i = 0; i < plan->n_wanted; i++) {
		const struct volume *v = named(config, plan->wanted[i].name);

		if (v && v->off && wanted_needed(&plan->wanted[i]))
			faults_add(faults, SEVERITY_ERROR, "switched-off",
				   "remove the parameter from the boot loader's configuration",
				   "%s is not opened: %s", v->name, v->off);
	}
}

static void no_root(struct faults *faults, const char *fmt, ...) PRINTF_LIKE(2, 3);
static void no_root(struct faults *faults, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	faults_add(faults, SEVERITY_ERROR, "no-root",
		   "correct the kernel command line in the boot loader's configuration, and make "
		   "that anew",
		   "%s", text);
}

/* A volume that only the command line names must have a disk; what the image lists, is compared
 * with the system elsewhere. */
static void judge_its_disk(const struct volume *v, const char *root,
			   const struct image_devices *devices, struct faults *faults)
{
	char source[300];

	if (v->on_cmdline && !v->from_file && !v->off && !devices->has(devices->arg, &v->source))
		no_root(faults, "root=%s is the volume on %s (%s), but there is no such disk", root,
			devref_format(&v->source, source, sizeof(source)), v->origin);
}

/* Does root= name the disk of a volume, and not what is on it? Then nothing can be mounted from
 * there; but mkinitcpio's encrypt may still do what it did in former times. */
static bool judge_encrypted(const struct config *config, const struct plan *plan, bool fatal,
			    const char *root, const struct image_devices *devices,
			    struct faults *faults)
{
	const struct volume *v;
	const char *name = NULL;
	struct devref ref;

	if (devref_parse(root, &ref) < 0)
		return false;
	v = config_find_source(config, &ref);
	name = v ? v->name : NULL;
	for (size_t i = 0; !name && plan->runs_here && i < plan->n_wanted; i++)
		if (plan->wanted[i].node[0] &&
		    devices->is(devices->arg, &ref, plan->wanted[i].node))
			name = plan->wanted[i].name;
	if (name)
		faults_add(faults, fatal ? SEVERITY_ERROR : SEVERITY_WARNING, "no-root",
			   "name the file system in root=, and make the boot loader's "
			   "configuration anew",
			   "root=%s is the encrypted disk of %s: its file system is on "
			   "/dev/mapper/%s, or on what that holds",
			   root, name, name);
	return name;
}

/* Words for a root that is on no disk, of the kernel (init/do_mounts.c) and of images that fetch
 * it. */
static bool is_no_disk(const char *root)
{
	static const char *const words[] = { "/dev/nfs", "/dev/cifs", "/dev/root", "/dev/ram",
					     "/dev/ram0" };
	bool found = false;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		found |= str_eq(root, words[i]);
	return found;
}

/* image: what the image lists, without the command line. A volume that is open now may have another
 * name at this boot. */
static void judge_root(const struct config *config, const struct config *image,
		       const struct plan *plan, const char *root,
		       const struct image_devices *devices, struct faults *faults)
{
	const char *name = str_after(root, "/dev/mapper/");
	const struct volume *v = name ? named(config, name) : NULL;
	struct devref ref;

	/* Only the running system knows which devices there are when it runs. */
	if (!plan->runs_here || is_no_disk(root) || devref_parse(root, &ref) < 0)
		return;
	if (v)
		judge_its_disk(v, root, devices, faults);
	else if (name && named(image, name))
		no_root(faults,
			"root=%s is on the kernel command line, which gives this volume another "
			"name",
			root);
	else if (!devices->has(devices->arg, &ref))
		no_root(faults,
			"root=%s is on the kernel command line, but there is no such device, and no "
			"volume of the image has this name",
			root);
}

void image_judge_cmdline(const struct image *image, const struct plan *plan, const char *cmdline,
			 const struct image_devices *devices, struct faults *faults)
{
	static const char path[] = "/etc/intact/crypttab";
	const char *text = contents_text(&image->contents, path);
	struct config_file file = { .path = path, .text = text, .len = strlen(text) };
	struct config config = { 0 }, alone = { 0 };
	struct cmdline words = { 0 };
	const char *root;

	if (!image_is_ours(image, plan))
		return;
	config_build(&file, 1, cmdline, &config);
	config_build(&file, 1, NULL, &alone);
	cmdline_parse(cmdline, &words);
	root = cmdline_get(&words, "root");
	judge_off(&config, plan, faults);
	if (root && *root &&
	    !judge_encrypted(&config, plan, image->maker != MAKER_MKINITCPIO, root, devices,
			     faults))
		judge_root(&config, &alone, plan, root, devices, faults);
	cmdline_free(&words);
	config_free(&config);
	config_free(&alone);
}
