/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * arch: the parameters of the encrypt hook in Arch's cryptsetup package.
 */
#ifndef INTACT_CONFIG_ARCH_H
#define INTACT_CONFIG_ARCH_H

#include "config/param.h"

/* cryptdevice=DEVICE:NAME[:OPTIONS]: adds a volume or refines it. */
void arch_cryptdevice(struct param *p);
/* cryptkey=rootfs:PATH: the key file of the volumes that the command line names. */
void arch_cryptkey(struct param *p);

#endif
