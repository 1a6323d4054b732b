/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * package: the answers of package managers to "which package owns this file?"; pure.
 */
#ifndef INTACT_FACTS_PACKAGE_H
#define INTACT_FACTS_PACKAGE_H

#include <stdbool.h>

#define PACKAGE_NAME_MAX 128

/* The path as a pattern of `dpkg-query -S` that means only this path. To be freed. */
char *package_dpkg_pattern(const char *path);
/* Its answer: "libc6:amd64, libc6:i386: /usr/share/doc/libc6". False: none of its lines is about
 * this path, or the name is none. */
bool package_from_dpkg(const char *output, const char *path, char ret[static PACKAGE_NAME_MAX]);
/* The first line that is the name of a package, for rpm and pacman. */
bool package_from_lines(const char *output, char ret[static PACKAGE_NAME_MAX]);

#endif
