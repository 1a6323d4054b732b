/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "intact/headerfile.h"

#include "base/util.h"
#include "system/fetch.h"
#include "system/mounts.h"

#include <stdio.h>
#include <sys/stat.h>

char *headerfile_read(const char *sysroot, const char *device, const char *node,
		      const struct file_place *place, char why[static FOREIGN_WHY])
{
	cleanup_free char *point = mount_point(sysroot, device), *path = NULL;
	struct fetched copy;
	struct stat st;

	why[0] = '\0';
	if (!point)
		/* The copy is kept. */
		return fetch(place, node, &HEADER_EXTENT, NULL, &copy, why) == 0 ?
			       xstrdup(copy.path) :
			       NULL;
	path = xasprintf("%s%s%s", sysroot, str_eq(point, "/") ? "" : point, place->path);
	if (stat(path, &st) == 0 && S_ISREG(st.st_mode))
		return steal_pointer(&path);
	(void)snprintf(why, FOREIGN_WHY, "it is not on the file system at %.100s", point);
	return NULL;
}
