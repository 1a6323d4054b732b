/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/journal.h"

#include "base/util.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>

#define JOURNALCTL "/usr/bin/journalctl"
/* A record has a few KiB, and a boot a few records. */
#define JOURNAL_MAX (4U << 20)

static void run(int boot, int out)
{
	char which[32];

	(void)snprintf(which, sizeof(which), "--boot=%d", boot);
	if (dup2(out, STDOUT_FILENO) >= 0)
		execl(JOURNALCTL, "journalctl", "--quiet", "--no-pager", "--output=cat", which,
		      "_TRANSPORT=kernel", "SYSLOG_IDENTIFIER=intact", (char *)NULL);
	_exit(127);
}

/* All that comes, up to the limit. */
static char *read_all(int fd)
{
	size_t len = 0, size = 65536;
	char *text = xcalloc(1, size);
	ssize_t n;

	while (len + 1 < JOURNAL_MAX) {
		if (len + 1 == size) {
			char *more = xcalloc(1, size * 2);

			memcpy(more, text, len);
			free(text);
			text = more;
			size *= 2;
		}
		n = read(fd, text + len, size - len - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		len += (size_t)n;
	}
	text[len] = '\0';
	return text;
}

int journal_read(int boot, char **ret)
{
	cleanup_close int out = -1;
	int pipes[2], status = 0;
	char *text;
	pid_t pid;

	if (access(JOURNALCTL, X_OK) < 0)
		return -ENOENT;
	if (pipe2(pipes, O_CLOEXEC) < 0)
		return neg_errno();
	out = pipes[0];
	(void)fflush(NULL);
	pid = fork();
	if (pid == 0)
		run(boot, pipes[1]);
	close(pipes[1]);
	if (pid < 0)
		return neg_errno();
	text = read_all(out);
	close(steal_fd(&out));
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		free(text);
		return -ENODATA;
	}
	*ret = text;
	return 0;
}
