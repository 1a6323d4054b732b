/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * surroundings: whether this process sees the system that was booted, or a part of another one: in
 * a container or in a chroot. Decides nothing. sysroot is that of block.h.
 */
#ifndef INTACT_SYSTEM_SURROUNDINGS_H
#define INTACT_SYSTEM_SURROUNDINGS_H

#include <stdbool.h>

#define SURROUNDINGS_MAX 32

/* The container's manager in printable text ("docker", "podman", "systemd-nspawn"); "" when nothing
 * shows that this is a container. */
void surroundings_container(const char *sysroot, char ret[static SURROUNDINGS_MAX]);

/* Is the root folder of this process another one than that of process 1? False also when that
 * cannot be found out. */
bool surroundings_chroot(const char *sysroot);

#endif
