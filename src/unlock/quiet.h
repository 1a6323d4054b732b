/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * quiet: whether other programs write on the console during the boot.
 */
#ifndef INTACT_UNLOCK_QUIET_H
#define INTACT_UNLOCK_QUIET_H

#include <stdbool.h>

/* Whether only this program writes on the console: "quiet", as initramfs-tools, dracut and the
 * kernel understand it. */
bool boot_is_quiet(void);

#endif
