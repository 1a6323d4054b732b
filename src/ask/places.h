/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * prompters: finds out where a person can be asked on this system, and gathers those places for
 * prompt.h.
 */
#ifndef INTACT_ASK_PLACES_H
#define INTACT_ASK_PLACES_H
#include "ask/prompt.h"

/* places: a set of enum place that somebody insists on; 0: what fits standard input and the init
 * system. */
struct prompt *prompters_open(unsigned places);

#endif
