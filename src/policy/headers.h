/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * headers: the header of a volume may lie apart from its disk: in a file of the image, on another
 * device, or in a file there. It is waited for like the disk, and for as long.
 *
 * A volume needs both before JOB_HEADER can run. The device of the header is judged as a disk is
 * (candidates.h); a header that is refused makes room for another device that matches.
 */
#ifndef INTACT_POLICY_HEADERS_H
#define INTACT_POLICY_HEADERS_H
#include "policy/track.h"
#include "policy/verdict.h"

/* Is dev, as a whole, the detached header of t? */
bool headers_is_raw(const struct track *t, const struct device *dev);
/* A device appeared or changed; it may be the header's. */
void headers_device(struct engine *e, struct track *t, const struct device *dev);
/* A device was removed. */
void headers_gone(struct engine *e, struct track *t, const char *node);
/* What uses the devices has changed. */
void headers_use_changed(struct engine *e, struct track *t);

/* JOB_HEADER did not find the header's file: it is looked for again. False: that is not so. */
bool headers_missing(struct engine *e, struct track *t, const struct disk *disk);
/* JOB_HEADER's disk is refused because of its header: says so and waits for another, or ends the
 * volume. False: the header is not detached, or not the cause. */
bool headers_drop(struct engine *e, struct track *t, const struct verdict *verdict);

/* Looks again for a file. */
void headers_tick(struct engine *e, struct track *t, uint64_t now);
/* When to do that; UINT64_MAX: never. */
uint64_t headers_deadline(const struct track *t);

/* The header in words: "the header UUID=…". */
const char *headers_describe(const struct volume *v, char *buf, size_t size);
/* What is to be said of the header when the disk is missing: ", nor did …"; "" when the header is
 * not detached. */
const char *headers_beside(const struct track *t, char *buf, size_t size);
/* Ends t, whose disk is there, at its deadline. seen lists the disks there are. */
void headers_time_out(struct engine *e, struct track *t, const char *seen);

#endif
