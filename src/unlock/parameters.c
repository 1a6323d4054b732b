/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unlock/parameters.h"

#include "base/texts.h"
#include "base/util.h"

#define PARAMETERS_MAX (1 << 20)

/* Appends the text of a file, which may be missing, to *text. */
static void add_file(char **text, const char *path)
{
	cleanup_free char *more = NULL, *before = *text;

	if (read_file(path, PARAMETERS_MAX, &more, NULL) < 0)
		before = NULL;
	else
		*text = xasprintf("%s%s\n", *text, more);
}

static void add_folder(char **text, const char *folder)
{
	char **names;
	size_t n;

	texts_folder(folder, &names, &n);
	for (size_t i = 0; i < n; i++) {
		cleanup_free char *path = xasprintf("%s/%s", folder, names[i]);
		const char *end = strrchr(names[i], '.');

		if (end && str_eq(end, ".conf"))
			add_file(text, path);
	}
	texts_free(names, n);
}

char *parameters_read(const char *root)
{
	static const struct {
		const char *path;
		void (*add)(char **text, const char *path);
	} places[] = {
		{ "/etc/cmdline.d", add_folder },
		{ "/etc/cmdline", add_file },
		{ "/run/initramfs/cmdline.d", add_folder },
		{ "/proc/cmdline", add_file },
	};
	char *text = xstrdup("");

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		cleanup_free char *path = xasprintf("%s%s", root, places[i].path);

		places[i].add(&text, path);
	}
	return text;
}
