/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tell: how a command that takes minutes or hours says what it does: lines and a bar for a person,
 * a line for every tenth where no terminal is, or one JSON object a line (--json).
 */
#ifndef INTACT_INTACT_TELL_H
#define INTACT_INTACT_TELL_H

#include "base/exitcode.h"
#include "base/util.h"

struct tell {
	bool json;
	bool terminal;
	bool open;	 /* the cursor stands after the bar */
	unsigned tenths; /* that were said */
};

void tell_init(struct tell *tell, bool json);
/* For a person only, on standard output. */
void tell_line(struct tell *tell, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* On standard error. */
void tell_warning(struct tell *tell, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* The same, and the code again. */
enum exit_code tell_error(struct tell *tell, enum exit_code code, const char *fmt, ...)
	PRINTF_LIKE(3, 4);
/* done and total in bytes, rate in bytes a second, seconds that are left; 0: not known. */
void tell_progress(struct tell *tell, uint64_t done, uint64_t total, uint64_t rate,
		   uint64_t seconds);
/* The last object: {"event":"end","exit":0}. */
void tell_end(struct tell *tell, int code);

/* 512110190592 -> "512 GB": disks are sold in powers of ten. */
const char *tell_size(uint64_t bytes, char buf[static 32]);
/* 153 -> "2 min 33 s" */
const char *tell_time(uint64_t seconds, char buf[static 32]);

#endif
