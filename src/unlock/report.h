/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * report: tells people and programs what happened: on the console, in the kernel log, and in one
 * file a volume.
 */
#ifndef INTACT_UNLOCK_REPORT_H
#define INTACT_UNLOCK_REPORT_H

#include "base/findings.h"
#include "facts/record.h"

#define REPORT_DIR "/run/intact"

/* "intact: NAME: text" on standard error, without NAME when it is NULL; a second line of text is
 * indented. */
void report_say(enum severity severity, const char *name, const char *text);
/* The result of a volume: console line, kernel log line, file in dir. */
void report_result(const char *dir, const struct result *result, uint64_t now_ms);
/* Its file alone. */
void report_record(const char *dir, const struct result *result, uint64_t now_ms);
/* Prints again, from the files in dir, why volumes could not be opened: before a shell is started,
 * when the first message may have scrolled away. */
void report_reasons(const char *dir);

#endif
