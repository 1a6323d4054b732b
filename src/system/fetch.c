/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/fetch.h"

#include "base/child.h"
#include "base/util.h"
#include "facts/filesystem.h"
#include "system/device.h"
#include "system/machine.h"
#include "system/snapshot.h"

#include <poll.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>

struct errand {
	const struct file_place *place;
	const char *node;
	const struct extent *extent;
	void (*load)(const char *driver);
	void *buf; /* shared with the process that wants it */
};

struct answer {
	int r;
	size_t len;
	char why[FOREIGN_WHY];
};

/* --- in the child ----------------------------------------------------------------------------- */

static int read_file_there(const struct errand *errand, struct answer *ret)
{
	const char *type = errand->place->fstype, *driver;
	struct device dev = { 0 };

	if (!*type && device_probe(errand->node, &dev) == 0)
		type = dev.type;
	driver = filesystem_driver(type);
	if (!driver) {
		if (*type)
			(void)snprintf(ret->why, sizeof(ret->why), "no %s is read from a \"%.40s\"",
				       errand->extent->what, type);
		else
			(void)str_copy(ret->why, sizeof(ret->why), "no file system was recognised");
		return -1;
	}
	if (errand->load)
		errand->load(driver);
	return foreign_read_file(errand->node, driver, errand->place->path, errand->extent,
				 errand->buf, &ret->len, ret->why);
}

static void work(void *arg, int fd)
{
	const struct errand *errand = arg;
	struct answer answer = { 0 };

	machine_oom_score(500);
	if (errand->place->kind == PLACE_FILE)
		answer.r = read_file_there(errand, &answer);
	else
		answer.r = foreign_read_device(errand->node, errand->extent, errand->buf,
					       &answer.len, answer.why);
	(void)child_send(fd, &answer, sizeof(answer));
}

/* --- for the caller --------------------------------------------------------------------------- */

static int make_room(size_t room, struct fetched *ret)
{
	struct fetched f = { .fd = snapshot_new(room), .room = room };

	if (f.fd < 0)
		return f.fd;
	f.data = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_SHARED, f.fd, 0);
	if (f.data == MAP_FAILED) {
		int r = neg_errno();

		close(f.fd);
		return r;
	}
	/* Only the pages that are used; a refusal is no error, as in base/secret.h. */
	(void)syscall(SYS_mlock2, f.data, room, 1 /* MLOCK_ONFAULT */);
	(void)madvise(f.data, room, MADV_DONTDUMP);
	(void)snprintf(f.path, sizeof(f.path), "/proc/%d/fd/%d", (int)getpid(), f.fd);
	*ret = f;
	return 0;
}

static void wait_for(struct child *child, struct answer *ret)
{
	struct pollfd fd = { .fd = child->fd, .events = POLLIN };
	int n;

	do
		n = poll(&fd, 1, FETCH_MS);
	while (n < 0 && errno == EINTR);
	if (n == 0) {
		str_copy(ret->why, sizeof(ret->why), "the device does not answer");
	} else if (!child_receive(child->fd, ret, sizeof(*ret))) {
		*ret = (struct answer){ .r = -1 };
		str_copy(ret->why, sizeof(ret->why), "the process that reads it has died");
	}
	child_reap_within(child, 0);
}

int fetch(const struct file_place *place, const char *node, const struct extent *extent,
	  void (*load)(const char *driver), struct fetched *ret, char why[static FOREIGN_WHY])
{
	struct errand errand = { place, node, extent, load, NULL };
	struct answer answer = { .r = -1 };
	struct fetched f = FETCHED_NONE;
	struct child child = CHILD_NONE;
	int r = make_room(extent->max, &f);

	errand.buf = f.data;
	if (r == 0)
		r = child_start(&child, CHILD_KEEPS_NOTHING, work, &errand);
	if (r < 0)
		(void)snprintf(answer.why, sizeof(answer.why), "%s", strerror(-r));
	else
		wait_for(&child, &answer);
	f.len = answer.len < f.room ? answer.len : f.room;
	if (answer.r == 0 && ftruncate(f.fd, (off_t)f.len) == 0) {
		*ret = f;
		return 0;
	}
	fetched_wipe(&f);
	answer.why[sizeof(answer.why) - 1] = '\0';
	(void)str_copy(why, FOREIGN_WHY, answer.why);
	return -1;
}

void fetched_wipe(struct fetched *f)
{
	off_t from = 0, to;

	if (f->fd < 0)
		return;
	/* All that is there: a child that did not answer has perhaps read a part of the key. */
	while ((from = lseek(f->fd, from, SEEK_DATA)) >= 0 &&
	       (to = lseek(f->fd, from, SEEK_HOLE)) > from) {
		explicit_bzero((char *)f->data + from, (size_t)(to - from));
		from = to;
	}
	(void)munmap(f->data, f->room);
	close(f->fd);
	*f = FETCHED_NONE;
}
