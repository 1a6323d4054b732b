/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sound: the mappings that intact opened, or found open, and that have what the image promises.
 */
#ifndef INTACT_UNLOCK_SOUND_H
#define INTACT_UNLOCK_SOUND_H

#include <stdbool.h>
#include <stddef.h>

struct sound {
	char **names;
	size_t n;
};

/* From the records in run_dir. */
void sound_read(const char *run_dir, struct sound *ret);
/* Whether a mapping is one of them; for stack_is_within(). */
bool sound_has(void *sound, const char *name);
void sound_free(struct sound *sound);

#endif
