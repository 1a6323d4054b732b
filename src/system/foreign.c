/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/foreign.h"

#include "base/util.h"
#include "facts/filesystem.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>

/* In the namespace of the reading process every folder is free to be mounted on. */
#define MOUNT_POINT "/sys"

static int fail(char why[static FOREIGN_WHY], const char *fmt, ...) PRINTF_LIKE(2, 3);
static int fail(char why[static FOREIGN_WHY], const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(why, FOREIGN_WHY, fmt, ap);
	va_end(ap);
	return -1;
}

/* --- the file system -------------------------------------------------------------------------- */

static int mount_failed(const char *driver, int err, char why[static FOREIGN_WHY])
{
	switch (err) {
	case ENODEV:
		return fail(why, "this kernel has no driver for its %s file system", driver);
	case EBUSY:
		return fail(why, "its %s file system is in use", driver);
	case ENOMEM:
		return fail(why, "out of memory");
	case EINVAL:
	case EIO:
	case EUCLEAN:
		return fail(why, "its %s file system is damaged, or is none", driver);
	default:
		return fail(why, "its %s file system cannot be mounted: %s", driver, strerror(err));
	}
}

static int mount_privately(const char *node, const char *driver, char why[static FOREIGN_WHY])
{
	const unsigned long flags = MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME;
	const char *options = filesystem_options(driver);

	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return fail(why, "the kernel gives no mount namespace: %s", strerror(errno));
	if (mount(node, MOUNT_POINT, driver, flags, options) == 0)
		return 0;
	/* A kernel without code page 437 has another one for vfat. */
	if (errno == EINVAL && str_eq(driver, "vfat") &&
	    mount(node, MOUNT_POINT, driver, flags, NULL) == 0)
		return 0;
	return mount_failed(driver, errno, why);
}

/* --- the file --------------------------------------------------------------------------------- */

#define FLAGS (O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)

/* For Linux before 5.6: one part of the path after the other, no symbolic link, no "..". */
static int open_in_steps(int root, const char *path)
{
	cleanup_free char *copy = xstrdup(path);
	char *rest = copy, *part, *next;
	int at = dup(root);

	for (part = strsep(&rest, "/"); at >= 0 && part; part = next) {
		int folder = at;

		next = strsep(&rest, "/");
		if (!*part)
			continue;
		if (str_eq(part, "..")) {
			at = -1;
			errno = EXDEV;
		} else {
			at = openat(folder, part, FLAGS | O_NOFOLLOW | (next ? O_DIRECTORY : 0));
		}
		close(folder);
	}
	return at;
}

static int open_inside(int root, const char *path)
{
	const struct open_how how = {
		.flags = FLAGS, .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV
	};
	int fd = (int)syscall(SYS_openat2, root, path, &how, sizeof(how));

	return fd < 0 && (errno == ENOSYS || errno == EPERM) ? open_in_steps(root, path) : fd;
}

static const char *judge_size(uint64_t whole, const struct extent *extent)
{
	uint64_t rest = whole - extent->offset;

	if (extent->offset >= whole)
		return "it ends before the place that keyfile-offset= names";
	if (extent->size > rest)
		return "it ends before the bytes that keyfile-size= asks for";
	if ((extent->size > 0 ? extent->size : rest) > extent->max)
		return extent->too_large;
	return NULL;
}

const char *foreign_judge(const struct stat *st, const struct extent *extent)
{
	if (S_ISDIR(st->st_mode))
		return "it is a folder";
	if (!S_ISREG(st->st_mode))
		return "it is not a regular file";
	/* Those of /proc and tracefs look like this, and some of them never end. */
	if (st->st_size == 0)
		return "it is empty";
	return judge_size((uint64_t)st->st_size, extent);
}

static int copy(int fd, uint64_t offset, size_t len, void *buf, char why[static FOREIGN_WHY])
{
	for (size_t done = 0; done < len;) {
		ssize_t n = pread(fd, (char *)buf + done, len - done, (off_t)(offset + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail(why, "reading it failed: %s", strerror(errno));
		if (n == 0)
			return fail(why, "it became shorter while it was read");
		done += (size_t)n;
	}
	return 0;
}

static int copy_extent(int fd, uint64_t whole, const struct extent *extent, void *buf,
		       size_t *ret_len, char why[static FOREIGN_WHY])
{
	size_t len = extent->size > 0 ? extent->size : whole - extent->offset;
	int r = copy(fd, extent->offset, len, buf, why);

	if (r < 0)
		explicit_bzero(buf, len);
	/* The kernel need not keep a copy of a key. */
	(void)posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	if (r == 0)
		*ret_len = len;
	return r;
}

int foreign_read_file(const char *node, const char *driver, const char *path,
		      const struct extent *extent, void *buf, size_t *ret_len,
		      char why[static FOREIGN_WHY])
{
	cleanup_close int root = -1, fd = -1;
	const char *problem;
	struct stat st;

	if (mount_privately(node, driver, why) < 0)
		return -1;
	root = open(MOUNT_POINT, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	fd = root < 0 ? -1 : open_inside(root, path);
	if (fd < 0 && (errno == EXDEV || errno == ELOOP))
		return fail(why, errno == EXDEV ?
					 "its symbolic link leads out of the file system" :
					 "its symbolic link leads in a circle or out of the "
					 "file system");
	if (fd < 0 || fstat(fd, &st) < 0)
		return fail(why, "%s", strerror(errno));
	problem = foreign_judge(&st, extent);
	if (problem)
		return fail(why, "%s", problem);
	return copy_extent(fd, (uint64_t)st.st_size, extent, buf, ret_len, why);
}

/* --- the device ------------------------------------------------------------------------------- */

int foreign_read_device(const char *node, const struct extent *extent, void *buf, size_t *ret_len,
			char why[static FOREIGN_WHY])
{
	cleanup_close int fd = open(node, FLAGS);
	const char *problem;
	struct stat st;
	off_t whole;

	if (fd < 0 || fstat(fd, &st) < 0)
		return fail(why, "%s", strerror(errno));
	if (!S_ISBLK(st.st_mode))
		return fail(why, "it is not a block device");
	whole = lseek(fd, 0, SEEK_END);
	if (whole <= 0)
		return fail(why, "it is empty");
	problem = judge_size((uint64_t)whole, extent);
	if (problem)
		return fail(why, "%s", problem);
	return copy_extent(fd, (uint64_t)whole, extent, buf, ret_len, why);
}
