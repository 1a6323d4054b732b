/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * debian: the parameters of initramfs-tools and of cryptsetup's README.initramfs.
 */
#ifndef INTACT_CONFIG_DEBIAN_H
#define INTACT_CONFIG_DEBIAN_H

#include "config/param.h"

/* cryptopts=target=NAME,source=DEVICE,key=PATH,OPTIONS…: adds a volume or refines it. */
void debian_cryptopts(struct param *p);
/* rootdelay=SECONDS: lengthens the wait for devices. */
void debian_rootdelay(struct param *p);

#endif
