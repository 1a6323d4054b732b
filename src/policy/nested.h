/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nested: a volume whose disk is on another volume: an array or a logical volume there, or the
 * mapping itself. Nothing says so before that one is open. So a missing disk is not given up, and
 * no array is started without it, while another volume that the boot needs is still being opened,
 * and for some time after.
 */
#ifndef INTACT_POLICY_NESTED_H
#define INTACT_POLICY_NESTED_H

#include "policy/track.h"

/* Until when t waits for its disk that would be given up at that time; WAIT_FOREVER: until another
 * volume is open. */
uint64_t nested_wait(const struct engine *e, const struct track *t, uint64_t until);
/* The same for the time when what lacks a disk is started. */
uint64_t nested_start(const struct engine *e, const struct track *t, uint64_t at);

#endif
