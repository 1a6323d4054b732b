/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cryptolist: the text of /proc/crypto: which drivers the kernel has for an algorithm.
 */
#ifndef INTACT_FACTS_CRYPTOLIST_H
#define INTACT_FACTS_CRYPTOLIST_H

#include <stdbool.h>
#include <stddef.h>

/* The driver of the highest priority for the algorithm: the one that the kernel takes. False: there
 * is none, and buf is "". */
bool cryptolist_driver(const char *list, const char *algorithm, char *buf, size_t size);

#endif
