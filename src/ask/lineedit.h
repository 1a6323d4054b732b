/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lineedit: turns the bytes a person types at a passphrase prompt into a passphrase; no terminal
 * calls.
 */
#ifndef INTACT_ASK_LINEEDIT_H
#define INTACT_ASK_LINEEDIT_H

#include "base/secret.h"

enum lineedit_result {
	LINEEDIT_MORE,
	LINEEDIT_DONE,	   /* Enter: the secret holds the line, perhaps of 0 bytes */
	LINEEDIT_TOO_LONG, /* Enter after more than SECRET_MAX bytes; the secret is wiped */
	LINEEDIT_EOF,	   /* Ctrl-D on an empty line */
	LINEEDIT_CANCEL,   /* Ctrl-C */
};

struct lineedit {
	bool quoted;   /* Ctrl-V was typed: the next byte is taken literally */
	bool after_cr; /* the last byte was a CR: a LF belongs to the same Enter (serial lines,
			  scripts) */
	size_t excess; /* characters typed after SECRET_MAX bytes were full */
};

/*
 * Takes one byte. Backspace and DEL delete the last character (a whole UTF-8 sequence). Ctrl-U
 * deletes the line, and so does Ctrl-W, since words cannot be seen. Ctrl-V quotes the next byte, so
 * that even a newline or NUL can be typed. CR, LF and CR LF end the line. Every other byte is kept.
 *
 * After any result but LINEEDIT_MORE a new line begins. With LINEEDIT_DONE the caller wipes the
 * secret; with the others it is empty. Start with a zeroed struct and a wiped secret, and keep the
 * struct for the next line.
 */
enum lineedit_result lineedit_byte(struct lineedit *le, struct secret *secret, unsigned char byte);

#endif
