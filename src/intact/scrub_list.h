/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * scrub_list: how the bad sectors that a scrub found, and what they belong to, are printed.
 */
#ifndef INTACT_INTACT_SCRUB_LIST_H
#define INTACT_INTACT_SCRUB_LIST_H

#include "facts/scrub_state.h"
#include "facts/spots.h"
#include "intact/tell.h"

void scrub_list(struct tell *tell, const char *volume, const struct scrub_state *state,
		const struct spots *spots);
/* What makes free space readable again, if some is among them. */
void scrub_list_hint(struct tell *tell, const char *volume, const struct spots *spots);

#endif
