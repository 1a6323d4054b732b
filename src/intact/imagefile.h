/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * imagefile: reads an initramfs image from its file, or from several that a boot loader loads one
 * after the other.
 */
#ifndef INTACT_INTACT_IMAGEFILE_H
#define INTACT_INTACT_IMAGEFILE_H

#include "check/image.h"
#include "check/unified.h"

/* Before the first file. */
void imagefile_start(struct image *image);
/*
 * Unpacks this file, or size bytes of it from offset on, on top of what was unpacked before; size
 * UINT64_MAX: all of it. Nothing once a file was not whole: result tells why, and path is that
 * file. last: nothing follows, so the kernel takes a bootconfig off its end.
 */
void imagefile_add(struct image *image, const char *path, uint64_t offset, uint64_t size,
		   bool last);
/* After the last file. */
void imagefile_end(struct image *image);

/* A regular file, opened for unified_read(); a negative errno. */
int imagefile_open(const char *path, struct unified_source *ret, int *ret_fd);

#endif
