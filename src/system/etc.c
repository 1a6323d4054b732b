/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/etc.h"

#include "base/util.h"

#include <mntent.h>
#include <stdio.h>

char *etc_fstab(const char *root, const char *mount_point, char **ret_type)
{
	cleanup_free char *path = xasprintf("%s/etc/fstab", root);
	FILE *file = setmntent(path, "re");
	struct mntent *entry;
	char *source = NULL;

	if (ret_type)
		*ret_type = NULL;
	if (!file)
		return NULL;
	while (!source && (entry = getmntent(file))) {
		if (str_eq(mount_point, "swap") ? str_eq(entry->mnt_type, "swap") :
						  str_eq(entry->mnt_dir, mount_point)) {
			source = xstrdup(entry->mnt_fsname);
			if (ret_type)
				*ret_type = xstrdup(entry->mnt_type);
		}
	}
	endmntent(file);
	return source;
}

char *etc_setting(const char *root, const char *file, const char *name)
{
	cleanup_free char *path = xasprintf("%s%s", root, file);
	cleanup_free char *text = NULL;
	char *value = NULL, *save = NULL;

	if (read_file(path, 1 << 16, &text, NULL) < 0)
		return NULL;
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		const char *p = str_after(line + strspn(line, " \t"), name);
		size_t len;

		if (!p || *p != '=')
			continue;
		p++;
		free(value);
		value = NULL;
		if (*p == '"' || *p == '\'') {
			len = strcspn(p + 1, *p == '"' ? "\"" : "'");
			p++;
		} else {
			len = strcspn(p, " \t;#");
		}
		if (len && !memchr(p, '$', len) && !memchr(p, '`', len))
			value = xstrndup(p, len);
	}
	return value;
}
