/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * luks_header: the facts about a LUKS2 volume before it is opened.
 *
 * Only luks.c, luks_header.c and luks_make.c include libcryptsetup: luks.c owns its context and
 * does all that needs a secret or changes something, luks_header.c only asks the context for facts,
 * luks_make.c makes new headers.
 */
#ifndef INTACT_SYSTEM_LUKS_HEADER_H
#define INTACT_SYSTEM_LUKS_HEADER_H

#include "facts/disk.h"

struct crypt_device; /* libcryptsetup's context */

/*
 * Sets disk->header, superblock, size and active; what cannot be found out stays zero. cd has
 * loaded a LUKS2 header; fd is the data device; name, when not NULL, is the mapping whose state
 * goes into disk->active.
 */
void luks_header_read(struct crypt_device *cd, int fd, const char *name, struct disk *disk);

/* libcryptsetup's activation flags (CRYPT_ACTIVATE_…) for a set of enum dm_option. */
uint32_t luks_header_flags(unsigned options);

#endif
