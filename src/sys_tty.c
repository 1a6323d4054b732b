/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sys_tty.h"

#include "lineedit.h"
#include "util.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <termios.h>

struct tty {
	int in, out;
	bool owned;    /* in was opened here */
	bool terminal;
	bool open;     /* a prompt stands */
	char text[192];
	struct secret *secret;
	struct lineedit edit;
};

/* For the handler of fatal signals, which can be given nothing. */
static volatile sig_atomic_t changed_fd = -1;
static struct termios original;

static void restore_echo(void)
{
	if (changed_fd >= 0)
		tcsetattr(changed_fd, TCSANOW, &original);
	changed_fd = -1;
}

static void fatal(int sig)
{
	restore_echo();
	signal(sig, SIG_DFL);
	raise(sig);
}

static void catch_fatal_signals(void)
{
	static const int signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS };
	struct sigaction action = { .sa_handler = fatal, .sa_flags = SA_RESETHAND };

	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		sigaction(signals[i], &action, NULL);
}

static bool is_dev_null(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3);
}

struct tty *tty_open(void)
{
	struct tty *tty = xcalloc(1, sizeof(*tty));

	tty->in = STDIN_FILENO;
	tty->out = STDERR_FILENO;
	if (fcntl(STDIN_FILENO, F_GETFD) < 0 || is_dev_null(STDIN_FILENO)) {
		tty->in = tty->out = open("/dev/console", O_RDWR | O_CLOEXEC | O_NOCTTY);
		tty->owned = true;
		if (tty->in < 0) {
			free(tty);
			return NULL;
		}
	} else if (isatty(tty->in)) {
		tty->out = tty->in;
	}
	tty->terminal = isatty(tty->in);
	catch_fatal_signals();
	return tty;
}

struct tty *tty_close(struct tty *tty)
{
	if (tty) {
		tty_withdraw(tty);
		if (tty->owned)
			close(tty->in);
		free(tty);
	}
	return NULL;
}

static void show(const struct tty *tty, const char *text)
{
	(void)write_all(tty->out, text, strlen(text));
}

/* No echo, byte by byte, no signals: lineedit gives control characters their meaning, since /dev/console
 * is nobody's controlling terminal and would not turn Ctrl-C into a signal anyway. */
static int silence(struct tty *tty)
{
	struct termios raw;

	if (tcgetattr(tty->in, &original) < 0)
		return -errno;
	raw = original;
	raw.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
	raw.c_iflag &= ~(tcflag_t)(ISTRIP | INLCR | IGNCR | IXON | IXOFF | PARMRK);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	changed_fd = tty->in;
	if (tcsetattr(tty->in, TCSAFLUSH, &raw) < 0) {
		changed_fd = -1;
		return -errno;
	}
	return 0;
}

int tty_prompt(struct tty *tty, const char *text, struct secret *secret)
{
	if (tty->terminal) {
		int r = silence(tty);

		if (r < 0)
			return r;
	}
	str_copy(tty->text, sizeof(tty->text), text);
	tty->secret = secret;
	tty->edit = (struct lineedit){ 0 };
	tty->open = true;
	show(tty, tty->text);
	return 0;
}

void tty_withdraw(struct tty *tty)
{
	if (!tty->open)
		return;
	tty->open = false;
	restore_echo();
	/* Enter was not echoed. */
	show(tty, "\n");
}

int tty_fd(const struct tty *tty)
{
	return tty->open ? tty->in : -1;
}

bool tty_input(struct tty *tty, enum prompt_end *ret_end)
{
	static const enum prompt_end ends[] = {
		[LINEEDIT_DONE] = PROMPT_LINE,
		[LINEEDIT_TOO_LONG] = PROMPT_TOO_LONG,
		[LINEEDIT_EOF] = PROMPT_EOF,
		[LINEEDIT_CANCEL] = PROMPT_CANCEL,
	};
	enum lineedit_result result;
	unsigned char byte;
	ssize_t n = read(tty->in, &byte, 1);

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return false;
	if (n == 1) {
		result = lineedit_byte(&tty->edit, tty->secret, byte);
		if (result == LINEEDIT_MORE)
			return false;
	} else {
		/* A pipe or file need not end its last line. */
		result = tty->terminal || tty->secret->len == 0 ? LINEEDIT_EOF :
			 tty->edit.excess			? LINEEDIT_TOO_LONG :
								  LINEEDIT_DONE;
	}
	explicit_bzero(&byte, sizeof(byte));
	tty_withdraw(tty);
	*ret_end = ends[result];
	return true;
}

void tty_interrupt_line(const struct tty *tty)
{
	if (tty && tty->open)
		show(tty, "\n");
}

void tty_resume_line(const struct tty *tty)
{
	if (tty && tty->open)
		show(tty, tty->text);
}
