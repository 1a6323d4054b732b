/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cipher_spec: a LUKS2 cipher specification taken apart the way dm-crypt and libcryptsetup do it,
 * and the tag size that follows from it.
 */
#ifndef INTACT_FACTS_CIPHER_SPEC_H
#define INTACT_FACTS_CIPHER_SPEC_H

#include <stddef.h>

#define CIPHER_NAME_MAX 128 /* the kernel's CRYPTO_MAX_ALG_NAME */

/* "aes-cbc-essiv:sha256" with "hmac(sha256)": */
struct cipher_spec {
	char cipher[CIPHER_NAME_MAX]; /* "cbc(aes)": as the kernel's crypto API writes it */
	char api[CIPHER_NAME_MAX];    /* "authenc(hmac(sha256),cbc(aes))": with the integrity */
	char mode[32];		      /* "cbc"; "" when the cipher has no separate mode */
	char iv[32];		      /* "essiv", "plain64", "random"; "" for none */
	char iv_option[32];	      /* "sha256" */
};

/*
 * encryption and integrity: see cipher_read(); integrity is "" for none. Names are copied, not
 * checked for a balanced structure. -EINVAL: not a cipher specification; -E2BIG.
 */
int cipher_spec_parse(const char *encryption, const char *integrity, struct cipher_spec *ret);

/* Bytes of integrity tag per sector, a stored IV included (32 for hmac(sha256) with plain64, 48
 * with random); 0 for an algorithm that is not known. integrity may be NULL. */
unsigned cipher_tag_size(const char *encryption, const char *integrity);

/* Length of the algorithm name at s; 0: there is none. */
size_t cipher_name_len(const char *s);
/* Length of "name" or "name(…)" at s, 0 when there is neither. Checks only that the brackets are
 * balanced. */
size_t cipher_instance_len(const char *s);

#endif
