/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/surroundings.h"

#include "base/escape.h"
#include "base/util.h"

#include <sys/stat.h>

/* Files that a manager puts into its containers. content: its first line is the manager's name. */
static const struct {
	const char *path, *manager;
	bool content;
} marks[] = {
	{ "/run/systemd/container", "container", true },
	{ "/run/host/container-manager", "container", true },
	{ "/run/.containerenv", "podman", false },
	{ "/.dockerenv", "docker", false },
};

static void set_name(char ret[static SURROUNDINGS_MAX], const char *name, const char *otherwise)
{
	(void)str_copy(ret, SURROUNDINGS_MAX, *name ? name : otherwise);
	str_printable(ret);
}

/* "container=NAME" in the environment of process 1, whose variables end with a NUL. */
static bool of_process_1(const char *sysroot, char ret[static SURROUNDINGS_MAX])
{
	cleanup_free char *path = xasprintf("%s/proc/1/environ", sysroot), *text = NULL;
	size_t len;

	if (read_file(path, 1 << 20, &text, &len) < 0)
		return false;
	for (const char *variable = text; variable < text + len; variable += strlen(variable) + 1) {
		const char *name = str_after(variable, "container=");

		if (name && *name) {
			set_name(ret, name, "container");
			return true;
		}
	}
	return false;
}

void surroundings_container(const char *sysroot, char ret[static SURROUNDINGS_MAX])
{
	/* mkosi and others set it for the programs that they run. */
	const char *own = *sysroot ? NULL : getenv("container");

	ret[0] = '\0';
	if (own && *own) {
		set_name(ret, own, "container");
		return;
	}
	if (of_process_1(sysroot, ret))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
		cleanup_free char *path = xasprintf("%s%s", sysroot, marks[i].path);
		char line[SURROUNDINGS_MAX] = "";

		if (access(path, F_OK) < 0)
			continue;
		if (marks[i].content)
			(void)read_line(path, line, sizeof(line));
		set_name(ret, line, marks[i].manager);
		return;
	}
}

bool surroundings_chroot(const char *sysroot)
{
	cleanup_free char *first = xasprintf("%s/proc/1/root/.", sysroot);
	cleanup_free char *own = xasprintf("%s/.", sysroot);
	struct stat of_first, of_own;

	return stat(first, &of_first) == 0 && stat(own, &of_own) == 0 &&
	       (of_first.st_dev != of_own.st_dev || of_first.st_ino != of_own.st_ino);
}
