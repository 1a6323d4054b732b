/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * json-c's config.h on Linux with musl. ENABLE_THREADING is off: one thread owns an object.
 * HAVE_SYSLOG_H is off: an initramfs has no syslog.
 */
#define _GNU_SOURCE 1
#define HAVE_ATOMIC_BUILTINS
#define HAVE_DECL_INFINITY 1
#define HAVE_DECL_ISINF 1
#define HAVE_DECL_ISNAN 1
#define HAVE_DECL_NAN 1
#define HAVE_DLFCN_H
#define HAVE_ENDIAN_H
#define HAVE_FCNTL_H
#define HAVE_GETRANDOM
#define HAVE_INTTYPES_H
#define HAVE_LIMITS_H
#define HAVE_LOCALE_H
#define HAVE_OPEN
#define HAVE_REALLOC
#define HAVE_SETLOCALE
#define HAVE_SNPRINTF
#define HAVE_STDARG_H
#define HAVE_STDINT_H
#define HAVE_STDLIB_H
#define HAVE_STRCASECMP 1
#define HAVE_STRDUP
#define HAVE_STRERROR
#define HAVE_STRINGS_H
#define HAVE_STRING_H
#define HAVE_STRNCASECMP 1
#define HAVE_STRTOLL
#define HAVE_STRTOULL
#define HAVE_SYS_PARAM_H 1
#define HAVE_SYS_RANDOM_H
#define HAVE_SYS_STAT_H
#define HAVE_SYS_TYPES_H 1
#define HAVE_UNISTD_H 1
#define HAVE_USELOCALE
#define HAVE_VASPRINTF
#define HAVE_VPRINTF
#define HAVE_VSNPRINTF
#define HAVE___THREAD
#define SPEC___THREAD __thread
#define JSON_C_HAVE_INTTYPES_H 1
#define PACKAGE_VERSION "0.18"
#define SIZEOF_INT __SIZEOF_INT__
#define SIZEOF_INT64_T 8
#define SIZEOF_LONG __SIZEOF_LONG__
#define SIZEOF_LONG_LONG __SIZEOF_LONG_LONG__
#define SIZEOF_SIZE_T __SIZEOF_SIZE_T__
#define SIZEOF_SSIZE_T __SIZEOF_SIZE_T__
