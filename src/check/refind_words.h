/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * refind_words: the lines of rEFInd's files, as words, and lists of words in one text.
 */
#ifndef INTACT_CHECK_REFIND_WORDS_H
#define INTACT_CHECK_REFIND_WORDS_H

#include "base/util.h"

struct words {
	char **list;
	size_t n;
};

/* The next line that has words; false: the text has ended. */
bool words_next_line(const char **text, struct words *ret);
void words_free(struct words *words);

/* Puts a copy in the place of what is there. value may be NULL. */
void words_replace(char **text, const char *value);

/* The next member of a list in which a comma follows each; NULL: it has ended. The caller frees it.
 */
char *words_next_member(const char **list);

#endif
