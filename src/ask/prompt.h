/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * prompt: asks a person for a passphrase in every place there is at once; the first answer wins and
 * the other places are withdrawn.
 *
 * The places (struct prompter, one for each sys_ file that asks) come from outside: nothing here
 * knows a terminal or a socket. They share the one secret of the request. Only a terminal fills it
 * byte by byte; the others hold back until they have a whole answer, then wipe it and write theirs.
 */
#ifndef INTACT_ASK_PROMPT_H
#define INTACT_ASK_PROMPT_H
#include "facts/question.h"

#include <poll.h>

struct prompter;

struct prompter_ops {
	/* Draws on the screen and reads the keyboard itself: no console prompt can stand beside it.
	 */
	bool owns_screen;
	/* Shows the prompt. 0 or a negative errno: this place cannot ask now. The request is the
	 * caller's. */
	int (*ask)(struct prompter *p, const struct prompt_request *request);
	/* Takes it away; harmless when none stands. */
	void (*withdraw)(struct prompter *p);
	/* To poll for input; -1: nothing to wait for. */
	int (*fd)(const struct prompter *p);
	/* Handles what arrived, without waiting for more. True when the prompt has ended, *ret_end
	 * telling how; nothing stands any more then. PROMPT_EOF: this place is gone, others may
	 * still answer. */
	bool (*input)(struct prompter *p, enum prompt_end *ret_end);
	/* What follows may be NULL. For a message, when the screen does not show standard error. */
	void (*message)(struct prompter *p, const char *text);
	/* Around a message that is printed on the screen the prompt stands on. */
	void (*step_aside)(struct prompter *p);
	void (*come_back)(struct prompter *p);
	/* The volume is open, or given up: nothing is left to ask about it. */
	void (*settled)(struct prompter *p, const char *name);
	/* Withdraws and frees. */
	void (*free)(struct prompter *p);
};

/* The first member of each prompter. */
struct prompter {
	const struct prompter_ops *ops;
};

/* The ways to ask, also as a set of bits. */
enum place {
	PLACE_CONSOLE = 1 << 0,	 /* sys_tty */
	PLACE_SYSTEMD = 1 << 1,	 /* sys_askpass: password agents */
	PLACE_PLYMOUTH = 1 << 2, /* sys_plymouth */
	PLACE_FIFO = 1 << 3,	 /* sys_passfifo: Debian's remote unlock */
	PLACE_N = 4,
};

/* What standard input is. */
enum input { INPUT_NONE, INPUT_TERMINAL, INPUT_STREAM };

/*
 * Where to ask when nobody said so:
 *  - a pipe or file on standard input is an answer that was prepared: nowhere else;
 *  - a terminal there is where somebody sits: the console, and what a person far away may use;
 *  - none, under systemd: its agents alone. Its own agent shows the request on the console and owns
 * it meanwhile;
 *  - none, without systemd: /dev/console and everything else.
 */
unsigned prompt_places(enum input input, bool systemd);
/* "console,plymouth" as a set. -EINVAL. */
int prompt_parse_places(const char *list, unsigned *ret);

struct prompt;

struct prompt *prompt_new(void);
/* Withdraws and frees everything; NULL is fine. */
struct prompt *prompt_free(struct prompt *set);
/* Takes p over, at most PLACE_N; NULL is fine. A stand-in asks only when nobody who owns the screen
 * does. */
void prompt_add(struct prompt *set, struct prompter *p, bool stand_in);

/* Asks everywhere. The request is copied, its secret not. 0 or the negative errno of the last place
 * that could not ask. */
int prompt_open(struct prompt *set, const struct prompt_request *request);
void prompt_withdraw(struct prompt *set);

/* Fills PLACE_N entries. */
void prompt_poll(const struct prompt *set, struct pollfd *fds);
/* Handles what poll() found in them. True when the prompt has ended, *ret_end telling how. Call
 * before anything that may close or open a prompt. */
bool prompt_input(struct prompt *set, const struct pollfd *fds, enum prompt_end *ret_end);

/* Around a message printed on standard error, so that an open prompt stays readable; text goes to
 * the screens that do not show standard error. */
void prompt_before_message(struct prompt *set, const char *text);
void prompt_after_message(struct prompt *set);
void prompt_settled(struct prompt *set, const char *name);

#endif
