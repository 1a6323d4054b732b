/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * checkboots: judges all that the boot loaders of this system can start; without any, the images in
 * /boot.
 */
#ifndef INTACT_INTACT_CHECKBOOTS_H
#define INTACT_INTACT_CHECKBOOTS_H

#include "intact/judged.h"

void checkboots_all(struct judging *j, struct checked_list *all);

#endif
