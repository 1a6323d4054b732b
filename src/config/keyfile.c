/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/keyfile.h"

#include "base/escape.h"
#include "base/util.h"

void keyfile_set(struct volume *v, const char *path, const char *where, struct config *config)
{
	/* systemd's PATH:DEVICE: the file is on another disk */
	const char *colon = strrchr(path, ':');
	struct devref device;

	if (*path != '/') {
		findings_add(
			&config->findings, config_foreign_severity(v),
			"%s: key file \"%.100s\" of %s is not an absolute path; the passphrase is "
			"asked for instead.",
			where, path, v->name);
	} else if (str_has_control(path)) {
		findings_add(&config->findings, config_foreign_severity(v),
			     "%s: key file \"%.100s\" of %s has control characters in its name; "
			     "the passphrase is asked for instead.",
			     where, path, v->name);
	} else if (colon && devref_parse(colon + 1, &device) == 0) {
		findings_add(
			&config->findings, config_foreign_severity(v),
			"%s: key file \"%.200s\" of %s is on another disk, which is not supported yet; the "
			"passphrase is asked for instead.",
			where, path, v->name);
	} else {
		free(v->keyfile);
		v->keyfile = xstrdup(path);
	}
}

bool keyfile_is_random(const char *path)
{
	static const char *const paths[] = { "/dev/urandom", "/dev/random", "/dev/hwrng",
					     "/dev/hw_random" };

	for (size_t i = 0; path && i < ARRAY_SIZE(paths); i++)
		if (str_eq(path, paths[i]))
			return true;
	return false;
}
