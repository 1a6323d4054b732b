/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * place: where a key file or a detached header is: in the image, on the file system of a device, or
 * on a device that has nothing else there.
 */
#ifndef INTACT_FACTS_PLACE_H
#define INTACT_FACTS_PLACE_H

#include "facts/devref.h"

#include <stddef.h>

enum place_kind {
	PLACE_IMAGE,  /* a file in the image */
	PLACE_FILE,   /* a file on the file system of a device */
	PLACE_DEVICE, /* the device itself */
};

struct file_place {
	enum place_kind kind;
	char path[1024];      /* absolute; of PLACE_FILE in its file system; "" with PLACE_DEVICE */
	struct devref device; /* unless PLACE_IMAGE */
	char fstype[32];      /* of PLACE_FILE: as for mount(8); "": find out */
};

/*
 * Reads the field of a crypttab: PATH, PATH:DEVICE, and a path below /dev or any other name of a
 * device. DEVICE is as devref_parse() reads it; as in systemd, a ':' belongs to PATH unless a
 * device comes after it, and then PATH need not begin with a '/'. -EINVAL: none of these, or
 * control characters; -ENAMETOOLONG.
 */
int place_parse(const char *text, struct file_place *ret);
/*
 * Reads dracut's PATH:DEVICE:LUKSDEVICE as well; an empty DEVICE is the image. *ret_volume is
 * LUKSDEVICE, or has the kind DEVREF_NONE.
 */
int place_parse_volume(const char *text, struct file_place *ret, struct devref *ret_volume);
/* Reads what cryptkey= of Arch has as DEVICE:FSTYPE:PATH; "auto" is no type. path need not begin
 * with a '/'. */
int place_on(const char *device, const char *fstype, const char *path, struct file_place *ret);

/* Is it a place of its own? Otherwise it is in the image. */
bool place_has_device(const struct file_place *place);
bool place_eq(const struct file_place *a, const struct file_place *b);
/* Writes it as place_parse() reads it, into buf (cut when too small); returns buf. The type of the
 * file system is lost. */
const char *place_format(const struct file_place *place, char *buf, size_t size);

#endif
