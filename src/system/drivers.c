/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/drivers.h"

#include "base/texts.h"
#include "base/util.h"

#include <limits.h>

/* The module that drives the device in this folder of sysfs. */
static void add_module(const char *folder, char ***modules, size_t *n)
{
	cleanup_free char *link = xasprintf("%s/driver/module", folder);
	char target[PATH_MAX];
	ssize_t len = readlink(link, target, sizeof(target) - 1);
	const char *name;

	if (len <= 0)
		return;
	target[len] = '\0';
	name = strrchr(target, '/');
	texts_add(modules, n, name ? name + 1 : target);
}

void drivers_of(const char *sysroot, const char *link, char ***modules, size_t *n)
{
	cleanup_free char *path = xasprintf("%s/sys%s", sysroot, link);
	cleanup_free char *devices = xasprintf("%s/sys/devices", sysroot);
	char folder[PATH_MAX], top[PATH_MAX];

	if (!realpath(path, folder) || !realpath(devices, top))
		return;
	while (str_after(folder, top) && strlen(folder) > strlen(top)) {
		add_module(folder, modules, n);
		*strrchr(folder, '/') = '\0';
	}
}
