/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * answer: what one volume does next when a job of its worker is done. The answer of JOB_UNLOCK is
 * in schedule.h.
 */
#ifndef INTACT_POLICY_ANSWER_H
#define INTACT_POLICY_ANSWER_H
#include "policy/track.h"

void answer_disk_read(struct engine *e, struct track *t, const struct disk *disk);
void answer_modules_loaded(struct engine *e, struct track *t, const struct modules_report *report);
void answer_verified(struct engine *e, struct track *t, const struct opened *opened);
void answer_closed(struct engine *e, struct track *t, int err);
void answer_worker_died(struct engine *e, struct track *t, int signal);

#endif
