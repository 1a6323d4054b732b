/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check/refind_words.h"

#include "base/texts.h"

#define WORDS_MAX 64

/* The next word of a line; NULL: there is none. '=' and ',' separate, too; "" in quotes is a quote.
 * The caller frees it. */
static char *next_word(const char **line)
{
	const char *at = *line + strspn(*line, " \t=,");
	bool quoted = *at == '"';
	char *word;
	size_t n = 0;

	if (!*at || *at == '#')
		return NULL;
	at += quoted;
	word = xcalloc(strlen(at) + 1, 1);
	for (; *at && (quoted || !strchr(" \t=,#", *at)); at++) {
		if (*at == '"' && at[1] != '"')
			break;
		at += *at == '"';
		word[n++] = *at;
	}
	*line = at + (*at == '"');
	return word;
}

bool words_next_line(const char **text, struct words *ret)
{
	*ret = (struct words){ 0 };
	while (!ret->n && **text) {
		cleanup_free char *line = xstrndup(*text, strcspn(*text, "\r\n"));
		const char *rest = line;
		char *word;

		*text += strlen(line);
		*text += strspn(*text, "\r\n");
		while (ret->n < WORDS_MAX && (word = next_word(&rest))) {
			texts_add(&ret->list, &ret->n, word);
			free(word);
		}
	}
	return ret->n > 0;
}

void words_free(struct words *words)
{
	texts_free(words->list, words->n);
}

void words_replace(char **text, const char *value)
{
	char *copy = value ? xstrdup(value) : NULL;

	free(*text);
	*text = copy;
}

char *words_next_member(const char **list)
{
	size_t len = *list ? strcspn(*list, ",") : 0;
	char *member;

	if (!len)
		return NULL;
	member = xstrndup(*list, len);
	*list += len + ((*list)[len] == ',');
	return member;
}
