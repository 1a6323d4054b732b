/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "intact/unread.h"

#include <sys/stat.h>

void unread_report(const char *path, int r, struct findings *findings)
{
	const char *why = r == -EINVAL ? "it is not a regular file" : strerror(-r);
	struct stat st;

	/* With --root, an absolute link leads out of that system. */
	if (r == -ENOENT && lstat(path, &st) == 0 && S_ISLNK(st.st_mode))
		why = "it is a symbolic link to a file that is not here";
	else if (r == -ENOENT)
		return;
	findings_add(findings, SEVERITY_ERROR, "%s cannot be read: %s", path, why);
}
