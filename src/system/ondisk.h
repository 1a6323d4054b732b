/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ondisk: facts about a disk that libcryptsetup does not give: the state of each copy of the LUKS2
 * header, and dm-integrity's superblock. Only ondisk_luks2_repair() and ondisk_luks2_set_json()
 * write.
 */
#ifndef INTACT_SYSTEM_ONDISK_H
#define INTACT_SYSTEM_ONDISK_H

#include "facts/disk.h"

/* Bytes of a block device or file; 0: not known. */
uint64_t ondisk_size(int fd);

/* Is LUKS's magic, of any version, at the start of fd? */
bool ondisk_begins_with_luks(int fd);

/* How many bytes from the start of fd hold both copies of a LUKS2 header, as far as its first 4096
 * bytes tell. */
uint64_t ondisk_luks2_extent(int fd);
/* The same, wherever they are. */
#define ONDISK_LUKS2_EXTENT_MAX (8 << 20)

/*
 * Checks both copies of a LUKS2 header on fd, as "LUKS2 On-Disk Format Specification" 1.1, section
 * 2, describes them. If the first copy's size field is damaged, the second copy is searched for at
 * the offsets listed there. A copy whose checksum algorithm is not sha256 counts as COPY_OK and is
 * left to libcryptsetup. Returns whether any copy has LUKS2's magic.
 */
bool ondisk_luks2_copies(int fd, enum header_copy *ret_first, enum header_copy *ret_second);

/*
 * Copies the header from a disk into a snapshot: both copies; if the first one is damaged, all that
 * may hold the second one. Then the same. 0 or a negative errno of the snapshot.
 */
int ondisk_luks2_take(int snapshot, int disk, bool *ret_magic, enum header_copy *ret_first,
		      enum header_copy *ret_second);

/*
 * Writes the damaged copy of the header on disk again, from the good copy in snapshot, provided
 * that the disk still has that good copy, byte for byte. 0; -ENODATA: there is not one good copy
 * and one bad; -ESTALE: the disk has another one by now; or another negative errno.
 */
int ondisk_luks2_repair(int snapshot, int disk);

/* Writes both copies of the header on fd again, with another JSON text. 0; -EINVAL: the first copy
 * is not good, or the text is too long for it; or another negative errno. */
int ondisk_luks2_set_json(int fd, const char *json);

/* Reads and checks dm-integrity's superblock (drivers/md/dm-integrity.c, struct superblock) at
 * offset (bytes) of fd. 0, or a negative errno when the read itself fails. */
int ondisk_superblock_read(int fd, uint64_t offset, struct superblock *ret);
/* The same for a superblock in memory. */
void ondisk_superblock_parse(const unsigned char sb[static 512], struct superblock *ret);

#endif
