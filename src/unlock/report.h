/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * report: tells people and programs what happened: on the console, in the kernel log, and in one
 * file a volume.
 */
#ifndef INTACT_UNLOCK_REPORT_H
#define INTACT_UNLOCK_REPORT_H

#include "ask/prompt.h"
#include "base/findings.h"
#include "config/config.h"
#include "facts/record.h"

#define REPORT_DIR "/run/intact"

/* From now on messages are also shown on the screens of these places, and not written on standard
 * error where one of the screens shows that; NULL: no longer. */
void report_on(struct prompt *places);
/* "intact: NAME: text" on standard error, without NAME when it is NULL; a second line of text is
 * indented. */
void report_say(enum severity severity, const char *name, const char *text);
/* Every mistake in the configuration. */
void report_findings(const struct config *config);
/* The result of a volume: console line, kernel log line, file in dir. */
void report_result(const char *dir, const struct result *result, uint64_t now_ms);
/* Its file alone. */
void report_record(const char *dir, const struct result *result, uint64_t now_ms);
/* The result of handover_check() for the root, which began at since (now_ms), in a file that is no
 * volume's. */
void report_root(const char *dir, enum exit_code code, const char *text, uint64_t since);
bool report_root_was_right(const char *dir);
/* Prints again, from the files in dir, why volumes could not be opened: before a shell is started,
 * when the first message may have scrolled away. */
void report_reasons(const char *dir);

#endif
