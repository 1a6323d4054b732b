/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * keyscript: what crypttab's third field is when the option keyscript= stands beside it.
 *
 * Debian runs that program to get the key. intact runs no program: it knows what the scripts of
 * Debian's cryptsetup do, and does that itself where it can. With any other script the passphrase
 * is asked for, with a finding.
 */
#ifndef INTACT_CONFIG_KEYSCRIPT_H
#define INTACT_CONFIG_KEYSCRIPT_H

#include "config/volume.h"

/* A key of decrypt_keyctl: "cryptsetup:" and the third field. */
#define KEYSCRIPT_NAME_MAX 200

/* Sets where the key of v comes from; field: crypttab's third, NULL for none. Options are set
 * already. */
void keyscript_set_key(struct volume *v, const char *field, const char *where,
		       struct config *config);
/* The key file that the field names for this keyscript= (NULL: none is given), as keyfile_set
 * takes it: PATH, or PATH:DEVICE. NULL: it names none. The caller frees it. */
char *keyscript_keyfile(const char *script, const char *field);
/* Does the script read a file that it finds in the image, wherever that came from? NULL is fine. */
bool keyscript_reads_image(const char *script);
/* Is the field the name of a key in the kernel's keyring? NULL is fine. */
bool keyscript_names_key(const char *script);

#endif
