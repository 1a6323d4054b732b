/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * survey_tpm: the files that the policies of a TPM need.
 */
#ifndef INTACT_INTACT_SURVEY_TPM_H
#define INTACT_INTACT_SURVEY_TPM_H

#include "image/host.h"
#include "image/plan.h"

/* After the volumes were selected: their options may name files. */
void survey_tpm(struct host *host, const struct plan *plan);

#endif
