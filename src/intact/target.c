/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "intact/target.h"

#include "base/lockfile.h"
#include "base/texts.h"
#include "intact/leftover.h"
#include "system/block.h"
#include "system/device.h"
#include "system/mounts.h"
#include "system/ondisk.h"
#include "system/usage.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <poll.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define LOCKS "/run/intact/format"
#define SIZE_MIN (32ULL << 20)
/* How long a mapping that was closed may still hold the disk. */
#define CLAIM_MS 5000
#define CLAIM_STEP_MS 20

/* --- what uses a disk --------------------------------------------------------------------------
 */

static bool is_swap(const char *device)
{
	struct swap *swaps;
	size_t n;
	bool found = false;

	swaps_read("", &swaps, &n);
	for (size_t i = 0; i < n; i++) {
		char of[BLOCK_NAME_MAX];

		found = found || (block_device("", swaps[i].path, of) == 0 && str_eq(of, device));
	}
	swaps_free(swaps, n);
	return found;
}

static char *use_of(const char *device)
{
	cleanup_free char *point = mount_point("", device);
	char node[64];
	struct device dev;

	if (point)
		return xasprintf("it is mounted at %s", point);
	if (is_swap(device))
		return xstrdup("the system swaps on it");
	if (block_node(device, node) && device_probe(node, &dev) == 0 && dev.holder[0])
		return xasprintf("%s uses it", dev.holder);
	return NULL;
}

/* The disk's own use, or that of its partitions. */
static char *find_use(const char *device)
{
	cleanup_free char *folder = xasprintf(BLOCK_CLASS "/%s", device);
	char *use = use_of(device), **names;
	size_t n;

	texts_folder(folder, &names, &n);
	for (size_t i = 0; i < n && !use; i++) {
		cleanup_free char *file = xasprintf("%s/partition", names[i]), *of = NULL;

		if (!block_has("", device, file))
			continue;
		of = use_of(names[i]);
		if (of)
			use = xasprintf("its partition %s is in use: %s", names[i], of);
	}
	texts_free(names, n);
	return use;
}

/* --- disks ------------------------------------------------------------------------------------ */

static enum exit_code refuse_busy(const char *path, dev_t devno, struct tell *tell)
{
	struct device dev = { .devno = devno };
	cleanup_free char *use = NULL;
	char device[BLOCK_NAME_MAX];

	if (block_device("", path, device) == 0)
		use = find_use(device);
	device_refresh(&dev);
	return tell_error(tell, EXIT_CODE_BUSY, "%s is in use: %s; nothing was written", path,
			  use		? use :
			  dev.holder[0] ? dev.holder :
					  "another program has it open exclusively");
}

static int open_direct(int fd)
{
	static char block[4096] __attribute__((aligned(4096)));
	char path[32];
	int direct;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	direct = open(path, O_RDWR | O_CLOEXEC | O_DIRECT);
	if (direct >= 0 && pread(direct, block, sizeof(block), 0) < 0 && errno == EINVAL) {
		close(direct);
		direct = -1;
	}
	return direct >= 0 ? direct : open(path, O_RDWR | O_CLOEXEC);
}

/* Zones of host-managed disks can only be written in order. */
static bool has_zones(const char *path)
{
	char device[BLOCK_NAME_MAX], disk[BLOCK_NAME_MAX], zoned[32] = "none";

	if (block_device("", path, device) < 0)
		return false;
	if (!usage_whole_disk("", device, disk))
		str_copy(disk, sizeof(disk), device);
	return block_attribute("", disk, "queue/zoned", zoned, sizeof(zoned)) == 0 &&
	       str_eq(zoned, "host-managed");
}

static enum exit_code judge_disk(struct target *t, struct tell *tell)
{
	if (has_zones(t->path))
		return tell_error(tell, EXIT_CODE_DEVICE,
				  "%s has zones that can only be written in order: dm-integrity "
				  "does not work on it",
				  t->path);
	if (device_probe(t->path, &t->device) < 0)
		return tell_error(tell, EXIT_CODE_DEVICE, "%s does not answer", t->path);
	if (t->device.member[0])
		return tell_error(tell, EXIT_CODE_BUSY,
				  "%s is marked as a part of something else (%s); nothing was "
				  "written. If that is no longer so, remove the mark: wipefs -a %s",
				  t->path, t->device.member, t->path);
	return EXIT_CODE_OK;
}

/* One format at a time on a disk. Where /run cannot be written there is no lock: then mappings that
 * are on the disk are not touched. */
static enum exit_code lock_disk(struct target *t, dev_t disk, struct tell *tell)
{
	cleanup_free char *path = xasprintf(LOCKS "/lock-%u:%u", major(disk), minor(disk));
	pid_t owner = 0;

	t->lock = lockfile_take(path, &owner);
	if (t->lock != -EBUSY)
		return EXIT_CODE_OK;
	return tell_error(tell, EXIT_CODE_BUSY,
			  "%s is in use: another `intact format` (process %d) works on it; nothing "
			  "was written",
			  t->path, (int)owner);
}

/* -1 with errno. */
static int claim_disk(const struct target *t, dev_t disk)
{
	int fd = open(t->path, O_RDWR | O_EXCL | O_CLOEXEC);

	if (fd >= 0 || errno != EBUSY || t->lock < 0)
		return fd;
	(void)leftover_remove(disk);
	return open(t->path, O_RDWR | O_EXCL | O_CLOEXEC);
}

static enum exit_code open_disk(struct target *t, const struct stat *st, struct tell *tell)
{
	enum exit_code code;
	struct stat now;
	int readonly = 0;

	if (!S_ISBLK(st->st_mode))
		return tell_error(tell, EXIT_CODE_DEVICE, "%s is not a block device%s", t->path,
				  S_ISREG(st->st_mode) ? "; --image formats a file" : "");
	code = lock_disk(t, st->st_rdev, tell);
	if (code != EXIT_CODE_OK)
		return code;
	t->claim = claim_disk(t, st->st_rdev);
	if (t->claim < 0 && errno == EBUSY)
		return refuse_busy(t->path, st->st_rdev, tell);
	if (t->claim < 0 && (errno == EROFS || errno == EACCES || errno == EPERM))
		return tell_error(tell, EXIT_CODE_DEVICE, "%s cannot be written to: %s", t->path,
				  errno == EACCES ? "run this as root" : "it is read-only");
	if (t->claim < 0 || fstat(t->claim, &now) < 0)
		return tell_error(tell, EXIT_CODE_DEVICE, "%s cannot be opened: %s", t->path,
				  strerror(errno));
	if (ioctl(t->claim, BLKROGET, &readonly) == 0 && readonly)
		return tell_error(tell, EXIT_CODE_DEVICE,
				  "%s cannot be written to: it is read-only", t->path);
	if (now.st_rdev != st->st_rdev)
		return tell_error(tell, EXIT_CODE_DEVICE, "%s has become another disk", t->path);
	return judge_disk(t, tell);
}

/* --- files ------------------------------------------------------------------------------------ */

/* Is the file the content of a loop device? */
static bool is_attached(const struct stat *file)
{
	char **names;
	size_t n;
	bool found = false;

	texts_folder(BLOCK_CLASS, &names, &n);
	for (size_t i = 0; i < n && !found; i++) {
		char backing[4096];
		struct stat st;

		found = block_attribute("", names[i], "loop/backing_file", backing,
					sizeof(backing)) == 0 &&
			stat(backing, &st) == 0 && st.st_dev == file->st_dev &&
			st.st_ino == file->st_ino;
	}
	texts_free(names, n);
	return found;
}

static enum exit_code open_image(struct target *t, const struct stat *st, struct tell *tell)
{
	struct stat now;

	if (!S_ISREG(st->st_mode))
		return tell_error(tell, EXIT_CODE_DEVICE, "%s is not a file%s", t->path,
				  S_ISBLK(st->st_mode) ? "; leave --image out for a disk" : "");
	if (is_attached(st))
		return tell_error(tell, EXIT_CODE_BUSY, "%s is in use: a loop device shows it",
				  t->path);
	t->claim = open(t->path, O_RDWR | O_CLOEXEC);
	if (t->claim < 0)
		return tell_error(tell, EXIT_CODE_DEVICE, "%s cannot be written to: %s", t->path,
				  strerror(errno));
	/* Somebody else may own the folder: the name could lead to a disk by now. */
	if (fstat(t->claim, &now) < 0 || now.st_dev != st->st_dev || now.st_ino != st->st_ino)
		return tell_error(tell, EXIT_CODE_DEVICE, "%s has become another file", t->path);
	if (flock(t->claim, LOCK_EX | LOCK_NB) < 0)
		return tell_error(tell, EXIT_CODE_BUSY, "%s is in use: another program locks it",
				  t->path);
	return EXIT_CODE_OK;
}

/* --- both ------------------------------------------------------------------------------------- */

enum exit_code target_open(struct target *ret, const char *path, bool image, struct tell *tell)
{
	struct target t = TARGET_NONE;
	enum exit_code code;
	struct stat st;
	char size[32];

	t.path = path;
	t.image = image;
	if (stat(path, &st) < 0)
		return tell_error(tell, EXIT_CODE_DEVICE, "%s: %s", path, strerror(errno));
	code = image ? open_image(&t, &st, tell) : open_disk(&t, &st, tell);
	t.size = t.claim >= 0 ? ondisk_size(t.claim) : 0;
	if (code == EXIT_CODE_OK && t.size < SIZE_MIN)
		code = tell_error(tell, EXIT_CODE_DEVICE,
				  "%s has %s: an integrity-protected volume needs 32 MiB at least",
				  path, tell_size(t.size, size));
	if (code == EXIT_CODE_OK)
		t.fd = open_direct(t.claim);
	if (code == EXIT_CODE_OK && t.fd < 0)
		code = tell_error(tell, EXIT_CODE_DEVICE, "%s cannot be opened: %s", path,
				  strerror(errno));
	if (code == EXIT_CODE_OK)
		*ret = t;
	else
		target_close(&t);
	return code;
}

void target_close(struct target *target)
{
	target_release(target);
	if (target->fd >= 0)
		close(target->fd);
	if (target->lock >= 0)
		close(target->lock);
	target->fd = target->lock = -1;
}

void target_release(struct target *target)
{
	if (target->claim >= 0)
		close(target->claim);
	target->claim = -1;
}

int target_claim(struct target *target)
{
	char path[32];
	int fd = -1;

	/* The very disk that was judged, whatever has its name now. */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", target->fd);
	for (unsigned ms = 0; fd < 0; ms += CLAIM_STEP_MS) {
		fd = open(path, O_RDWR | O_CLOEXEC | (target->image ? 0 : O_EXCL));
		if (fd >= 0 || errno != EBUSY || ms >= CLAIM_MS)
			break;
		(void)poll(NULL, 0, CLAIM_STEP_MS);
	}
	target->claim = fd;
	return fd < 0 ? neg_errno() : 0;
}

bool target_gone(const struct target *target)
{
	return ondisk_size(target->fd) == 0;
}
