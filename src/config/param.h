/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * param: one parameter of the kernel command line while it is read, and what every dialect does
 * with one.
 */
#ifndef INTACT_CONFIG_PARAM_H
#define INTACT_CONFIG_PARAM_H

#include "config/volume.h"

/* The parameters that switch volumes off, as param.where names them; "": there is none. */
struct off {
	char all[192];		/* rd.luks=0, luks=no */
	char foreign[192];	/* rd.luks.crypttab=no: what foreign crypttabs have */
	char not_named[192];	/* rd.luks.uuid= or rd.luks.name=: what it does not name of those */
	char no_cryptopts[192]; /* an empty cryptopts=: all, unless there is another one */
	bool cryptopts;		/* that other one */
};

struct param {
	struct config *config;
	struct off *off;
	const char *value; /* "" when there is none */
	char where[192];   /* "kernel command line: rd.luks.uuid=…": names the whole parameter;
			    in one line */
};

/* Adds a finding about the parameter. */
#define param_finding(p, severity, fmt, ...) \
	findings_add(&(p)->config->findings, severity, "%s: " fmt, (p)->where, ##__VA_ARGS__)

/* The parameter's value as a time in milliseconds. False, with a finding: it is none. */
bool param_seconds(const struct param *p, uint64_t *ret_ms);

/* Gives v the name that the command line wants, or adds a finding when another volume has it. */
void param_rename(const struct param *p, struct volume *v, const char *name);
/* Adds a volume; NULL, with a finding, when another volume has the name or needs it for NAME_dif.
 * Valid until the next volume is added. */
struct volume *param_add(const struct param *p, const struct devref *source, const char *name);
/* Sets a key file; not of a promised volume without a pinned volume key, for which any disk could
 * pass that was made for the file. */
void param_keyfile(const struct param *p, struct volume *v, const char *text);
/* The same for a place that was read already; the text is p->value. */
void param_key_place(const struct param *p, struct volume *v, const struct file_place *place);
/* Is a key file that names no volume for v? It is for the volumes on the command line, or for all
 * when there is none; but not where another key file is set. */
bool param_key_is_for(const struct config *config, const struct volume *v);
/* Says so if it is for none of the volumes. */
void param_key_check(const struct param *p);
/* The keyscript= and key= of cryptopts=, as crypttab's third field (NULL: none) and option; a key
 * file as in param_keyfile(). */
void param_keyscript(const struct param *p, struct volume *v, const char *script,
		     const char *field);
/* The data of v are on source, and its header, with this UUID, elsewhere. Not for a promised
 * volume. */
void param_data(const struct param *p, struct volume *v, const char *uuid,
		const struct devref *source);
/*
 * Adds to v's options. noauto is not among them: whether a volume is left out is for its file. Of a
 * promised volume only those are changed that cannot weaken the promise; a finding names the
 * others.
 */
void param_options(const struct param *p, struct volume *v, const char *options);
/*
 * The volume with the device and the name of cryptdevice= or cryptopts=, added when there is none.
 * NULL with a finding when one of the two is invalid. Valid until the next volume is added.
 */
struct volume *param_volume(const struct param *p, const char *device, const char *name);

#endif
