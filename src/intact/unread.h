/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * unread: why a file of a system cannot be read.
 */
#ifndef INTACT_INTACT_UNREAD_H
#define INTACT_INTACT_UNREAD_H

#include "base/findings.h"

/* Adds an error, since read_file() returned r for this path. Nothing if there is no such file. */
void unread_report(const char *path, int r, struct findings *findings);

#endif
