/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * keyboard: the layout of the system's console, and whether the last boot has shown that an image
 * gets by without it.
 */
#ifndef INTACT_INTACT_KEYBOARD_H
#define INTACT_INTACT_KEYBOARD_H

#include "check/keymap.h"

/* root: prefix of /etc. described: it is not the running system's. running: the version of the
 * kernel that runs. */
void keyboard_read(const char *root, bool described, const char *running, struct image *image,
		   struct keyboard *ret);
void keyboard_free(struct keyboard *keyboard);

#endif
