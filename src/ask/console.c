/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ask/console.h"

#include "ask/lineedit.h"
#include "base/util.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <termios.h>

struct console {
	struct prompter prompter;
	int in, out;
	bool owned; /* in was opened here */
	bool terminal;
	bool open; /* a prompt is shown */
	char text[192];
	struct lineedit edit;
};

/* For the handler of fatal signals, which takes no argument. */
static volatile sig_atomic_t changed_fd = -1;
static volatile pid_t changed_by;
static struct termios original;

static void restore_echo(void)
{
	/* A worker inherits all this. When it crashes, the echo must stay off: a passphrase may be
	 * being typed. */
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

/* The last four arrive only in a process that does not receive them through a signalfd. */
static void catch_fatal_signals(void)
{
	static const int signals[] = { SIGSEGV, SIGBUS,	 SIGFPE, SIGILL, SIGABRT,
				       SIGSYS,	SIGTERM, SIGINT, SIGHUP, SIGQUIT };
	struct sigaction action = { .sa_handler = fatal, .sa_flags = SA_RESETHAND };

	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		sigaction(signals[i], &action, NULL);
}

static struct console *console_of(struct prompter *p)
{
	return (struct console *)p;
}

static void show(const struct console *console, const char *text)
{
	(void)write_all(console->out, text, strlen(text));
}

/* No echo, byte by byte, no signals. Control characters get their meaning from lineedit: the kernel
 * would not turn Ctrl-C into a signal, because /dev/console is not a controlling terminal. */
static int silence(struct console *console)
{
	struct termios raw;

	if (tcgetattr(console->in, &original) < 0)
		return -errno;
	raw = original;
	raw.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
	raw.c_iflag &= ~(tcflag_t)(ISTRIP | INLCR | IGNCR | IXON | IXOFF | PARMRK);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	changed_by = getpid();
	changed_fd = console->in;
	if (tcsetattr(console->in, TCSAFLUSH, &raw) < 0) {
		changed_fd = -1;
		return -errno;
	}
	return 0;
}

static int console_ask(struct prompter *p, const struct prompt_request *request)
{
	struct console *console = console_of(p);

	if (console->terminal) {
		int r = silence(console);

		if (r < 0)
			return r;
	}
	str_copy(console->text, sizeof(console->text), request->text);
	secret_wipe(p->answer);
	console->edit = (struct lineedit){ 0 };
	console->open = true;
	show(console, console->text);
	return 0;
}

static void end_prompt(struct console *console)
{
	if (!console->open)
		return;
	console->open = false;
	restore_echo();
	/* Enter was not echoed. */
	show(console, "\n");
}

static void console_withdraw(struct prompter *p)
{
	end_prompt(console_of(p));
	secret_wipe(p->answer);
}

static int console_fd(const struct prompter *p)
{
	return ((const struct console *)p)->in;
}

/* One byte. */
static bool console_input(struct prompter *p, enum prompt_end *ret_end)
{
	static const enum prompt_end ends[] = {
		[LINEEDIT_DONE] = PROMPT_LINE,
		[LINEEDIT_TOO_LONG] = PROMPT_TOO_LONG,
		[LINEEDIT_EOF] = PROMPT_EOF,
		[LINEEDIT_CANCEL] = PROMPT_CANCEL,
	};
	struct console *console = console_of(p);
	enum lineedit_result result;
	unsigned char byte;
	ssize_t n = read(console->in, &byte, 1);

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return false;
	if (n == 1) {
		result = lineedit_byte(&console->edit, p->answer, byte);
		explicit_bzero(&byte, sizeof(byte));
		if (result == LINEEDIT_MORE)
			return false;
	} else {
		/* A pipe or file need not end its last line. */
		result = console->terminal || p->answer->len == 0 ? LINEEDIT_EOF :
			 console->edit.excess			  ? LINEEDIT_TOO_LONG :
								    LINEEDIT_DONE;
		if (result != LINEEDIT_DONE)
			secret_wipe(p->answer);
	}
	end_prompt(console);
	*ret_end = ends[result];
	return true;
}

static void console_step_aside(struct prompter *p)
{
	show(console_of(p), "\n");
}

static void console_come_back(struct prompter *p)
{
	show(console_of(p), console_of(p)->text);
}

static void console_free(struct prompter *p)
{
	struct console *console = console_of(p);

	console_withdraw(p);
	if (console->owned)
		close(console->in);
	secret_free(p->answer);
	free(console);
}

static const struct prompter_ops console_ops = {
	.ask = console_ask,
	.withdraw = console_withdraw,
	.fd = console_fd,
	.input = console_input,
	.step_aside = console_step_aside,
	.come_back = console_come_back,
	.free = console_free,
};

int console_prompter(const char *path, struct prompter **ret)
{
	cleanup_close int opened = -1;
	struct secret *answer;
	struct console *console;

	if (path) {
		opened = open(path, O_RDWR | O_CLOEXEC | O_NOCTTY);
		if (opened < 0)
			return neg_errno();
	}
	answer = secret_new();
	if (!answer)
		return -ENOMEM;
	console = xcalloc(1, sizeof(*console));
	console->prompter = (struct prompter){ &console_ops, answer };
	console->owned = path != NULL;
	console->in = path ? steal_fd(&opened) : STDIN_FILENO;
	console->terminal = isatty(console->in);
	console->out = console->terminal ? console->in : STDERR_FILENO;
	catch_fatal_signals();
	*ret = &console->prompter;
	return 0;
}
