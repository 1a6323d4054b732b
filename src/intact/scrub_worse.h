/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * scrub_worse: what a scrub of several volumes returns.
 */
#ifndef INTACT_INTACT_SCRUB_WORSE_H
#define INTACT_INTACT_SCRUB_WORSE_H

#include "base/exitcode.h"

/* The one of two results that a person, or a monitor, must hear of first: bad sectors, before a
 * volume that could not be read, before a scrub that was stopped, before one that another does. */
enum exit_code scrub_worse(enum exit_code a, enum exit_code b);

#endif
