/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * parts: what the hooks put into an image beside the program, and without which the boot would go
 * on from, or resume from, a disk that was not checked. The one list of them.
 */
#ifndef INTACT_CHECK_PARTS_H
#define INTACT_CHECK_PARTS_H

#include "check/contents.h"

struct part {
	const char *name;
	/* Only where the image promises that a hibernated system is on its volumes. */
	bool for_resume;
};

/* Ended by one without a name. Units of systemd that have a drop-in ("sysroot.mount"); folders of
 * initramfs-tools that have a script ("local-bottom"); hooks of dracut without systemd
 * ("cleanup/99-intact-leave.sh"); options of intact-unlock that mkinitcpio's hook without systemd
 * calls. */
extern const struct part parts_units[], parts_scripts[], parts_hooks[], parts_calls[];

bool parts_has_unit(const struct contents *c, const char *path);
bool parts_has_hook(const struct contents *c, const char *name);

#endif
