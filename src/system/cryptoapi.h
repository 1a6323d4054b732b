/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sys_cryptoapi: the running kernel's crypto API as user space may see it: what is registered, and
 * having something registered. Not AF_ALG; no key ever goes this way.
 */
#ifndef INTACT_SYSTEM_CRYPTOAPI_H
#define INTACT_SYSTEM_CRYPTOAPI_H
#include <stdbool.h>

/* Is the algorithm registered (/proc/crypto)? */
bool crypto_registered(const char *name);

/*
 * Has the kernel build an AEAD instance such as "authenc(hmac(sha256),xts(aes))" now, from the
 * fastest parts that are registered, and run its self-tests. dm-crypt would have that done when its
 * table is loaded, with somebody waiting; the instance stays, and is found then. 0, also when it is
 * there already; -EPROTONOSUPPORT when the kernel has no crypto_user; another negative errno. Doing
 * without costs time only.
 */
int crypto_instantiate(const char *name);

#endif
