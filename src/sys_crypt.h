/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sys_crypt: LUKS2 headers and volumes through libcryptsetup. The only file that includes it.
 *
 * These calls block (the key derivation takes seconds); the engine runs them in a worker process, see worker.h.
 */
#ifndef INTACT_SYS_CRYPT_H
#define INTACT_SYS_CRYPT_H

#include "config.h"
#include "exitcode.h"
#include "header.h"
#include "secret.h"
#include "sys_mapping.h"

struct crypt_volume; /* an open header */

/*
 * Reads the facts of the header on node (or of the detached header_path, with node as data device; header_path may be NULL).
 * name, when not NULL, is the mapping whose state goes into ret->active.
 * Always fills *ret, also for disks that cannot be used. *ret_cv (may be NULL) is set only for HEADER_LUKS2: keep it for crypt_volume_open.
 */
void crypt_read_header(const char *node, const char *header_path, const char *name, struct header *ret, struct crypt_volume **ret_cv);
/* The same disk once more, for another process: of what fork() leaves them both, the files would share one position. 0 or a negative errno. */
int crypt_volume_again(const struct crypt_volume *cv, struct crypt_volume **ret);
struct crypt_volume *crypt_volume_free(struct crypt_volume *cv);
const char *crypt_volume_node(const struct crypt_volume *cv);
/* libcryptsetup's last words about it, or "". */
const char *crypt_volume_error(const struct crypt_volume *cv);

/*
 * Gets the volume key out of one keyslot, with the secret or with v->keyfile when secret is NULL; ret should be locked in memory.
 * 0; -EPERM: this is not its passphrase; -ENOMEM; -ENOENT: the keyslot is not one of the volume; or another negative errno.
 */
int crypt_keyslot_open(struct crypt_volume *cv, const struct volume *v, int keyslot, const struct secret *secret, struct secret *ret);

enum unlock_status {
	UNLOCK_OK,
	UNLOCK_WRONG,	/* no keyslot opens with this secret; ask again */
	UNLOCK_FAILED,	/* would fail with any secret */
	UNLOCK_NO_KEY,	/* the key file is missing, empty or not readable; go to the next source */
};
struct unlock {
	enum unlock_status status;
	int keyslot;		/* with UNLOCK_OK */
	enum exit_code code;	/* with UNLOCK_FAILED */
	char text[512];		/* with UNLOCK_FAILED and UNLOCK_NO_KEY: what, why, what to do next */
	char left[256];		/* keyslots that could not be tried, and why, or "" */
};
/*
 * Makes what of the volume's mappings needs no key, unless *mapping is that already; does nothing for a volume that libcryptsetup has to
 * open as a whole. h is the volume's, and outlives *mapping. 0 or a negative errno.
 */
int crypt_volume_prepare(const struct crypt_volume *cv, const struct volume *v, const struct header *h, struct mapping **mapping);
/* Opens the volume as v->name with its key; the rest as above. ret->keyslot and ret->left are the caller's to set. */
void crypt_volume_open(struct crypt_volume *cv, const struct volume *v, const struct header *h, struct mapping **mapping,
		       const struct secret *key, struct unlock *ret);

/* Gets the KiB of memory that the next key derivation of this process needs from the kernel, while nobody waits for it yet. Takes as
 * long as the kernel takes to clear the pages. */
void crypt_prepare(uint64_t memory);

#endif
