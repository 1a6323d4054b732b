/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * keymap: does the image set the keyboard's layout that the system has? Without a keymap the kernel
 * takes the keyboard for a US one, and a passphrase comes out as another one.
 *
 * Pure. The passphrase is not known: what is said is only how it will be read.
 */
#ifndef INTACT_CHECK_KEYMAP_H
#define INTACT_CHECK_KEYMAP_H

#include "check/image.h"

struct keyboard {
	char *layout;	  /* what the system has: "de"; NULL: as the kernel, or not known */
	const char *file; /* whose word that is: "/etc/vconsole.conf"; static */
	bool vconsole;	  /* layout is KEYMAP= of that file, which an image may have, too */
	/* Was the volume opened with this very image, by a passphrase that was typed? */
	bool (*worked)(void *arg, const char *volume);
	void *arg;
};

/* Does KEYMAP= of vconsole.conf, or XKBLAYOUT= with XKBVARIANT= (NULL: not set), name a layout that
 * gives the same characters as the kernel's own? */
bool keymap_is_kernels(const char *keymap);
bool keymap_layout_is_kernels(const char *layout, const char *variant);

void image_judge_keymap(const struct image *image, const struct plan *plan,
			const struct keyboard *keyboard, struct faults *faults);

#endif
