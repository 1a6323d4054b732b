/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/program.h"

#include "base/child.h"
#include "base/util.h"

#include <fcntl.h>
#include <signal.h>
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
static void become(const char *const arguments[static PROGRAM_ARGUMENTS_MAX], int output,
		   int errors)
{
	static const char *const environment[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C",
						   NULL };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	(void)dup2(null, STDIN_FILENO);
	(void)dup2(output >= 0 ? output : null, STDOUT_FILENO);
	(void)dup2(errors >= 0 ? errors : null, STDERR_FILENO);
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		const char *const *a = arguments;
		cleanup_free char *path = xasprintf("%s/%s", folders[i], a[0]);

		(void)execle(path, a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7], (char *)NULL,
			     environment);
	}
	_exit(127);
}

/* 0 when it has ended, or a negative errno. */
static int wait_for_end(pid_t pid, unsigned ms, int *ret_status)
{
	if (ms > 0 && !child_wait(pid, ms, ret_status)) {
		/* Reaped when it ends; perhaps it waits for a disk that does not answer. */
		(void)kill(pid, SIGKILL);
		(void)child_wait(pid, 1000, ret_status);
		return -ETIMEDOUT;
	}
	while (ms == 0 && waitpid(pid, ret_status, 0) < 0)
		if (errno != EINTR)
			return neg_errno();
	return 0;
}

/* The exit status, or a negative errno. ms 0: without a limit. */
static int run(const char *const arguments[static PROGRAM_ARGUMENTS_MAX], int output, int errors,
	       unsigned ms)
{
	int status = 0, r;
	pid_t pid;

	(void)fflush(NULL);
	pid = fork();
	if (pid < 0)
		return neg_errno();
	if (pid == 0)
		become(arguments, output, errors);
	r = wait_for_end(pid, ms, &status);
	if (r < 0)
		return r;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* The output is a file: a process that the program leaves behind would hold a pipe. */
int program_run(const char *const arguments[static PROGRAM_ARGUMENTS_MAX],
		char ret[static PROGRAM_OUTPUT_MAX + 1])
{
	cleanup_close int output = memfd_create("output", MFD_CLOEXEC);
	int r = run(arguments, output, output, 0);
	ssize_t n = pread(output, ret, PROGRAM_OUTPUT_MAX, 0);

	ret[n > 0 ? n : 0] = '\0';
	return r;
}

static int run_and_read(const char *const arguments[static PROGRAM_ARGUMENTS_MAX], int errors,
			unsigned ms, size_t max, char **ret)
{
	cleanup_close int output = memfd_create("output", MFD_CLOEXEC);
	int r = run(arguments, output, errors, ms);
	off_t size = lseek(output, 0, SEEK_END);
	size_t room = size < 0 ? 0 : (size_t)size < max ? (size_t)size : max;
	char *text = xcalloc(1, room + 1);
	ssize_t n = pread(output, text, room, 0);

	text[n > 0 ? n : 0] = '\0';
	*ret = text;
	return r;
}

int program_output(const char *const arguments[static PROGRAM_ARGUMENTS_MAX], size_t max,
		   char **ret)
{
	return run_and_read(arguments, STDERR_FILENO, 0, max, ret);
}

int program_output_within(const char *const arguments[static PROGRAM_ARGUMENTS_MAX], unsigned ms,
			  size_t max, char **ret)
{
	return run_and_read(arguments, -1, ms, max, ret);
}
