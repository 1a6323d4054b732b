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
	bool quoted;   /* Ctrl-V was typed: the next byte counts as it is */
	bool after_cr; /* a LF that follows a CR at once is part of the same Enter (serial lines,
			  scripts) */
	size_t excess; /* characters typed for which there was no room in SECRET_MAX bytes */
};

/*
 * One byte. Backspace and DEL take away the last character (a whole UTF-8 sequence), Ctrl-U the
 * line, Ctrl-W does the same (one cannot see words), Ctrl-V quotes the next byte (so that even a
 * newline or NUL can be typed), CR, LF and CR LF end the line.  Everything else, any byte, is kept.
 * After any result but LINEEDIT_MORE the line begins anew.  With LINEEDIT_DONE the secret is the
 * caller's to wipe; with the others it is empty already.  Start from a zeroed struct and a wiped
 * secret, and keep the struct for the next line.
 */
enum lineedit_result lineedit_byte(struct lineedit *le, struct secret *secret, unsigned char byte);

#endif
