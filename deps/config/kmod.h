/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kmod's config.h on Linux with musl.
 *
 * MODULE_DIRECTORY is modprobe's own on Debian and Fedora. If /lib is a link to usr/lib, it is also
 * Arch's /usr/lib/modules. kmod_new() accepts any other folder. Configuration is read from /etc,
 * /run, /usr/local/lib, DISTCONFDIR and /lib, each with /modprobe.d.
 */
#define _GNU_SOURCE 1
#define PACKAGE "kmod"
#define VERSION "34.2"
#define SYSCONFDIR "/etc"
#define DISTCONFDIR "/usr/lib"
#define MODULE_DIRECTORY "/lib/modules"

/* Decompressors are linked, not dlopen()ed. No openssl: it only prints signatures. */
#define ENABLE_DEBUG 0
#define ENABLE_ELFDBG 0
#define ENABLE_LOGGING 1
#define ENABLE_OPENSSL 0
#define ENABLE_XZ 1
#define ENABLE_XZ_DLOPEN 0
#define ENABLE_ZLIB 1
#define ENABLE_ZLIB_DLOPEN 0
#define ENABLE_ZSTD 1
#define ENABLE_ZSTD_DLOPEN 0
#define KMOD_FEATURES "+ZSTD +XZ +ZLIB -OPENSSL"

/* musl's basename() is that of POSIX. kmod passes only names that do not end in a slash; for these
 * glibc's gives the same result. */
#define HAVE_DECL_BASENAME 1
#define HAVE_DECL___XSTAT 0
#define HAVE_NORETURN
#define HAVE_SECURE_GETENV
#define HAVE_STATIC_ASSERT
#define HAVE_STRUCT_STAT_ST_MTIM
#define HAVE___BUILTIN_CLZ 1
#define HAVE___BUILTIN_TYPES_COMPATIBLE_P 1
#define HAVE___BUILTIN_UADDLL_OVERFLOW 1
#define HAVE___BUILTIN_UADDL_OVERFLOW 1
#define HAVE___BUILTIN_UADD_OVERFLOW 1
#define HAVE___BUILTIN_UMULLL_OVERFLOW 1
#define HAVE___BUILTIN_UMULL_OVERFLOW 1
#define HAVE___BUILTIN_UMUL_OVERFLOW 1

/* The install and remove commands of modprobe.d would run a shell. A program in an initramfs must
 * never do that, so the function does not even exist. */
#include <stdlib.h>
#define system(command) ((void)(command), -1)
