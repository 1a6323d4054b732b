/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * keyfiles: key files in the image: those that no line names, and the end of those that
 * keyfile-erase names.
 */
#ifndef INTACT_UNLOCK_KEYFILES_H
#define INTACT_UNLOCK_KEYFILES_H

#include "config/config.h"

/* Gives volumes without a key file the one that systemd or Arch's encrypt hook would find. */
void keyfiles_find(struct config *config);

/* Erases the key files of volumes that ask for that and are open: those in memory. The end of the
 * program is the time for it: several volumes may have the same key file. */
void keyfiles_erase(const struct config *config, const bool *open);

#endif
