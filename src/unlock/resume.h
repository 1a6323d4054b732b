/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * resume: may this boot resume a hibernated system? Until that is decided, its disks must not
 * change.
 */
#ifndef INTACT_UNLOCK_RESUME_H
#define INTACT_UNLOCK_RESUME_H

#include <stdbool.h>

/* Because of the kernel command line, or of settings that dracut and systemd leave. */
bool resume_possible(const char *cmdline);

#endif
