/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * derive: gets the volume key from a secret, with one process for each keyslot it is tried on.
 *
 * A key derivation can use up the memory of a machine, is worth running several times at once, and
 * cannot be interrupted in libcryptsetup. A process of its own is stopped when another keyslot
 * opens, its memory is overwritten, and it is killed (base/child.h: it has a guard). When memory
 * runs out, the kernel's OOM killer ends such a process first: the worker lives on, reports it and
 * continues with the next keyslot. The volume key comes back through shared memory (secret.h),
 * never through a socket.
 */
#ifndef INTACT_UNLOCK_DERIVE_H
#define INTACT_UNLOCK_DERIVE_H

#include "policy/keyslots.h"
#include "system/luks.h"

struct derivation;

/* cv, h and timings stay the caller's. keyslot: the one that the option key-slot= asks for, or
 * KEYSLOT_ANY. timings: gets a STEP_KEYSLOT for each keyslot that was tried; may be NULL. */
struct derivation *derivation_new(const struct luks *cv, const struct header *h, int keyslot,
				  struct timings *timings);
/* Ends its processes; their memory is overwritten and free when this returns. NULL is fine. */
struct derivation *derivation_free(struct derivation *d);
/* Ends them and does not wait for that: only until they do nothing any more and their keys are
 * wiped. NULL is fine. */
void derivation_stop(struct derivation *d);

/* Starts the processes that derivation_open() will use first, and has them get their memory from
 * the kernel; does not wait for it. */
void derivation_reserve(struct derivation *d, const struct budget *budget);

/* Tries the offer on the keyslots until one opens; calls meanwhile(arg), unless it is NULL, as soon
 * as processes are at work. With UNLOCK_OK in ret->status *ret_key is the volume key, valid until
 * derivation_wipe_keys(). */
void derivation_open(struct derivation *d, const struct budget *budget, const struct offer *offer,
		     void (*meanwhile)(void *arg), void *arg, struct unlock *ret,
		     const struct secret **ret_key);
void derivation_wipe_keys(struct derivation *d);

#endif
