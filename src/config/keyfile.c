/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/keyfile.h"

#include "base/escape.h"
#include "base/util.h"

/* Why the passphrase is asked for instead. */
static void no_key(const struct volume *v, const char *text, const char *why, const char *where,
		   struct config *config)
{
	findings_add(&config->findings, config_foreign_severity(v),
		     "%s: key file \"%.200s\" of %s %s; the passphrase is asked for instead.",
		     where, text, v->name, why);
}

void keyfile_set(struct volume *v, const char *text, const char *where, struct config *config)
{
	struct file_place place;
	int r = place_parse(text, &place);

	if (r == 0)
		keyfile_set_place(v, &place, text, where, config);
	else if (r == -ENAMETOOLONG)
		no_key(v, text, "has too long a name", where, config);
	else if (str_has_control(text))
		no_key(v, text, "has control characters in its name", where, config);
	else
		no_key(v, text,
		       "is neither an absolute path nor a device such as /dev/sdb or LABEL=...",
		       where, config);
}

void keyfile_set_place(struct volume *v, const struct file_place *place, const char *text,
		       const char *where, struct config *config)
{
	const struct devref *device = &place->device, *source = &v->source;

	if (place->kind == PLACE_DEVICE && keyfile_is_random(device->value)) {
		no_key(v, text, "gives another key each time", where, config);
		return;
	}
	if (place->kind == PLACE_DEVICE && str_eq(device->value, "/dev/null")) {
		no_key(v, text, "is empty", where, config);
		return;
	}
	if (place_has_device(place) && device->kind == source->kind &&
	    str_eq(device->value, source->value)) {
		no_key(v, text, "is on the very disk that it is to open", where, config);
		return;
	}
	config_check_order(config, place, where);
	if (!v->keyfile)
		v->keyfile = xcalloc(1, sizeof(*v->keyfile));
	*v->keyfile = *place;
	if (v->promised && !v->pinned && place_has_device(place))
		findings_add(
			&config->findings, SEVERITY_WARNING,
			"%s: the key of %s comes from another device, and no volume key is pinned: "
			"another disk could be opened with a device made for it. Rebuild the boot image.",
			where, v->name);
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
