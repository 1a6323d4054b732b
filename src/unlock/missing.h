/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * missing: starts RAID arrays and volume groups that lack disks.
 */
#ifndef INTACT_UNLOCK_MISSING_H
#define INTACT_UNLOCK_MISSING_H

#include "unlock/probe.h"

/* Starts them in a process in the background, if any disk that was probed is a part of one that
 * does not run; else false. above: also those that stand on open volumes; starts in any case. */
bool missing_start(const struct prober *prober, bool above);

/* Does the last process that missing_start() began still run? It may wait for a disk that does not
 * answer. */
bool missing_is_starting(void);

#endif
