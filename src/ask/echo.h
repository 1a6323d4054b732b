/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * echo: shows on a terminal what is typed at a passphrase prompt, as password-echo= has it.
 */
#ifndef INTACT_ASK_ECHO_H
#define INTACT_ASK_ECHO_H

#include "ask/lineedit.h"
#include "facts/question.h"

struct echo {
	enum typed typed; /* TYPED_DEFAULT: as TYPED_HIDDEN */
	size_t shown;	  /* characters on the screen */
	size_t len;	  /* bytes of the secret at that time */
};

/* Is this byte the wish to see nothing? Tab, or Backspace as the first key, as for systemd's
 * prompts; only where something would be shown. The byte then belongs to no passphrase. */
bool echo_ends(struct echo *e, int fd, unsigned char byte);
/* Shows on fd what has become of the line with this byte. */
void echo_byte(struct echo *e, int fd, unsigned char byte, const struct secret *secret,
	       const struct lineedit *line);
/* Shows the whole line once more, after a message. */
void echo_again(struct echo *e, int fd, const struct secret *secret, const struct lineedit *line);

#endif
