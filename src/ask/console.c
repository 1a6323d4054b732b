/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ask/console.h"

#include "ask/screen.h"
#include "base/child.h"
#include "base/util.h"

#include <sys/socket.h>

/* A terminal with an order that is not carried out after this time hangs. */
#define HANGS_MS 3000
/* How long its process may take to switch the echo on and end. */
#define END_MS 4000

struct console {
	struct prompter prompter;
	char *path; /* NULL: standard input */
	char *where;
	struct child child;
	unsigned question;
	enum typed typed;
	unsigned orders; /* that are not done yet */
	uint64_t sent;	 /* when the first of them was sent, or the last one before it was done */
	bool shows_stderr;
};

static struct console *console_of(struct prompter *p)
{
	return (struct console *)p;
}

static void serve(void *arg, int fd)
{
	struct console *console = arg;

	screen_serve(console->path, console->prompter.answer, fd);
}

/* --- events ----------------------------------------------------------------------------------- */

/* The next event; false: there is none now, or (*ret_gone) never again. */
static bool next_event(struct console *console, struct screen_event *ret, bool *ret_gone)
{
	ssize_t n = recv(console->child.fd, ret, sizeof(*ret), MSG_DONTWAIT);

	*ret_gone = n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR);
	if (n != sizeof(*ret))
		return false;
	if (!ret->ended) {
		console->orders -= console->orders > 0;
		console->sent = now_ms();
	}
	return true;
}

/* Reads what was reported while no prompt was open. */
static void read_events(struct console *console)
{
	struct screen_event event;
	bool gone;

	while (next_event(console, &event, &gone))
		;
}

static bool console_input(struct prompter *p, enum prompt_end *ret_end)
{
	struct console *console = console_of(p);
	struct screen_event event;
	bool gone;

	if (next_event(console, &event, &gone)) {
		/* An answer may have been on its way when its question was withdrawn. */
		if (!event.ended || event.question != console->question)
			return false;
		*ret_end = event.end;
		return true;
	}
	if (gone)
		*ret_end = PROMPT_EOF;
	return gone;
}

/* --- orders ----------------------------------------------------------------------------------- */

static int send_order(struct console *console, enum screen_task task, const char *text)
{
	struct screen_order order = { .task = task,
				      .question = console->question,
				      .typed = console->typed };
	int r;

	read_events(console);
	(void)str_copy(order.text, sizeof(order.text), text);
	r = child_send(console->child.fd, &order, sizeof(order));
	if (r == 0 && console->orders++ == 0)
		console->sent = now_ms();
	return r;
}

static bool hangs(const struct console *console)
{
	return console->orders > 0 && now_ms() >= console->sent + HANGS_MS;
}

static int console_ask(struct prompter *p, const struct prompt_request *request)
{
	console_of(p)->question++;
	console_of(p)->typed = request->typed;
	return send_order(console_of(p), SCREEN_ASK, request->text);
}

static void console_withdraw(struct prompter *p)
{
	(void)send_order(console_of(p), SCREEN_WITHDRAW, "");
}

static void console_answered(struct prompter *p, const char *where)
{
	cleanup_free char *text = xasprintf("intact: the passphrase was entered %s\n", where);

	(void)send_order(console_of(p), SCREEN_WITHDRAW, text);
}

static void console_line(struct prompter *p, const char *line)
{
	char piece[SCREEN_TEXT_MAX];

	for (; strlen(line) >= sizeof(piece); line += sizeof(piece) - 1) {
		(void)str_copy(piece, sizeof(piece), line);
		(void)send_order(console_of(p), SCREEN_SAY, piece);
	}
	(void)send_order(console_of(p), SCREEN_SAY_LAST, line);
}

static void console_again(struct prompter *p)
{
	(void)send_order(console_of(p), SCREEN_AGAIN, "");
}

static bool console_shows_stderr(const struct prompter *p)
{
	return ((const struct console *)p)->shows_stderr;
}

static int console_fd(const struct prompter *p)
{
	return ((const struct console *)p)->child.fd;
}

static bool console_hangs(const struct prompter *p)
{
	return hangs((const struct console *)p);
}

/* --- its beginning and its end ---------------------------------------------------------------- */

/* Waits until its process has done all and let go of the terminal. */
static bool ends(struct console *console)
{
	uint64_t until = now_ms() + END_MS, now;

	(void)shutdown(console->child.fd, SHUT_WR);
	while ((now = now_ms()) < until && !hangs(console)) {
		struct pollfd fd = { .fd = console->child.fd, .events = POLLIN };
		struct screen_event event;
		bool gone = false;

		(void)poll(&fd, 1, until - now < HANGS_MS ? (int)(until - now) : HANGS_MS);
		if (!next_event(console, &event, &gone) && gone)
			return true;
	}
	return false;
}

static void release(struct console *console)
{
	secret_free(console->prompter.answer);
	free(console->path);
	free(console->where);
	free(console);
}

static void console_free(struct prompter *p)
{
	struct console *console = console_of(p);

	/* One that hangs is ended: it would write into the memory of the answer later. */
	if (ends(console))
		child_leave(&console->child);
	else
		child_reap_within(&console->child, 0);
	release(console);
}

static const struct prompter_ops console_ops = {
	.ask = console_ask,
	.withdraw = console_withdraw,
	.answered = console_answered,
	.fd = console_fd,
	.input = console_input,
	.line = console_line,
	.again = console_again,
	.shows_stderr = console_shows_stderr,
	.hangs = console_hangs,
	.free = console_free,
};

int console_prompter(const struct console_spec *spec, struct prompter **ret)
{
	struct secret *answer = secret_new();
	struct console *console;
	int r;

	if (!answer)
		return -ENOMEM;
	console = xcalloc(1, sizeof(*console));
	console->path = spec->path ? xstrdup(spec->path) : NULL;
	console->where = spec->name ? xasprintf("on %s", spec->name) : xstrdup("on a terminal");
	console->prompter = (struct prompter){ &console_ops, answer, console->where };
	console->shows_stderr = spec->shows_stderr;
	r = child_start(&console->child, CHILD_KEEPS_SECRETS, serve, console);
	if (r < 0) {
		release(console);
		return r;
	}
	*ret = &console->prompter;
	return 0;
}
