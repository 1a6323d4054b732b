/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/accept.h"

#include "policy/fresh.h"

#include <stdio.h>

void accept_ends(struct engine *e, struct track *t)
{
	t->fresh = FRESH_STALE;
	track_end(e, t, OUTCOME_FAILED, EXIT_CODE_REFUSED, t->stale);
}

static void keep(struct track *t, const char *why)
{
	if (why != t->stale)
		str_copy(t->stale, sizeof(t->stale), why);
}

void accept_ask(struct engine *e, struct track *t, const char *why)
{
	keep(t, why);
	if (t->v->headless || t->unattended) {
		accept_ends(e, t);
		return;
	}
	track_say(e, SEVERITY_ERROR, t, "%s", t->stale);
	t->accept = ACCEPT_ASKED;
	t->state = TRACK_READY;
}

void accept_close(struct engine *e, struct track *t, const char *why)
{
	keep(t, why);
	t->accept = ACCEPT_CLOSING;
	track_close(e, t, EXIT_CODE_REFUSED, t->stale);
}

void accept_request(const struct engine *e, const struct track *t, struct prompt_request *ret)
{
	uint64_t until = e->ops->now(e->ctx) + ACCEPT_WAIT_MS;

	snprintf(ret->text, sizeof(ret->text),
		 "Did you restore disk %s from a backup yourself? Then type " FRESH_ACCEPT
		 "; else press Enter: ",
		 t->v->name);
	ret->typed = TYPED_SHOWN;
	ret->tried = 0;
	ret->tries = 1;
	if (until < ret->until)
		ret->until = until;
}

/* The disk was open when it was refused, and something has had its mapping open ever since: it
 * reads nothing any more, but the name is taken. */
static void held(struct engine *e, struct track *t)
{
	track_say(e, SEVERITY_ERROR, t,
		  "the disk cannot be accepted yet: a program or a device still uses "
		  "/dev/mapper/%s, from before the disk was refused. End it (`dmsetup ls --tree` "
		  "shows devices, `fuser` programs), then unlock the disk again.",
		  t->v->name);
	accept_ends(e, t);
}

void accept_answered(struct engine *e, struct track *t, const struct secret *answer)
{
	static const char word[] = FRESH_ACCEPT;

	if (!answer || answer->len != sizeof(word) - 1 ||
	    memcmp(answer->bytes, word, answer->len) != 0) {
		accept_ends(e, t);
		return;
	}
	if (e->ops->mapped(e->ctx, t->v->name)) {
		held(e, t);
		return;
	}
	t->accept = ACCEPT_GIVEN;
	track_say(e, SEVERITY_NOTE, t,
		  "the disk becomes the current one when its passphrase is typed once more");
}

void accept_timed_out(struct engine *e, struct track *t)
{
	if (t->accept == ACCEPT_ASKED)
		accept_ends(e, t);
	else
		track_fail(e, t, EXIT_CODE_TIMEOUT,
			   "the passphrase of %s was not typed within %llu seconds", t->dev.node,
			   (unsigned long long)(t->v->prompt_wait / 1000));
}

void accept_report(struct engine *e, const struct track *t, const struct fresh_verdict *fresh)
{
	if (fresh->outcome == FRESH_OVERRIDE)
		track_say(e, SEVERITY_WARNING, t, "%s", fresh->text);
}
