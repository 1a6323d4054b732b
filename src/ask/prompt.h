/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * prompt: asks a person for a passphrase in several places at once; the first answer counts and the
 * other places are withdrawn.
 *
 * A place is a struct prompter: the console, systemd's password agents, plymouth, Debian's fifo.
 * Nothing here knows a terminal or a socket; places.h gathers them. Each place collects what is
 * typed there in a secret of its own, and the winning answer is handed over to the request's.
 */
#ifndef INTACT_ASK_PROMPT_H
#define INTACT_ASK_PROMPT_H

#include "facts/question.h"

#include <poll.h>

/* The kernel has at most 16 consoles. */
#define PROMPTERS_MAX 24

struct prompter;

struct prompter_ops {
	/* This place draws on the screen and reads the keyboard itself, so that a console prompt
	 * cannot stand beside it. */
	bool owns_screen;
	/* Shows the prompt. 0 or a negative errno: this place cannot ask now. The request is the
	 * caller's; its texts are printable. */
	int (*ask)(struct prompter *p, const struct prompt_request *request);
	/* Takes the prompt away; harmless when there is none. */
	void (*withdraw)(struct prompter *p);
	/* The descriptor to poll for input; -1: none. */
	int (*fd)(const struct prompter *p);
	/* Handles the input that is there, without waiting for more. True: the prompt has ended and
	 * is taken away, *ret_end tells how; p->answer is complete with PROMPT_LINE, empty
	 * otherwise. PROMPT_EOF: this place is gone, others may still answer. */
	bool (*input)(struct prompter *p, enum prompt_end *ret_end);
	/* The next eight may be NULL. The passphrase was entered elsewhere: "on ttyS0". Withdraws.
	 */
	void (*answered)(struct prompter *p, const char *where);
	/* For a message: its text alone, printable but for newlines, or whole lines as they are
	 * printed. */
	void (*message)(struct prompter *p, const char *text);
	void (*line)(struct prompter *p, const char *line);
	/* Shows an open prompt again. */
	void (*again)(struct prompter *p);
	/* Whoever looks at this place sees what is written on standard error. */
	bool (*shows_stderr)(const struct prompter *p);
	/* This place does not react, so that an answer from it cannot be counted on. */
	bool (*hangs)(const struct prompter *p);
	/* The volume is going to be waited for. */
	void (*expects)(struct prompter *p, const char *name);
	/* The volume is open or given up: there are no more questions about it. */
	void (*settled)(struct prompter *p, const char *name);
	/* Withdraws and frees. */
	void (*free)(struct prompter *p);
};

/* The first member of each place. */
struct prompter {
	const struct prompter_ops *ops;
	struct secret *answer; /* what was typed here so far; the place's own */
	const char *where;     /* for the others: "on ttyS0" */
};

struct prompt;

struct prompt *prompt_new(void);
/* Withdraws and frees everything; NULL is fine. */
struct prompt *prompt_free(struct prompt *set);
/* Takes p over; at most PROMPTERS_MAX; NULL is fine. A stand-in is asked only while no open place
 * owns the screen. */
void prompt_add(struct prompt *set, struct prompter *p, bool stand_in);

/* Asks in every place. The request is copied, its secret is not. 0 or the negative errno of the
 * last place that could not ask. */
int prompt_open(struct prompt *set, const struct prompt_request *request);
void prompt_withdraw(struct prompt *set);

/* Fills PROMPTERS_MAX entries. */
void prompt_poll(const struct prompt *set, struct pollfd *fds);
/* Handles what poll() found in them. True: the prompt has ended, *ret_end tells how, and the
 * request's secret holds the answer or is empty. Call it before anything that may close or open a
 * prompt. */
bool prompt_input(struct prompt *set, const struct pollfd *fds, enum prompt_end *ret_end);

/* A message: its lines as they are printed on standard error, and its text alone, or
 * NULL: it is only for places that show lines. */
void prompt_message(struct prompt *set, const char *lines, const char *text);
/* Whether a place shows it where standard error goes, so that it must not be written there. */
bool prompt_shows_stderr(const struct prompt *set);
/* Shows open prompts again: other programs may have printed below them. */
void prompt_again(struct prompt *set);
/* Which volumes may be asked for, and which no longer: some places tell it to other programs. */
void prompt_expects(struct prompt *set, const char *name);
void prompt_settled(struct prompt *set, const char *name);

#endif
