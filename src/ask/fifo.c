/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ask/fifo.h"

#include "base/util.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>

struct passfifo {
	struct prompter prompter;
	char *fifo, *askpass, *cryptsetup; /* paths */
	bool made;			   /* the fifo was made here */
	int fd;				   /* -1: no prompt stands */
	struct secret *secret;
	struct secret *partial; /* what came so far */
	bool too_long;
	const char *name; /* the volume's, of the current or last prompt */
	pid_t asking;	  /* the stopped askpass; -1: none. As long as the prompt stands */
	pid_t trying; /* the stopped cryptsetup: until it is known what came of the passphrase */
};

static struct passfifo *passfifo_of(struct prompter *p)
{
	return (struct passfifo *)p;
}

/* --- the two processes
 * ------------------------------------------------------------------------------ */

static void figure_end(pid_t *pid)
{
	if (*pid < 0)
		return;
	kill(*pid, SIGKILL);
	while (waitpid(*pid, NULL, 0) < 0 && errno == EINTR)
		;
	*pid = -1;
}

/* Starts a program that stays stopped at its first instruction; fd, unless -1, is open in it. */
static pid_t figure_start(char *const argv[], char *const envp[], int fd)
{
	pid_t parent = getpid(), pid = fork();
	int status = 0;

	if (pid < 0)
		return -1;
	if (pid == 0) {
		/* A traced process stops when it has become another program. It must never go on,
		 * not even when its tracer is killed before that. */
		if (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent &&
		    ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0 &&
		    (fd < 0 || fcntl(fd, F_SETFD, 0) == 0))
			execve(argv[0], argv, envp);
		_exit(127);
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!WIFSTOPPED(status))
		return -1;
	if (ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_EXITKILL) < 0)
		figure_end(&pid);
	return pid;
}

/* No secret is in here: name and node of a disk, and two numbers. */
static void figures_start(struct passfifo *f, const struct prompt_request *request)
{
	cleanup_free char *name = xasprintf("CRYPTTAB_NAME=%s", request->name);
	cleanup_free char *source = xasprintf("CRYPTTAB_SOURCE=%s", request->node);
	cleanup_free char *tried = xasprintf("CRYPTTAB_TRIED=%u", request->tried);
	cleanup_free char *tries = xasprintf("CRYPTTAB_OPTION_tries=%u", request->tries);
	cleanup_free char *text = xstrdup(request->text);
	char open[] = "open";
	char *const environment[] = { name, source, tried, tries, NULL };
	char *const asking[] = { f->askpass, text, NULL };
	char *const trying[] = { f->cryptsetup, open, NULL };

	/* Either may be missing: the fifo can be written to without them. */
	f->trying = figure_start(trying, environment, -1);
	f->asking = figure_start(asking, environment, f->fd);
}

/* --- the fifo
 * ---------------------------------------------------------------------------------------- */

static bool is_private_fifo(const struct stat *st)
{
	return S_ISFIFO(st->st_mode) && st->st_uid == geteuid() && (st->st_mode & 077) == 0;
}

static int open_fifo(struct passfifo *f)
{
	struct stat st;
	int fd;

	/* Somebody may have written before there was a fifo, and made a file. */
	if (lstat(f->fifo, &st) == 0 && !is_private_fifo(&st) && unlink(f->fifo) < 0)
		return neg_errno();
	if (mkfifo(f->fifo, 0600) == 0)
		f->made = true;
	else if (errno != EEXIST)
		return neg_errno();
	fd = open(f->fifo, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return neg_errno();
	if (fstat(fd, &st) < 0 || !is_private_fifo(&st)) {
		close(fd);
		return -EPERM;
	}
	return fd;
}

static void passfifo_withdraw(struct prompter *p)
{
	struct passfifo *f = passfifo_of(p);

	figure_end(&f->asking);
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
	secret_wipe(f->partial);
}

static int passfifo_ask(struct prompter *p, const struct prompt_request *request)
{
	struct passfifo *f = passfifo_of(p);
	int r;

	/* The last passphrase did not open its disk, or we would not be asked. */
	figure_end(&f->trying);
	r = open_fifo(f);
	if (r < 0)
		return r;
	f->fd = r;
	f->secret = request->secret;
	f->name = request->name;
	f->too_long = false;
	figures_start(f, request);
	return 0;
}

static int passfifo_fd(const struct prompter *p)
{
	return ((const struct passfifo *)p)->fd;
}

/* Every byte until the writer closes it belongs to the passphrase, a newline too: as Debian's
 * askpass has it. */
static bool passfifo_input(struct prompter *p, enum prompt_end *ret_end)
{
	struct passfifo *f = passfifo_of(p);
	unsigned char data[128];
	ssize_t n = read(f->fd, data, sizeof(data));

	for (ssize_t i = 0; i < n; i++)
		if (!secret_add(f->partial, data[i]))
			f->too_long = true;
	explicit_bzero(data, sizeof(data));
	if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)))
		return false;
	*ret_end = n < 0 ? PROMPT_EOF : f->too_long ? PROMPT_TOO_LONG : PROMPT_LINE;
	if (n == 0)
		secret_wipe(f->secret);
	for (size_t i = 0; *ret_end == PROMPT_LINE && i < f->partial->len; i++)
		secret_add(f->secret, f->partial->bytes[i]);
	passfifo_withdraw(p);
	return true;
}

static void passfifo_settled(struct prompter *p, const char *name)
{
	struct passfifo *f = passfifo_of(p);

	if (f->name && str_eq(f->name, name))
		figure_end(&f->trying);
}

static void passfifo_free(struct prompter *p)
{
	struct passfifo *f = passfifo_of(p);

	passfifo_withdraw(p);
	figure_end(&f->trying);
	if (f->made)
		unlink(f->fifo);
	secret_free(f->partial);
	free(f->fifo);
	free(f->askpass);
	free(f->cryptsetup);
	free(f);
}

static const struct prompter_ops passfifo_ops = {
	.ask = passfifo_ask,
	.withdraw = passfifo_withdraw,
	.fd = passfifo_fd,
	.input = passfifo_input,
	.settled = passfifo_settled,
	.free = passfifo_free,
};

int passfifo_prompter(const char *root, struct prompter **ret)
{
	struct secret *partial = secret_new();
	struct passfifo *f;

	if (!partial)
		return -ENOMEM;
	f = xcalloc(1, sizeof(*f));
	f->prompter.ops = &passfifo_ops;
	f->fifo = xasprintf("%s/lib/cryptsetup/passfifo", root);
	f->askpass = xasprintf("%s/lib/cryptsetup/askpass", root);
	f->cryptsetup = xasprintf("%s/sbin/cryptsetup", root);
	f->fd = -1;
	f->asking = f->trying = -1;
	f->partial = partial;
	*ret = &f->prompter;
	return 0;
}
