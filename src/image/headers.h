/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * headers: what the image must hold, and what is to be said, when the header of a volume lies apart
 * from its disk.
 */
#ifndef INTACT_IMAGE_HEADERS_H
#define INTACT_IMAGE_HEADERS_H

#include "image/plan.h"

/* Is the header detached, and its place not there now? Its disk cannot tell what it is then. */
bool headers_absent(const struct wanted *w);
void headers_explain_absent(struct findings *findings, const struct wanted *w,
			    const char *kernel_version);
/* Adds a finding when the disk has a header, too; and when the volume is open with integrity, but
 * no LUKS2 header is where it should be. */
void headers_judge(struct plan *plan, const struct wanted *w);
/* Adds a finding for each loop: a header, or a disk, on the volume that it opens. */
void headers_loops(struct plan *plan);

#endif
