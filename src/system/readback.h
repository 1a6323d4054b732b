/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * readback: reads an opened mapping at the places where file systems have their superblocks, to see
 * whether the data there passes its integrity check.
 */
#ifndef INTACT_SYSTEM_READBACK_H
#define INTACT_SYSTEM_READBACK_H

#include "facts/job.h"

/* Sets ret->read_failed, read_err, read_sector and type for the mapping's node. */
void readback(const char *node, struct opened *ret);

#endif
