/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unlock/sound.h"

#include "base/texts.h"
#include "base/util.h"
#include "facts/record.h"

#define RECORD_MAX (1 << 16)

static void add_name(struct sound *sound, const char *run_dir, const char *volume)
{
	cleanup_free char *path = xasprintf("%s/%s", run_dir, volume), *text = NULL;

	if (volume[0] == '.' || read_file(path, RECORD_MAX, &text, NULL) < 0)
		return;

	cleanup_free char *outcome = record_value(text, "outcome");
	cleanup_free char *promised = record_value(text, "promised");
	cleanup_free char *mapping = record_value(text, "mapping");

	if (*promised && (str_eq(outcome, "open") || str_eq(outcome, "was-open")))
		texts_add(&sound->names, &sound->n, *mapping ? mapping : volume);
}

void sound_read(const char *run_dir, struct sound *ret)
{
	char **volumes;
	size_t n;

	*ret = (struct sound){ 0 };
	texts_folder(run_dir, &volumes, &n);
	for (size_t i = 0; i < n; i++)
		add_name(ret, run_dir, volumes[i]);
	texts_free(volumes, n);
}

bool sound_has(void *arg, const char *name)
{
	const struct sound *sound = arg;

	for (size_t i = 0; i < sound->n; i++)
		if (str_eq(sound->names[i], name))
			return true;
	return false;
}

void sound_free(struct sound *sound)
{
	texts_free(sound->names, sound->n);
}
