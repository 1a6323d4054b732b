/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ask/prompt.h"

#include "base/escape.h"
#include "base/util.h"

struct seat {
	struct prompter *prompter;
	bool stand_in;
	bool open; /* its prompt is shown */
	bool gone; /* ended without an answer while others were still open */
};

struct prompt {
	struct seat seats[PROMPTERS_MAX];
	size_t n;
	struct prompt_request request; /* while a prompt is open */
};

/* --- the set ---------------------------------------------------------------------------------- */

struct prompt *prompt_new(void)
{
	return xcalloc(1, sizeof(struct prompt));
}

struct prompt *prompt_free(struct prompt *set)
{
	if (set) {
		prompt_withdraw(set);
		for (size_t i = 0; i < set->n; i++)
			set->seats[i].prompter->ops->free(set->seats[i].prompter);
		free(set);
	}
	return NULL;
}

void prompt_add(struct prompt *set, struct prompter *p, bool stand_in)
{
	if (p)
		set->seats[set->n++] = (struct seat){ .prompter = p, .stand_in = stand_in };
}

static int ask(struct prompt *set, struct seat *seat)
{
	int r = seat->prompter->ops->ask(seat->prompter, &set->request);

	seat->open = r == 0;
	return r;
}

static void withdraw(struct seat *seat)
{
	if (seat->open)
		seat->prompter->ops->withdraw(seat->prompter);
	seat->open = false;
}

static bool any_open(const struct prompt *set)
{
	for (size_t i = 0; i < set->n; i++)
		if (set->seats[i].open)
			return true;
	return false;
}

static bool screen_owned(const struct prompt *set)
{
	for (size_t i = 0; i < set->n; i++)
		if (set->seats[i].open && set->seats[i].prompter->ops->owns_screen)
			return true;
	return false;
}

static int ask_stand_ins(struct prompt *set)
{
	int r = 0;

	if (screen_owned(set))
		return 0;
	for (size_t i = 0; i < set->n; i++)
		if (set->seats[i].stand_in && !set->seats[i].open && !set->seats[i].gone) {
			int err = ask(set, &set->seats[i]);

			if (err < 0)
				r = err;
		}
	return r;
}

int prompt_open(struct prompt *set, const struct prompt_request *request)
{
	int r = -ENOTTY, err;

	set->request = *request;
	str_printable(set->request.text);
	str_printable(set->request.again);
	for (size_t i = 0; i < set->n; i++) {
		set->seats[i].gone = false;
		if (set->seats[i].stand_in)
			continue;
		err = ask(set, &set->seats[i]);
		if (err < 0)
			r = err;
	}
	err = ask_stand_ins(set);
	if (err < 0)
		r = err;
	return any_open(set) ? 0 : r;
}

void prompt_withdraw(struct prompt *set)
{
	for (size_t i = 0; i < set->n; i++)
		withdraw(&set->seats[i]);
}

/* --- events ----------------------------------------------------------------------------------- */

static int seat_fd(const struct seat *seat)
{
	return seat->open ? seat->prompter->ops->fd(seat->prompter) : -1;
}

void prompt_poll(const struct prompt *set, struct pollfd *fds)
{
	for (size_t i = 0; i < PROMPTERS_MAX; i++)
		fds[i] = (struct pollfd){ .fd = i < set->n ? seat_fd(&set->seats[i]) : -1,
					  .events = POLLIN };
}

static bool reacts(const struct seat *seat)
{
	const struct prompter *p = seat->prompter;

	return seat->open && !(p->ops->hangs && p->ops->hangs(p));
}

/* One place is gone. Returns whether it was the last one, with which the prompt ends. */
static bool lost(struct prompt *set, struct seat *seat)
{
	seat->gone = true;
	(void)ask_stand_ins(set);
	for (size_t i = 0; i < set->n; i++)
		if (reacts(&set->seats[i]))
			return false;
	return true;
}

/* The other places are told where the passphrase was entered. */
static void tell(struct prompt *set, const struct prompter *winner)
{
	for (size_t i = 0; i < set->n; i++) {
		struct seat *seat = &set->seats[i];

		if (seat->open && seat->prompter->ops->answered) {
			seat->prompter->ops->answered(seat->prompter, winner->where);
			seat->open = false;
		}
	}
}

bool prompt_input(struct prompt *set, const struct pollfd *fds, enum prompt_end *ret_end)
{
	for (size_t i = 0; i < set->n; i++) {
		struct seat *seat = &set->seats[i];
		enum prompt_end end;

		if (!fds[i].revents || seat_fd(seat) != fds[i].fd ||
		    !seat->prompter->ops->input(seat->prompter, &end))
			continue;
		seat->open = false;
		if (end == PROMPT_EOF && !lost(set, seat))
			continue;
		if (end == PROMPT_LINE) {
			secret_move(seat->prompter->answer, set->request.secret);
			tell(set, seat->prompter);
		} else {
			secret_wipe(set->request.secret);
		}
		prompt_withdraw(set);
		*ret_end = end;
		return true;
	}
	return false;
}

/* --- messages --------------------------------------------------------------------------------- */

void prompt_message(struct prompt *set, const char *lines, const char *text)
{
	cleanup_free char *clean = xstrdup(text ? text : "");

	str_printable_lines(clean);
	for (size_t i = 0; i < set->n; i++) {
		struct prompter *p = set->seats[i].prompter;

		if (p->ops->message && text)
			p->ops->message(p, clean);
		if (p->ops->line)
			p->ops->line(p, lines);
	}
}

bool prompt_shows_stderr(const struct prompt *set)
{
	for (size_t i = 0; i < set->n; i++) {
		const struct prompter *p = set->seats[i].prompter;

		if (p->ops->shows_stderr && p->ops->shows_stderr(p))
			return true;
	}
	return false;
}

void prompt_again(struct prompt *set)
{
	for (size_t i = 0; i < set->n; i++) {
		struct prompter *p = set->seats[i].prompter;

		if (p->ops->again && set->seats[i].open)
			p->ops->again(p);
	}
}

void prompt_expects(struct prompt *set, const char *name)
{
	for (size_t i = 0; i < set->n; i++) {
		struct prompter *p = set->seats[i].prompter;

		if (p->ops->expects)
			p->ops->expects(p, name);
	}
}

void prompt_settled(struct prompt *set, const char *name)
{
	for (size_t i = 0; i < set->n; i++) {
		struct prompter *p = set->seats[i].prompter;

		if (p->ops->settled)
			p->ops->settled(p, name);
	}
}
