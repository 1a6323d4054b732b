/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/generator.h"

#include "base/util.h"

#include <stdio.h>
#include <sys/wait.h>

/* Debian's update-initramfs comes first: there it is also the way to call dracut. */
static const struct generator generators[] = {
	{ .line = "update-initramfs -u -k all",
	  .argv = { "update-initramfs", "-u", "-k", "all", NULL } },
	{ .line = "dracut -f --regenerate-all",
	  .argv = { "dracut", "-f", "--regenerate-all", NULL } },
	{ .line = "mkinitcpio -P", .argv = { "mkinitcpio", "-P", NULL } },
};

int generator_find(const char *root, struct generator *ret)
{
	static const char *const folders[] = { "/usr/sbin", "/usr/bin", "/sbin", "/bin" };

	for (size_t i = 0; i < ARRAY_SIZE(generators); i++) {
		struct generator g = generators[i];

		for (size_t j = 0; j < ARRAY_SIZE(folders); j++) {
			snprintf(g.path, sizeof(g.path), "%s%s/%s", root, folders[j], g.argv[0]);
			if (access(g.path, X_OK) == 0) {
				*ret = g;
				return 0;
			}
		}
	}
	return -ENOENT;
}

int generator_run(const struct generator *g)
{
	/* execv() does not change what it is given, but its type does not say so. */
	char *argv[ARRAY_SIZE(g->argv)] = { NULL };
	int status = 0;
	pid_t pid;

	for (size_t i = 0; g->argv[i]; i++)
		argv[i] = xstrdup(g->argv[i]);
	(void)fflush(NULL);
	pid = fork();
	if (pid == 0) {
		execv(g->path, argv);
		_exit(127);
	}
	for (size_t i = 0; argv[i]; i++)
		free(argv[i]);
	if (pid < 0)
		return neg_errno();
	/* Without a limit: making images takes minutes on a slow machine, a half-made one is worse,
	 * and the person at the terminal, who sees what the generator prints, can end it with
	 * Ctrl-C. */
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return neg_errno();
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
