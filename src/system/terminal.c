/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/terminal.h"

#include "base/util.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <termios.h>

#ifndef EXTPROC
#define EXTPROC 0200000 /* a C library has it only with some feature macros */
#endif

#define CTRL_C 3
#define CTRL_D 4
#define CTRL_U 21
#define BACKSPACE 127

static volatile sig_atomic_t caught;

static void catch (int signal)
{
	caught = signal;
}

static const int ending[] = { SIGHUP, SIGINT, SIGTERM, SIGQUIT };

/* One byte; 0 at the end of input or after a signal, or a negative errno. Signals are blocked
 * except while this waits, so none is missed. */
static int next_byte(int fd, const sigset_t *open, unsigned char *ret)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	ssize_t n;

	while (!caught && ppoll(&pfd, 1, NULL, open) < 0)
		if (errno != EINTR)
			return neg_errno();
	n = caught ? 0 : read(fd, ret, 1);
	return n < 0 ? neg_errno() : (int)n;
}

static int read_line_into(int fd, const sigset_t *open, struct secret *ret)
{
	bool full = false;
	unsigned char c;
	int r;

	for (;;) {
		r = next_byte(fd, open, &c);
		if (r < 0)
			return r;
		if (r == 0 || c == CTRL_C || c == CTRL_D)
			return -ECANCELED;
		if (c == '\n' || c == '\r')
			return full ? -E2BIG : 0;
		if (c == CTRL_U)
			secret_wipe(ret);
		else if ((c == BACKSPACE || c == '\b') && ret->len)
			ret->bytes[--ret->len] = 0;
		else if (c != BACKSPACE && c != '\b')
			full |= !secret_add(ret, c);
	}
}

/* The signals are blocked but while a line is read, so that none gets lost on the way. */
static void catch_signals(struct sigaction before[static ARRAY_SIZE(ending)], sigset_t *ret_mask)
{
	struct sigaction action = { .sa_handler = catch };
	sigset_t blocked;

	sigemptyset(&blocked);
	for (size_t i = 0; i < ARRAY_SIZE(ending); i++)
		sigaddset(&blocked, ending[i]);
	sigprocmask(SIG_BLOCK, &blocked, ret_mask);
	caught = 0;
	for (size_t i = 0; i < ARRAY_SIZE(ending); i++)
		sigaction(ending[i], &action, &before[i]);
}

/* What was caught takes effect now. */
static void release_signals(const struct sigaction before[static ARRAY_SIZE(ending)],
			    const sigset_t *mask)
{
	for (size_t i = 0; i < ARRAY_SIZE(ending); i++)
		sigaction(ending[i], &before[i], NULL);
	if (caught)
		(void)raise(caught);
	sigprocmask(SIG_SETMASK, mask, NULL);
}

static int ask(int fd, const char *question, const sigset_t *mask, struct secret *ret)
{
	int r;

	(void)write_all(fd, question, strlen(question));
	secret_wipe(ret);
	r = read_line_into(fd, mask, ret);
	if (r < 0)
		secret_wipe(ret);
	(void)write_all(fd, "\n", 1);
	return r;
}

int terminal_ask(const char *path, const char *question, struct secret *ret)
{
	cleanup_close int fd = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
	struct sigaction before[ARRAY_SIZE(ending)];
	struct termios original, raw;
	sigset_t mask;
	int r;

	if (fd < 0 || tcgetattr(fd, &original) < 0)
		return -ENOTTY;
	raw = original;
	/* As in ask/screen.c: the driver wipes its buffer behind a reader only in canonical mode
	 * without echo, and leaves editing to the reader with EXTPROC. */
	raw.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ISIG | IEXTEN);
	raw.c_lflag |= ICANON | EXTPROC;
	raw.c_iflag &= ~(tcflag_t)(ISTRIP | INLCR | IGNCR | IXON | IXOFF | PARMRK);
	raw.c_cc[VEOF] = CTRL_D;
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	catch_signals(before, &mask);
	r = tcsetattr(fd, TCSAFLUSH, &raw) < 0 ? neg_errno() : ask(fd, question, &mask, ret);
	(void)tcsetattr(fd, TCSAFLUSH, &original);
	release_signals(before, &mask);
	return r;
}
