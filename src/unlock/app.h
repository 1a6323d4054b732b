/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app: what the event loop holds, and the functions through which the engine reaches it.
 */
#ifndef INTACT_UNLOCK_APP_H
#define INTACT_UNLOCK_APP_H

#include "config/integritytab.h"
#include "policy/engine.h"
#include "unlock/integrities.h"
#include "unlock/probe.h"
#include "unlock/worker.h"

struct app {
	const struct config *config;
	const struct integritytab *integritytab;
	const char *run_dir;
	struct engine *engine;
	struct worker **workers; /* one a volume, NULL when none runs */
	bool *open;		 /* one a volume: it was reported as open */
	bool *withheld;		 /* one a volume: as in its result */
	struct prober *prober;
	struct integrities *integrities;
	struct prompt *prompt;
	bool attended; /* a boot script waits for us; false: this is the early instance */
	uint64_t
		wait_until; /* until then, disks are waited for anew while udev is busy with them */
	bool udev_came;	    /* udev has begun with the disks */
	int monitor;
	int signals;
	int found;	/* early_hold's, or -1 */
	bool undecided; /* there is a disk that udev is to say something about first */
	bool multipath; /* the image makes multipath maps */
};

/* ctx is a struct app. */
extern const struct ops app_ops;

#endif
