/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * delaying: in a worker process: tells the parent process what the job under way waits for, so that
 * a person who waits can be told (policy/delays.h).
 */
#ifndef INTACT_UNLOCK_DELAYING_H
#define INTACT_UNLOCK_DELAYING_H

#include "facts/job.h"

/* A job begins; fd: where its answer goes. */
void delaying_begin(int fd, enum job job);
/* It waits for this from now on, or for nothing; done and total: see struct progress. What was told
 * already is not told again. */
void delaying(enum delay delay, uint64_t done, uint64_t total);

#endif
