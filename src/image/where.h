/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * where: is the image for the system that runs here, or for another one that is being installed or
 * built here?
 *
 * The disks of the builder are nothing that another system may ask for at its boot.
 */
#ifndef INTACT_IMAGE_WHERE_H
#define INTACT_IMAGE_WHERE_H

#include "image/host.h"

/*
 * Is what is mounted at / the root file system that the image is for? Not in a chroot to a plain
 * folder, where nothing is mounted at /; not in a container, on an overlay or on a folder of
 * another file system; not in a chroot to a mount that the new system's fstab does not know. Then
 * fstab and crypttab describe the system.
 */
bool where_mounted(const struct host *host);

/* Was that system booted? Only then its swaps, its kernel command line and the reports in /run are
 * those of the system that the image is for. */
bool where_booted(const struct host *host);

/* Is an open volume one of the builder's own? For the image of another system. */
bool where_builders(const struct host *host, const struct stack_mapping *m);

/* The line of crypttab for an open volume, or NULL. */
const struct entry *where_entry(const struct tab *tab, const struct stack_mapping *m);

#endif
