/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * packages: which package of the running system owns a file, by the system's own package manager.
 */
#ifndef INTACT_SYSTEM_PACKAGES_H
#define INTACT_SYSTEM_PACKAGES_H

#include <stdbool.h>

/*
 * Asks dpkg, rpm and pacman, those that are there, without a shell and for PACKAGES_MS at most.
 * Both texts are to be freed; *ret_remedy is the command that installs the package again. -ENOENT:
 * no package owns the file; -ETIMEDOUT: do not ask again; or another negative errno.
 */
#define PACKAGES_MS 20000
int packages_owner(const char *path, char **ret_name, char **ret_remedy);

#endif
