/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dialects: the parameters of the kernel command line that are understood, and their order.
 */
#ifndef INTACT_CONFIG_DIALECTS_H
#define INTACT_CONFIG_DIALECTS_H

#include "config/param.h"

/* Adds volumes to those of the files, refines them, and lists mistakes. Sets *ret where the command
 * line has a parameter for it. */
void config_cmdline(struct config *config, const char *text, struct off *ret);

#endif
