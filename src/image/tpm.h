/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tpm: what an image needs for a key that a TPM gives: files of its policy. The drivers are among
 * the modules (modules.h).
 */
#ifndef INTACT_IMAGE_TPM_H
#define INTACT_IMAGE_TPM_H

#include "image/host.h"
#include "image/plan.h"

/* Adds the lines that copy the files. A policy that pcrlock made anew later needs a new image. */
void plan_tpm_files(struct plan *plan, const struct host *host);

#endif
