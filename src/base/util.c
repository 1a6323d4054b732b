/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/util.h"

#include "base/exitcode.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>

/* exit(), not _exit(): the code that switched the terminal's echo off restores it in an atexit
 * handler. */
static void __attribute__((noreturn)) out_of_memory(void)
{
	static const char text[] = "intact: out of memory; nothing more can be unlocked\n";

	(void)write_all(STDERR_FILENO, text, sizeof(text) - 1);
	exit(EXIT_CODE_MEMORY);
}

const char *str_after(const char *s, const char *prefix)
{
	size_t len = strlen(prefix);

	return strncmp(s, prefix, len) == 0 ? s + len : NULL;
}

bool str_copy(char *dst, size_t size, const char *s)
{
	size_t len = strnlen(s, size);
	bool fits = len < size;

	if (!fits)
		len = size - 1;
	memcpy(dst, s, len);
	dst[len] = '\0';
	return fits;
}

void str_append(char *dst, size_t size, const char *fmt, ...)
{
	size_t len = strnlen(dst, size);
	va_list ap;

	if (len == size)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(dst + len, size - len, fmt, ap);
	va_end(ap);
}

char *xstrdup(const char *s)
{
	char *copy = strdup(s);

	if (!copy)
		out_of_memory();
	return copy;
}

char *xstrndup(const char *s, size_t n)
{
	char *copy = strndup(s, n);

	if (!copy)
		out_of_memory();
	return copy;
}

void *xcalloc(size_t n, size_t size)
{
	void *p = calloc(n, size);

	if (!p)
		out_of_memory();
	return p;
}

char *xasprintf(const char *fmt, ...)
{
	va_list ap;
	char *text;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (len < 0)
		out_of_memory();
	text = xcalloc((size_t)len + 1, 1);
	va_start(ap, fmt);
	(void)vsnprintf(text, (size_t)len + 1, fmt, ap);
	va_end(ap);
	return text;
}

void *array_add(void *array, size_t *n, size_t size)
{
	char *elements, *added;

	/* memcpy: the caller's pointer has its own type, which a void ** must not alias. */
	memcpy(&elements, array, sizeof(elements));

	/* The room is n rounded up to a power of two, so it is full whenever n is one (or 0). */
	if ((*n & (*n - 1)) == 0) {
		size_t room = *n ? *n * 2 : 1, bytes;

		if (__builtin_mul_overflow(room, size, &bytes))
			out_of_memory();
		elements = realloc(elements, bytes);
		if (!elements)
			out_of_memory();
		memcpy(array, &elements, sizeof(elements));
	}
	added = elements + *n * size;
	memset(added, 0, size);
	(*n)++;
	return added;
}

const char *format_bytes(uint64_t bytes, char buf[static 32])
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	uint64_t whole = bytes, rest = 0;
	unsigned unit = 0;

	while (whole >= 1024 && unit + 1 < ARRAY_SIZE(units)) {
		rest = whole % 1024;
		whole /= 1024;
		unit++;
	}
	if (rest * 10 / 1024 > 0)
		(void)snprintf(buf, 32, "%llu.%llu %s", (unsigned long long)whole,
			       (unsigned long long)(rest * 10 / 1024), units[unit]);
	else
		(void)snprintf(buf, 32, "%llu %s", (unsigned long long)whole, units[unit]);
	return buf;
}

/* The size of a file in /proc or /sys is unknown until its end has been read. */
static int read_to_end(int fd, size_t max, char **ret, size_t *ret_len)
{
	cleanup_free char *text = NULL;
	size_t len = 0, room = 0;

	for (;;) {
		ssize_t n;

		if (room - len < 2) {
			char *bigger;

			room = room ? room * 2 : 4096;
			bigger = realloc(text, room);
			if (!bigger)
				out_of_memory();
			text = bigger;
		}
		n = read(fd, text + len, room - len - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return neg_errno();
		if (n == 0)
			break;
		len += (size_t)n;
		if (len > max)
			return -EFBIG;
	}
	text[len] = '\0';
	*ret_len = len;
	*ret = steal_pointer(&text);
	return 0;
}

int read_file(const char *path, size_t max, char **ret, size_t *ret_len)
{
	cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	size_t len;

	if (fd < 0 || fstat(fd, &st) < 0)
		return neg_errno();
	/* A pipe or a device might never end; a link to /dev/null stands for an empty file. */
	if (!S_ISREG(st.st_mode) && (!S_ISCHR(st.st_mode) || st.st_rdev != makedev(1, 3)))
		return S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
	return read_to_end(fd, max, ret, ret_len ? ret_len : &len);
}

int read_line(const char *path, char *buf, size_t size)
{
	char *text = NULL;
	size_t len;
	int r = read_file(path, 65536, &text, NULL);

	if (r < 0 || !text)
		return r;
	len = strcspn(text, "\n");
	if (len < size) {
		memcpy(buf, text, len);
		buf[len] = '\0';
	} else {
		r = -E2BIG;
	}
	free(text);
	return r;
}

int write_all(int fd, const void *data, size_t len)
{
	const char *p = data;

	while (len > 0) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return neg_errno();
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

void keep_standard_files(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

int make_parent_dirs(const char *path, unsigned mode)
{
	cleanup_free char *folder = xstrdup(path);

	for (char *slash = strchr(folder + (*folder == '/'), '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(folder, mode) < 0 && errno != EEXIST)
			return neg_errno();
		*slash = '/';
	}
	return 0;
}

uint64_t now_ms(void)
{
	struct timespec ts;

	if (clock_gettime(CLOCK_MONOTONIC, &ts) < 0)
		return 0;
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}
