/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bootconfig: parameters of the kernel at the end of an initramfs image (Documentation/admin-guide/
 * bootconfig.rst), which the kernel takes off before it unpacks the image.
 *
 * Pure. The bytes are hostile.
 */
#ifndef INTACT_CHECK_BOOTCONFIG_H
#define INTACT_CHECK_BOOTCONFIG_H

#include "check/unified.h"

/* How many of the size bytes from there on are before a bootconfig; size: there is none. */
uint64_t bootconfig_before(const struct unified_source *source, uint64_t at, uint64_t size);

#endif
