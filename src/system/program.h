/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * program: other programs of the image, for what they alone know or do (mdadm, lvm, multipath).
 */
#ifndef INTACT_SYSTEM_PROGRAM_H
#define INTACT_SYSTEM_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>

/* The name and its arguments; the last of them is NULL. */
#define PROGRAM_ARGUMENTS_MAX 8
#define PROGRAM_OUTPUT_MAX 4096

/* Does the system below sysroot have it, where programs of the administrator are? */
bool program_exists(const char *sysroot, const char *name);

/*
 * Runs it and waits for its end, which may never come when a disk does not answer: call it in a
 * process of its own. Nothing of the environment reaches the program. Returns its exit status, 127
 * when the image does not have it, or a negative errno. *ret is the start of what it printed.
 */
int program_run(const char *const arguments[static PROGRAM_ARGUMENTS_MAX],
		char ret[static PROGRAM_OUTPUT_MAX + 1]);

/* The same for a program with more to say: at most max bytes of its standard output, to be freed,
 * also when it fails. Its standard error is that of this process. */
int program_output(const char *const arguments[static PROGRAM_ARGUMENTS_MAX], size_t max,
		   char **ret);

/* The same with a limit: a program that has not ended after ms milliseconds is killed, and the
 * result is -ETIMEDOUT. Its standard error is thrown away. */
int program_output_within(const char *const arguments[static PROGRAM_ARGUMENTS_MAX], unsigned ms,
			  size_t max, char **ret);

#endif
