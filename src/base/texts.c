/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/texts.h"

#include "base/util.h"

#include <dirent.h>

void texts_add(char ***texts, size_t *n, const char *text)
{
	*(char **)array_add(texts, n, sizeof(**texts)) = xstrdup(text);
}

void texts_free(char **texts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(texts[i]);
	free(texts);
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void texts_folder(const char *path, char ***ret, size_t *ret_n)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	char **names = NULL;
	size_t n = 0;

	if (dir) {
		while ((entry = readdir(dir)))
			if (entry->d_name[0] != '.')
				texts_add(&names, &n, entry->d_name);
		closedir(dir);
	}
	if (n)
		qsort(names, n, sizeof(*names), compare_texts);
	*ret = names;
	*ret_n = n;
}
