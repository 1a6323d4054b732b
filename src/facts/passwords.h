/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * passwords: a list of passwords as systemd's programs keep it in the kernel's keyring: each
 * password is followed by a NUL, the last one perhaps not. Whoever may write the key wrote it.
 */
#ifndef INTACT_FACTS_PASSWORDS_H
#define INTACT_FACTS_PASSWORDS_H

#include <stdbool.h>
#include <stddef.h>

/* The name of the key. */
#define PASSWORDS_KEY "cryptsetup"
/* Seconds for which systemd's programs keep it (systemd-ask-password). */
#define PASSWORDS_SECONDS 150
/* Seconds for which Debian's decrypt_keyctl keeps its keys. */
#define PASSWORDS_KEYCTL_SECONDS 60
/* Bytes of a key of type "user": the kernel's limit. */
#define PASSWORDS_MAX 32767

/* The next password from *at on, which moves behind it; empty ones are left out. NULL: there is
 * none. */
const unsigned char *passwords_next(const unsigned char *list, size_t size, size_t *at,
				    size_t *ret_len);
/* Is it in the list? */
bool passwords_have(const unsigned char *list, size_t size, const unsigned char *password,
		    size_t len);

#endif
