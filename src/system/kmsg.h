/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kmsg: the kernel's log: finds the kernel's line about a failure, and writes our own lines.
 */
#ifndef INTACT_SYSTEM_KMSG_H
#define INTACT_SYSTEM_KMSG_H

#include <stddef.h>
#include <stdint.h>

/* An fd at the end of the log, to be closed; -1 when the log cannot be read (kmsg_since() then
 * finds nothing). */
int kmsg_mark(void);
/* Finds the last line after the mark that holds needle, and writes its text after the needle to
 * buf, made printable; "" when there is none. */
void kmsg_since(int mark, const char *needle, char *buf, size_t size);

/* An fd at the start of the log, to be closed; -1 when the log cannot be read. */
int kmsg_start(void);
/* All lines from there on that the kernel itself wrote (processes write with another facility)
 * since_us microseconds after its start or later, made printable, each with a newline. The caller
 * frees them. */
char *kmsg_kernel_lines(int start, uint64_t since_us);

/* The line for the kernel's log: made printable, with blanks for newlines, cut to size bytes (2 at
 * least), and a newline behind it. */
void kmsg_format(int level, const char *text, char *buf, size_t size);
/* Writes it, at a syslog level (3 error … 7 debug). Failures are ignored. */
void kmsg_write(int level, const char *text);

#endif
