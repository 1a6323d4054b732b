/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * message: the form of every message of both programs. Nothing that a disk, a file or the kernel
 * command line holds can reach a terminal without passing here.
 */
#ifndef INTACT_BASE_MESSAGE_H
#define INTACT_BASE_MESSAGE_H

/* "intact: NAME: label: text\n", made printable; without NAME or label when they are NULL. A second
 * line of text is indented. The caller frees the result. */
char *message_format(const char *name, const char *label, const char *text);
/* The same on standard error. */
void message_print(const char *name, const char *label, const char *text);

#endif
