/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * scrub_signals: Ctrl-C, the stop of a service, and the end of the machine, while a scrub runs.
 */
#ifndef INTACT_INTACT_SCRUB_SIGNALS_H
#define INTACT_INTACT_SCRUB_SIGNALS_H

#include "base/exitcode.h"

#include <stdbool.h>

/* Holds SIGINT, SIGTERM and SIGHUP back: scrub_read() asks for them. */
void scrub_signals_hold(void);
/* Lets them end the program at once, with this exit code: that of a result that stands. json: the
 * last object of --json is written before. */
void scrub_signals_end(bool json, enum exit_code code);

#endif
