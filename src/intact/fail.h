/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fail: how a command says why it ends.
 */
#ifndef INTACT_INTACT_FAIL_H
#define INTACT_INTACT_FAIL_H

#include "base/exitcode.h"
#include "base/util.h"

/* Prints "intact: error: " and the text as a line on standard error; returns the code. */
enum exit_code fail(enum exit_code code, const char *fmt, ...) PRINTF_LIKE(2, 3);

#endif
