/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ask/screen.h"

#include "ask/echo.h"
#include "ask/lineedit.h"
#include "base/child.h"
#include "base/util.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <termios.h>

#ifndef EXTPROC
#define EXTPROC 0200000 /* a C library has it only with some feature macros */
#endif

#define CTRL_D 4

struct screen {
	int in, out;
	bool terminal;
	bool open; /* a prompt is shown */
	bool said; /* a message is shown in part */
	unsigned question;
	char text[SCREEN_TEXT_MAX];
	struct secret *answer;
	struct lineedit edit;
	struct echo echo;
};

/* For the handler of fatal signals, which takes no argument. */
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
	static const int signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGQUIT, SIGSYS };
	struct sigaction action = { .sa_handler = fatal, .sa_flags = SA_RESETHAND };

	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		sigaction(signals[i], &action, NULL);
}

static void show(const struct screen *s, const char *text)
{
	(void)write_all(s->out, text, strlen(text));
}

static void show_prompt(struct screen *s)
{
	show(s, s->text);
	echo_again(&s->echo, s->out, s->answer, &s->edit);
}

/*
 * No echo, byte by byte, no signals. Control characters get their meaning from lineedit: the kernel
 * would not turn Ctrl-C into a signal, because /dev/console is not a controlling terminal.
 *
 * The terminal driver has a buffer of its own, which it wipes behind a reader only in canonical
 * mode without echo (n_tty.c, zero_buffer). So this is canonical mode, but with EXTPROC: then the
 * driver leaves editing to the reader, and every byte can be read at once.
 */
static bool silence(struct screen *s)
{
	struct termios raw;

	if (!s->terminal)
		return true;
	if (tcgetattr(s->in, &original) < 0)
		return false;
	raw = original;
	raw.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ISIG | IEXTEN);
	raw.c_lflag |= ICANON | EXTPROC;
	raw.c_cc[VEOF] = CTRL_D;
	raw.c_iflag &= ~(tcflag_t)(ISTRIP | INLCR | IGNCR | IXON | IXOFF | PARMRK);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	changed_fd = s->in;
	if (tcsetattr(s->in, TCSAFLUSH, &raw) == 0)
		return true;
	changed_fd = -1;
	return false;
}

/* --- its orders ------------------------------------------------------------------------------- */

static void report(const struct screen *s, int orders, bool ended, enum prompt_end end)
{
	const struct screen_event event = { s->question, ended, end };

	(void)child_send(orders, &event, sizeof(event));
}

static void end_prompt(struct screen *s)
{
	if (!s->open)
		return;
	s->open = false;
	restore_echo();
	/* Enter was not echoed. */
	show(s, "\n");
}

static void ask(struct screen *s, const struct screen_order *order, int orders)
{
	end_prompt(s);
	s->question = order->question;
	str_copy(s->text, sizeof(s->text), order->text);
	secret_wipe(s->answer);
	s->edit = (struct lineedit){ 0 };
	s->echo = (struct echo){ .typed = s->terminal ? order->typed : TYPED_HIDDEN };
	if (!silence(s)) {
		report(s, orders, true, PROMPT_EOF);
		return;
	}
	s->open = true;
	show(s, s->text);
}

/* A message comes on lines of its own, and the prompt is shown again below it. */
static void say(struct screen *s, const struct screen_order *order)
{
	if (s->open && !s->said)
		show(s, "\n");
	show(s, order->text);
	s->said = order->task == SCREEN_SAY;
	if (s->open && !s->said)
		show_prompt(s);
}

static void carry_out(struct screen *s, const struct screen_order *order, int orders)
{
	switch (order->task) {
	case SCREEN_ASK:
		ask(s, order, orders);
		break;
	case SCREEN_WITHDRAW:
		end_prompt(s);
		secret_wipe(s->answer);
		show(s, order->text);
		break;
	case SCREEN_AGAIN:
		if (s->open) {
			show(s, "\n");
			show_prompt(s);
		}
		break;
	case SCREEN_SAY:
	case SCREEN_SAY_LAST:
		say(s, order);
		break;
	}
}

/* --- what is typed ---------------------------------------------------------------------------- */

/* With EXTPROC a Ctrl-D that is alone in the driver's buffer is read as the end of the file; a
 * terminal that is gone reads like that, too. */
static bool is_alive(const struct screen *s)
{
	struct termios now;

	return s->terminal && tcgetattr(s->in, &now) == 0;
}

static enum lineedit_result take_byte(struct screen *s, unsigned char byte)
{
	enum lineedit_result result;

	if (!s->edit.quoted && echo_ends(&s->echo, s->out, byte))
		return LINEEDIT_MORE;
	result = lineedit_byte(&s->edit, s->answer, byte);
	if (result == LINEEDIT_MORE)
		echo_byte(&s->echo, s->out, byte, s->answer, &s->edit);
	return result;
}

/* One byte. */
static void read_byte(struct screen *s, int orders)
{
	static const enum prompt_end ends[] = {
		[LINEEDIT_DONE] = PROMPT_LINE,
		[LINEEDIT_TOO_LONG] = PROMPT_TOO_LONG,
		[LINEEDIT_EOF] = PROMPT_EOF,
		[LINEEDIT_CANCEL] = PROMPT_CANCEL,
	};
	enum lineedit_result result;
	unsigned char byte;
	ssize_t n = read(s->in, &byte, 1);

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n == 0 && is_alive(s)) {
		byte = CTRL_D;
		n = 1;
	}
	if (n == 1) {
		result = take_byte(s, byte);
		explicit_bzero(&byte, sizeof(byte));
		if (result == LINEEDIT_MORE)
			return;
	} else {
		/* A pipe or file need not end its last line. */
		result = s->terminal || s->answer->len == 0 ? LINEEDIT_EOF :
			 s->edit.excess			    ? LINEEDIT_TOO_LONG :
							      LINEEDIT_DONE;
		if (result != LINEEDIT_DONE)
			secret_wipe(s->answer);
	}
	end_prompt(s);
	report(s, orders, true, ends[result]);
}

/* --- the process ------------------------------------------------------------------------------ */

/* Not blocking while it is opened: the line may have no carrier yet. */
static bool open_terminal(struct screen *s, const char *path)
{
	int flags;

	s->in = STDIN_FILENO;
	if (path) {
		s->in = open(path, O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
		if (s->in < 0)
			return false;
		flags = fcntl(s->in, F_GETFL);
		(void)fcntl(s->in, F_SETFL, flags & ~O_NONBLOCK);
	}
	s->terminal = isatty(s->in);
	s->out = s->terminal ? s->in : STDERR_FILENO;
	return s->terminal || !path;
}

void screen_serve(const char *path, struct secret *answer, int orders)
{
	struct screen s = { .answer = answer };
	struct screen_order order;

	/* The end of the orders ends it; SIGKILL would leave the echo off. */
	(void)prctl(PR_SET_PDEATHSIG, 0);
	catch_fatal_signals();
	if (!open_terminal(&s, path))
		return;
	for (;;) {
		struct pollfd fds[] = { { .fd = orders, .events = POLLIN },
					{ .fd = s.open ? s.in : -1, .events = POLLIN } };

		if (poll(fds, ARRAY_SIZE(fds), -1) < 0)
			continue;
		if (fds[0].revents) {
			if (!child_receive(orders, &order, sizeof(order)))
				break;
			carry_out(&s, &order, orders);
			report(&s, orders, false, PROMPT_LINE);
		} else if (fds[1].revents) {
			read_byte(&s, orders);
		}
	}
	end_prompt(&s);
	secret_wipe(answer);
	/* The parent need not wait until the terminal is closed, which may take a while. */
	(void)shutdown(orders, SHUT_RDWR);
}
