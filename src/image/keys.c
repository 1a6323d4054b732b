/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image/keys.h"

#include <fnmatch.h>

bool keys_elsewhere(const struct entry *e, struct file_place *ret)
{
	return e && e->keyfile && !e->throwaway && place_parse(e->keyfile, ret) == 0 &&
	       place_has_device(ret);
}

bool keys_are_ours(const struct host *host, const struct entry *e)
{
	struct file_place place;

	/* With keyscript= the field is a word for the script. */
	if (!e->keyfile || e->keyfile[0] != '/' || options_have(e->options, "keyscript"))
		return true;
	if (keys_elsewhere(e, &place))
		return true;
	return host->keyfile_pattern && fnmatch(host->keyfile_pattern, e->keyfile, 0) == 0;
}
