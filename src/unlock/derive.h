/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tries: the processes of a worker that try a secret on one keyslot each.
 *
 * A key derivation is the one thing here that can use up a machine's memory, that is worth doing
 * several times at once, and that libcryptsetup cannot break off. In a process of its own it is
 * killed when another keyslot opens, and the kernel's OOM killer takes it before anybody else: the
 * worker lives, says so and goes on with the next keyslot. The volume key comes back through memory
 * that is shared, locked and wiped like a passphrase's (secret.h), never through the socket.
 */
#ifndef INTACT_UNLOCK_DERIVE_H
#define INTACT_UNLOCK_DERIVE_H
#include "policy/keyslots.h"
#include "system/luks.h"

struct tries;

/* cv and h stay the caller's. keyslot: the one that the option key-slot= asks for, or KEYSLOT_ANY.
 * socket, the worker's own, is closed in the children. NULL when there is no memory. */
struct tries *tries_new(const struct luks *cv, const struct header *h, int keyslot, int socket);
/* Kills them all; their memory is back when this returns. NULL is fine. */
struct tries *tries_free(struct tries *t);

/* Starts the processes that tries_open will use first and has them fetch their memory; does not
 * wait for it. */
void tries_prepare(struct tries *t, const struct budget *budget);

/* Tries what is offered on the keyslots until one opens, and calls meanwhile(arg) once they are at
 * work. ret->status is UNLOCK_OK when *ret_key is the volume's key, valid until tries_settle. */
void tries_open(struct tries *t, const struct budget *budget, const struct offer *offer,
		void (*meanwhile)(void *arg), void *arg, struct unlock *ret,
		const struct secret **ret_key);
/* Wipes the keys. */
void tries_settle(struct tries *t);

#endif
