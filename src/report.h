/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * report: how people and programs learn what happened: console, kernel log, and one file a volume.
 *
 * The file, /run/intact/NAME, survives into the booted system (initramfs systems hand /run over). It holds key=value lines, values up to
 * the end of the line:
 *   volume, outcome (open, was-open, left, failed), code (exit code), device, uuid, integrity (type), cipher (dm-crypt's),
 *   sector_size, tag_size (bytes), keyslot, seconds (since boot, monotonic), reason. Unknown ones are left out.
 */
#ifndef INTACT_REPORT_H
#define INTACT_REPORT_H

#include "ops.h"

#define REPORT_DIR "/run/intact"

/* "intact: NAME: text" on standard error; a second line of text is indented. */
void report_say(enum level level, const struct volume *v, const char *text);
/* The end of a volume: console line, kernel log line, file in dir. */
void report_result(const char *dir, const struct result *result, uint64_t now_ms);
/* Says once more what kept volumes from being opened, by the files in dir: before a shell, when it may have scrolled away. */
void report_reasons(const char *dir);
/* The file's content; for report_result and the tests. Returns a string the caller frees. */
char *report_format(const struct result *result, uint64_t now_ms);

#endif
