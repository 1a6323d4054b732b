/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * integrities: opens the standalone dm-integrity devices of the image's integritytab, each in a
 * process of its own, and reports on them; policy/standalones.h decides when.
 */
#ifndef INTACT_UNLOCK_INTEGRITIES_H
#define INTACT_UNLOCK_INTEGRITIES_H

#include "base/exitcode.h"
#include "base/findings.h"
#include "config/integritytab.h"
#include "facts/record.h"

#include <poll.h>

/* Entries of poll(). */
#define INTEGRITIES_MAX INTEGRITYTAB_MAX

struct integrities_events {
	void (*say)(void *arg, enum severity severity, const char *name, const char *text);
	/* One is open, or not; again at the end when blocks failed their check. */
	void (*report)(void *arg, const struct result *result);
	/* Its record changed, and there is nothing to say. */
	void (*record)(void *arg, const struct result *result);
	void *arg;
};

struct integrities;

/* tab stays the caller's and must outlive it. */
struct integrities *integrities_new(const struct integritytab *tab,
				    const struct integrities_events *events);
struct integrities *integrities_free(struct integrities *t);

void integrities_start(struct integrities *t);
void integrities_device(struct integrities *t, const struct device *dev);
void integrities_gone(struct integrities *t, const char *node);

/* Fills INTEGRITIES_MAX entries. */
void integrities_poll(const struct integrities *t, struct pollfd *fds);
/* Handles what poll() found in them, and time that has passed. */
void integrities_step(struct integrities *t, const struct pollfd *fds);
uint64_t integrities_deadline(const struct integrities *t);

/* Must the program go on for them? alone: there is no volume that waits for what stands on them. */
bool integrities_pending(const struct integrities *t, bool alone);
/* Call at the end: asks the kernel how often blocks of each failed their check, and reports it. */
void integrities_count(struct integrities *t);
enum exit_code integrities_exit_code(const struct integrities *t);

#endif
