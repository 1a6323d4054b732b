/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * survey: reads everything that `intact needs` decides on, and decides nothing.
 */
#ifndef INTACT_INTACT_SURVEY_H
#define INTACT_INTACT_SURVEY_H

#include "image/host.h"
#include "image/plan.h"

/* Where intact-unlock reports on each volume, and where `intact pin` writes down what it accepted,
 * in the same format. */
#define SURVEY_REPORTS "/run/intact"
#define SURVEY_ACCEPTED SURVEY_REPORTS "/.pins"

/*
 * The system itself. sysroot, root and described are set already. resume: the resume device as
 * initramfs-tools gives it to its hook (RESUME), or NULL.
 */
void survey_read(struct host *host, const char *resume, struct findings *findings);
void survey_free(struct host *host);

/* The header of every wanted volume, what was demanded of it before, and whether the files that
 * crypttab names for it exist. */
void survey_volumes(const struct host *host, struct plan *plan);

/* Is this path of the system a regular file? */
bool survey_has_file(const struct host *host, const char *path);

/* Looks for the detached header of v, whose data are on node ("": not found). */
void survey_header(const struct host *host, const struct volume *v, const char *node,
		   struct header_at *ret);
/*
 * Adds the volumes with a detached header that only the kernel command line of the running system
 * has (rd.luks.data=), as lines of crypttab: what is open does not show where the header was.
 */
void survey_cmdline_headers(struct host *host, struct findings *findings);

#endif
