/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "intact/scrub_free.h"

#include "facts/freeblocks.h"
#include "intact/scrub_above.h"
#include "intact/scrub_path.h"
#include "system/block.h"
#include "system/filewalk.h"
#include "system/freeze.h"
#include "system/fsmap.h"
#include "system/mounts.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#define FREEZE_MS 5000
#define MAP_MS 2000 /* others wait that long, for each FREEBLOCKS_MAX blocks */
#define BLOCK_MAX 65536

/* A device with a mounted file system. */
struct filesystem {
	const char *name;
	dev_t number;
	char type[32], node[64];
	int root; /* a folder of the file system */
	int fd;	  /* the device itself */
	unsigned block;
};

/* In memory that is shared with the process that works while the file system is frozen. */
struct work {
	struct freeblocks blocks;
	struct areas areas; /* the same; in memory of its own, which is only read */
	int map_error;
	int root, fd;
	dev_t number;
	unsigned char zeros[BLOCK_MAX] __attribute__((aligned(4096)));
};

struct rewriting {
	struct tell *tell;
	const struct scrub_volume *volume;
	struct work *work;
};

/* --- while it is frozen: nothing may be printed or opened ------------------------------------- */

static void seen(void *arg, const struct area *part, enum fsmap_use use, uint64_t at)
{
	struct freeblocks *blocks = arg;

	(void)at;
	freeblocks_see(blocks, part, use == FSMAP_FREE);
}

static void write_free(void *arg)
{
	struct work *w = arg;
	struct freeblocks *b = &w->blocks;

	w->map_error = fsmap_read(w->root, w->number, &w->areas, seen, b);
	for (size_t i = 0; w->map_error == 0 && i < b->n; i++) {
		if (!freeblocks_are_free(b, i))
			continue;
		b->list[i].written = true;
		if (pwrite(w->fd, w->zeros, b->size, (off_t)b->list[i].from) != (ssize_t)b->size)
			b->list[i].error = errno ? errno : EIO;
	}
}

/* --- may it be? ------------------------------------------------------------------------------- */

static void seen_mount(void *arg, const char *point, const struct mount *mount)
{
	struct filesystem *d = arg;

	if (d->root < 0)
		d->root = filewalk_open(point, d->number);
	(void)str_copy(d->type, sizeof(d->type), mount->type);
}

static void ignore(void *arg, const struct area *part, enum fsmap_use use, uint64_t at)
{
	(void)arg, (void)part, (void)use, (void)at;
}

/* Has its map been read now, all that is needed for it is in memory. */
static const char *judge_map(const struct filesystem *d, const struct areas *areas)
{
	uint64_t begun = now_ms();
	int r = fsmap_read(d->root, d->number, areas, ignore, NULL);

	if (r < 0)
		return "the kernel does not say which blocks of this file system are free";
	if (now_ms() - begun > MAP_MS)
		return "to ask the file system which blocks are free takes so long that nothing "
		       "could write to it for seconds";
	return NULL;
}

/* NULL: it may be written. */
static const char *judge(struct filesystem *d, const struct areas *areas, bool alone)
{
	struct statvfs fs;
	int block = 0;

	if (str_eq(d->type, "btrfs"))
		return "btrfs does not let its blocks be written from outside: write a large file "
		       "until the file system is full, and remove it";
	if (d->root < 0)
		return "the file system cannot be reached: another mount covers it";
	if (!alone)
		return "a snapshot or another mapping has the same place";
	if (fstatvfs(d->root, &fs) < 0 || fs.f_flag & ST_RDONLY)
		return "the file system is mounted read-only";
	/* The kernel writes to it below the file system, perhaps while that stands still. */
	if (scrub_path_is_swap(d->number, SCRUB_PATH_ANY))
		return "a swap file is on the file system, which therefore cannot stand still: "
		       "swapoff, for a moment";
	d->fd = open(d->node, O_WRONLY | O_DIRECT | O_CLOEXEC);
	if (d->fd < 0 && (errno == EBUSY || errno == EPERM))
		return "this kernel lets nobody write to a device that is mounted";
	if (d->fd < 0 || ioctl(d->fd, BLKSSZGET, &block) < 0 || block < 512 || block > BLOCK_MAX)
		return "the device cannot be opened for writing";
	d->block = (unsigned)block;
	return judge_map(d, areas);
}

/* --- one device ------------------------------------------------------------------------------- */

static const char *describe(int error)
{
	switch (error) {
	case -EBUSY:
		return "another program has frozen the file system: try it later";
	case -ETIMEDOUT:
		return "it took longer than 5 seconds, so that the file system was thawed again";
	case -EINPROGRESS:
		return "the disk does not answer; the file system is thawed when it does";
	case -ESTALE:
		return "another program thawed the file system meanwhile, and may have got blocks "
		       "that were written: have the file system checked (fsck, xfs_repair)";
	case -ECHILD:
		return "the process that wrote was killed";
	case -EOPNOTSUPP:
	case -ENOTTY:
		return "the file system cannot be frozen";
	default:
		return strerror(-error);
	}
}

static int write_batch(struct work *w, size_t *failed)
{
	int r;

	w->areas = (struct areas){ 0 };
	for (size_t i = 0; i < w->blocks.n; i++)
		areas_add(&w->areas,
			  &(struct area){ .from = w->blocks.list[i].from, .len = w->blocks.size });
	w->map_error = 0;
	r = freeze_while(w->root, FREEZE_MS, write_free, w);
	areas_free(&w->areas);
	for (size_t i = 0; i < w->blocks.n; i++)
		*failed += w->blocks.list[i].error != 0;
	return r < 0 ? r : w->map_error;
}

static void rewrite(struct rewriting *rw, const struct filesystem *d, const struct areas *areas)
{
	struct freeblocks_place place = { 0 };
	struct work *w = rw->work;
	size_t failed = 0;
	int r = 0;

	w->root = d->root;
	w->fd = d->fd;
	w->number = d->number;
	while (r == 0 && freeblocks_next(areas, d->block, &place, &w->blocks))
		r = write_batch(w, &failed);
	if (r < 0)
		tell_warning(rw->tell, "%s: not all free space on %s was rewritten: %s",
			     rw->volume->name, d->node, describe(r));
	if (failed)
		tell_warning(rw->tell, "%s: %zu blocks of %s cannot be written either",
			     rw->volume->name, failed, d->node);
	if (fsync(d->fd) < 0)
		tell_warning(rw->tell, "%s: %s cannot be flushed: %s", rw->volume->name, d->node,
			     strerror(errno));
}

static bool look_at(void *arg, const char *name, const struct areas *areas, bool alone)
{
	struct rewriting *rw = arg;
	struct filesystem d = { .name = name, .root = -1, .fd = -1 };
	const char *reason;
	struct stat st;

	if (!block_node(name, d.node) || stat(d.node, &st) < 0 || !S_ISBLK(st.st_mode))
		return false;
	d.number = st.st_rdev;
	mounts_of("", name, seen_mount, &d);
	if (!d.type[0])
		return false;
	reason = judge(&d, areas, alone);
	if (reason)
		tell_warning(rw->tell, "%s: free space on %s stays as it is: %s", rw->volume->name,
			     d.node, reason);
	else
		rewrite(rw, &d, areas);
	if (d.fd >= 0)
		close(d.fd);
	if (d.root >= 0)
		close(d.root);
	return true;
}

/* --- all of it -------------------------------------------------------------------------------- */

static struct areas free_areas(const struct spots *spots)
{
	struct areas areas = { 0 };

	for (size_t i = 0; i < spots->n; i++)
		if (spots->list[i].kind == SPOT_FREE)
			areas_add(&areas, &(struct area){ .from = spots->list[i].volume,
							  .len = spots->list[i].len,
							  .volume = spots->list[i].volume });
	areas_sort(&areas);
	return areas;
}

void scrub_free(struct tell *tell, const struct scrub_volume *v, const struct spots *spots)
{
	struct rewriting rw = { .tell = tell, .volume = v };
	const struct scrub_above above = { .device = look_at, .arg = &rw };
	struct areas areas = free_areas(spots);
	char device[BLOCK_NAME_MAX];

	rw.work = mmap(NULL, sizeof(*rw.work), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		       -1, 0);
	if (rw.work == MAP_FAILED) {
		tell_warning(tell, "%s: there is not enough memory", v->name);
	} else {
		if (areas.n && block_device("", v->node, device) == 0)
			scrub_above(&above, device, &areas);
		(void)munmap(rw.work, sizeof(*rw.work));
	}
	areas_free(&areas);
}
