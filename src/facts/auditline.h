/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * auditline: the records of device-mapper in the audit log: a sector of dm-integrity or dm-crypt
 * that failed its check (AUDIT_DM_EVENT of the kernel).
 *
 * Pure. Other records hold texts of users and programs: only a line that is such a record from its
 * first byte to its last counts.
 */
#ifndef INTACT_FACTS_AUDITLINE_H
#define INTACT_FACTS_AUDITLINE_H

#include <stdbool.h>
#include <stdint.h>

struct audit_error {
	uint64_t ms; /* since 1970, by the clock of then */
	unsigned major, minor;
};

/* A line without its newline, as auditd writes it into its file, or as the kernel writes it into
 * its own log while no auditd is there. False: it is no such record. */
bool auditline_read(const char *line, struct audit_error *ret);

/* Was it this device ("254:1")? Never "". */
bool auditline_is_of(const struct audit_error *e, const char *number);

#endif
