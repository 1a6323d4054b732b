/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config_cmdline: what the dialects of the kernel command line say about volumes; used by config.c
 * only.
 */
#ifndef INTACT_CONFIG_DIALECTS_H
#define INTACT_CONFIG_DIALECTS_H
#include "config/config.h"

/* What a command line says about crypttabs as a whole. */
struct config_cmdline {
	bool allow_list;  /* rd.luks.uuid= or rd.luks.name=: only those of foreign crypttabs */
	bool no_crypttab; /* rd.luks.crypttab=no: none of foreign crypttabs */
};

/* What config.c has for it. */
struct volume *config_find_source(const struct config *config, const struct devref *source);
struct volume *config_find_name(const struct config *config, const char *name);
/* Takes a key file over into v, or says why the passphrase is asked for instead. */
void config_keyfile(struct volume *v, const char *path, const char *where, struct config *config);

/* Adds volumes to those of the files, refines them, and lists mistakes. */
void config_cmdline_apply(struct config *config, const char *text, struct config_cmdline *ret);

#endif
