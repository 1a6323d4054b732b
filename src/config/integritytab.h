/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * integritytab: the lines of /etc/integritytab (integritytab(5) of systemd), and of the file of the
 * same format in the image. No system call.
 *
 *   NAME DEVICE [KEYFILE|-] [OPTIONS|-]
 */
#ifndef INTACT_CONFIG_INTEGRITYTAB_H
#define INTACT_CONFIG_INTEGRITYTAB_H

#include "base/findings.h"
#include "config/volume.h"
#include "facts/standalone.h"

/* More lines than any honest system has. What is beyond is left out. */
#define INTEGRITYTAB_MAX 64

struct integritytab {
	struct standalone *list;
	size_t n;
};

/* Adds the lines of a file. A mistake leaves its line out, and is a finding of this severity; the
 * other lines are read. At most INTEGRITYTAB_MAX findings. */
void integritytab_parse(const char *path, const char *text, size_t len, enum severity severity,
			struct integritytab *tab, struct findings *findings);
/* Leaves out the lines whose name a volume has or needs, NAME_dif too. */
void integritytab_leave_out_clashes(struct integritytab *tab, struct config *config);
void integritytab_free(struct integritytab *tab);

const struct standalone *integritytab_named(const struct integritytab *tab, const char *name);

/* The line for an image, without a newline: "int0 PARTUUID=… - integrity-algorithm=crc32c".
 * keyfile: its path in the image, or NULL. To be freed. */
char *integritytab_format(const struct standalone *s, const char *keyfile);

#endif
