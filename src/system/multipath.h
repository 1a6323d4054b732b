/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * multipath: is a disk one of several ways to the same disk, which only the map of all of them
 * should be opened on?
 *
 * sysroot is as in block.h.
 */
#ifndef INTACT_SYSTEM_MULTIPATH_H
#define INTACT_SYSTEM_MULTIPATH_H

#include "facts/devref.h"

/* Is there a program that makes multipath maps, and did the kernel command line not switch that
 * off? */
bool multipath_makes_maps(const char *sysroot);

/*
 * Sets member when udev calls the device a path of a multipath map. Where maps are made and udevd
 * runs, but udevd has not handled the device yet, only udevd's answer can tell: sets undecided
 * then. In an initramfs that answer may come from before multipathd ran, or from an image without
 * multipath's rules; then the program multipath itself is asked.
 *
 * With "find_multipaths smart" in multipath.conf, multipath waits some seconds for a second path of
 * each new disk. Sets undecided and again for that time. udev calls the disk a path meanwhile; the
 * event that would end that comes from a timer of systemd, which not every image has. So in an
 * initramfs the program multipath, which knows the time, is asked then, too.
 */
void multipath_look(const char *sysroot, const char *device, struct device *ret);

/* What "multipath -c" printed of a disk. */
enum multipath_answer {
	MULTIPATH_NO_ANSWER,
	MULTIPATH_NO_PATH,
	MULTIPATH_PATH,
	MULTIPATH_MAYBE, /* until a second path has appeared, or the time for that is over */
};

enum multipath_answer multipath_parse(const char *output);

#endif
