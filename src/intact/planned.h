/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * planned: what the image for one kernel of this system must hold: surveyed, and decided. `intact
 * needs` prints it, `intact check` compares an image with it.
 */
#ifndef INTACT_INTACT_PLANNED_H
#define INTACT_INTACT_PLANNED_H

#include "image/host.h"
#include "image/modules.h"
#include "image/plan.h"

struct planned {
	struct host host;
	struct image_kernel kernel;
	struct plan plan;
};

/* host.sysroot, root and described, and version, dir and generic of kernel are set already. resume:
 * see survey_read(). */
void planned_make(struct planned *planned, const char *resume);
void planned_free(struct planned *planned);

#endif
