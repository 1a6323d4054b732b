/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Would this kernel command line lead to the root, with the list of volumes of this image? */
#include "config/cmdline.h"
#include "check/image.h"
#include "config/config.h"

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

static void judge_root(const struct config *config, const struct plan *plan, const char *root,
		       const struct image_devices *devices, struct faults *faults)
{
	const char *name = str_after(root, "/dev/mapper/");
	struct devref ref;

	/* Only the running system knows which devices there are when it runs. */
	if (!plan->runs_here || (name && named(config, name)) || devref_parse(root, &ref) < 0 ||
	    devices->has(devices->arg, &ref))
		return;
	faults_add(faults, SEVERITY_ERROR, "no-root",
		   "correct root= in the boot loader's configuration, and make that anew",
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
	struct config config = { 0 };
	struct cmdline words = { 0 };
	const char *root;

	if (!image_is_ours(image, plan))
		return;
	config_build(&file, 1, cmdline, &config);
	cmdline_parse(cmdline, &words);
	root = cmdline_get(&words, "root");
	judge_off(&config, plan, faults);
	if (root && *root)
		judge_root(&config, plan, root, devices, faults);
	cmdline_free(&words);
	config_free(&config);
}
