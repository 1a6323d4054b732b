/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lvm2's include/configure.h, as far as libdevmapper reads it. GNU_SYMVER stays undefined: symbol
 * versions mean nothing in a static archive.
 */
#define _GNU_SOURCE 1
#define _REENTRANT 1

#define DEFAULT_DM_ADD_NODE DM_ADD_NODE_ON_RESUME
#define DEFAULT_DM_NAME_MANGLING DM_STRING_MANGLING_AUTO
#define DEFAULT_DM_RUN_DIR "/run"
#define DEFAULT_PROC_DIR "/proc"
#define DM_DEVICE_GID 0
#define DM_DEVICE_MODE 0600
#define DM_DEVICE_UID 0
#define DM_IOCTLS 1
/* VERSION_DM of the tarball */
#define DM_LIB_VERSION "1.02.205 (2025-02-27)"

/* The reason for deps/libudev: without this, udev's rules treat a new dm device as one that is not
 * ready. */
#define UDEV_SYNC_SUPPORT 1

#define HAVE_ALLOCA_H 1
#define HAVE_LINUX_FIEMAP_H 1
#define HAVE_LINUX_MAGIC_H 1
#define HAVE_REALTIME 1
#define HAVE___BUILTIN_CLZ 1
#define HAVE___BUILTIN_CLZLL 1
#define HAVE___BUILTIN_FFS 1
#define MAJOR_IN_SYSMACROS 1
