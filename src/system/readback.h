/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sys_readback: what reads back through an opened mapping, at the places where superblocks live. */
#ifndef INTACT_SYSTEM_READBACK_H
#define INTACT_SYSTEM_READBACK_H
#include "facts/job.h"

/* Fills ret->read_failed, read_err, read_sector and type for the device node. */
void readback(const char *node, struct opened *ret);

#endif
