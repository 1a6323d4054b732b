/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ondisk: what libcryptsetup does not tell about a disk: the state of each LUKS2 header copy, and
 * dm-integrity's superblock. Reads, never writes.
 */
#ifndef INTACT_SYSTEM_ONDISK_H
#define INTACT_SYSTEM_ONDISK_H
#include "facts/disk.h"

/*
 * Looks at both copies of a LUKS2 header on fd. Sources: "LUKS2 On-Disk Format Specification" 1.1,
 * section 2; when the first copy's size field is lost, the second is looked for at the offsets
 * listed there. A copy whose checksum algorithm is not sha256 counts as COPY_OK; libcryptsetup
 * judges it. Returns whether any copy has LUKS2's magic.
 */
bool ondisk_luks2_copies(int fd, enum header_copy *ret_first, enum header_copy *ret_second);

/* dm-integrity's superblock (drivers/md/dm-integrity.c, struct superblock), as far as it can be
 * wrong: reads it at offset (bytes) of fd. Negative errno only when the read itself fails. */
int ondisk_superblock_read(int fd, uint64_t offset, struct superblock *ret);
/* The same from 512 bytes in memory. */
void ondisk_superblock_parse(const unsigned char sb[static 512], struct superblock *ret);

#endif
