/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * standalone_job: what the process does that opens one standalone dm-integrity device.
 */
#ifndef INTACT_UNLOCK_STANDALONE_JOB_H
#define INTACT_UNLOCK_STANDALONE_JOB_H

#include "facts/standalone.h"

/* Loads modules, claims the disk, judges its superblock, makes the device and waits for udev. data:
 * NULL for none. */
void standalone_job(const struct standalone *s, const char *node, const char *data,
		    struct standalone_result *ret);

#endif
