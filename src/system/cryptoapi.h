/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cryptoapi: which algorithms the running kernel's crypto API has registered, and how to have one
 * registered. Not AF_ALG; no key is ever sent this way.
 */
#ifndef INTACT_SYSTEM_CRYPTOAPI_H
#define INTACT_SYSTEM_CRYPTOAPI_H

#include <stdbool.h>
#include <stddef.h>

/* Is the algorithm registered (/proc/crypto)? */
bool cryptoapi_registered(const char *name);

/* The kernel's driver for dm-crypt's cipher ("capi:authenc(hmac(sha256),xts(aes))-plain64"):
 * "authenc(hmac(sha256-ni),xts-aes-aesni)". "" when it is not known. */
void cryptoapi_implementation(const char *dm_cipher, char *buf, size_t size);

/*
 * Has the kernel build an AEAD instance such as "authenc(hmac(sha256),xts(aes))" now, from the
 * fastest parts that are registered, and run its self-tests. Otherwise dm-crypt does so when its
 * table is loaded, while a person waits; an instance built here is still there then.
 *
 * 0, also when it exists already; -EPROTONOSUPPORT when the kernel has no crypto_user; or another
 * negative errno. A failure only costs time later.
 */
int cryptoapi_instantiate(const char *name);
/* The same for a cipher without authentication, such as "xts(aes)". */
int cryptoapi_instantiate_cipher(const char *name);

#endif
