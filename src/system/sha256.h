/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sha256: the hash of bytes in memory.
 */
#ifndef INTACT_SYSTEM_SHA256_H
#define INTACT_SYSTEM_SHA256_H

#include <stdbool.h>
#include <stddef.h>

#define SHA256_SIZE 32

/* False: the hash could not be computed. */
bool sha256(const void *data, size_t len, unsigned char ret[static SHA256_SIZE]);

#endif
