/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/twins.h"

#include "config/options.h"
#include "config/promise.h"
#include "policy/headers.h"
#include "policy/keydevice.h"

#include <stdio.h>

#define SWAP(a, b)                         \
	do {                               \
		__typeof__(a) _swap = (a); \
		(a) = (b);                 \
		(b) = _swap;               \
	} while (0)

/* --- two descriptions --- */

/* How good is a name? One that the command line gives or relies on (root=/dev/mapper/NAME) is the
 * best, then crypttab's, then luks-UUID, then that of the mapping that once was open. */
static unsigned name_rank(const struct volume *v)
{
	if (v->from_file || !v->on_cmdline)
		return v->fallback_name ? 0 : 2;
	return v->default_name && !v->by_name ? 1 : 3;
}

/* How much is demanded of it, and by whom: a file of the image counts more than the command line,
 * so that its pins stay. The order of enum expect: the stricter promise holds. */
static unsigned rank(const struct volume *v)
{
	return (v->promised ? 1U << 8 : 0) + (v->pinned ? 1U << 4 : 0) + (unsigned)v->expect;
}

void twins_merge(struct volume *keep, struct volume *other)
{
	cleanup_free char *demands = NULL;
	struct config findings = { 0 }; /* of a value that keep demands otherwise, which stays */

	if (rank(other) > rank(keep))
		SWAP(*keep, *other);
	demands = promise_options(other);
	config_promises(keep, demands, keep->origin, &findings);
	config_free(&findings);
	if (name_rank(other) > name_rank(keep)) {
		SWAP(keep->name, other->name);
		SWAP(keep->by_name, other->by_name);
		SWAP(keep->default_name, other->default_name);
	}
	keep->on_cmdline |= other->on_cmdline;
	keep->nofail = keep->nofail && other->nofail;
	keep->leg = keep->leg && (other->leg || !other->from_file);
	/* What is promised is opened as the image says. */
	if (keep->expect == EXPECT_NOTHING)
		keep->options |= other->options;
	if (!keep->key_name)
		keep->key_name = steal_pointer(&other->key_name);
	if (other->cache > keep->cache)
		keep->cache = other->cache;
	/* Without a pin another disk could be opened with a key from the command line. */
	if (!keep->keyfile && other->keyfile &&
	    (!keep->promised || keep->pinned || other->promised)) {
		keep->keyfile = steal_pointer(&other->keyfile);
		keep->keyfile_offset = other->keyfile_offset;
		keep->keyfile_size = other->keyfile_size;
		keep->keyfile_wait = other->keyfile_wait;
		keep->keyfile_erase = other->keyfile_erase;
	}
}

/* --- two volumes on their way --- */

static struct track *find(struct engine *e, const struct track *t, dev_t devno)
{
	for (size_t i = 0; i < e->n; i++) {
		struct track *other = &e->tracks[i];

		if (other != t && other->dev.devno == devno && other->state != TRACK_WAITING &&
		    !other->joined)
			return other;
	}
	return NULL;
}

/* Makes one of the two: other goes on, or begins anew, for both. */
static void join(struct engine *e, struct track *t, struct track *other)
{
	struct device dev = other->dev;
	char text[512];

	/* First: its prompt and its worker have the name of before. */
	track_lost(e, other);
	twins_merge(other->v, t->v);
	keydevice_renew(e, other);
	(void)snprintf(text, sizeof(text),
		       "%s is the disk of volume %s, too; it is opened once, "
		       "as %s",
		       dev.node, other->v->name, other->v->name);
	t->dev = dev;
	t->joined = true;
	track_end(e, t, OUTCOME_LEFT, EXIT_CODE_OK, text);
	track_found(e, other, &dev);
}

static bool settle(struct engine *e, struct track *t, struct track *other)
{
	t->twin = other;
	switch (other->state) {
	case TRACK_TRYING:
	case TRACK_CHECKING:
	case TRACK_CLOSING:
		/* Its name is being made, or removed, at this moment. */
		break;
	case TRACK_ENDED:
		t->twin = NULL;
		/* When the disk is open, or was left to others, t finds that out itself. */
		if (other->outcome != OUTCOME_FAILED)
			return false;
		t->dev = other->dev;
		track_fail(e, t, other->code,
			   "%s is the disk of volume %s, too, which could not be opened",
			   t->dev.node, other->v->name);
		break;
	case TRACK_WAITING:
		t->twin = NULL;
		return false;
	case TRACK_HEADER:
	case TRACK_READING:
	case TRACK_READY:
	case TRACK_ASKING:
	case TRACK_HOLDING:
		t->twin = NULL;
		join(e, t, other);
		break;
	}
	return true;
}

bool twins_join(struct engine *e, struct track *t, const struct device *dev)
{
	struct track *other = find(e, t, dev->devno);

	return other && settle(e, t, other);
}

bool twins_join_header(struct engine *e, struct track *t, const struct device *dev)
{
	struct track *other = NULL;
	struct device its;
	char text[512];

	for (size_t i = 0; i < e->n; i++)
		if (&e->tracks[i] != t && headers_is_raw(&e->tracks[i], dev))
			other = &e->tracks[i];
	/* What is promised to be on dev itself is looked for there. */
	if (!other || other->joined || t->v->detached || t->v->expect != EXPECT_NOTHING)
		return false;
	its = other->dev;
	if (other->state < TRACK_TRYING) {
		track_lost(e, other);
		twins_merge(other->v, t->v);
	}
	(void)snprintf(text, sizeof(text), "%s holds the header of volume %s, which is opened",
		       dev->node, other->v->name);
	t->dev = *dev;
	t->joined = true;
	track_end(e, t, OUTCOME_LEFT, EXIT_CODE_OK, text);
	if (its.node[0] && other->state < TRACK_TRYING)
		track_found(e, other, &its);
	return true;
}

void twins_settle(struct engine *e)
{
	for (size_t i = 0; i < e->n; i++) {
		struct track *t = &e->tracks[i];

		struct track *other = t->twin;

		if (t->state == TRACK_WAITING && other && !settle(e, t, other) &&
		    other->state == TRACK_ENDED)
			track_found(e, t, &other->dev);
	}
}
