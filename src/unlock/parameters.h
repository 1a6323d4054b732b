/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * parameters: the kernel command line, and what dracut puts beside it.
 */
#ifndef INTACT_UNLOCK_PARAMETERS_H
#define INTACT_UNLOCK_PARAMETERS_H

/*
 * The parameters that dracut itself reads: /etc/cmdline.d/NAME.conf (kernel_cmdline= and
 * hostonly_cmdline= of dracut.conf), /etc/cmdline, /run/initramfs/cmdline.d/NAME.conf, and last the
 * kernel's. In other images there is only that. Below root, which is "" but for tests. The caller
 * frees the result.
 */
char *parameters_read(const char *root);

#endif
