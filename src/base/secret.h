/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * secret: a passphrase in memory that is locked, left out of core dumps, shared with the worker
 * processes and wiped.  There is no copy function and nothing prints one.
 */
#ifndef INTACT_BASE_SECRET_H
#define INTACT_BASE_SECRET_H
#include <stdbool.h>
#include <stddef.h>

/* Bytes of a typed passphrase; what cryptsetup takes from a terminal. */
#define SECRET_MAX 512

struct secret {
	size_t len;
	unsigned char bytes[SECRET_MAX];
};

/* A zeroed secret in its own mapping, inherited (shared, not copied) by later fork()s so that a
 * passphrase reaches a worker without passing through a pipe.  NULL when there is no memory; a
 * refused mlock (tiny RLIMIT_MEMLOCK) is not an error: initramfs has no swap. */
struct secret *secret_new(void);
void secret_wipe(struct secret *s);
/* Wipes and unmaps; NULL is fine. */
struct secret *secret_free(struct secret *s);
/* Appends; false when full. */
bool secret_add(struct secret *s, unsigned char byte);

#endif
