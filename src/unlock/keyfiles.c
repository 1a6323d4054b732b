/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unlock/keyfiles.h"

#include "base/util.h"
#include "config/keyfile.h"
#include "system/keyfile.h"
#include "unlock/report.h"

/* --- found by their names --------------------------------------------------------------------- */

static void find(struct config *config, struct volume *v)
{
	cleanup_free char *etc = xasprintf("/etc/cryptsetup-keys.d/%s.key", v->name);
	cleanup_free char *run = xasprintf("/run/cryptsetup-keys.d/%s.key", v->name);
	const char *const paths[] = { etc, run, "/crypto_keyfile.bin" };
	size_t n = v->by_cryptdevice ? 3 : 2;

	for (size_t i = 0; i < n && !v->keyfile; i++) {
		struct file_place place = { .kind = PLACE_IMAGE };

		if (access(paths[i], R_OK) == 0 &&
		    str_copy(place.path, sizeof(place.path), paths[i]))
			keyfile_set_place(v, &place, paths[i], v->origin, config);
	}
}

void keyfiles_find(struct config *config)
{
	for (size_t i = 0; i < config->n_volumes; i++) {
		struct volume *v = &config->volumes[i];

		/* Its name may be the command line's, and so would be the choice of the file. */
		if (!v->keyfile && !(v->promised && !v->pinned))
			find(config, v);
	}
}

/* --- erased ----------------------------------------------------------------------------------- */

static void erase(const struct volume *v)
{
	cleanup_free char *text = NULL;
	const char *why = place_has_device(v->keyfile) ?
				  "it is on another device, and intact writes to none" :
				  keyfile_erase(v->keyfile->path);
	char name[200];

	if (!why)
		return;
	text = xasprintf("the key file %s is not erased: %s",
			 place_format(v->keyfile, name, sizeof(name)), why);
	report_say(SEVERITY_WARNING, v->name, text);
}

void keyfiles_erase(const struct config *config, const bool *open)
{
	for (size_t i = 0; i < config->n_volumes; i++) {
		const struct volume *v = &config->volumes[i];

		if (open[i] && v->keyfile && v->keyfile_erase)
			erase(v);
	}
}
