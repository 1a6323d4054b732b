/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/auditlog.h"

#include "base/util.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#define LOG "/var/log/audit/audit.log"
/* The kernel allows 8970 bytes for a message, and auditd adds names. */
#define RECORD_MAX (16 << 10)
#define BYTES_MAX (64 << 20)
/* auditd keeps up to 999 files; a record of this boot is in one of the newest. */
#define FILES_MAX 16

struct reading {
	uint64_t since_ms;
	void (*found)(void *arg, const struct audit_error *e);
	void *arg;
	off_t left; /* bytes that may still be read */
};

/* inside: the first line is not there from its start. */
static void read_lines(const struct reading *r, FILE *file, bool inside)
{
	char line[RECORD_MAX];

	while (fgets(line, sizeof(line), file)) {
		size_t len = strcspn(line, "\n");
		bool whole = line[len] == '\n';
		struct audit_error e;

		line[len] = '\0';
		if (!inside && whole && auditline_read(line, &e) && e.ms >= r->since_ms)
			r->found(r->arg, &e);
		inside = !whole;
	}
}

/* False: there is no such file, or it and those after it are too old. */
static bool read_log(struct reading *r, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	FILE *file = fd >= 0 ? fdopen(fd, "r") : NULL;
	struct stat st;
	bool inside;

	if (!file) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ||
	    1000 * (uint64_t)(st.st_mtime + 1) < r->since_ms) {
		fclose(file);
		return false;
	}
	inside = st.st_size > r->left && fseeko(file, st.st_size - r->left, SEEK_SET) == 0;
	read_lines(r, file, inside);
	r->left -= st.st_size < r->left ? st.st_size : r->left;
	fclose(file);
	return true;
}

bool auditlog_read(const char *root, uint64_t since_ms,
		   void (*found)(void *arg, const struct audit_error *e), void *arg)
{
	struct reading r = { since_ms, found, arg, BYTES_MAX };
	cleanup_free char *newest = xasprintf("%s" LOG, root);

	if (access(newest, F_OK) < 0)
		return false;
	for (unsigned i = 0; i < FILES_MAX && r.left > 0; i++) {
		cleanup_free char *older = xasprintf("%s.%u", newest, i);

		if (!read_log(&r, i ? older : newest))
			break;
	}
	return true;
}
