/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * question: a passphrase that a person is asked for, and how that ended.
 */
#ifndef INTACT_FACTS_QUESTION_H
#define INTACT_FACTS_QUESTION_H

#include "base/parse.h"
#include "base/secret.h"

enum prompt_end {
	PROMPT_LINE,	 /* the secret holds the answer */
	PROMPT_TOO_LONG, /* more than SECRET_MAX bytes were typed */
	PROMPT_EOF,	 /* the terminal or the program that asked is gone */
	PROMPT_CANCEL,	 /* Ctrl-C, or the cancel of a password agent */
};

/* What is shown of an answer while it is typed: password-echo= of crypttab. */
enum typed {
	TYPED_DEFAULT, /* as the place does it: the console shows nothing, others an asterisk each
			*/
	TYPED_HIDDEN,
	TYPED_MASKED, /* an asterisk for each character */
	TYPED_SHOWN,
};

/* Texts are bounded, so that a request can be kept beyond the call. */
struct prompt_request {
	const char *name; /* the volume's; outlives the prompt */
	const char *node; /* the volume's disk; valid while the prompt is open */
	char text[192];	  /* "Please unlock disk NAME: " */
	char again[192];  /* why the question is asked once more, or ""; already printed, and here
			     for places that show no messages */
	enum typed typed; /* what is shown of it */
	bool pin;	  /* of a TPM: another kind of secret than the volume's passphrases */
	unsigned tried;	  /* passphrases that were wrong */
	unsigned tries;	  /* passphrases asked for; 0: without limit */
	uint64_t until;	  /* CLOCK_MONOTONIC in ms; WAIT_FOREVER */
	struct secret *secret; /* receives the answer; empty unless the end is PROMPT_LINE */
};

#endif
