/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * outdated: a kernel command line that was made from settings which have changed since.
 *
 * Silent unless the settings are newer and the command line lacks something of them; and unless it
 * is certain to have been made from them.
 */
#ifndef INTACT_INTACT_OUTDATED_H
#define INTACT_INTACT_OUTDATED_H

#include "check/faults.h"
#include "intact/boots.h"

/* The command line in a unified kernel image: /etc/kernel/cmdline, else mkinitcpio's
 * /etc/cmdline.d. maker: as image_maker_name() has it. */
void outdated_unified(const char *root, const char *file, const char *maker, const char *cmdline,
		      struct faults *faults);
/* That of an entry of GRUB: /etc/default/grub. */
void outdated_grub(const char *root, const struct boots_loader *loader,
		   const struct boot_entry *entry, struct faults *faults);

#endif
