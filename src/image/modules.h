/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * modules: the kernel modules that the volumes need, and what the kernel lacks for them.
 */
#ifndef INTACT_IMAGE_MODULES_H
#define INTACT_IMAGE_MODULES_H

#include "facts/job.h"
#include "image/plan.h"

/* The kernel that the image is for, and its module tree: see system/module.h. */
struct image_kernel {
	const char *version, *dir;
	int error; /* 0, or the negative errno from opening the tree: then nothing is resolved */
	struct modules *modules;
	enum module_found (*resolve)(struct modules *m, const char *name_or_alias,
				     void (*add)(void *arg, const char *module), void *arg);
	const char *const *base; /* modules that every integrity-protected volume needs */
	size_t n_base;
	char **tpm; /* modules that drive the TPM of this machine */
	size_t n_tpm;
	const char *helper; /* a module that is added if the kernel has it */
	bool generic;	    /* the image must open the disks of any machine */
};

/* Adds the modules and the findings about them; every volume has its verdict. */
void plan_modules(struct plan *plan, const struct image_kernel *kernel);

#endif
