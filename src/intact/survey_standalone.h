/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * survey_standalone: the part of the survey that is about standalone dm-integrity devices: the
 * lines of /etc/integritytab, and what is open.
 */
#ifndef INTACT_INTACT_SURVEY_STANDALONE_H
#define INTACT_INTACT_SURVEY_STANDALONE_H

#include "image/host.h"

/* Fills host->integrity; host->everything is known already. */
void survey_standalones(struct host *host);

#endif
