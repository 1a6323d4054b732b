/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * options: one options field, as crypttab and the kernel command line have it.
 */
#ifndef INTACT_CONFIG_OPTIONS_H
#define INTACT_CONFIG_OPTIONS_H

#include "config/volume.h"

/*
 * Reads one options field of crypttab into v. Appends findings to config that name where
 * ("…/crypttab line 3") and the option. Unknown options are warnings, never errors. Options that
 * are right for a foreign volume but wrong for ours (discard, tpm2-…) are a NOTE as long as
 * v->expect is EXPECT_NOTHING, a WARNING otherwise: set v->expect first where the disk is known to
 * have integrity.
 */
void config_options(struct volume *v, const char *options, const char *where,
		    struct config *config);

/* The same for the options x-intact.… alone: what the line promises. */
void config_promises(struct volume *v, const char *options, const char *where,
		     struct config *config);

/* Is an option such as "lvm=vg" unknown, or without effect? */
bool config_option_ignored(const char *word);

#endif
