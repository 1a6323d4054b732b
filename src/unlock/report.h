/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * report: how people and programs learn what happened: console, kernel log, and one file a volume.
 */
#ifndef INTACT_UNLOCK_REPORT_H
#define INTACT_UNLOCK_REPORT_H
#include "base/findings.h"
#include "facts/record.h"

#define REPORT_DIR "/run/intact"

/* "intact: NAME: text" on standard error, without NAME when it is NULL; a second line of text is
 * indented. */
void report_say(enum severity severity, const char *name, const char *text);
/* The end of a volume: console line, kernel log line, file in dir. */
void report_result(const char *dir, const struct result *result, uint64_t now_ms);
/* Says once more what kept volumes from being opened, by the files in dir: before a shell, when it
 * may have scrolled away. */
void report_reasons(const char *dir);

#endif
