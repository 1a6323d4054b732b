/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * keys: where the key of a volume is, as far as its line of crypttab tells.
 */
#ifndef INTACT_IMAGE_KEYS_H
#define INTACT_IMAGE_KEYS_H

#include "image/host.h"

/* Can the volume be opened before root is: by a passphrase, by a key file that is copied into the
 * image or is on another disk, or by what a key script gets? Not with a key file of the system
 * itself. */
bool keys_are_ours(const struct host *host, const struct entry *e);

/* Is the key file in the image: does KEYFILE_PATTERN have it copied, or does the generator put it
 * there by its own settings? */
bool keys_are_copied(const struct host *host, const struct entry *e);
bool keys_are_included(const struct host *host, const struct entry *e);

/* The place of a key that is on another device; false: it is not. */
bool keys_elsewhere(const struct entry *e, struct file_place *ret);

#endif
