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

void kmsg_format(int level, const char *text, char *buf, size_t size)
{
	(void)snprintf(buf, size, "<%d>intact: %s", level, text);
	for (char *p = buf; (p = strchr(p, '\n'));)
		*p = ' ';
	str_printable(buf);
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
