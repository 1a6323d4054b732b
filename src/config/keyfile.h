/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * keyfile: the key file of a volume: what may be one.
 */
#ifndef INTACT_CONFIG_KEYFILE_H
#define INTACT_CONFIG_KEYFILE_H

#include "config/volume.h"

/* Sets the key file of v, written as in crypttab, or adds a finding why the passphrase is asked for
 * instead. */
void keyfile_set(struct volume *v, const char *text, const char *where, struct config *config);
/* The same for a place that was read already; text is for messages. */
void keyfile_set_place(struct volume *v, const struct file_place *place, const char *text,
		       const char *where, struct config *config);
/* Does the file give another key each time it is read? Such a volume is created again at every
 * boot, for swap and /tmp; it is never a LUKS volume (crypttab(5)). NULL is fine. */
bool keyfile_is_random(const char *path);

#endif
