/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * texts: a growing list of strings that it owns; also the names in a folder, as such a list.
 */
#ifndef INTACT_BASE_TEXTS_H
#define INTACT_BASE_TEXTS_H

#include <stddef.h>

/* Appends a copy of text. */
void texts_add(char ***texts, size_t *n, const char *text);
void texts_free(char **texts, size_t n);
/* The names in a folder, without those that begin with a dot; none when there is no such folder.
 * They are sorted: the same system always gives the same image. */
void texts_folder(const char *path, char ***ret, size_t *ret_n);

#endif
