/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * verdict_header: the part of verdict_disk() that judges what a LUKS2 header says: is it what the
 * image promises and pins, and may a header ask for that at all?
 */
#ifndef INTACT_POLICY_VERDICT_HEADER_H
#define INTACT_POLICY_VERDICT_HEADER_H

#include "policy/subject.h"
#include "policy/verdict.h"

/* Both return whether they have reached a verdict. */
bool verdict_header(const struct subject *s, const struct volume *v, const struct header *h,
		    struct verdict *ret);
/* Without a verdict, *ret may hold a warning about keyslots that are left out. */
bool verdict_keyslots(const struct subject *s, const struct volume *v, const struct header *h,
		      struct verdict *ret);

#endif
