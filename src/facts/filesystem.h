/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * filesystem: the file systems from which a key or a header is read, and what they need.
 */
#ifndef INTACT_FACTS_FILESYSTEM_H
#define INTACT_FACTS_FILESYSTEM_H

/* The kernel's driver for a type as libblkid, mount(8) or fstab has it ("ext3": "ext4"). NULL: file
 * systems of this type are not mounted for a key. Static. */
const char *filesystem_driver(const char *type);
/* Mount options, so that nothing is replayed or written; NULL: none. Static. */
const char *filesystem_options(const char *driver);
/* A module that the driver needs with these options and that does not depend on it, or NULL. */
const char *filesystem_helper(const char *driver);

#endif
