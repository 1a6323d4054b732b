/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kmsg: the kernel's log, both ways: what the kernel said about a failure, and our own lines in it.
 */
#ifndef INTACT_SYSTEM_KMSG_H
#define INTACT_SYSTEM_KMSG_H
#include <stddef.h>

/* Remembers the end of the log; -1 when it cannot be read (kmsg_since then finds nothing). */
int kmsg_mark(void);
/* The last line since the mark that holds needle, printable, without the needle and what precedes
 * it; buf is "" when there is none. */
void kmsg_since(int mark, const char *needle, char *buf, size_t size);

/* Writes one line at a syslog level (3 error … 7 debug). Failures do not matter. */
void kmsg_write(int level, const char *text);

#endif
