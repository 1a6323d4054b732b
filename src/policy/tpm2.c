/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/tpm2.h"

#include "base/util.h"

#include <stdio.h>

bool tpm2_has_tokens(const struct track *t)
{
	return t->disk.header.tpm2_tokens > 0;
}

bool tpm2_wants_pin(const struct track *t)
{
	return t->pin && !t->v->headless && !t->unattended;
}

static void say(struct engine *e, enum severity severity, struct track *t, const char *text)
{
	(void)str_copy(t->again, sizeof(t->again), text);
	track_say(e, severity, t, "%s", text);
}

void tpm2_no_key(struct engine *e, struct track *t, const struct unlock *unlock)
{
	t->pin = unlock->pin && t->source == SOURCE_TPM2;
	if (unlock->text[0])
		say(e, SEVERITY_WARNING, t, unlock->text);
}

void tpm2_pin_wrong(struct engine *e, struct track *t)
{
	unsigned tries = t->v->tries, left;
	char text[160];

	left = ++t->pins_wrong < tries ? tries - t->pins_wrong : 0;
	if (tries == TRIES_ENDLESS)
		(void)snprintf(text, sizeof(text), "wrong PIN; please try again");
	else if (left > 0)
		(void)snprintf(text, sizeof(text), "wrong PIN; %u more attempt%s", left,
			       left == 1 ? "" : "s");
	else
		(void)snprintf(text, sizeof(text),
			       "wrong PIN (%u attempt%s); the passphrase is asked for instead",
			       t->pins_wrong, t->pins_wrong == 1 ? "" : "s");
	t->pin = tries == TRIES_ENDLESS || left > 0;
	say(e, SEVERITY_WARNING, t, text);
}

void tpm2_pin_empty(struct engine *e, struct track *t)
{
	t->pin = false;
	say(e, SEVERITY_NOTE, t, "no PIN was typed; the passphrase is asked for instead");
}
