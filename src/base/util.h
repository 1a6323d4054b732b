/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * util: text, memory, small files, the clock, and attributes that clean variables up.
 *
 * Conventions of the whole tree: functions return 0 (or a count) or a negative errno; ret_*
 * parameters are untouched on failure; what a function returns through ret_* belongs to the
 * caller. A failure is logged once, by the function that decides what it means, never by a helper.
 */
#ifndef INTACT_BASE_UTIL_H
#define INTACT_BASE_UTIL_H

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))

static inline void cleanup_free_p(void *p)
{
	free(*(void **)p);
}
static inline void cleanup_close_p(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}
#define cleanup_free __attribute__((cleanup(cleanup_free_p)))
#define cleanup_close __attribute__((cleanup(cleanup_close_p)))

/* Hands the pointer (or fd) over and disarms the cleanup of the variable. */
#define steal_pointer(p)                         \
	({                                       \
		__typeof__(*(p)) _stolen = *(p); \
		*(p) = NULL;                     \
		_stolen;                         \
	})
static inline int steal_fd(int *fd)
{
	int stolen = *fd;

	*fd = -1;
	return stolen;
}

/* -errno, and certainly negative: compilers and analysers then know that the other path is
 * success. */
static inline int neg_errno(void)
{
	return errno > 0 ? -errno : -EIO;
}

static inline bool str_eq(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}
/* The text after prefix, or NULL when s does not start with it. */
const char *str_after(const char *s, const char *prefix);
/* Copies as much as fits and always terminates; false when s was cut. size > 0. */
bool str_copy(char *dst, size_t size, const char *s);
/* snprintf that appends to the text in dst; cuts silently. */
void str_append(char *dst, size_t size, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* These never return NULL: out of memory ends the program with exit code 3, since an initramfs
 * without a few hundred free bytes cannot unlock anything. The caller frees the result. */
char *xstrdup(const char *s);
char *xstrndup(const char *s, size_t n);
char *xasprintf(const char *fmt, ...) PRINTF_LIKE(1, 2);
void *xcalloc(size_t n, size_t size);
/* Appends a zeroed element and returns it. array is the address of the pointer to the n elements of
 * size bytes each. The room is computed from n: remove elements only at the end, and never raise n
 * by hand. */
void *array_add(void *array, size_t *n, size_t size);

/* 3 -> "3 B", 314572800 -> "300 MiB"; for messages only. */
const char *format_bytes(uint64_t bytes, char buf[static 32]);

/* The whole file as a NUL-terminated string (NULs inside are kept; *ret_len may be NULL).
 * -EFBIG above max bytes; -EINVAL: a pipe or a device, which is not read and never waited for. */
int read_file(const char *path, size_t max, char **ret, size_t *ret_len);
/* First line of a small file (sysfs attribute), without its newline. -E2BIG: does not fit. */
int read_line(const char *path, char *buf, size_t size);
/* Writes all len bytes, going on after signals and short writes. */
int write_all(int fd, const void *data, size_t len);
/* Opens /dev/null for each of the three standard files that is closed, so that no other file gets
 * its number and what is printed: a disk, for example. */
void keep_standard_files(void);
/* mkdir -p of the folder part of path. */
int make_parent_dirs(const char *path, unsigned mode);
/* Milliseconds on CLOCK_MONOTONIC. */
uint64_t now_ms(void);

#endif
