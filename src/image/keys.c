/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image/keys.h"

#include "base/util.h"

#include <fnmatch.h>

bool keys_elsewhere(const struct entry *e, struct file_place *ret)
{
	return e && e->keyfile && !e->throwaway && place_parse(e->keyfile, ret) == 0 &&
	       place_has_device(ret);
}

bool keys_are_copied(const struct host *host, const struct entry *e)
{
	return e->keyfile[0] == '/' && host->keyfile_pattern &&
	       fnmatch(host->keyfile_pattern, e->keyfile, 0) == 0;
}

bool keys_are_included(const struct host *host, const struct entry *e)
{
	cleanup_free char *copy = xstrdup(host->included ? host->included : "");
	char *save = NULL;

	for (char *word = strtok_r(copy, " \t\n", &save); word;
	     word = strtok_r(NULL, " \t\n", &save))
		if (e->keyfile[0] == '/' && fnmatch(word, e->keyfile, FNM_PATHNAME) == 0)
			return true;
	return false;
}

bool keys_are_ours(const struct host *host, const struct entry *e)
{
	struct file_place place;

	/* With keyscript= the field is a word for the script. */
	if (!e->keyfile || e->keyfile[0] != '/' || options_have(e->options, "keyscript"))
		return true;
	if (keys_elsewhere(e, &place))
		return true;
	return keys_are_copied(host, e) || keys_are_included(host, e);
}
