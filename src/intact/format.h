/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * format: `intact format`: makes a disk or an image file an integrity-protected LUKS2 volume.
 *
 * Nothing is written before the disk is claimed, the kernel is known to have what the volume needs
 * and a person has agreed. The order of the writes is that of facts/unfinished.h: whatever happens,
 * a volume that looks finished is.
 */
#ifndef INTACT_INTACT_FORMAT_H
#define INTACT_INTACT_FORMAT_H

/* `intact format [OPTION]... DEVICE`; argv[0] is "format". Returns an exit code. */
int format_main(int argc, char **argv);

#endif
