/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * order: in which order boot loaders show entries that are in files of their own, and by which
 * names they know them.
 */
#ifndef INTACT_CHECK_ORDER_H
#define INTACT_CHECK_ORDER_H

#include <stdbool.h>

/* Compares two versions as UAPI's "Version Format Specification" says: < 0, 0, > 0. */
int version_compare(const char *a, const char *b);

/* Does the pattern ('*', '?', "[a-z]") match all of text? Small and capital letters are the same.
 * Takes at most as many steps as the product of their lengths. */
bool pattern_matches(const char *pattern, const char *text);

#endif
