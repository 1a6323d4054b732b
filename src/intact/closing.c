/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "intact/closing.h"

#include "base/texts.h"
#include "base/util.h"
#include "intact/taggable.h"
#include "system/block.h"
#include "system/dmdevice.h"
#include "system/mounts.h"
#include "system/stack.h"
#include "system/tags_read.h"
#include "system/usage.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

/* Layers above a volume. */
#define DEPTH_MAX 16

/* Swap below the volume is written to at any time. */
static bool is_swapped_to(const char *uuid)
{
	struct swap *swaps;
	size_t n;
	bool found = false;

	swaps_read("", &swaps, &n);
	for (size_t i = 0; i < n; i++) {
		struct stack stack = { 0 };
		char device[BLOCK_NAME_MAX];

		if (block_device("", swaps[i].path, device) == 0)
			stack_walk("", device, &stack);
		for (size_t j = 0; j < stack.n_mappings; j++)
			found |= strcasecmp(stack.mappings[j].uuid, uuid) == 0;
		stack_free(&stack);
	}
	swaps_free(swaps, n);
	return found;
}

/* What does nothing by itself. Others write to the disk again when they are stopped: the
 * superblocks of md and of dm-raid, the metadata of thin pools and caches. */
static void see_target(void *arg, uint64_t start, uint64_t length, const char *target,
		       const char *params)
{
	static const char *const still[] = { "linear", "striped", "crypt" };
	bool *moves = arg, known = false;

	(void)start;
	(void)length;
	(void)params;
	for (size_t i = 0; i < ARRAY_SIZE(still); i++)
		known |= str_eq(target, still[i]);
	*moves |= !known;
}

static bool moves(const char *device)
{
	char number[32];
	unsigned major, minor;
	bool moves = false;

	return block_attribute("", device, "dev", number, sizeof(number)) < 0 ||
	       sscanf(number, "%u:%u", &major, &minor) != 2 || !block_has("", device, "dm/name") ||
	       !dmdevice_targets(major, minor, see_target, &moves) || moves;
}

/* The first device on this one that may still be written to. False: there is none. */
static bool find_moving(const char *device, unsigned depth, char ret[static BLOCK_NAME_MAX])
{
	char **names;
	size_t n;
	bool found = false;

	usage_holders("", device, &names, &n);
	for (size_t i = 0; !found && i < n; i++) {
		found = depth == 0 || moves(names[i]);
		if (found)
			str_copy(ret, BLOCK_NAME_MAX, names[i]);
		else
			found = find_moving(names[i], depth - 1, ret);
	}
	texts_free(names, n);
	return found;
}

static const char *moving_above(const char *node, char *buf, size_t size)
{
	char device[BLOCK_NAME_MAX], moving[BLOCK_NAME_MAX];

	if (block_device("", node, device) < 0)
		return "its device is not there";
	if (!find_moving(device, DEPTH_MAX, moving))
		return NULL;
	(void)snprintf(buf, size, "%s, which stands on it, may still write to it", moving);
	return buf;
}

/* --- read-only -------------------------------------------------------------------------------- */

/* The devices that were made read-only here, by their kernel names. An administrator may have made
 * others of a stack read-only for good. */
struct made_readonly {
	char **names;
	size_t n;
};

static void made_free(struct made_readonly *made)
{
	texts_free(made->names, made->n);
}

static void undo_readonly(const struct made_readonly *made)
{
	for (size_t i = 0; i < made->n; i++) {
		cleanup_close int fd = -1;
		const int readonly = 0;
		char node[64];

		fd = block_node(made->names[i], node) ? open(node, O_RDONLY | O_CLOEXEC) : -1;
		if (fd >= 0)
			(void)ioctl(fd, BLKROSET, &readonly);
	}
}

/* XFS writes its superblock even when it is unmounted after it was mounted read-only, unless the
 * device is read-only. */
static int set_readonly(const char *device, struct made_readonly *made)
{
	cleanup_close int fd = -1;
	int was = 0;
	const int readonly = 1;
	char node[64];

	fd = block_node(device, node) ? open(node, O_RDONLY | O_CLOEXEC) : -1;
	if (fd < 0)
		return -ENODEV;
	if (ioctl(fd, BLKROGET, &was) < 0)
		return neg_errno();
	if (!was) {
		if (ioctl(fd, BLKROSET, &readonly) < 0)
			return neg_errno();
		texts_add(&made->names, &made->n, device);
	}
	return fsync(fd) < 0 ? neg_errno() : 0;
}

/* A file system asks only the device that it is on: so all that stands on the volume as well, such
 * as logical volumes; the topmost first. */
static int set_all_readonly(const char *device, unsigned depth, struct made_readonly *made)
{
	char **names;
	size_t n;
	int r = 0;

	usage_holders("", device, &names, &n);
	if (n > 0 && depth == 0)
		r = -ELOOP;
	for (size_t i = 0; r == 0 && i < n; i++)
		r = set_all_readonly(names[i], depth - 1, made);
	texts_free(names, n);
	return r == 0 ? set_readonly(device, made) : r;
}

/* All that was written is in its place on the disk afterwards, and dm-integrity does nothing more
 * by itself. */
static int write_back(const char *name)
{
	cleanup_free char *dif = xasprintf("%s_dif", name);
	int r = mlockall(MCL_CURRENT | MCL_FUTURE) < 0 ? neg_errno() : 0;

	if (r == 0)
		r = dmdevice_flush(dif);
	(void)munlockall();
	return r;
}

static const char *describe(int err, const char *what, char *buf, size_t size)
{
	(void)snprintf(buf, size, "%s: %s", what,
		       err == -ETIMEDOUT ? "it takes too long" :
		       err == -ENOTSUP	 ? "its layout is unknown" :
					   strerror(-err));
	return buf;
}

const char *closing_tags(const struct stack_mapping *m, const struct header *h,
			 const struct fsroot *root, const char *node, uint64_t until,
			 const struct tags_watch *watch, struct tags *ret, char *buf, size_t size)
{
	__attribute__((cleanup(made_free))) struct made_readonly made = { 0 };
	char device[BLOCK_NAME_MAX];
	struct tags_reading reading;
	const char *why = taggable_refused(h);
	int r;

	*ret = (struct tags){ .state = TAGS_WANTED };
	if (!why && is_swapped_to(m->uuid))
		why = "it is still used as swap space";
	if (!why && str_eq(root->type, "other"))
		why = "what is on it is not known, and may still be written to";
	if (!why)
		why = moving_above(node, buf, size);
	if (why)
		return why;
	r = block_device("", node, device);
	if (r == 0)
		r = set_all_readonly(device, DEPTH_MAX, &made);
	if (r == 0)
		r = write_back(m->name);
	if (r < 0) {
		why = describe(r, "what was written to it is not all on the disk", buf, size);
	} else {
		tags_read(m->node, 0, h->data_offset, until, watch, &reading);
		if (reading.err < 0)
			why = describe(reading.err, "they cannot be read", buf, size);
		else
			*ret = reading.tags;
	}
	if (why)
		undo_readonly(&made);
	return why;
}
