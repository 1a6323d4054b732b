/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan: what an image must hold, decided from what is known of the system (host.h).
 *
 * Pure, in three steps, each a file: select.c (which volumes the image shall open), volumes.c
 * (which of them are ours, and the line that the image gets for each), modules.c (the kernel
 * modules for them). Between the first two somebody reads the headers.
 */
#ifndef INTACT_IMAGE_PLAN_H
#define INTACT_IMAGE_PLAN_H
#include "base/texts.h"
#include "facts/job.h"
#include "image/host.h"

/* What a volume is wanted for; a set. */
enum use {
	USE_ROOT = 1 << 0,
	USE_USR = 1 << 1,
	USE_RESUME = 1 << 2,
	USE_ASKED = 1 << 3, /* crypttab itself wants it in the initramfs */
};

/* A volume that the image shall open, if it turns out to be integrity-protected. */
struct wanted {
	char *name;
	const struct entry *entry; /* NULL: open now, but not in crypttab */
	char node[64];		   /* to read the header from; "" when it cannot be seen */
	bool dif; /* open now on NAME_dif: has integrity even if its header cannot be read */
	unsigned uses;
	/* Facts about it, read after needs_select: */
	struct header header;
	bool has_keyfile, has_header_file; /* the files that crypttab names are there */
	/* Decided by needs_volume: ours, by its header or without having read it, or one that will
	 * be refused */
	enum { LEAVE, TAKE_READ, TAKE_UNREAD, TAKE_REFUSED } verdict;
};

/* The kernel that the image is for, and what answers from its module tree: see sys_module.h. */
struct needs_kernel {
	const char *version, *dir;
	int error; /* 0, or the negative errno that says why there is no tree: nothing is resolved
		      then */
	struct modules *modules;
	enum module_found (*resolve)(struct modules *m, const char *name_or_alias,
				     void (*add)(void *arg, const char *module), void *arg);
	const char *const *base;
	size_t n_base;
	const char *helper; /* a module that is taken along where the kernel has it */
	bool generic;	    /* the image shall open any machine's disks */
};

struct plan {
	bool runs_here; /* the root that runs here is the one that the image is for */
	struct wanted *wanted;
	size_t n_wanted;
	char **lines; /* "volume …" and "file …" */
	size_t n_lines;
	char **modules; /* in load order */
	size_t n_modules;
	struct findings findings;
};

/* --- needs_select --- */

void plan_select(struct plan *plan, const struct host *host);

/* --- needs_volume --- */

/* Sets verdict and says what there is to say about it. */
void plan_judge(struct plan *plan, struct wanted *w, const char *kernel_version);
/* Adds the lines for a volume that was not left out. */
void plan_volume(struct plan *plan, const struct host *host, const struct wanted *w);
/* Does the boot fail, or lack what crypttab demands, when it is not open? */
bool wanted_needed(const struct wanted *w);
/* Is it sure to have integrity protection? */
bool wanted_protected(const struct wanted *w);

/* --- needs_modules --- */

void plan_modules(struct plan *plan, const struct needs_kernel *kernel);

/* --- all after plan_select, once the headers are read --- */

void plan_image(struct plan *plan, const struct host *host, const struct needs_kernel *kernel);
void plan_free(struct plan *plan);

#endif
