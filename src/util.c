/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "util.h"

#include "exitcode.h"

#include <fcntl.h>
#include <stdio.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>

/* exit(), not _exit(): whoever switched the terminal's echo off put it back in an atexit handler. */
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

	/* memcpy, since the caller's pointer has a type of its own that void * must not alias. */
	memcpy(&elements, array, sizeof(elements));

	/* The room is the next power of two, so it is used up whenever n is one (or 0). */
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

int parse_u64(const char *s, uint64_t max, uint64_t *ret)
{
	uint64_t value = 0;

	if (!*s)
		return -EINVAL;
	/* Digits first, then the size: "99999999999999999999x" is nonsense, not too large. */
	if (s[strspn(s, "0123456789")])
		return -EINVAL;
	for (; *s; s++)
		if (__builtin_mul_overflow(value, 10u, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(*s - '0'), &value))
			return -ERANGE;
	if (value > max)
		return -ERANGE;
	*ret = value;
	return 0;
}

int parse_bool(const char *s, bool *ret)
{
	static const char *const words[] = {
		"no", "yes", "false", "true", "off", "on", "0", "1", "n", "y", "f", "t",
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcasecmp(s, words[i]) == 0) {
			*ret = i % 2 == 1;
			return 0;
		}
	return -EINVAL;
}

/* systemd.time(7); months and years are left out, nobody waits that long for a disk. */
static const struct {
	const char *name;
	uint64_t us;
} time_units[] = {
	{ "us", 1 },		{ "usec", 1 },		{ "ms", 1000 },		{ "msec", 1000 },
	{ "s", 1000000 },	{ "sec", 1000000 },	{ "second", 1000000 },	{ "seconds", 1000000 },
	{ "m", 60000000 },	{ "min", 60000000 },	{ "minute", 60000000 }, { "minutes", 60000000 },
	{ "h", 3600000000 },	{ "hr", 3600000000 },	{ "hour", 3600000000 }, { "hours", 3600000000 },
	{ "d", 86400000000 },	{ "day", 86400000000 }, { "days", 86400000000 },
	{ "w", 604800000000 },	{ "week", 604800000000 }, { "weeks", 604800000000 },
};

/* One "NUMBER[.FRACTION][ UNIT]" at *s, which is moved behind it. */
static int parse_span(const char **s, uint64_t *ret_us)
{
	size_t digits = strspn(*s, "0123456789"), fraction_digits = 0, unit_len;
	uint64_t us, unit = 1000000, scale, fraction = 0;
	char number[24];
	const char *p = *s + digits;

	if (digits == 0)
		return -EINVAL;
	if (digits >= sizeof(number))
		return -ERANGE;
	memcpy(number, *s, digits);
	number[digits] = '\0';
	if (parse_u64(number, UINT64_MAX, &us) < 0)
		return -ERANGE;

	if (*p == '.') {
		const char *f = ++p;

		fraction_digits = strspn(f, "0123456789");
		if (fraction_digits == 0)
			return -EINVAL;
		p += fraction_digits;
		/* what is below a microsecond of a second does not matter */
		if (fraction_digits > 6)
			fraction_digits = 6;
		for (size_t i = 0; i < fraction_digits; i++)
			fraction = fraction * 10 + (uint64_t)(f[i] - '0');
	}

	p += strspn(p, " \t");
	unit_len = strspn(p, "abcdefghijklmnopqrstuvwxyz");
	if (unit_len > 0) {
		size_t i = 0;

		while (i < ARRAY_SIZE(time_units) && (strlen(time_units[i].name) != unit_len ||
						      memcmp(time_units[i].name, p, unit_len) != 0))
			i++;
		if (i == ARRAY_SIZE(time_units))
			return -EINVAL;
		unit = time_units[i].us;
	}
	for (scale = 1; fraction_digits > 0; fraction_digits--)
		scale *= 10;
	if (__builtin_mul_overflow(us, unit, &us) || __builtin_add_overflow(us, fraction * unit / scale, &us))
		return -ERANGE;
	*s = p + unit_len;
	*ret_us = us;
	return 0;
}

int parse_seconds(const char *s, uint64_t *ret_ms)
{
	uint64_t total = 0;

	s += strspn(s, " \t");
	if (str_eq(s, "infinity")) {
		*ret_ms = UINT64_MAX;
		return 0;
	}
	do {
		uint64_t us;
		int r = parse_span(&s, &us);

		if (r < 0)
			return r;
		if (__builtin_add_overflow(total, us, &total))
			return -ERANGE;
		s += strspn(s, " \t");
	} while (*s);

	*ret_ms = total / 1000;
	return 0;
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

char *str_printable(char *s)
{
	for (char *p = s; *p; p++)
		if (*p < 0x20 || *p > 0x7e)
			*p = '?';
	return s;
}

/* The size of a file in /proc or /sys is only known when its end has been read. */
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
	int fd = open(path, O_RDONLY | O_CLOEXEC), r;
	size_t len;

	if (fd < 0)
		return neg_errno();
	r = read_to_end(fd, max, ret, ret_len ? ret_len : &len);
	close(fd);
	return r;
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

int make_parent_dirs(const char *path, unsigned mode)
{
	cleanup_free char *folder = xstrdup(path);

	for (char *slash = strchr(folder + (*folder == '/'), '/'); slash; slash = strchr(slash + 1, '/')) {
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

int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}
