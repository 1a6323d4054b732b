/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files of auditd: rotated, cut, with lines that have no end. */
#include "system/auditlog.h"

#include "base/util.h"
#include "test.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#define AT(seconds) "type=DM_EVENT msg=audit(" seconds ".000:9): "
#define EVENT "module=crypt op=integrity-aead dev=254:1 sector=8 res=0\n"
#define SECOND 1000ULL

static char root[64];

static void put(const char *name, const char *text, const char *more, size_t times, time_t changed)
{
	cleanup_free char *path = xasprintf("%s/var/log/audit/%s", root, name);
	struct timespec times_of[2] = { { .tv_sec = changed }, { .tv_sec = changed } };
	int fd;

	CHECK(make_parent_dirs(path, 0755) == 0);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	CHECK(fd >= 0);
	for (size_t i = 0; i < times; i++)
		CHECK(write_all(fd, text, strlen(text)) == 0);
	CHECK(write_all(fd, more, strlen(more)) == 0);
	CHECK(futimens(fd, times_of) == 0);
	close(fd);
}

static void found(void *arg, const struct audit_error *e)
{
	*(unsigned *)arg += auditline_is_of(e, "254:1");
}

static unsigned count(uint64_t since_ms)
{
	unsigned n = 0;

	CHECK(auditlog_read(root, since_ms, found, &n));
	return n;
}

static void start(void)
{
	str_copy(root, sizeof(root), "/tmp/intact-auditlog-XXXXXX");
	CHECK(mkdtemp(root) != NULL);
}

static void end(void)
{
	cleanup_free char *command = xasprintf("rm -rf %s", root);

	CHECK(system(command) == 0);
}

TEST(no_log)
{
	unsigned n = 0;

	start();
	CHECK(!auditlog_read(root, 0, found, &n));
	put("audit.log.1", AT("2000") EVENT, "", 1, 2000);
	CHECK(!auditlog_read(root, 0, found, &n));
	CHECK_INT(n, 0);
	end();
}

TEST(files)
{
	start();
	put("audit.log", AT("3000") EVENT, AT("4000") EVENT, 1, 4000);
	CHECK_INT(count(0), 2);
	CHECK_INT(count(3000 * SECOND), 2);
	CHECK_INT(count(3000 * SECOND + 1), 1);
	/* A file that was written last before that is not read. */
	put("audit.log.1", AT("2000") EVENT, AT("5000") EVENT, 1, 2000);
	put("audit.log.3", AT("1000") EVENT, "", 1, 1000);
	CHECK_INT(count(0), 4);
	CHECK_INT(count(2002 * SECOND), 2);
	CHECK_INT(count(2000 * SECOND), 4);
	CHECK_INT(count(9000 * SECOND), 0);
	end();
}

/* What is not whole is no record: the last line, and one that is too long to be one. */
TEST(lines)
{
	cleanup_free char *text = xcalloc(1, 40000), *path = NULL;

	start();
	memset(text, 'x', 16383);
	str_copy(text + 16383, 1000, AT("3000") EVENT);
	put("audit.log", text,
	    AT("3000") EVENT AT("3000") "module=crypt op=integrity-aead "
					"dev=254:1 sector=8 res=0",
	    1, 3000);
	CHECK_INT(count(0), 1);
	/* No file that could hold the program up. */
	path = xasprintf("%s/var/log/audit/audit.log", root);
	CHECK(unlink(path) == 0 && mkfifo(path, 0600) == 0);
	CHECK_INT(count(0), 0);
	CHECK(unlink(path) == 0 && symlink("/dev/zero", path) == 0);
	CHECK_INT(count(0), 0);
	end();
}

/* Only the end of a log that grows without end. */
TEST(large)
{
	start();
	put("audit.log", AT("3000") EVENT, AT("3000") EVENT,
	    (64 << 20) / strlen(AT("3000") EVENT) + 9, 3000);
	CHECK(count(0) <= (64 << 20) / strlen(AT("3000") EVENT));
	CHECK(count(0) > 500000);
	put("audit.log.1", AT("3000") EVENT, "", 1, 3000);
	CHECK(count(0) <= (64 << 20) / strlen(AT("3000") EVENT));
	end();
}

TEST_MAIN(no_log, files, lines, large)
