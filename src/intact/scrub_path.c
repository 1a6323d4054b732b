/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "intact/scrub_path.h"

#include "base/util.h"
#include "system/mounts.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#define FDINFO_MAX 4096

bool scrub_path_leads_to(const char *path, dev_t device, uint64_t inode)
{
	struct stat st;

	return lstat(path, &st) == 0 && st.st_dev == device && st.st_ino == inode;
}

/* The kernel's number of the mount that the path leads to; 0: there is no such path. */
static uint64_t mount_of(const char *path)
{
	cleanup_close int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	cleanup_free char *file = xasprintf("/proc/self/fdinfo/%d", fd), *text = NULL;
	const char *line;

	if (fd < 0 || read_file(file, FDINFO_MAX, &text, NULL) < 0)
		return 0;
	line = strstr(text, "mnt_id:");
	return line ? strtoull(line + strlen("mnt_id:"), NULL, 10) : 0;
}

/* Of a path that is not there, the deepest folder counts that is. */
bool scrub_path_is_below(const char *point, const char *path)
{
	cleanup_free char *at = xstrdup(path);
	uint64_t mount = mount_of(at);
	char *slash;

	while (mount == 0 && strlen(at) > strlen(point) && (slash = strrchr(at, '/'))) {
		*slash = '\0';
		mount = mount_of(slash == at ? "/" : at);
	}
	return mount == mount_of(point);
}

char *scrub_path_hidden(const char *path)
{
	return xasprintf("%s (hidden: another file system is mounted over it)", path);
}

bool scrub_path_is_swap(dev_t device, uint64_t inode)
{
	struct swap *swaps;
	bool found = false;
	size_t n;

	swaps_read("", &swaps, &n);
	for (size_t i = 0; i < n && !found; i++) {
		struct stat st;

		found = stat(swaps[i].path, &st) == 0 && S_ISREG(st.st_mode) &&
			st.st_dev == device && (inode == SCRUB_PATH_ANY || st.st_ino == inode);
	}
	swaps_free(swaps, n);
	return found;
}
