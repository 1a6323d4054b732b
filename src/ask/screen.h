/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * screen: the process that shows a prompt on one terminal and reads what is typed there.
 *
 * A terminal can hold a process for ever: a serial line without carrier when it is opened, one with
 * flow control when it is written to, drained or closed. So each terminal has a process of its own,
 * which does what the console (console.h) orders, in turn, and reports each order that is done.
 * When the orders end, it switches the echo on and ends.
 */
#ifndef INTACT_ASK_SCREEN_H
#define INTACT_ASK_SCREEN_H

#include "facts/question.h"

/* A longer text is sent in pieces. */
#define SCREEN_TEXT_MAX 1024

enum screen_task {
	SCREEN_ASK,	 /* text is the prompt */
	SCREEN_WITHDRAW, /* text is shown instead; it may be "" */
	SCREEN_AGAIN,	 /* shows the prompt again, if there is one */
	SCREEN_SAY,	 /* text is a message, or a part of one */
	SCREEN_SAY_LAST, /* text is the rest of a message */
};

struct screen_order {
	enum screen_task task;
	unsigned question; /* its number, with SCREEN_ASK */
	enum typed typed;  /* what is shown of the answer, with SCREEN_ASK */
	char text[SCREEN_TEXT_MAX];
};

struct screen_event {
	unsigned question; /* the last one that was asked */
	bool ended;	   /* that question, in the way of `end`; otherwise an order is done */
	enum prompt_end end;
};

/*
 * Serves the terminal at path, or at NULL the standard input, be it a terminal, a pipe or a file,
 * until the orders end. With the event PROMPT_LINE, answer holds what was typed; between the events
 * of two questions nobody else may touch it.
 */
void screen_serve(const char *path, struct secret *answer, int orders);

#endif
