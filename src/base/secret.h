/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * secret: passphrases and keys, in memory that is locked, left out of core dumps, shared with child
 * processes and wiped. There is no copy function, and nothing prints a secret.
 *
 * All secrets of a process are in one pool, which its first secret_new() maps. Children that are
 * forked later share that pool: a secret reaches them, or comes back from them, without passing
 * through a socket, and a message only carries its handle. A child that needs secrets for children
 * of its own gets a second pool, which its parent does not see.
 */
#ifndef INTACT_BASE_SECRET_H
#define INTACT_BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Bytes of a typed passphrase: what cryptsetup reads from a terminal. */
#define SECRET_MAX 512
/* Secrets a process can have at once: more than one for each keyslot of a header. */
#define SECRETS_MAX 64

struct secret {
	size_t len;
	unsigned char bytes[SECRET_MAX];
};

/* The name of a secret in a message to another process. All zero: no secret. */
struct secret_handle {
	pid_t owner; /* the process whose pool it is in */
	unsigned index;
};

/* An empty secret from the pool of this process. NULL: no memory, or SECRETS_MAX are in use. A
 * refused mlock (tiny RLIMIT_MEMLOCK) is no error, since an initramfs has no swap. */
struct secret *secret_new(void);
/* Whether it is in locked memory. */
bool secret_is_locked(const struct secret *s);
void secret_wipe(struct secret *s);
/* Wipes it and gives it back to the pool; only in the process that made it. NULL is fine. */
struct secret *secret_free(struct secret *s);
/* Appends; false when full. */
bool secret_add(struct secret *s, unsigned char byte);
/* Hands the content over: from is empty afterwards, and what was in to is gone. */
void secret_move(struct secret *from, struct secret *to);

/* Whether all secrets of this process are in locked memory, as far as it has any. */
bool secrets_are_locked(void);
/* From now on no core dump is written of this process and its children, and no other process of
 * this user may look into them, unless it is root. */
void secrets_leave_no_core(void);
/* In a child that needs none: gives up the share in its parent's secrets. */
void secret_forget(void);
/* Wipes all secrets of another process, which has ended and cannot do so itself. */
void secret_wipe_all_of(pid_t owner);

/* NULL has the handle that is all zero. */
struct secret_handle secret_handle(const struct secret *s);
/* The secret with this handle, of this process or of one that it was forked from. NULL: there is
 * none, or this process does not share it. */
struct secret *secret_find(struct secret_handle handle);

#endif
