/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * asked: one question in one place, and what must hold however the place was answered.
 */
#ifndef INTACT_FUZZ_ASKED_H
#define INTACT_FUZZ_ASKED_H

#include "fuzz.h"

#include "ask/prompt.h"

static const char asked_name[] = "root";

static inline struct prompt_request asked_request(unsigned how)
{
	struct prompt_request request = {
		.name = asked_name,
		.node = "/dev/vda2",
		.text = "Please unlock disk root: ",
		.until = how & 1 ? WAIT_FOREVER : 12345,
		.tried = how & 2,
	};

	if (how & 4)
		str_copy(request.text, sizeof(request.text), "a\nSocket=/x\\: ");
	if (how & 8)
		str_copy(request.again, sizeof(request.again), "wrong passphrase");
	return request;
}

/* The input that is there. True: the prompt has ended. Then the answer is whole or empty. */
static inline bool asked_input(struct prompter *p)
{
	enum prompt_end end = PROMPT_LINE;

	if (!p->ops->input(p, &end))
		return false;
	MUST(p->answer->len <= SECRET_MAX);
	MUST(end == PROMPT_LINE || p->answer->len == 0);
	for (size_t i = p->answer->len; i < SECRET_MAX; i++)
		MUST(p->answer->bytes[i] == 0);
	secret_wipe(p->answer);
	return true;
}

#endif
