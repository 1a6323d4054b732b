/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * checked: what `intact check` found, for a person, for a program, or as warnings.
 */
#ifndef INTACT_INTACT_CHECKED_H
#define INTACT_INTACT_CHECKED_H

#include "check/image.h"

enum checked_form {
	CHECKED_TEXT, /* on standard output, in colours on a terminal */
	CHECKED_JSON,
	CHECKED_WARN, /* on standard error; nothing when nothing is wrong */
};

void checked_print(const struct image *image, const struct faults *faults, enum checked_form form);

#endif
