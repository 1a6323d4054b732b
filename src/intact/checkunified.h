/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * checkunified: a unified kernel image, with its profiles and add-ons, judged.
 */
#ifndef INTACT_INTACT_CHECKUNIFIED_H
#define INTACT_INTACT_CHECKUNIFIED_H

#include "intact/looking.h"

/* path: where the entry's kernel is. False: it is none, and the entry says that it may be another
 * program. */
bool look_unified(const struct looking *l, char *path);

#endif
