/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sys_crypt: LUKS2 headers and volumes through libcryptsetup. The only file that includes it.
 *
 * These calls block (the key derivation takes seconds); the engine runs them in a worker process,
 * see worker.h.
 */
#ifndef INTACT_SYSTEM_LUKS_H
#define INTACT_SYSTEM_LUKS_H
#include "base/secret.h"
#include "facts/job.h"
#include "system/mapping.h"

struct luks; /* an open header */

/*
 * Reads the header on node (or of the detached header_path, with node as data device;
 * header_path may be NULL). name, when not NULL, is the mapping whose state goes into ret->active.
 * Always fills *ret, also for disks that cannot be used. *ret_cv (may be NULL) is set only for
 * HEADER_LUKS2: keep it for luks_open.
 */
void luks_read_header(const char *node, const char *header_path, const char *name, struct disk *ret,
		      struct luks **ret_cv);
/* The same disk once more, for another process: of what fork() leaves them both, the files would
 * share one position. 0 or a negative errno. */
int luks_again(const struct luks *cv, struct luks **ret);
struct luks *luks_free(struct luks *cv);
const char *luks_node(const struct luks *cv);
/* libcryptsetup's last words about it, or "". */
const char *luks_error(const struct luks *cv);

/*
 * Gets the volume key out of one keyslot, with what is offered; ret should be locked in memory.
 * 0; -EPERM: this is not its passphrase; -ENOMEM; -ENOENT: the keyslot is not one of the volume; or
 * another negative errno.
 */
int luks_keyslot_open(struct luks *cv, int keyslot, const struct offer *offer, struct secret *ret);

/* What a volume is opened as. */
struct opening {
	const char *name; /* of the mapping */
	unsigned options; /* set of enum dm_option, beside those of the header */
};

/*
 * Makes what of the volume's mappings needs no key, unless *mapping is that already; does nothing
 * for a volume that libcryptsetup has to open as a whole. disk is the volume's, and outlives
 * *mapping. 0 or a negative errno.
 */
int luks_make_lower(const struct luks *cv, const struct opening *as, const struct disk *disk,
		    struct mapping **mapping);
/* Opens the volume with its key; the rest as above. *ret is written only on failure. */
int luks_open(struct luks *cv, const struct opening *as, const struct disk *disk,
	      struct mapping **mapping, const struct secret *key, struct open_failure *ret);

/* Gets the KiB of memory that the next key derivation of this process needs from the kernel, while
 * nobody waits for it yet. Takes as long as the kernel takes to clear the pages. */
void luks_fetch_memory(uint64_t memory);

#endif
