/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/schedule.h"

#include "policy/accept.h"
#include "policy/keydevice.h"
#include "policy/memory.h"
#include "policy/tpm2.h"

#include <stdio.h>

/* --- the passphrase --- */

static bool is_typed(enum source source)
{
	return source >= SOURCE_TPM2_PIN;
}

/* Does a worker read it, or will one as soon as there is memory? */
static bool is_read(const struct engine *e)
{
	for (size_t i = 0; i < e->n; i++) {
		const struct track *t = &e->tracks[i];

		if (t->state == TRACK_HOLDING || t->typed ||
		    (t->state == TRACK_TRYING &&
		     (t->source == SOURCE_SHARED || t->source == SOURCE_CACHED ||
		      is_typed(t->source))))
			return true;
	}
	return false;
}

/* Is there a volume that may come to try what opened another one? */
static bool may_be_shared(const struct engine *e)
{
	for (size_t i = 0; i < e->n; i++)
		if (e->tracks[i].state < TRACK_CHECKING)
			return true;
	return false;
}

void schedule_settle(struct engine *e)
{
	struct passphrase *p = &e->passphrase;

	if (p->state == PASSPHRASE_ASKED || is_read(e) ||
	    (p->state == PASSPHRASE_OPENED && may_be_shared(e)))
		return;
	p->state = PASSPHRASE_NONE;
	secret_wipe(p->secret);
}

/* --- trying --- */

static bool has_source(const struct engine *e, const struct track *t, enum source source)
{
	switch (source) {
	case SOURCE_TOKEN:
		return t->disk.header.keyring_tokens > 0;
	case SOURCE_TPM2:
		return tpm2_has_tokens(t);
	case SOURCE_KEYFILE:
		return keydevice_ready(t);
	case SOURCE_EMPTY:
		return t->v->try_empty;
	case SOURCE_SHARED:
		return e->passphrase.state == PASSPHRASE_OPENED;
	case SOURCE_CACHED:
		return t->cached;
	case SOURCE_TPM2_PIN:
		return tpm2_wants_pin(t);
	case SOURCE_PROMPT:
		break;
	}
	return true;
}

/* The source that a volume with a disk could try now. */
static enum source next_source(const struct engine *e, const struct track *t)
{
	enum source source = 0;

	/* Only who knows the passphrase can accept an older disk. */
	if (t->accept != ACCEPT_NONE)
		return SOURCE_PROMPT;
	while (source < SOURCE_PROMPT && (t->tried & 1U << source || !has_source(e, t, source)))
		source++;
	return source;
}

/* The keyring is asked once for each event: what else is decided must not change meanwhile. */
static void look_into_keyring(struct engine *e)
{
	for (size_t i = 0; i < e->n; i++) {
		struct track *t = &e->tracks[i];

		if (t->state == TRACK_READY && !(t->tried & 1U << SOURCE_CACHED))
			t->cached = t->v->cache != CACHE_NO &&
				    e->ops->cached(e->ctx, track_index(e, t));
	}
}

static const struct secret *secret_of(const struct engine *e, enum source source)
{
	switch (source) {
	case SOURCE_TOKEN:
	case SOURCE_TPM2:
	case SOURCE_KEYFILE:
		return NULL;
	case SOURCE_EMPTY:
		return e->empty;
	case SOURCE_CACHED:
		/* It was tried as SOURCE_SHARED. */
		return e->passphrase.state == PASSPHRASE_OPENED ? e->passphrase.secret : NULL;
	case SOURCE_SHARED:
	case SOURCE_TPM2_PIN:
	case SOURCE_PROMPT:
		break;
	}
	return e->passphrase.secret;
}

/* False when the volume has to wait for memory. */
static bool try_secret(struct engine *e, struct track *t, enum source source)
{
	struct job_request request = { .job = JOB_UNLOCK,
				       .source = source,
				       .secret = secret_of(e, source) };

	if (!memory_claim(e, t, &request.budget))
		return false;
	t->source = source;
	if (source == SOURCE_KEYFILE) {
		str_copy(request.key_node, sizeof(request.key_node), t->key_dev.node);
		keydevice_tried(t);
	} else if (!is_typed(source)) {
		t->tried |= 1U << source;
	}
	track_start(e, t, TRACK_TRYING, request);
	return true;
}

/* --- asking --- */

/* Says why the next prompt of t opens. */
static void say_again(struct engine *e, enum severity severity, struct track *t, const char *fmt,
		      ...) PRINTF_LIKE(4, 5);
static void say_again(struct engine *e, enum severity severity, struct track *t, const char *fmt,
		      ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(t->again, sizeof(t->again), fmt, ap);
	va_end(ap);
	track_say(e, severity, t, "%s", t->again);
}

/* Nobody can be asked for the passphrase of t: it has failed, unless its key may still come. */
static void unattended(struct engine *e, struct track *t, const char *why)
{
	t->unattended = true;
	if (t->accept == ACCEPT_ASKED) {
		accept_ends(e, t);
		return;
	}
	keydevice_announce(e, t);
	if (!keydevice_awaited(t))
		track_end(e, t, OUTCOME_FAILED, EXIT_CODE_PASSPHRASE, why);
}

/* Opens the prompt of a volume that is ready, and forgets the passphrase of before. */
static void ask(struct engine *e, struct track *t)
{
	struct passphrase *p = &e->passphrase;
	struct prompt_request request = {
		.name = t->v->name,
		.node = t->dev.node,
		.typed = t->v->typed,
		.tried = t->wrong,
		.tries = t->v->tries,
		.until = t->v->prompt_wait == WAIT_FOREVER ?
				 WAIT_FOREVER :
				 e->ops->now(e->ctx) + t->v->prompt_wait,
		.secret = p->secret,
	};
	char why[256];
	int r;

	if (t->v->headless) {
		(void)snprintf(why, sizeof(why),
			       "no key opened %s, and its \"headless\" option forbids asking for a "
			       "passphrase",
			       t->dev.node);
		unattended(e, t, why);
		return;
	}
	if (t->unattended && keydevice_awaited(t))
		return;
	keydevice_announce(e, t);
	t->pin_asked = request.pin = tpm2_wants_pin(t);
	snprintf(request.text, sizeof(request.text),
		 t->pin_asked ? "Please enter the TPM2 PIN of disk %s: " :
				"Please unlock disk %s: ",
		 t->v->name);
	if (t->accept == ACCEPT_ASKED)
		accept_request(e, t, &request);
	str_copy(request.again, sizeof(request.again), t->again);
	t->again[0] = '\0';
	p->state = PASSPHRASE_NONE;
	secret_wipe(p->secret);
	r = e->ops->prompt_open(e->ctx, &request);
	if (r < 0) {
		(void)snprintf(why, sizeof(why),
			       "there is no console to ask for the passphrase of %s (%s)",
			       t->dev.node, strerror(-r));
		unattended(e, t, why);
		return;
	}
	p->state = PASSPHRASE_ASKED;
	p->asked = t;
	t->state = TRACK_ASKING;
	t->prompt_until = request.until;
}

/* Asks for the first volume that a typed passphrase alone can open, unless the buffer is in use. */
static void ask_next(struct engine *e)
{
	/* The order is that of the configuration, not that in which headers happen to be read. */
	for (size_t i = 0; i < e->n; i++)
		if (e->tracks[i].state == TRACK_READY)
			break;
		else if (e->tracks[i].state == TRACK_READING && !e->tracks[i].silent_since)
			return;
	for (size_t i = 0; i < e->n && e->passphrase.state != PASSPHRASE_ASKED && !is_read(e); i++)
		if (e->tracks[i].state == TRACK_READY && is_typed(next_source(e, &e->tracks[i])))
			ask(e, &e->tracks[i]);
}

void schedule_prompt_done(struct engine *e, enum prompt_end end)
{
	struct passphrase *p = &e->passphrase;
	struct track *t = p->asked;
	bool beside; /* its key file is being tried meanwhile */
	char why[256];

	if (p->state != PASSPHRASE_ASKED)
		return;
	beside = t->state == TRACK_TRYING;
	p->state = PASSPHRASE_NONE;
	if (!beside)
		t->state = TRACK_READY;
	if (t->accept == ACCEPT_ASKED) {
		accept_answered(e, t, end == PROMPT_LINE ? p->secret : NULL);
		return;
	}
	switch (end) {
	case PROMPT_LINE:
		/* Enter alone is how people wake a console: it costs no try. A keyslot with an
		 * empty passphrase has an option of its own, try-empty-password. */
		if (p->secret->len == 0 && t->pin_asked) {
			tpm2_pin_empty(e, t);
		} else if (p->secret->len == 0) {
			say_again(e, SEVERITY_NOTE, t,
				  "an empty passphrase was not tried; please type the passphrase");
		} else {
			p->state = PASSPHRASE_TYPED;
			t->typed = beside;
			if (!beside)
				t->state = TRACK_HOLDING;
		}
		break;
	case PROMPT_TOO_LONG:
		say_again(e, SEVERITY_WARNING, t,
			  "the passphrase is longer than %d bytes and was not tried", SECRET_MAX);
		break;
	case PROMPT_EOF:
		(void)snprintf(
			why, sizeof(why),
			"the console was closed while waiting for the passphrase of %s, so nobody "
			"can type it",
			t->dev.node);
		t->unattended = true;
		if (!beside)
			unattended(e, t, why);
		break;
	case PROMPT_CANCEL:
		track_fail(e, t, EXIT_CODE_PASSPHRASE, "the passphrase prompt for %s was cancelled",
			   t->dev.node);
		break;
	}
}

/* --- the answer --- */

static const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

static void no_tries_left(struct engine *e, struct track *t)
{
	if (t->left[0])
		track_fail(
			e, t, EXIT_CODE_PASSPHRASE,
			"wrong passphrase (%u attempt%s), but not every keyslot of %s was tried: %s",
			t->wrong, plural(t->wrong), t->dev.node, t->left);
	else
		track_fail(
			e, t, EXIT_CODE_PASSPHRASE,
			"wrong passphrase (%u attempt%s): none of the %u keyslot%s of %s opens with it.\n"
			"Check Caps Lock and the keyboard layout: this early, it may be the US layout.",
			t->wrong, plural(t->wrong), t->disk.header.keyslots,
			plural(t->disk.header.keyslots), t->dev.node);
}

static void typed_wrong(struct engine *e, struct track *t)
{
	unsigned tries = t->v->tries;

	t->wrong++;
	if (tries == TRIES_ENDLESS)
		say_again(e, SEVERITY_WARNING, t, "wrong passphrase; please try again");
	else if (t->wrong < tries)
		say_again(e, SEVERITY_WARNING, t, "wrong passphrase; %u more attempt%s",
			  tries - t->wrong, plural(tries - t->wrong));
	else
		no_tries_left(e, t);
}

/* A secret did not open t. The prompt may stand all the while, or was answered meanwhile. */
static void go_on(const struct engine *e, struct track *t)
{
	const struct passphrase *p = &e->passphrase;

	if (t->typed)
		t->state = TRACK_HOLDING;
	else if (p->state == PASSPHRASE_ASKED && p->asked == t)
		t->state = TRACK_ASKING;
	else
		t->state = TRACK_READY;
	t->typed = false;
}

static void withdraw(struct engine *e, struct track *t)
{
	struct passphrase *p = &e->passphrase;

	if (p->state == PASSPHRASE_ASKED && p->asked == t) {
		p->state = PASSPHRASE_NONE;
		e->ops->prompt_close(e->ctx);
	}
	t->typed = false;
}

static void wrong(struct engine *e, struct track *t, const char *left)
{
	char name[200];

	go_on(e, t);
	if (left[0] && !str_eq(left, t->left)) {
		str_copy(t->left, sizeof(t->left), left);
		track_say(e, SEVERITY_WARNING, t, "not every keyslot of %s was tried: %s",
			  t->dev.node, t->left);
	}
	switch (t->source) {
	case SOURCE_TOKEN:
		track_say(e, SEVERITY_WARNING, t,
			  "the key in the kernel's keyring that a token of %s names opens none of "
			  "the token's keyslots",
			  t->dev.node);
		break;
	case SOURCE_TPM2:
		track_say(e, SEVERITY_WARNING, t,
			  "the key that the TPM gives opens no keyslot of %s", t->dev.node);
		break;
	case SOURCE_KEYFILE:
		track_say(e, SEVERITY_WARNING, t, "the key file %s opens no keyslot of %s",
			  keydevice_name(t, name), t->dev.node);
		break;
	case SOURCE_EMPTY:
		track_say(e, SEVERITY_NOTE, t, "the empty passphrase opens no keyslot of %s",
			  t->dev.node);
		break;
	case SOURCE_SHARED:
		track_say(e, SEVERITY_NOTE, t,
			  "the passphrase that opened another volume opens no keyslot of %s",
			  t->dev.node);
		break;
	case SOURCE_CACHED:
		track_say(e, SEVERITY_NOTE, t,
			  "the passwords in the kernel's keyring open no keyslot of %s",
			  t->dev.node);
		break;
	case SOURCE_TPM2_PIN:
		tpm2_pin_wrong(e, t);
		break;
	case SOURCE_PROMPT:
		typed_wrong(e, t);
		break;
	}
}

/* A secret opened t. */
static void opened(struct engine *e, struct track *t)
{
	if (t->source != SOURCE_PROMPT && t->source != SOURCE_SHARED)
		return;
	if (t->source == SOURCE_PROMPT) {
		e->passphrase.state = PASSPHRASE_OPENED;
		/* What was shared before was another one. */
		for (size_t i = 0; i < e->n; i++)
			e->tracks[i].tried &= ~(1U << SOURCE_SHARED);
	}
	if (t->v->cache == CACHE_YES)
		e->ops->remember(e->ctx, track_index(e, t), e->passphrase.secret);
}

void schedule_unlock_done(struct engine *e, struct track *t, const struct unlock *unlock)
{
	memory_free(t);
	switch (unlock->status) {
	case UNLOCK_OK:
		withdraw(e, t);
		t->keyslot = unlock->keyslot;
		accept_report(e, t, &unlock->fresh);
		opened(e, t);
		if (unlock->warning[0])
			track_say(e, SEVERITY_WARNING, t, "%s", unlock->warning);
		track_start_plain(e, t, TRACK_CHECKING, JOB_VERIFY);
		break;
	case UNLOCK_STALE:
		withdraw(e, t);
		accept_ask(e, t, unlock->fresh.text);
		break;
	case UNLOCK_NO_KEY:
		go_on(e, t);
		if (t->source == SOURCE_TPM2 || t->source == SOURCE_TPM2_PIN)
			tpm2_no_key(e, t, unlock);
		else if (unlock->text[0])
			track_say(e, SEVERITY_WARNING, t, "%s", unlock->text);
		break;
	case UNLOCK_WRONG:
		wrong(e, t, unlock->left);
		break;
	case UNLOCK_FAILED:
		withdraw(e, t);
		/* Perhaps the volume was opened by hand meanwhile; then it is open. */
		if (unlock->code == EXIT_CODE_BUSY && !t->busy[0]) {
			(void)str_copy(t->busy, sizeof(t->busy), unlock->text);
			track_found(e, t, &t->dev);
		} else if (t->missing[0])
			track_fail(
				e, t, unlock->code,
				"%s\nNo module for %s was found: rebuild the image, or boot a kernel that "
				"has it.",
				unlock->text, t->missing);
		else
			track_end(e, t, OUTCOME_FAILED, unlock->code, unlock->text);
		break;
	}
}

/* --- after every event --- */

/* Does t have a secret to try now? */
static bool has_secret(const struct engine *e, const struct track *t, enum source *ret_source)
{
	if (t->state == TRACK_HOLDING) {
		*ret_source = t->pin_asked ? SOURCE_TPM2_PIN : SOURCE_PROMPT;
		return true;
	}
	if (t->state != TRACK_READY && !(t->state == TRACK_ASKING && keydevice_ready(t)))
		return false;
	*ret_source = next_source(e, t);
	return !is_typed(*ret_source);
}

void schedule(struct engine *e)
{
	bool memory_short = false, passphrase_needed = false;

	look_into_keyring(e);
	for (size_t i = 0; i < e->n; i++) {
		struct track *t = &e->tracks[i];
		enum source source;

		if (!has_secret(e, t, &source) || try_secret(e, t, source))
			continue;
		memory_short = true;
		passphrase_needed |= source >= SOURCE_SHARED;
	}
	if (!passphrase_needed)
		ask_next(e);
	if (!memory_short)
		memory_reserve(e);
	schedule_settle(e);
	track_trace(e);
}
