/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * util-linux's config.h on Linux with musl, for libblkid and libuuid. HAVE_UUIDD is left out:
 * nothing here talks to a UUID daemon. So is HAVE_LIBECONF: the one configuration file is optional.
 * UTIL_LINUX_VERSION comes from deps/list.
 */
#define _GNU_SOURCE 1
#define PACKAGE "util-linux"
#define PACKAGE_VERSION UTIL_LINUX_VERSION
#define PACKAGE_STRING "util-linux " UTIL_LINUX_VERSION
#define LIBBLKID_VERSION UTIL_LINUX_VERSION
#define LIBBLKID_DATE "static"

/* Paths upstream's makefiles pass in. */
#define LOCALEDIR "/usr/share/locale"
#define _PATH_LOCALSTATEDIR "/var"
#define _PATH_RUNSTATEDIR "/run"
#define _PATH_SYSCONFSTATICDIR "/usr/lib"

#define HAVE_BYTESWAP_H 1
#define HAVE_CPU_SET_T 1
#define HAVE_DECL_CPU_ALLOC 1
#define HAVE_DIRFD 1
#define HAVE_ENDIAN_H 1
#define HAVE_ENVIRON_DECL 1
#define HAVE_ERR 1
#define HAVE_ERRNO_H 1
#define HAVE_ERRX 1
#define HAVE_ERR_H 1
#define HAVE_EXPLICIT_BZERO 1
#define HAVE_FSYNC 1
#define HAVE_GETDTABLESIZE 1
#define HAVE_GETOPT_H 1
#define HAVE_GETRANDOM 1
#define HAVE_GETRLIMIT 1
#define HAVE_JRAND48 1
#define HAVE_LANGINFO_H 1
#define HAVE_LIBPTHREAD 1
#define HAVE_LINUX_BLKZONED_H 1
#define HAVE_LINUX_CDROM_H 1
#define HAVE_LINUX_FD_H 1
#define HAVE_LINUX_OPENAT2_H 1
#define HAVE_LINUX_VERSION_H 1
#define HAVE_LOCALE_H 1
#define HAVE_MEMPCPY 1
#define HAVE_MKOSTEMP 1
#define HAVE_NANOSLEEP 1
#define HAVE_NETINET_IN_H 1
#define HAVE_NET_IF_H 1
#define HAVE_OPAL_GET_STATUS 1
#define HAVE_OPENAT 1
#define HAVE_PATHS_H 1
#define HAVE_POSIX_FADVISE 1
#define HAVE_PRCTL 1
#define HAVE_PROGRAM_INVOCATION_SHORT_NAME 1
#define HAVE_REALLOCARRAY 1
#define HAVE_SECURE_GETENV 1
#define HAVE_SENDFILE 1
#define HAVE_SETNS 1
#define HAVE_SRANDOM 1
#define HAVE_STDIO_EXT_H 1
#define HAVE_STDLIB_H 1
#define HAVE_STRNDUP 1
#define HAVE_STRNLEN 1
#define HAVE_STRUCT_STAT_ST_MTIM_TV_NSEC 1
#define HAVE_SYSCONF 1
#define HAVE_SYS_FILE_H 1
#define HAVE_SYS_IOCTL_H 1
#define HAVE_SYS_PRCTL_H 1
#define HAVE_SYS_SENDFILE_H 1
#define HAVE_SYS_SOCKET_H 1
#define HAVE_SYS_STATFS_H 1
#define HAVE_SYS_STAT_H 1
#define HAVE_SYS_SYSCALL_H 1
#define HAVE_SYS_SYSMACROS_H 1
#define HAVE_SYS_TIME_H 1
#define HAVE_SYS_TTYDEFAULTS_H 1
#define HAVE_SYS_TYPES_H 1
#define HAVE_SYS_UN_H 1
#define HAVE_SYS_VFS_H 1
#define HAVE_TIMEGM 1
#define HAVE_TIMER_CREATE 1
#define HAVE_TLS 1
#define HAVE_TM_GMTOFF 1
#define HAVE_UNISTD_H 1
#define HAVE_UNSHARE 1
#define HAVE_USLEEP 1
#define HAVE_WARN 1
#define HAVE_WARNX 1
#define HAVE_WIDECHAR 1
#define HAVE___FPENDING 1
#define HAVE___PROGNAME 1
