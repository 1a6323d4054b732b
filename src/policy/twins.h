/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * twins: two volumes that turn out to be one disk. The image names it by the UUID, for example, and
 * the kernel command line by a path.
 *
 * They become one volume before the disk is opened for the second: with the name that the command
 * line gives, since root= names it so, and with the promise of the image.
 */
#ifndef INTACT_POLICY_TWINS_H
#define INTACT_POLICY_TWINS_H
#include "policy/track.h"

/* t waits for its disk, and dev fits. True: another volume has this disk already, and t is joined
 * with it, or will be as soon as the other is not being opened any more. */
bool twins_join(struct engine *e, struct track *t, const struct device *dev);

/* dev matches t, but is the device of another volume's detached header: what names it by the UUID
 * of the header means that volume. Makes one of the two, and returns whether that was so. */
bool twins_join_header(struct engine *e, struct track *t, const struct device *dev);

/* Joins those that had to wait. To be called after every event. */
void twins_settle(struct engine *e);

/* The two descriptions of one disk become one, in keep; other keeps what is left over. */
void twins_merge(struct volume *keep, struct volume *other);

#endif
