/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/packages.h"

#include "base/util.h"
#include "facts/package.h"
#include "system/program.h"

#define ANSWER_MAX 65536

static int ask_dpkg(const char *path, char name[static PACKAGE_NAME_MAX])
{
	cleanup_free char *pattern = package_dpkg_pattern(path), *output = NULL;
	const char *const arguments[PROGRAM_ARGUMENTS_MAX] = { "dpkg-query", "-S", pattern };
	int r = program_output_within(arguments, PACKAGES_MS, ANSWER_MAX, &output);

	if (r < 0)
		return r;
	return package_from_dpkg(output, path, name) ? 0 : -ENOENT;
}

/* Debian's lists have some files where they were before /bin and /lib went into /usr. */
static int by_dpkg(const char *path, char name[static PACKAGE_NAME_MAX])
{
	static const char *const merged[] = { "/bin/", "/sbin/", "/lib" };
	const char *old = str_after(path, "/usr");
	int r = ask_dpkg(path, name);

	for (size_t i = 0; r == -ENOENT && old && i < ARRAY_SIZE(merged); i++)
		if (str_after(old, merged[i]))
			r = ask_dpkg(old, name);
	return r;
}

static int by_lines(const char *const arguments[static PROGRAM_ARGUMENTS_MAX],
		    char name[static PACKAGE_NAME_MAX])
{
	cleanup_free char *output = NULL;
	int r = program_output_within(arguments, PACKAGES_MS, ANSWER_MAX, &output);

	if (r < 0)
		return r;
	/* What rpm says when there is none has blanks in it. */
	return r == 0 && package_from_lines(output, name) ? 0 : -ENOENT;
}

static int by_rpm(const char *path, char name[static PACKAGE_NAME_MAX])
{
	return by_lines((const char *const[PROGRAM_ARGUMENTS_MAX]){ "rpm", "-q", "--qf",
								    "%{NAME}\\n", "-f", path },
			name);
}

static int by_pacman(const char *path, char name[static PACKAGE_NAME_MAX])
{
	return by_lines((const char *const[PROGRAM_ARGUMENTS_MAX]){ "pacman", "-Qqo", path }, name);
}

static const struct {
	const char *asks, *installs;
	int (*ask)(const char *path, char name[static PACKAGE_NAME_MAX]);
	const char *command;
} managers[] = {
	{ "dpkg-query", "apt", by_dpkg, "apt install --reinstall" },
	{ "rpm", "dnf", by_rpm, "dnf reinstall" },
	{ "rpm", "zypper", by_rpm, "zypper install --force" },
	{ "pacman", "pacman", by_pacman, "pacman -S" },
};

int packages_owner(const char *path, char **ret_name, char **ret_remedy)
{
	char name[PACKAGE_NAME_MAX];
	int r = -ENOENT;

	for (size_t i = 0; i < ARRAY_SIZE(managers) && r == -ENOENT; i++) {
		if (!program_exists("", managers[i].asks) ||
		    !program_exists("", managers[i].installs))
			continue;
		r = managers[i].ask(path, name);
		if (r == 0) {
			*ret_name = xstrdup(name);
			*ret_remedy = xasprintf("%s %s", managers[i].command, name);
		}
	}
	return r;
}
