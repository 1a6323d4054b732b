/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * resume: may this boot resume a hibernated system? Its disks must then stay as they are until that
 * is decided.
 */
#ifndef INTACT_UNLOCK_RESUME_H
#define INTACT_UNLOCK_RESUME_H
#include <stdbool.h>

/* By the kernel command line, or by what dracut and systemd leave for the same purpose. */
bool resume_possible(const char *cmdline);

#endif
