/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * keydevice: whether the key file of a volume is there. One on another device is waited for like a
 * disk, beside the prompt: a person may type meanwhile.
 */
#ifndef INTACT_POLICY_KEYDEVICE_H
#define INTACT_POLICY_KEYDEVICE_H

#include "policy/track.h"

/* The volume has another key file now: its device is looked for among all that there are. */
void keydevice_renew(struct engine *e, struct track *t);

/* dev is there; it may be that of the key. */
void keydevice_seen(struct engine *e, struct track *t, const struct device *dev);
void keydevice_gone(struct track *t, const char *node);

/* Can the key file be tried now? */
bool keydevice_ready(const struct track *t);
/* It is tried now. */
void keydevice_tried(struct track *t);
/* May its device still appear? */
bool keydevice_awaited(const struct track *t);
/* Says so, once. */
void keydevice_announce(struct engine *e, struct track *t);

/* When keydevice_tick() has to be called; WAIT_FOREVER: never. */
uint64_t keydevice_deadline(const struct engine *e, const struct track *t);
/* The wait may be over. */
void keydevice_tick(struct engine *e, struct track *t);

/* The key's place, for messages. */
const char *keydevice_name(const struct track *t, char buf[static 200]);

#endif
