/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * refind: what rEFInd can start: the stanzas of refind.conf, and the kernels that it finds by
 * itself, with the options of refind_linux.conf beside them.
 *
 * Pure: text and names in, entries out. All of them are hostile.
 */
#ifndef INTACT_CHECK_REFIND_H
#define INTACT_CHECK_REFIND_H

#include "check/entry.h"

#define REFIND_INCLUDES_MAX 8

struct refind {
	/* Lists, with a comma after each member; NULL: not set. */
	char *extra;		       /* extra_kernel_version_strings */
	char *not_files, *not_folders; /* dont_scan_files, dont_scan_dirs */
	char *selection;	       /* default_selection */
	char **includes;	       /* files in the same folder, to be read after this one */
	size_t n_includes;
	bool no_scan;	 /* it looks for no kernels by itself */
	bool no_stanzas; /* it ignores the stanzas */
	bool only_efi;	 /* only kernels with names in .efi */
	bool no_fold;	 /* its menu shows all kernels of a folder, not only the newest */
};

/* refind.conf, or a file that it includes. */
void refind_read(const char *text, struct refind *settings, struct boot_entries *entries);
/*
 * The kernels in a folder. names: its files, the newest first. options: the text of
 * refind_linux.conf. The entries' paths begin in that folder, which is base (static).
 */
void refind_scan(const struct refind *settings, const char *base, char *const *names, size_t n,
		 const char *options, struct boot_entries *entries);
/* Finds the default, after all of that. */
void refind_settle(const struct refind *settings, struct boot_entries *entries);
void refind_free(struct refind *settings);

#endif
