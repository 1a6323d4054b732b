/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/keydevice.h"

#include <stdio.h>

const char *keydevice_name(const struct track *t, char buf[static 200])
{
	return place_format(t->v->keyfile, buf, 200);
}

struct search {
	struct engine *e;
	struct track *t;
};

static void look_at(void *arg, const struct device *dev)
{
	struct search *search = arg;

	if (!dev->silent)
		keydevice_seen(search->e, search->t, dev);
}

void keydevice_renew(struct engine *e, struct track *t)
{
	t->key_dev.node[0] = '\0';
	t->key = KEY_NONE;
	track_reset_key(t);
	if (t->key == KEY_AWAITED)
		e->ops->list_devices(e->ctx, look_at, &(struct search){ e, t });
}

/* --- its device ------------------------------------------------------------------------------- */

static bool matches(struct engine *e, const struct devref *ref, const struct device *dev)
{
	return devref_matches(ref, dev,
			      ref->kind == DEVREF_PATH ? e->ops->resolve(e->ctx, ref->value) : 0);
}

/* Why the key cannot be on a device that its name fits; NULL: it can. Of what an array or udev has
 * still to say something about, more will be heard. */
static const char *unfit(struct engine *e, const struct track *t, const struct device *dev)
{
	if ((t->dev.node[0] && t->dev.devno == dev->devno) || matches(e, &t->v->source, dev))
		return "is the disk that the key is to open";
	if (str_eq(dev->type, "DM_integrity") || str_eq(dev->type, "crypto_LUKS"))
		return "holds encrypted or protected data, and no key";
	return NULL;
}

static bool was_tried(const struct track *t, const char *node)
{
	for (size_t i = 0; i < t->n_keys_tried; i++)
		if (str_eq(t->keys_tried[i], node))
			return true;
	return false;
}

static void remember(struct track *t, const char *node)
{
	if (t->n_keys_tried < ARRAY_SIZE(t->keys_tried))
		str_copy(t->keys_tried[t->n_keys_tried++], sizeof(t->keys_tried[0]), node);
}

void keydevice_seen(struct engine *e, struct track *t, const struct device *dev)
{
	const char *why;
	char name[200];

	if (t->state == TRACK_ENDED || (t->key != KEY_AWAITED && t->key != KEY_TRIED) ||
	    !place_has_device(t->v->keyfile) || t->n_keys_tried == ARRAY_SIZE(t->keys_tried) ||
	    was_tried(t, dev->node) || dev->member[0] || dev->undecided ||
	    !matches(e, &t->v->keyfile->device, dev))
		return;
	why = unfit(e, t, dev);
	if (why) {
		remember(t, dev->node);
		track_say(e, SEVERITY_WARNING, t, "the key %s is not read: %s %s",
			  keydevice_name(t, name), dev->node, why);
		return;
	}
	t->key_dev = *dev;
	t->key = KEY_READY;
}

void keydevice_gone(struct track *t, const char *node)
{
	for (size_t i = t->n_keys_tried; i-- > 0;)
		if (str_eq(t->keys_tried[i], node))
			memcpy(t->keys_tried[i], t->keys_tried[--t->n_keys_tried],
			       sizeof(t->keys_tried[0]));
	if (!str_eq(t->key_dev.node, node))
		return;
	t->key_dev.node[0] = '\0';
	if (t->key == KEY_READY || t->key == KEY_TRIED)
		t->key = KEY_AWAITED;
}

/* --- its turn --------------------------------------------------------------------------------- */

bool keydevice_ready(const struct track *t)
{
	return t->key == KEY_READY;
}

void keydevice_tried(struct track *t)
{
	t->key = KEY_TRIED;
	if (place_has_device(t->v->keyfile))
		remember(t, t->key_dev.node);
}

bool keydevice_awaited(const struct track *t)
{
	return t->key == KEY_AWAITED;
}

void keydevice_announce(struct engine *e, struct track *t)
{
	char device[300], name[200];

	if (t->key != KEY_AWAITED || t->key_announced)
		return;
	t->key_announced = true;
	devref_format(&t->v->keyfile->device, device, sizeof(device));
	track_say(e, SEVERITY_NOTE, t, "the key %s is used as soon as %s appears",
		  keydevice_name(t, name), device);
}

/* --- time ------------------------------------------------------------------------------------- */

/* Without a person, the wait ends like that for a disk. */
static uint64_t limit(const struct track *t)
{
	bool alone = t->v->headless || t->unattended;

	return alone && t->v->device_wait < t->v->keyfile_wait ? t->v->device_wait :
								 t->v->keyfile_wait;
}

uint64_t keydevice_deadline(const struct engine *e, const struct track *t)
{
	if (t->state == TRACK_ENDED || t->key != KEY_AWAITED || e->started == NOT_STARTED ||
	    limit(t) == WAIT_FOREVER)
		return WAIT_FOREVER;
	return e->started + limit(t);
}

void keydevice_tick(struct engine *e, struct track *t)
{
	char device[300], name[200];

	if (e->ops->now(e->ctx) < keydevice_deadline(e, t))
		return;
	t->key = KEY_GIVEN_UP;
	devref_format(&t->v->keyfile->device, device, sizeof(device));
	track_say(e, SEVERITY_WARNING, t,
		  "%s, the device of the key %s, did not appear within %llu seconds", device,
		  keydevice_name(t, name), (unsigned long long)(limit(t) / 1000));
}
