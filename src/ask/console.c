/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ask/console.h"

#include "ask/lineedit.h"
#include "base/util.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <termios.h>

struct tty {
	struct prompter prompter;
	int in, out;
	bool owned; /* in was opened here */
	bool terminal;
	bool open; /* a prompt stands */
	char text[192];
	struct secret *secret;
	struct lineedit edit;
};

/* For the handler of fatal signals, which can be given nothing. */
static volatile sig_atomic_t changed_fd = -1;
static volatile pid_t changed_by;
static struct termios original;

static void restore_echo(void)
{
	/* A worker that crashes has inherited all this, and must not switch the echo on while
	 * somebody types. */
	if (changed_fd >= 0 && changed_by == getpid())
		tcsetattr(changed_fd, TCSANOW, &original);
	changed_fd = -1;
}

static void fatal(int sig)
{
	restore_echo();
	signal(sig, SIG_DFL);
	raise(sig);
}

/* The latter four only arrive where nobody takes them through a signalfd. */
static void catch_fatal_signals(void)
{
	static const int signals[] = { SIGSEGV, SIGBUS,	 SIGFPE, SIGILL, SIGABRT,
				       SIGSYS,	SIGTERM, SIGINT, SIGHUP, SIGQUIT };
	struct sigaction action = { .sa_handler = fatal, .sa_flags = SA_RESETHAND };

	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		sigaction(signals[i], &action, NULL);
}

static struct tty *tty_of(struct prompter *p)
{
	return (struct tty *)p;
}

static void show(const struct tty *tty, const char *text)
{
	(void)write_all(tty->out, text, strlen(text));
}

/* No echo, byte by byte, no signals: lineedit gives control characters their meaning, since
 * /dev/console is nobody's controlling terminal and would not turn Ctrl-C into a signal anyway. */
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
	changed_by = getpid();
	changed_fd = tty->in;
	if (tcsetattr(tty->in, TCSAFLUSH, &raw) < 0) {
		changed_fd = -1;
		return -errno;
	}
	return 0;
}

static int tty_ask(struct prompter *p, const struct prompt_request *request)
{
	struct tty *tty = tty_of(p);

	if (tty->terminal) {
		int r = silence(tty);

		if (r < 0)
			return r;
	}
	str_copy(tty->text, sizeof(tty->text), request->text);
	tty->secret = request->secret;
	tty->edit = (struct lineedit){ 0 };
	tty->open = true;
	show(tty, tty->text);
	return 0;
}

static void tty_withdraw(struct prompter *p)
{
	struct tty *tty = tty_of(p);

	if (!tty->open)
		return;
	tty->open = false;
	restore_echo();
	/* Enter was not echoed. */
	show(tty, "\n");
}

static int tty_fd(const struct prompter *p)
{
	return ((const struct tty *)p)->in;
}

/* One byte. */
static bool tty_input(struct prompter *p, enum prompt_end *ret_end)
{
	static const enum prompt_end ends[] = {
		[LINEEDIT_DONE] = PROMPT_LINE,
		[LINEEDIT_TOO_LONG] = PROMPT_TOO_LONG,
		[LINEEDIT_EOF] = PROMPT_EOF,
		[LINEEDIT_CANCEL] = PROMPT_CANCEL,
	};
	struct tty *tty = tty_of(p);
	enum lineedit_result result;
	unsigned char byte;
	ssize_t n = read(tty->in, &byte, 1);

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return false;
	if (n == 1) {
		result = lineedit_byte(&tty->edit, tty->secret, byte);
		explicit_bzero(&byte, sizeof(byte));
		if (result == LINEEDIT_MORE)
			return false;
	} else {
		/* A pipe or file need not end its last line. */
		result = tty->terminal || tty->secret->len == 0 ? LINEEDIT_EOF :
			 tty->edit.excess			? LINEEDIT_TOO_LONG :
								  LINEEDIT_DONE;
		if (result != LINEEDIT_DONE)
			secret_wipe(tty->secret);
	}
	tty_withdraw(p);
	*ret_end = ends[result];
	return true;
}

static void tty_step_aside(struct prompter *p)
{
	show(tty_of(p), "\n");
}

static void tty_come_back(struct prompter *p)
{
	show(tty_of(p), tty_of(p)->text);
}

static void tty_free(struct prompter *p)
{
	struct tty *tty = tty_of(p);

	tty_withdraw(p);
	if (tty->owned)
		close(tty->in);
	free(tty);
}

static const struct prompter_ops tty_ops = {
	.ask = tty_ask,
	.withdraw = tty_withdraw,
	.fd = tty_fd,
	.input = tty_input,
	.step_aside = tty_step_aside,
	.come_back = tty_come_back,
	.free = tty_free,
};

int tty_prompter(const char *path, struct prompter **ret)
{
	int fd = path ? open(path, O_RDWR | O_CLOEXEC | O_NOCTTY) : STDIN_FILENO;
	struct tty *tty;

	if (fd < 0)
		return -errno;
	tty = xcalloc(1, sizeof(*tty));
	tty->prompter.ops = &tty_ops;
	tty->in = fd;
	tty->owned = path != NULL;
	tty->terminal = isatty(fd);
	tty->out = tty->terminal ? fd : STDERR_FILENO;
	catch_fatal_signals();
	*ret = &tty->prompter;
	return 0;
}
