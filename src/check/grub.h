/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * grub: what the reader of grub.cfg asks of its conditions.
 */
#ifndef INTACT_CHECK_GRUB_H
#define INTACT_CHECK_GRUB_H

#include <stdbool.h>
#include <stddef.h>

enum grub_answer { GRUB_NO, GRUB_MAYBE, GRUB_YES };

/* Does this variable have its value from grubenv alone, and is it empty when it is not there? */
bool grub_is_known(const char *name);
/* The words of a condition: "[ … ]" or "test …". */
enum grub_answer grub_test(char *const *words, size_t n);

#endif
