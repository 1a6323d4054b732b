/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * snapshot: the parts of a disk that were read, in memory, under the offsets they have on the disk.
 *
 * A disk may answer differently each time. What is judged, what keys come from and what tables are
 * made from is one and the same answer when all of them read a snapshot. It is a file without a
 * name (memfd_create(2)), as large as the disk, empty where nothing was copied; once sealed,
 * nothing can change it.
 */
#ifndef INTACT_SYSTEM_SNAPSHOT_H
#define INTACT_SYSTEM_SNAPSHOT_H

#include <stdint.h>

/* An empty snapshot of a disk of size bytes. Its fd, or a negative errno. */
int snapshot_new(uint64_t size);
/* Copies len bytes at offset, and what comes before them in the same 4096, cut at the end of the
 * snapshot. disk may be open with O_DIRECT. What the disk cannot read stays empty. 0 or a negative
 * errno of writing to the snapshot. */
int snapshot_copy(int snapshot, int disk, uint64_t offset, uint64_t len);
/* From now on it cannot change. 0 or a negative errno. */
int snapshot_seal(int snapshot);

#endif
