/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * survey: reads all that `intact needs` must know about a system, whether it will matter or not,
 * and decides nothing.
 */
#ifndef INTACT_INTACT_SURVEY_H
#define INTACT_INTACT_SURVEY_H
#include "facts/header.h"
#include "image/host.h"

/* resume: RESUME as initramfs-tools gave it to its hook, or NULL. sysroot, root and described are
 * set already. */
void survey_read(struct host *host, const char *resume, struct findings *findings);
void survey_free(struct host *host);

/* What the header of a volume says that is on node; header_path is a detached one, as crypttab
 * names it. */
void survey_header(const struct host *host, const char *node, const char *header_path,
		   struct header *ret);
/* Is there such a file in the system that the image is for? */
bool survey_file(const struct host *host, const char *path);

#endif
