/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * auditlog: the file of auditd, read for errors that device-mapper reported.
 */
#ifndef INTACT_SYSTEM_AUDITLOG_H
#define INTACT_SYSTEM_AUDITLOG_H

#include "facts/auditline.h"

/*
 * Calls found() for every such record that is since_ms (milliseconds since 1970) old or newer, in
 * the log and the older files beside it, up to 64 MiB. root: prefix of /var/log. False: there is no
 * such log.
 */
bool auditlog_read(const char *root, uint64_t since_ms,
		   void (*found)(void *arg, const struct audit_error *e), void *arg);

#endif
