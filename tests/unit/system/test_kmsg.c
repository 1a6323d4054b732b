/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records of /dev/kmsg, which gives one record a read, as a datagram socket does. */
#include "system/kmsg.h"

#include "base/util.h"
#include "test.h"

#include <sys/socket.h>

/* A log with these records; to be closed. */
static int log_of(const char *const *records, size_t n)
{
	int ends[2];

	CHECK(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0);
	for (size_t i = 0; i < n; i++)
		CHECK(write(ends[0], records[i], strlen(records[i])) > 0);
	close(ends[0]);
	return ends[1];
}

static void check_found(const char *const *records, size_t n, const char *expected)
{
	cleanup_close int log = log_of(records, n);
	char found[40] = "unchanged";

	kmsg_since(log, "device-mapper: table: ", found, sizeof(found));
	CHECK_STR(found, expected);
}

#define CHECK_FOUND(expected, ...)                                    \
	do {                                                          \
		static const char *const records[] = { __VA_ARGS__ }; \
		check_found(records, ARRAY_SIZE(records), expected);  \
	} while (0)

TEST(the_reason_of_a_failure)
{
	CHECK_FOUND("253:1: crypt: Unknown cipher",
		    "4,812,9121,-;virtio_blk virtio1: [vda] 16384 512-byte blocks\n",
		    "3,813,9127,-;device-mapper: table: 253:1: crypt: Unknown cipher\n"
		    " SUBSYSTEM=block\n DEVICE=b253:1\n",
		    "4,814,9128,-;device-mapper: ioctl: error adding target to table\n");
	/* The last line counts. */
	CHECK_FOUND("second", "3,1,1,-;device-mapper: table: first\n",
		    "3,2,2,-;device-mapper: table:   second\n");
}

TEST(nothing_about_it)
{
	CHECK_FOUND("", "4,812,9121,-;random: crng init done\n");
	/* Only the text counts, neither the values after it nor what stands before it. */
	CHECK_FOUND("", "4,1,1,-;x\n KEY=device-mapper: table: no\n", "device-mapper: table: no\n");
}

TEST(hostile_records)
{
	CHECK_FOUND("a?[2Jb", "3,1,1,-;device-mapper: table: a\x1b[2Jb\n");
	CHECK_FOUND("", ";", "\n", "3,1,1,-;", "3,1,1,-;device-mapper: table: \n");
	/* Cut to the buffer. */
	CHECK_FOUND("0123456789012345678901234567890123456 8",
		    "3,1,1,-;device-mapper: table: 0123456789012345678901234567890123456 890");
}

/* A process that writes to the log has another facility. */
TEST(the_kernels_lines)
{
	static const char *const records[] = { "3,1,1,-;device-mapper: a\n KEY=b\n",
					       "12,2,2,-;no\n", "none", "6,3,3,-;x\x1by",
					       "4,4,4,-;\n" };
	cleanup_close int log = log_of(records, ARRAY_SIZE(records));
	cleanup_free char *lines = kmsg_kernel_lines(log, 0), *none = kmsg_kernel_lines(-1, 0);

	CHECK_STR(lines, "device-mapper: a\nx?y\n\n");
	CHECK_STR(none, "");
}

TEST(the_kernels_lines_since)
{
	static const char *const records[] = { "3,1,999,-;early\n", "3,2,1000,-;then\n",
					       "3,3,-;no time\n", "3,4,20000000000,c;late\n" };
	cleanup_close int log = log_of(records, ARRAY_SIZE(records));
	cleanup_free char *lines = kmsg_kernel_lines(log, 1000);

	CHECK_STR(lines, "then\nlate\n");
}

TEST(our_own_lines)
{
	char line[40];

	kmsg_format(6, "root: a\nb\033[2J\xc2\x9b\xc3\xbc", line, sizeof(line));
	CHECK_STR(line, "<6>intact: root: a b?[2J?\xc3\xbc\n");
	/* Cut to the buffer, also in the middle of a character. */
	kmsg_format(6, "012345678901234567890123456\xc3\xbc", line, sizeof(line));
	CHECK_STR(line, "<6>intact: 012345678901234567890123456\n");
	kmsg_format(6, "01234567890123456789012345\xc3\xbc", line, sizeof(line));
	CHECK_STR(line, "<6>intact: 01234567890123456789012345?\n");
}

TEST(no_log_to_read)
{
	char found[8] = "before";

	kmsg_since(-1, "x", found, sizeof(found));
	CHECK_STR(found, "");
}

TEST_MAIN(the_reason_of_a_failure, nothing_about_it, hostile_records, the_kernels_lines,
	  the_kernels_lines_since, our_own_lines, no_log_to_read)
