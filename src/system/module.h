/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * module: kernel modules through libkmod: loads them at boot, and resolves them for any kernel when
 * an image is built. The only file that includes libkmod. Runs neither /sbin/modprobe nor install
 * commands.
 */
#ifndef INTACT_SYSTEM_MODULE_H
#define INTACT_SYSTEM_MODULE_H

#include "facts/job.h"

#include <stdbool.h>
#include <stddef.h>

/* The modules that every integrity-protected LUKS2 volume needs besides its ciphers; by name,
 * because dm_integrity has no alias. */
extern const char *const modules_base[];
extern const size_t modules_base_n;
/* The module that cryptoapi_instantiate() needs; without it, unlocking takes a little longer. */
extern const char modules_crypto_user[];

struct modules; /* one kernel's module tree */

/* dir: "/lib/modules/6.1.0-50-amd64", or NULL for the running kernel's. -ENOENT when there is no
 * such tree, or depmod never ran on it. */
int modules_open(const char *dir, struct modules **ret);
struct modules *modules_close(struct modules *m);

/*
 * Resolves a module name or an alias ("crypto-NAME"). Calls add once for every module to load or
 * copy, dependencies and softdeps first, and not for built-in ones.
 */
enum module_found modules_resolve(struct modules *m, const char *name_or_alias,
				  void (*add)(void *arg, const char *module), void *arg);

/*
 * Loads all modules that have a name or alias into the running kernel. Several modules may have one
 * crypto alias: all are loaded, so that the fastest implementation for this CPU is registered
 * before dm-crypt chooses one. An implementation for another CPU (-ENODEV) is no failure as long as
 * another one offers the algorithm.
 *
 * *ret_found (may be NULL) as modules_resolve() returns it. 0, or the negative errno of a module
 * that could not be loaded for any other reason, with its name in failed.
 */
int modules_load(struct modules *m, const char *name_or_alias, enum module_found *ret_found,
		 char *failed, size_t failed_size);

/* Loads the modules that udev would load for a device with this modalias, except those that have an
 * install command. */
void modules_load_device(struct modules *m, const char *modalias);

/*
 * For an image that was not made for the running kernel: the version of a kernel for which the
 * image does have a module tree; to be freed. NULL when the running kernel has a tree, or when
 * there is none at all (everything may be built in).
 */
char *modules_other_kernel(void);

#endif
