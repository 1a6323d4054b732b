/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * texts: a list of strings that grows and owns them.
 */
#ifndef INTACT_BASE_TEXTS_H
#define INTACT_BASE_TEXTS_H
#include <stddef.h>

void texts_add(char ***texts, size_t *n, const char *text);
void texts_free(char **texts, size_t n);
/* The names in a folder, sorted, so that the same system always gives the same image; none when it
 * is not there. */
void texts_folder(const char *path, char ***ret, size_t *ret_n);

#endif
