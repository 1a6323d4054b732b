/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * debian: the parameters of initramfs-tools and of cryptsetup's README.initramfs.
 */
#ifndef INTACT_CONFIG_DEBIAN_H
#define INTACT_CONFIG_DEBIAN_H

#include "config/param.h"

/* cryptopts=target=NAME,source=DEVICE,key=PATH,OPTIONS…: adds a volume or refines it, and switches
 * off what no such parameter names. */
void debian_cryptopts(struct param *p);
/* rootdelay=SECONDS: lengthens the wait for devices. rd.retry= of dracut does, too. */
void debian_rootdelay(struct param *p);
/* rd.timeout= of dracut and systemd.default_device_timeout_sec=: the same, but 0 is for ever. */
void device_timeout(struct param *p);

#endif
