/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/candidates.h"

#include <stdio.h>

/* --- the list of those that are not it --- */

static struct candidate *find(struct track *t, dev_t devno)
{
	for (size_t i = 0; i < t->n_candidates; i++)
		if (t->candidates[i].dev.devno == devno)
			return &t->candidates[i];
	return NULL;
}

static void forget(struct track *t, struct candidate *c)
{
	bool was_fault = c->state != CANDIDATE_KEPT;

	*c = t->candidates[--t->n_candidates];
	/* As before it was there. */
	if (was_fault && t->n_candidates == 0)
		t->dropped_at = NOT_STARTED;
}

/* Adds it, or replaces what was known of it. NULL: there are too many. */
static struct candidate *add(struct track *t, const struct device *dev, enum candidate_state state)
{
	struct candidate *c = find(t, dev->devno);

	if (!c && t->n_candidates < ARRAY_SIZE(t->candidates))
		c = &t->candidates[t->n_candidates++];
	if (c)
		*c = (struct candidate){ .dev = *dev, .state = state };
	return c;
}

static void add_fault(struct engine *e, struct track *t, const struct device *dev,
		      enum candidate_state state, enum exit_code code, const char *text)
{
	struct candidate *c = add(t, dev, state);

	if (c) {
		c->code = code;
		(void)str_copy(c->text, sizeof(c->text), text);
	}
	track_say(e, state == CANDIDATE_PART ? SEVERITY_NOTE : SEVERITY_WARNING, t, "%s", text);
}

/* --- before the header is read --- */

/* What a member is a part of. */
static const char *whole_of(const char *member)
{
	if (strstr(member, "raid_member"))
		return "RAID array";
	if (str_after(member, "LVM"))
		return "volume group";
	return "larger device";
}

static bool is_part(const struct devref *ref, const struct device *dev)
{
	/* A snapshot can be what a person wants, but then it is named by its path. */
	return dev->member[0] && !(str_eq(dev->member, "snapshot") && ref->kind == DEVREF_PATH);
}

static void describe_part(const struct device *dev, char *text, size_t size)
{
	if (str_eq(dev->member, "snapshot"))
		snprintf(text, size,
			 "%s is a snapshot; waiting for the device that it was taken of",
			 dev->node);
	else if (str_eq(dev->member, "mpath_member"))
		snprintf(text, size,
			 "%s is a part of a multipath map (%s); waiting for the map. If it should "
			 "not be one, boot with multipath=off, and exclude it in multipath.conf "
			 "before you make the next image",
			 dev->node, dev->member);
	else
		snprintf(text, size,
			 "%s is a part of a %s (%s); waiting for the %s. If it no longer is one, "
			 "remove the old signature: wipefs --types %s %s",
			 dev->node, whole_of(dev->member), dev->member, whole_of(dev->member),
			 dev->member, dev->node);
}

enum candidate_state candidates_judge(const struct devref *ref, const struct device *dev,
				      char *text, size_t size)
{
	text[0] = '\0';
	if (is_part(ref, dev)) {
		describe_part(dev, text, size);
		return CANDIDATE_PART;
	}
	if (!dev->holder[0] || dev->holder_luks[0])
		return CANDIDATE_KEPT;
	snprintf(text, size,
		 "%s is in use by %s; waiting until it is free, or until a device on top of it "
		 "appears that is the volume's",
		 dev->node, dev->holder);
	return CANDIDATE_HELD;
}

bool candidates_is_own_lower(const struct track *t, const struct device *dev)
{
	const char *rest = str_after(dev->holder, t->v->name);

	return rest && str_eq(rest, "_dif");
}

bool candidates_fit(struct engine *e, struct track *t, const struct device *dev)
{
	struct candidate *c = find(t, dev->devno);
	enum candidate_state state;
	char text[512];

	if (dev->undecided)
		return false;
	state = candidates_judge(&t->v->source, dev, text, sizeof(text));
	if (state == CANDIDATE_PART) {
		if (!c || c->state != CANDIDATE_PART)
			add_fault(e, t, dev, state, EXIT_CODE_TIMEOUT, text);
		return false;
	}
	if (state == CANDIDATE_HELD && !candidates_is_own_lower(t, dev)) {
		if (!c || c->state != CANDIDATE_HELD || !str_eq(c->dev.holder, dev->holder)) {
			add_fault(e, t, dev, state, EXIT_CODE_BUSY, text);
			t->dropped_at = e->ops->now(e->ctx);
		}
		return false;
	}
	if (c && (c->state == CANDIDATE_REFUSED ||
		  (dev->holder_luks[0] && str_eq(c->dev.holder_luks, dev->holder_luks))))
		return false;
	if (c && c->state != CANDIDATE_KEPT)
		forget(t, c);
	return true;
}

bool candidates_keep(struct track *t, const struct device *dev)
{
	struct candidate *c = find(t, dev->devno);

	if (c)
		return false;
	return add(t, dev, CANDIDATE_KEPT) != NULL;
}

/* --- after --- */

/* Could another disk be meant, too? */
static bool may_be_another(const struct track *t)
{
	return t->v->expect != EXPECT_NOTHING && t->v->source.kind != DEVREF_PATH;
}

void candidates_next(struct engine *e, struct track *t)
{
	for (size_t i = 0; i < t->n_candidates; i++) {
		struct device next = t->candidates[i].dev;

		if (t->candidates[i].state != CANDIDATE_KEPT)
			continue;
		forget(t, &t->candidates[i]);
		track_found(e, t, &next);
		return;
	}
}

void candidates_drop(struct engine *e, struct track *t, enum exit_code code, const char *text)
{
	/* What uses the disk may be the device that the volume is on: a multipath map that was made
	 * meanwhile. */
	if (!may_be_another(t) && (code != EXIT_CODE_BUSY || t->v->source.kind == DEVREF_PATH)) {
		track_refuse(e, t, code, text);
		return;
	}
	add_fault(e, t, &t->dev, code == EXIT_CODE_BUSY ? CANDIDATE_HELD : CANDIDATE_REFUSED, code,
		  text);
	track_lost(e, t);
	t->dropped_at = e->ops->now(e->ctx);
	candidates_next(e, t);
}

void candidates_gone(struct track *t, const char *node)
{
	for (size_t i = t->n_candidates; i-- > 0;)
		if (str_eq(t->candidates[i].dev.node, node))
			forget(t, &t->candidates[i]);
}

bool candidates_freed(struct engine *e, struct track *t, struct device *ret)
{
	for (size_t i = 0; i < t->n_candidates; i++) {
		struct candidate *c = &t->candidates[i];
		struct device dev = c->dev;

		if (c->state != CANDIDATE_HELD)
			continue;
		e->ops->refresh(e->ctx, &dev);
		if (!dev.holder[0] ||
		    (dev.holder_luks[0] && !str_eq(dev.holder_luks, c->dev.holder_luks))) {
			*ret = dev;
			forget(t, c);
			return true;
		}
	}
	return false;
}

/* --- the end --- */

/* A refusal says most, and of all refusals that it is not the disk it should be. */
static int weight(const struct candidate *c)
{
	if (c->state == CANDIDATE_REFUSED)
		return c->code == EXIT_CODE_REFUSED ? 3 : 2;
	return c->state == CANDIDATE_HELD ? 1 : 0;
}

bool candidates_time_out(struct engine *e, struct track *t)
{
	const struct candidate *worst = t->candidates;
	char text[1024] = "", ref[300];

	if (t->n_candidates == 0)
		return false;
	for (size_t i = 1; i < t->n_candidates; i++)
		if (weight(&t->candidates[i]) >= weight(worst))
			worst = &t->candidates[i];
	t->dev = worst->dev;
	if (t->n_candidates == 1) {
		(void)str_copy(text, sizeof(text), worst->text);
		track_refuse(e, t, worst->code, text);
		return true;
	}
	str_append(text, sizeof(text),
		   "none of the %zu disks with %s can be opened:", t->n_candidates,
		   devref_format(&t->v->source, ref, sizeof(ref)));
	/* The first line of each, which names the disk; the second says what to do. */
	for (size_t i = 0; i < t->n_candidates; i++)
		str_append(text, sizeof(text), "%s%.*s", i == 0 ? "\n" : "; ",
			   (int)strcspn(t->candidates[i].text, "\n"), t->candidates[i].text);
	track_refuse(e, t, worst->code, text);
	return true;
}
