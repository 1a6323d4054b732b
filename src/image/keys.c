/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image/keys.h"

#include <fnmatch.h>

bool keys_are_ours(const struct host *host, const struct entry *e)
{
	const char *colon = e->keyfile ? strrchr(e->keyfile, ':') : NULL;
	struct devref device;

	/* With keyscript= the field is a word for the script. */
	if (!e->keyfile || e->keyfile[0] != '/' || options_have(e->options, "keyscript"))
		return true;
	if (str_after(e->keyfile, "/dev/") || (colon && devref_parse(colon + 1, &device) == 0))
		return true;
	return host->keyfile_pattern && fnmatch(host->keyfile_pattern, e->keyfile, 0) == 0;
}
