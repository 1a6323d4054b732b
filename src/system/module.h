/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sys_module: kernel modules through libkmod: loading at boot, resolving for any kernel at
 * image-build time. The only file that includes libkmod. Never runs /sbin/modprobe or install
 * commands.
 */
#ifndef INTACT_SYSTEM_MODULE_H
#define INTACT_SYSTEM_MODULE_H
#include "facts/job.h"

#include <stdbool.h>
#include <stddef.h>

/* What every integrity-protected LUKS2 volume needs besides its ciphers; by name, since
 * dm_integrity has no alias. */
extern const char *const modules_base[];
extern const size_t modules_base_n;
/* Answers crypto_instantiate(); where a kernel has none, unlocking takes a little longer. */
extern const char modules_crypto_user[];

struct modules; /* one kernel's module tree */

/* dir: "/lib/modules/6.1.0-50-amd64"; NULL: the running kernel's. -ENOENT when there is no such
 * tree, or depmod never saw it. */
int modules_open(const char *dir, struct modules **ret);
struct modules *modules_close(struct modules *m);

/*
 * Resolves a module name or alias ("crypto-NAME") and calls add for every module to load or copy,
 * dependencies and softdeps first, each once per call. Built-in ones are not passed on.
 */
enum module_found modules_resolve(struct modules *m, const char *name_or_alias,
				  void (*add)(void *arg, const char *module), void *arg);

/*
 * Loads all modules behind a name or alias into the running kernel; several modules may carry one
 * crypto alias and all are loaded, so that the fastest implementation for this CPU is registered
 * before dm-crypt picks one; an implementation that says -ENODEV (not this CPU) is fine as long as
 * something offers the algorithm. *ret_found as above (may be NULL). 0, or the negative errno of a
 * module that failed to load for any other reason, its name in failed.
 */
int modules_load(struct modules *m, const char *name_or_alias, enum module_found *ret_found,
		 char *failed, size_t failed_size);

/* Loads what udev would load for a device with this modalias, but runs no install command: a module
 * that has one is not loaded. */
void modules_load_device(struct modules *m, const char *modalias);

/*
 * For an image that was not made for the running kernel: the version that a module tree is there
 * for, to be freed. NULL when the running one has a tree, or when there is none at all (everything
 * may be built in).
 */
char *modules_other_kernel(void);

#endif
