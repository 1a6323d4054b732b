/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/kmsg.h"

#include "base/escape.h"
#include "base/util.h"

#include <fcntl.h>
#include <stdio.h>

int kmsg_mark(void)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0 && lseek(fd, 0, SEEK_END) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

void kmsg_since(int mark, const char *needle, char *buf, size_t size)
{
	char record[2048];
	ssize_t n;

	buf[0] = '\0';
	/* Each read gives one record, "6,339,5140900,-;text\n KEY=VALUE\n"
	 * (Documentation/ABI/testing/dev-kmsg). EPIPE: records were lost, and others follow. */
	while (mark >= 0 && ((n = read(mark, record, sizeof(record) - 1)) > 0 ||
			     (n < 0 && (errno == EPIPE || errno == EINTR)))) {
		char *text, *found;

		if (n <= 0)
			continue;
		record[n] = '\0';
		text = strchr(record, ';');
		if (!text)
			continue;
		text[strcspn(text, "\n")] = '\0';
		found = strstr(text, needle);
		if (!found)
			continue;
		found += strlen(needle);
		str_copy(buf, size, found + strspn(found, " "));
		str_printable(buf);
	}
}

/* The log is a ring of at most some MiB. */
#define LINES_MAX (8U << 20)

/* "6,339,5140900,-;text": the facility is in the first number's upper bits; 0 is the kernel. The
 * third is the time, in microseconds since the kernel's start. */
static const char *kernel_text(char *record, uint64_t since_us)
{
	unsigned long long level, us;
	char *text = strchr(record, ';');

	if (!text || sscanf(record, "%llu,%*u,%llu", &level, &us) != 2 || level >> 3 != 0 ||
	    us < since_us)
		return NULL;
	text[strcspn(text, "\n")] = '\0';
	return str_printable(text + 1);
}

int kmsg_start(void)
{
	return open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
}

char *kmsg_kernel_lines(int start, uint64_t since_us)
{
	char *lines = NULL;
	char record[2048];
	size_t len = 0;
	FILE *file = open_memstream(&lines, &len);
	ssize_t n;

	while (file && start >= 0 && len < LINES_MAX &&
	       ((n = read(start, record, sizeof(record) - 1)) > 0 ||
		(n < 0 && (errno == EPIPE || errno == EINTR)))) {
		const char *text;

		if (n <= 0)
			continue;
		record[n] = '\0';
		text = kernel_text(record, since_us);
		if (text)
			fprintf(file, "%s\n", text);
		(void)fflush(file);
	}
	if (file)
		(void)fclose(file);
	return lines ? lines : xstrdup("");
}

void kmsg_format(int level, const char *text, char *buf, size_t size)
{
	(void)snprintf(buf, size - 1, "<%d>intact: %s", level, text);
	for (char *p = buf; (p = strchr(p, '\n'));)
		*p = ' ';
	str_printable(buf);
	/* Without it the kernel shows the line to nobody until somebody writes the next one. */
	strcat(buf, "\n");
}

void kmsg_write(int level, const char *text)
{
	cleanup_close int fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC | O_NOCTTY);
	char line[900]; /* the kernel cuts at LOG_LINE_MAX, about 1000 */

	if (fd < 0)
		return;
	kmsg_format(level, text, line, sizeof(line));
	(void)write_all(fd, line, strlen(line));
}
