/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * asking: what the tests of all places share: a question, and waiting for its end.
 */
#ifndef INTACT_TEST_ASKING_H
#define INTACT_TEST_ASKING_H
#include "ask/prompt.h"
#include "base/util.h"
#include "test.h"

#define PATIENCE_MS 5000

static const char root_name[] = "root";

static inline struct prompt_request request_for(struct secret *secret)
{
	struct prompt_request request = {
		.name = root_name,
		.node = "/dev/vda2",
		.text = "Please unlock disk root: ",
		.until = WAIT_FOREVER,
		.secret = secret,
	};

	return request;
}

/* Waits until the prompt has ended. False: it did not, in ms milliseconds. */
static inline bool ends(struct prompt *set, int ms, enum prompt_end *ret)
{
	uint64_t until = now_ms() + (uint64_t)ms;

	while (now_ms() < until) {
		struct pollfd fds[PROMPTERS_MAX];

		prompt_poll(set, fds);
		if (poll(fds, PROMPTERS_MAX, 20) > 0 && prompt_input(set, fds, ret))
			return true;
	}
	return false;
}

static inline bool holds(const struct secret *secret, const char *text)
{
	return secret->len == strlen(text) && memcmp(secret->bytes, text, secret->len) == 0;
}

static inline bool is_wiped(const struct secret *secret)
{
	for (size_t i = 0; i < sizeof(secret->bytes); i++)
		if (secret->bytes[i])
			return false;
	return secret->len == 0;
}

#endif
