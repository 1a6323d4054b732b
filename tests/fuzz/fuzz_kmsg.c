/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Records of the kernel's log, with a line "\f\n" between them, and a line of our own: what stands
 * before the first. /dev/kmsg gives one record for a read, as a datagram socket does. Each record
 * is also a line of the audit log.
 */
#include "fuzz.h"

#include "facts/auditline.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>

static int fake_log = -1;

/* The log of this machine is not written to. */
static int open_log(const char *path, int flags)
{
	MUST(str_eq(path, "/dev/kmsg") && flags & O_CLOEXEC);
	return fake_log < 0 ? -1 : dup(fake_log);
}
#define open open_log
#include "system/kmsg.c"
#undef open

static void write_line(const char *text)
{
	char got[1024] = "";
	ssize_t n;
	int mark;

	MUST(kmsg_mark() == -1);
	kmsg_write(3, text);
	fake_log = memfd_create("fuzz", MFD_CLOEXEC);
	MUST(fake_log >= 0);
	mark = kmsg_mark();
	MUST(mark >= 0);
	close(mark);
	kmsg_write(3, text);
	n = pread(fake_log, got, sizeof(got) - 1, 0);
	/* One write is one record: it has one line, to its end, and fits. */
	MUST(n > 0 && n < 1000 && str_after(got, "<3>intact: ") &&
	     strchr(got, '\n') == got + n - 1);
	close(fake_log);
	fake_log = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	MUST(fake_log >= 0 && kmsg_mark() == -1); /* what cannot seek has no end */
	close(fake_log);
	fake_log = -1;
}

/* What was read can be written as the kernel writes it, and is the same then. */
static void audit_record(const char *line)
{
	struct audit_error e, again;
	char text[200], number[32];

	if (!auditline_read(line, &e))
		return;
	snprintf(number, sizeof(number), "%u:%u", e.major, e.minor);
	snprintf(text, sizeof(text),
		 "audit: type=1339 audit(%llu.%03u:1): module=crypt op=a dev=%s sector=? res=0",
		 (unsigned long long)e.ms / 1000, (unsigned)(e.ms % 1000), number);
	MUST(auditline_read(text, &again) && again.ms == e.ms && auditline_is_of(&again, number));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_string(data, size), *rest = text, found[40];
	char *copy = fuzz_string(data, size), *again = copy, *lines;
	int ends[2];

	MUST(kmsg_start() == -1);
	write_line(fuzz_piece(&rest, "\f\n"));
	MUST(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0);
	for (unsigned i = 0; i < 8 && *rest; i++) {
		const char *record = fuzz_piece(&rest, "\f\n");

		audit_record(record);
		(void)!write(ends[0], record, strlen(record));
	}
	kmsg_since(ends[1], "device-mapper: table: ", found, sizeof(found));
	MUST(fuzz_readable(found) && !strchr(found, '\n'));
	for (unsigned i = 0; i < 8 && again && *again; i++) {
		const char *record = fuzz_piece(&again, "\f\n");

		(void)!write(ends[0], record, strlen(record));
	}
	lines = kmsg_kernel_lines(ends[1], strlen(copy) % 2 ? 1000 : 0);
	MUST(fuzz_readable(lines));
	free(lines);
	free(copy);
	close(ends[0]);
	close(ends[1]);
	free(text);
	return 0;
}
