/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "intact/headerfile.h"

#include "base/child.h"
#include "base/util.h"
#include "facts/filesystem.h"
#include "system/device.h"
#include "system/mounts.h"
#include "system/snapshot.h"

#include <poll.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>

/* The most that the LUKS2 format allows: two copies of 4 MiB, and 128 MiB of keyslots. */
#define SIZE_MAX_OF_HEADER (136 << 20)
#define READ_MS 15000

struct errand {
	const char *node, *path;
	const struct extent *extent;
	void *buf; /* shared with this program */
};

struct answer {
	int r;
	size_t len;
	char why[FOREIGN_WHY];
};

/* In a child, since a mount may wait for the device for ever. */
static void work(void *arg, int fd)
{
	const struct errand *errand = arg;
	struct answer answer = { .r = -1 };
	struct device dev = { 0 };
	const char *driver;

	(void)device_probe(errand->node, &dev);
	driver = filesystem_driver(dev.type);
	if (driver)
		answer.r = foreign_read_file(errand->node, driver, errand->path, errand->extent,
					     errand->buf, &answer.len, answer.why);
	else
		(void)snprintf(answer.why, sizeof(answer.why),
			       "%s has no file system that can be read here", errand->node);
	(void)child_send(fd, &answer, sizeof(answer));
}

static void receive(struct child *child, struct answer *ret)
{
	struct pollfd fd = { .fd = child->fd, .events = POLLIN };
	int n;

	do
		n = poll(&fd, 1, READ_MS);
	while (n < 0 && errno == EINTR);
	if (n <= 0 || !child_receive(child->fd, ret, sizeof(*ret))) {
		*ret = (struct answer){ .r = -1 };
		str_copy(ret->why, sizeof(ret->why), "its device does not answer");
	}
	child_reap_within(child, 0);
}

/* Reads it into snapshot. */
static int copy(struct errand *errand, int snapshot, char why[static FOREIGN_WHY])
{
	struct answer answer = { .r = -1 };
	struct child child = CHILD_NONE;
	int r = child_start(&child, CHILD_KEEPS_NOTHING, work, errand);

	if (r < 0) {
		(void)snprintf(why, FOREIGN_WHY, "%s", strerror(-r));
		return r;
	}
	receive(&child, &answer);
	if (answer.r == 0 && answer.len <= errand->extent->max &&
	    ftruncate(snapshot, (off_t)answer.len) == 0)
		return 0;
	answer.why[sizeof(answer.why) - 1] = '\0';
	(void)str_copy(why, FOREIGN_WHY, answer.why);
	return -EIO;
}

static char *read_unmounted(const char *node, const char *path, char why[static FOREIGN_WHY])
{
	const struct extent whole = { .max = SIZE_MAX_OF_HEADER,
				      .too_large = "it is larger than any LUKS2 header" };
	struct errand errand = { node, path, &whole, MAP_FAILED };
	int fd = snapshot_new(whole.max), r = fd;

	if (fd >= 0)
		errand.buf = mmap(NULL, whole.max, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (errand.buf == MAP_FAILED) {
		(void)snprintf(why, FOREIGN_WHY, "there is no memory for it");
	} else {
		r = copy(&errand, fd, why);
		(void)munmap(errand.buf, whole.max);
		if (r == 0)
			return xasprintf("/proc/self/fd/%d", fd);
	}
	if (fd >= 0)
		close(fd);
	return NULL;
}

char *headerfile_read(const char *sysroot, const char *device, const char *node,
		      const struct file_place *place, char why[static FOREIGN_WHY])
{
	cleanup_free char *point = mount_point(sysroot, device), *path = NULL;
	struct stat st;

	why[0] = '\0';
	if (!point)
		return read_unmounted(node, place->path, why);
	path = xasprintf("%s%s%s", sysroot, str_eq(point, "/") ? "" : point, place->path);
	if (stat(path, &st) == 0 && S_ISREG(st.st_mode))
		return steal_pointer(&path);
	(void)snprintf(why, FOREIGN_WHY, "it is not on the file system at %.100s", point);
	return NULL;
}
