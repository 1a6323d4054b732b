/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * encoding: base64 and hexadecimal digits, as the JSON of a header and of a signature file has
 * bytes.
 */
#ifndef INTACT_BASE_ENCODING_H
#define INTACT_BASE_ENCODING_H

#include "base/secret.h"

#include <stddef.h>

/* The bytes that a text in base64 stands for, at most max of them: their number. -EINVAL: the text
 * is not base64, has blanks in it, or has bits after the last byte; -E2BIG. */
int base64_decode(const char *text, unsigned char *ret, size_t max);
/* The same for hexadecimal digits, two a byte. */
int hex_decode(const char *text, unsigned char *ret, size_t max);
/* Appends the bytes in base64, with padding. False: it did not fit. */
bool base64_add(struct secret *to, const unsigned char *bytes, size_t len);

#endif
