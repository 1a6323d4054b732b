/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * luks: LUKS2 volumes through libcryptsetup: reads the header, gets the volume key out of a
 * keyslot, opens the volume.
 *
 * These calls block (a key derivation takes seconds); unlock/worker.h runs them in a process of
 * their own.
 */
#ifndef INTACT_SYSTEM_LUKS_H
#define INTACT_SYSTEM_LUKS_H

#include "base/secret.h"
#include "facts/job.h"
#include "facts/tpm2_token.h"
#include "system/mapping.h"

struct luks; /* a loaded header */

/*
 * Reads the header on node, or the detached header in header_path (a file or a device; NULL: none)
 * with node as its data device. name, when not NULL, is the mapping whose state goes into
 * ret->active. Always fills *ret, also for disks that cannot be used. *ret_luks (may be NULL) is
 * set only for HEADER_LUKS2: keep it for luks_open().
 *
 * The header and its key material are read once, into a snapshot (system/snapshot.h): *ret, the
 * volume key and the tables all come from that. Writes nothing.
 */
void luks_read_header(const char *node, const char *header_path, const char *name, struct disk *ret,
		      struct luks **ret_luks);
/*
 * Loads the same header again, from the same snapshot, for a child process: after fork(), parent
 * and child would share libcryptsetup's position in the file. 0 or a negative errno.
 */
int luks_again(const struct luks *luks, struct luks **ret);
/* The open file of the header, where a keyslot's key material is such that only the kernel can
 * decrypt it: the disk itself is needed for that. Else -1: the snapshot is enough. */
int luks_kernel_file(const struct luks *luks);
/* Writes a damaged copy of the header on the disk again, from the one that was judged. */
enum repair luks_repair(const struct luks *luks, const struct disk *disk);
/*
 * Flushes the disk's cache, and reads the header on it again, past the page cache: both copies must
 * be good. 0; -EIO: they are not; or another negative errno.
 */
int luks_flush(const struct luks *luks, struct header *ret);
/*
 * For luks_token.h: libcryptsetup's context on the disk itself, whose JSON must still be the judged
 * one. With libcryptsetup's locks, since other programs may write the header, too. 0; -EAGAIN;
 * -EROFS: the header is in a file; or another negative errno. *ret is to be freed in all cases.
 */
struct crypt_device;
int luks_reopen(const struct luks *luks, struct crypt_device **ret);
/* NULL is fine. */
struct luks *luks_free(struct luks *luks);
/* The data device, and its number. */
const char *luks_node(const struct luks *luks);
dev_t luks_number(const struct luks *luks);
/* The token with this number, from the header that was read. NULL; or why it cannot be used, a
 * clause about "the token", perhaps in buf. */
const char *luks_tpm2_token(const struct luks *luks, int number, struct tpm2_token *ret, char *buf,
			    size_t size);
/* The number of the device that the header is on, "254:2"; "0:0": it is a file. */
void luks_header_device(const struct luks *luks, char ret[static 32]);
/* libcryptsetup's last error message, or "". */
const char *luks_error(const struct luks *luks);

/*
 * Gets the volume key out of one keyslot, with the offered passphrase or key file, and checks it
 * with the header's digest; ret should be locked in memory. 0; -EPERM: this does not open the
 * keyslot; -ENOMEM; -ENOENT: the volume does not use this keyslot; -EBADMSG: the keyslot or the
 * digest cannot be read; or another negative errno.
 */
int luks_keyslot_open(struct luks *luks, int keyslot, const struct offer *offer,
		      struct secret *ret);

/* What a volume is opened as. */
struct opening {
	const char *name; /* of the mapping */
	unsigned options; /* set of enum dm_option, in addition to the header's own */
};

/*
 * Makes NAME_dif, the mapping that needs no key, unless *mapping is set already. Does nothing for a
 * volume that only libcryptsetup can open (see mapping_possible). disk is the volume's and must
 * outlive *mapping. 0 or a negative errno.
 */
int luks_make_lower(const struct luks *luks, const struct opening *as, const struct disk *disk,
		    struct mapping **mapping);
/* Opens the volume with its key, with the same parameters. *ret is written only on failure. */
int luks_open(struct luks *luks, const struct opening *as, const struct disk *disk,
	      struct mapping **mapping, const struct secret *key, struct open_failure *ret);

/*
 * Allocates the memory (KiB) of this process's next key derivation ahead of time. Takes as long as
 * the kernel needs to clear the pages, so call it while the passphrase is not there yet.
 */
void luks_fetch_memory(uint64_t memory);

#endif
