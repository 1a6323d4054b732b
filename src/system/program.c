/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/program.h"

#include "base/util.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>

static const char *const folders[] = { "/sbin", "/usr/sbin", "/usr/bin", "/bin" };

bool program_exists(const char *sysroot, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		cleanup_free char *path = xasprintf("%s%s/%s", sysroot, folders[i], name);

		if (access(path, F_OK) == 0)
			return true;
	}
	return false;
}

/* What the command line gave the environment of the first process does not reach the program:
 * LVM_SYSTEM_DIR and LD_PRELOAD name files that are obeyed. */
static void become(const char *const arguments[static PROGRAM_ARGUMENTS_MAX], int output)
{
	static const char *const environment[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C",
						   NULL };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	(void)dup2(null, STDIN_FILENO);
	(void)dup2(output >= 0 ? output : null, STDOUT_FILENO);
	(void)dup2(output >= 0 ? output : null, STDERR_FILENO);
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		const char *const *a = arguments;
		cleanup_free char *path = xasprintf("%s/%s", folders[i], a[0]);

		(void)execle(path, a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7], (char *)NULL,
			     environment);
	}
	_exit(127);
}

/* Its output is a file: a process that it leaves behind would hold a pipe. */
int program_run(const char *const arguments[static PROGRAM_ARGUMENTS_MAX],
		char ret[static PROGRAM_OUTPUT_MAX + 1])
{
	cleanup_close int output = memfd_create("output", MFD_CLOEXEC);
	pid_t pid = fork();
	int status = 0;
	ssize_t n;

	ret[0] = '\0';
	if (pid < 0)
		return neg_errno();
	if (pid == 0)
		become(arguments, output);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return neg_errno();
	n = pread(output, ret, PROGRAM_OUTPUT_MAX, 0);
	ret[n > 0 ? n : 0] = '\0';
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
