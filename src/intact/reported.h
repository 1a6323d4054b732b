/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reported: prints what the records of a boot say (facts/record.h).
 */
#ifndef INTACT_INTACT_REPORTED_H
#define INTACT_INTACT_REPORTED_H

#include "facts/record_log.h"

enum reported_form { REPORTED_TEXT, REPORTED_BLAME, REPORTED_JSON };

/* boot: 0 for this one, -1 for the one before, … Sorts the records by the time of their end. */
void reported_print(struct logged_record *records, size_t n, int boot, enum reported_form form);
/* 0 when all are open or were left out on purpose, else the code of the first that failed. */
int reported_code(const struct logged_record *records, size_t n);

#endif
