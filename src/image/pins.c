/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image/pins.h"

#include "base/escape.h"
#include "policy/allowed.h"
#include "policy/keyslots.h"

bool pins_differ(const struct volume *v, const struct header *h, enum promise p)
{
	char must[PROMISE_MAX], is[PROMISE_MAX];

	/* Only the boot can tell what the record in the header is worth. */
	if (p == PROMISE_FRESH)
		return false;
	promise_of_volume(v, p, must);
	promise_of_header(h, p, is);
	return *must && *is && !str_eq(must, is);
}

char *pins_options(const struct header *h, enum fresh_demand fresh, bool tags)
{
	char integrity[sizeof(h->integrity)];
	struct volume v = { .expect = EXPECT_NAMED,
			    .integrity = integrity,
			    .pins = { .sector_size = h->sector_size,
				      .key_size = h->key_size,
				      .fresh = fresh,
				      .fresh_tags = tags } };

	str_copy(integrity, sizeof(integrity), h->integrity);
	str_copy(v.pins.encryption, sizeof(v.pins.encryption), h->encryption);
	str_copy(v.pins.key_digest, sizeof(v.pins.key_digest), h->key_digest);
	return promise_options(&v);
}

bool pins_allowed(const struct header *h)
{
	char refused[320];

	return keyslots_refused(h, refused, sizeof(refused)) < h->keyslots && allowed_digest(h) &&
	       allowed_segment(h->encryption, h->integrity, h->key_size, h->integrity_key_size);
}

static bool contradicts(const struct header *h, const struct volume *v)
{
	for (enum promise p = 0; v && p < PROMISES; p++)
		if (pins_differ(v, h, p))
			return true;
	return false;
}

/* Nothing was pinned at boot, but a key was verified with a passphrase: is it another one now? */
static bool is_exchanged(const struct wanted *w)
{
	const char *key = w->disk.header.key_digest;

	return w->opened_key[0] && key[0] && !str_eq(w->opened_key, key);
}

/* May facts be taken from the header? Not from one that cannot be the right one. */
static bool is_trusted(const struct wanted *w)
{
	const struct header *h = &w->disk.header;

	return w->verdict == WANTED_PROTECTED && pins_allowed(h) &&
	       !contradicts(h, wanted_volume(w)) && !contradicts(h, wanted_before(w)) &&
	       !is_exchanged(w);
}

void pins_value(const struct wanted *w, enum promise p, char ret[static PROMISE_MAX])
{
	ret[0] = '\0';
	if (wanted_before(w))
		promise_of_volume(wanted_before(w), p, ret);
	if (!*ret && is_trusted(w))
		promise_of_header(&w->disk.header, p, ret);
	else if (!*ret && p == PROMISE_VOLUME_KEY && is_exchanged(w))
		str_copy(ret, PROMISE_MAX, w->opened_key);
}

/* Only a warning for a volume that the system can boot without. */
static void judge_opened(struct plan *plan, const struct wanted *w)
{
	const struct volume *before = wanted_before(w);
	cleanup_free char *word = shell_word(w->name);

	/* judge_before() says it. */
	if (!is_exchanged(w) || (before && before->pins.key_digest[0]))
		return;
	findings_add(
		&plan->findings, wanted_needed(w) ? SEVERITY_ERROR : SEVERITY_WARNING,
		"%s: the header on %s has another volume key than the disk that was opened at "
		"boot: the disk was formatted anew or re-encrypted since, or it is another disk; the "
		"new image demands the key of that boot and will refuse this disk; if you changed "
		"the disk yourself, run \"intact pin %s\"",
		w->name, w->node, word);
}

/* A header may hold any bytes. */
static void header_text(const struct header *h, enum promise p, char ret[static PROMISE_MAX])
{
	promise_of_header(h, p, ret);
	str_printable(ret);
}

static void judge_crypttab(struct plan *plan, const struct wanted *w, enum promise p)
{
	char must[PROMISE_MAX], is[PROMISE_MAX];

	promise_of_volume(wanted_volume(w), p, must);
	header_text(&w->disk.header, p, is);
	findings_add(&plan->findings, SEVERITY_ERROR,
		     "%s: crypttab promises %s %s, but the header on %s has %s: this disk will be "
		     "refused at boot; if it is the right disk, correct %s= in crypttab",
		     w->name, promise_fact(p), must, w->node, is, promise_option(p));
}

/* Only a warning for a volume that the system can boot without: the image refuses that disk. */
static void judge_before(struct plan *plan, const struct wanted *w, enum promise p)
{
	char must[PROMISE_MAX], is[PROMISE_MAX];
	cleanup_free char *word = shell_word(w->name);

	promise_of_volume(wanted_before(w), p, must);
	header_text(&w->disk.header, p, is);
	findings_add(
		&plan->findings, wanted_needed(w) ? SEVERITY_ERROR : SEVERITY_WARNING,
		"%s: the header on %s has %s %s, but the image of the last boot demands %s: the disk "
		"was formatted anew or re-encrypted, or it is another disk; the new image demands what "
		"the last one did and will refuse this disk; if you changed the disk yourself, run "
		"\"intact pin %s\"",
		w->name, w->node, promise_fact(p), is, must, word);
}

/* Only a warning for a volume that the system can boot without. */
static void judge_header(struct plan *plan, const struct wanted *w)
{
	enum severity severity = wanted_needed(w) ? SEVERITY_ERROR : SEVERITY_WARNING;
	const struct header *h = &w->disk.header;
	char refused[320];

	if (h->keyslots == 0)
		findings_add(&plan->findings, severity,
			     "%s: the header on %s has no keyslot left: no passphrase can open "
			     "this disk at boot",
			     w->name, w->node);
	else if (!allowed_digest(h))
		findings_add(&plan->findings, severity,
			     "%s: the header on %s checks its volume key with the hash \"%s\" in a "
			     "way that intact-unlock does not know: this disk will be refused at "
			     "boot; a disk formatted with \"--hash sha256\" would be opened",
			     w->name, w->node, h->digest_hash);
	else if (!allowed_segment(h->encryption, h->integrity, h->key_size, h->integrity_key_size))
		findings_add(
			&plan->findings, severity,
			"%s: the header on %s asks for the cipher \"%s\" with integrity \"%s\" "
			"and a key of %u bytes, which intact-unlock does not open: this disk "
			"will be refused at boot",
			w->name, w->node, h->encryption, h->integrity, h->key_size);
	else if (keyslots_refused(h, refused, sizeof(refused)) == h->keyslots)
		findings_add(&plan->findings, severity,
			     "%s: the header on %s has no keyslot that intact-unlock can use: %s; "
			     "this disk will be refused at boot; add a keyslot with \"cryptsetup "
			     "luksAddKey --hash sha256\"",
			     w->name, w->node, refused);
}

void pins_judge(struct plan *plan, const struct wanted *w)
{
	const struct volume *v = wanted_volume(w), *before = wanted_before(w);
	const struct header *h = &w->disk.header;

	if (v && v->pins.bad[0])
		findings_add(&plan->findings, SEVERITY_ERROR,
			     "%s: no disk can satisfy the option \"%s\" in crypttab, so every disk "
			     "will be refused at boot: correct or remove it",
			     w->name, v->pins.bad);
	if (w->verdict != WANTED_PROTECTED)
		return;
	if (!pins_allowed(h)) {
		judge_header(plan, w);
		return;
	}
	for (enum promise p = 0; p < PROMISES; p++) {
		if (v && pins_differ(v, h, p))
			judge_crypttab(plan, w, p);
		else if (before && pins_differ(before, h, p))
			judge_before(plan, w, p);
	}
	judge_opened(plan, w);
}

void pins_missing(struct plan *plan)
{
	cleanup_free char *names = xstrdup("");
	char value[PROMISE_MAX];

	for (size_t i = 0; i < plan->n_wanted; i++) {
		const struct wanted *w = &plan->wanted[i];
		char *longer;

		pins_value(w, PROMISE_VOLUME_KEY, value);
		if (!*value && wanted_volume(w))
			promise_of_volume(wanted_volume(w), PROMISE_VOLUME_KEY, value);
		if (*value || w->verdict == WANTED_LEFT_OUT || w->verdict == WANTED_REFUSED)
			continue;
		/* It was read, and pins_judge() says what is wrong with it. */
		if (w->verdict == WANTED_PROTECTED && !pins_allowed(&w->disk.header))
			continue;
		longer = xasprintf("%s%s%s", names, *names ? ", " : "", w->name);
		free(names);
		names = longer;
	}
	if (*names)
		findings_add(
			&plan->findings, SEVERITY_WARNING,
			"nothing is pinned yet for %s, because the header could not be read: this image "
			"does not notice another disk in the place of this one; make the image once more "
			"on the running system, where the disk is visible (update-initramfs -u, dracut -f "
			"--regenerate-all or mkinitcpio -P)",
			names);
}
