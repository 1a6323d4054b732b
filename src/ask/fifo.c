/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ask/fifo.h"

#include "ask/cryptroot.h"
#include "base/child.h"
#include "base/util.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>

/* A program in the image is there at once, unless its medium does not answer. */
#define DECOY_MS 2000

struct fifo {
	struct prompter prompter;
	char *path, *askpass_path, *cryptsetup_path, *plymouth_path;
	bool made; /* the fifo was made here */
	int fd;	   /* -1: no prompt is open */
	bool too_long;
	const char *name; /* the volume's, of the current or last prompt */
	/* The decoys, without sockets. */
	struct child askpass;	 /* while the prompt is open */
	struct child plymouth;	 /* the same; see decoys_start() */
	struct child cryptsetup; /* until the result of the passphrase is known */
	struct cryptroot *table;
};

static struct fifo *fifo_of(struct prompter *p)
{
	return (struct fifo *)p;
}

/* --- the decoys ------------------------------------------------------------------------------- */

/* Starts a program that stays stopped at its first instruction; fd, unless -1, is open in it. */
static struct child decoy_start(char *const argv[], char *const envp[], int fd)
{
	struct child decoy = CHILD_NONE;
	pid_t parent = getpid(), pid = fork();
	int status = 0;

	if (pid < 0)
		return decoy;
	if (pid == 0) {
		/* A traced process stops when it has become another program. It must never go on,
		 * not even when its tracer is killed before that. */
		if (child_dies_with(parent) && ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0 &&
		    (fd < 0 || fcntl(fd, F_SETFD, 0) == 0))
			execve(argv[0], argv, envp);
		_exit(127);
	}
	decoy.pid = pid;
	if (!child_wait(pid, DECOY_MS, &status)) {
		child_reap_within(&decoy, 0);
		return decoy;
	}
	if (!WIFSTOPPED(status))
		return CHILD_NONE;
	if (ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_EXITKILL) < 0)
		child_reap(&decoy);
	return decoy;
}

/* The environment holds no secret: name and node of a disk, and two numbers. */
static void decoys_start(struct fifo *f, const struct prompt_request *request)
{
	cleanup_free char *name = xasprintf("CRYPTTAB_NAME=%s", request->name);
	cleanup_free char *source = xasprintf("CRYPTTAB_SOURCE=%s", request->node);
	cleanup_free char *tried = xasprintf("CRYPTTAB_TRIED=%u", request->tried);
	cleanup_free char *tries = xasprintf("CRYPTTAB_OPTION_tries=%u", request->tries);
	cleanup_free char *text = xstrdup(request->text);
	char open[] = "open", ask[] = "ask-for-password";
	char *const environment[] = { name, source, tried, tries, NULL };
	char *const askpass[] = { f->askpass_path, text, NULL };
	char *const plymouth[] = { f->plymouth_path, ask, text, NULL };
	char *const cryptsetup[] = { f->cryptsetup_path, open, NULL };

	/* Each may be missing: the fifo can be written to without them. */
	f->cryptsetup = decoy_start(cryptsetup, environment, -1);
	f->askpass = decoy_start(askpass, environment, f->fd);
	/* Debian's askpass asks plymouth through a process of this name, and that one is what
	 * clevis looks for when a splash is shown. */
	f->plymouth = decoy_start(plymouth, environment, f->fd);
}

/* --- the fifo --------------------------------------------------------------------------------- */

static bool is_private_fifo(const struct stat *st)
{
	return S_ISFIFO(st->st_mode) && st->st_uid == geteuid() && (st->st_mode & 077) == 0;
}

static int open_fifo(struct fifo *f)
{
	struct stat st;
	int fd;

	/* A script that wrote before there was a fifo has made a file. */
	if (lstat(f->path, &st) == 0 && !is_private_fifo(&st) && unlink(f->path) < 0)
		return neg_errno();
	if (mkfifo(f->path, 0600) == 0)
		f->made = true;
	else if (errno != EEXIST)
		return neg_errno();
	fd = open(f->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return neg_errno();
	if (fstat(fd, &st) < 0 || !is_private_fifo(&st)) {
		close(fd);
		return -EPERM;
	}
	return fd;
}

static void end_prompt(struct fifo *f)
{
	child_reap(&f->askpass);
	child_reap(&f->plymouth);
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
}

static void fifo_withdraw(struct prompter *p)
{
	end_prompt(fifo_of(p));
	secret_wipe(p->answer);
}

static int fifo_ask(struct prompter *p, const struct prompt_request *request)
{
	struct fifo *f = fifo_of(p);
	int r;

	/* This question means that the last passphrase did not open its disk. */
	child_reap(&f->cryptsetup);
	r = open_fifo(f);
	if (r < 0)
		return r;
	f->fd = r;
	f->name = request->name;
	f->too_long = false;
	secret_wipe(p->answer);
	decoys_start(f, request);
	return 0;
}

static int fifo_fd(const struct prompter *p)
{
	return ((const struct fifo *)p)->fd;
}

/* Reads into the locked memory; bytes that do not fit are dropped one by one. */
static ssize_t read_more(struct fifo *f, struct secret *answer)
{
	unsigned char dropped = 0;
	ssize_t n;

	if (answer->len < SECRET_MAX) {
		n = read(f->fd, answer->bytes + answer->len, SECRET_MAX - answer->len);
		answer->len += n > 0 ? (size_t)n : 0;
		return n;
	}
	n = read(f->fd, &dropped, 1);
	explicit_bzero(&dropped, sizeof(dropped));
	f->too_long = f->too_long || n > 0;
	return n;
}

/* Every byte until the writer closes the fifo belongs to the passphrase, a newline too: Debian's
 * askpass does the same. */
static bool fifo_input(struct prompter *p, enum prompt_end *ret_end)
{
	struct fifo *f = fifo_of(p);
	ssize_t n = read_more(f, p->answer);

	if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)))
		return false;
	*ret_end = n < 0 ? PROMPT_EOF : f->too_long ? PROMPT_TOO_LONG : PROMPT_LINE;
	if (*ret_end != PROMPT_LINE)
		secret_wipe(p->answer);
	end_prompt(f);
	return true;
}

static void fifo_expects(struct prompter *p, const char *name)
{
	cryptroot_add(fifo_of(p)->table, name);
}

static void fifo_settled(struct prompter *p, const char *name)
{
	struct fifo *f = fifo_of(p);

	cryptroot_remove(f->table, name);
	if (f->name && str_eq(f->name, name))
		child_reap(&f->cryptsetup);
}

static void fifo_free(struct prompter *p)
{
	struct fifo *f = fifo_of(p);

	end_prompt(f);
	child_reap(&f->cryptsetup);
	if (f->made)
		unlink(f->path);
	cryptroot_free(f->table);
	secret_free(p->answer);
	free(f->path);
	free(f->askpass_path);
	free(f->cryptsetup_path);
	free(f->plymouth_path);
	free(f);
}

static const struct prompter_ops fifo_ops = {
	.ask = fifo_ask,
	.withdraw = fifo_withdraw,
	.fd = fifo_fd,
	.input = fifo_input,
	.expects = fifo_expects,
	.settled = fifo_settled,
	.free = fifo_free,
};

int fifo_prompter(const char *root, struct prompter **ret)
{
	struct secret *answer = secret_new();
	struct fifo *f;

	if (!answer)
		return -ENOMEM;
	f = xcalloc(1, sizeof(*f));
	f->prompter = (struct prompter){ &fifo_ops, answer, "by another program" };
	f->path = xasprintf("%s/lib/cryptsetup/passfifo", root);
	f->askpass_path = xasprintf("%s/lib/cryptsetup/askpass", root);
	f->cryptsetup_path = xasprintf("%s/sbin/cryptsetup", root);
	f->plymouth_path = xasprintf("%s/bin/plymouth", root);
	f->table = cryptroot_new(root);
	f->fd = -1;
	f->askpass = f->cryptsetup = f->plymouth = CHILD_NONE;
	*ret = &f->prompter;
	return 0;
}
