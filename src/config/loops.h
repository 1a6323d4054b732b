/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * loops: volumes that can never be opened, because each waits for another: the header of one on the
 * mapping that it makes, or two whose disks are the mappings of each other.
 */
#ifndef INTACT_CONFIG_LOOPS_H
#define INTACT_CONFIG_LOOPS_H
#include "config/volume.h"

/* Is the device, by its name, the mapping with that name? */
bool loops_names_mapping(const struct devref *device, const char *name);

/* Does a, by the names of its devices, need the mapping of b? *ret_what: for its "header" or its
 * "disk". */
bool loops_volume_needs(const struct volume *a, const struct volume *b, const char **ret_what);

/* The same of volumes by their numbers. */
typedef bool loops_needs(void *arg, size_t a, size_t b, const char **ret_what);

/*
 * Calls found for each loop of n volumes once, with the text "the header of a is on b, …" that
 * names all in it, and the numbers of those.
 */
void loops_find(size_t n, const char *(*name)(void *arg, size_t i), loops_needs *needs,
		void (*found)(void *arg, const char *text, const size_t *loop, size_t len),
		void *arg);

/* Adds a finding for each loop of the configuration. */
void loops_report(struct config *config);

#endif
