/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * imagefile: reads an initramfs image from its file.
 */
#ifndef INTACT_INTACT_IMAGEFILE_H
#define INTACT_INTACT_IMAGEFILE_H

#include "check/image.h"

/* Fills image, whose path is set; result tells how far that got. */
void imagefile_read(struct image *image);

#endif
