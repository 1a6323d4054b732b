/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * loop: turns what happens (devices, keys, signals, finished work, time) into engine events, until
 * every volume is open or has a reason why it is not.
 */
#ifndef INTACT_UNLOCK_LOOP_H
#define INTACT_UNLOCK_LOOP_H

#include "base/exitcode.h"
#include "config/integritytab.h"
#include "config/volume.h"

struct loop_options {
	const char *run_dir;
	unsigned places; /* set of enum place; 0: the default */
	bool early;	 /* no boot script waits yet: time-outs start with EARLY_SIGNAL */
	const struct integritytab *integritytab; /* what the volumes may stand on */
};

/* Opens all volumes of config and reports each. The exit code of the program. */
enum exit_code loop_run(const struct config *config, const struct loop_options *options);

#endif
