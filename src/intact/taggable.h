/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * taggable: is a digest of a volume's integrity tags possible, and is it a good idea?
 */
#ifndef INTACT_INTACT_TAGGABLE_H
#define INTACT_INTACT_TAGGABLE_H

#include "facts/header.h"

/* Can the tags of this volume be digested? NULL: yes; or why not, as a clause. */
const char *taggable_refused(const struct header *h);
/* Is it on a rotating disk, where each of many thousand short reads takes a seek? */
bool taggable_rotates(const char *sysroot, const char *node);

#endif
