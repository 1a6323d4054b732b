/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "intact/leftover.h"

#include "base/lockfile.h"
#include "base/texts.h"
#include "base/util.h"
#include "intact/temporary.h"
#include "intact/wipe.h"
#include "system/block.h"
#include "system/dmdevice.h"
#include "system/luks_make.h"
#include "system/usage.h"

#include <poll.h>
#include <stdio.h>
#include <sys/sysmacros.h>

#define TRY_LOCK "/run/intact/format/lock-try"

/* A format that was killed ends when the disk has answered what was under way. */
#define WAIT_MS 5000
#define STEP_MS 50

#define LEVELS 3 /* NAME_disk, NAME_dif, NAME */

/* A mapping on a disk, or on another mapping. */
struct level {
	char device[BLOCK_NAME_MAX], name[128];
	char number[24]; /* "254:1" */
};

/* --- is it ours? ------------------------------------------------------------------------------ */

/* "intact-format-123", with one of the endings or none. */
static bool is_name(const char *name)
{
	const char *rest = str_after(name, TEMPORARY_PREFIX);
	size_t digits = rest ? strspn(rest, "0123456789") : 0;

	return digits > 0 && (!rest[digits] || str_eq(rest + digits, TEMPORARY_DISK) ||
			      str_eq(rest + digits, TEMPORARY_DIF));
}

struct lines {
	const char *disk; /* its number */
	unsigned n;
	bool right;
};

/* The two lines of NAME_disk: see intact/temporary.h. */
static void look_at_line(void *arg, uint64_t start, uint64_t length, const char *target,
			 const char *params)
{
	struct lines *lines = arg;
	const uint64_t data = LUKS_MAKE_OFFSET / 512, block = LAYOUT_SUPERBLOCK / 512;
	const bool first = lines->n++ == 0;
	char below[24];
	uint64_t offset;

	lines->right = lines->right && str_eq(target, "linear") &&
		       dmtable_parse_linear(params, below, &offset) && str_eq(below, lines->disk) &&
		       start == (first ? 0 : block) && (!first || length == block) &&
		       offset == (first ? data - WIPE_ASIDE / 512 : data + block);
}

static bool is_splice(const struct level *l, const char *disk)
{
	struct lines lines = { .disk = disk, .right = true };
	unsigned major, minor;

	return sscanf(l->number, "%u:%u", &major, &minor) == 2 &&
	       dmdevice_targets(major, minor, look_at_line, &lines) && lines.right && lines.n == 2;
}

/* A NAME_dif without a journal, or a NAME, on the device with this number. */
static bool is_volume(const struct level *l, const char *below, uint64_t offset, bool *ret_dif)
{
	char node[DMDEVICE_NODE_MAX];
	struct dm_layer layer;

	dmdevice_read(l->name, &layer, node);
	*ret_dif = str_eq(layer.target, "integrity");
	return layer.present && str_eq(layer.device, l->number) && layer.targets == 1 &&
	       layer.understood && layer.start == 0 && str_eq(layer.below, below) &&
	       (*ret_dif ? layer.mode == 'D' && layer.offset == offset :
			   str_eq(layer.target, "crypt") && layer.offset == 0);
}

static void look_at_zero(void *arg, uint64_t start, uint64_t length, const char *target,
			 const char *params)
{
	struct lines *lines = arg;

	(void)start, (void)length, (void)params;
	lines->n++;
	lines->right = lines->right && str_eq(target, "zero");
}

/* The device of temporary_try(), which forgets what is written. */
static bool is_zero(const struct level *l)
{
	struct lines lines = { .right = true };
	unsigned major, minor;

	return sscanf(l->number, "%u:%u", &major, &minor) == 2 &&
	       dmdevice_targets(major, minor, look_at_zero, &lines) && lines.right && lines.n == 1;
}

/* Each stands on the one before it, and the first on the disk; NULL: on none. A format that was
 * killed early has not made all of them. */
static bool are_ours(const struct level *levels, size_t n, const char *disk)
{
	const char *below = disk;
	uint64_t offset = LUKS_MAKE_OFFSET / 512;
	size_t i = 0;
	bool dif;

	if (n > 0 && (disk ? is_splice(&levels[0], disk) : is_zero(&levels[0]))) {
		below = levels[i++].number;
		offset = 0;
	}
	if (!below)
		return false;
	for (bool want_dif = true; i < n; i++, want_dif = false) {
		if (!is_volume(&levels[i], below, offset, &dif) || dif != want_dif)
			return false;
		below = levels[i].number;
	}
	return true;
}

/* --- removing them ---------------------------------------------------------------------------- */

/* The only device that stands on this one. 0: there is none; 1; or -EBUSY: there are several, or it
 * has a name that no format gives. */
static int find_above(const char *device, struct level *ret)
{
	struct level l = { .name = "" };
	char **names;
	size_t n;
	int r;

	usage_holders("", device, &names, &n);
	if (n == 1)
		block_mapping_name("", names[0], l.name);
	/* One may have gone since. */
	r = n == 0 ? 0 : n == 1 && !block_has("", names[0], "dev") ? -EAGAIN : -EBUSY;
	if (n == 1 && is_name(l.name) && str_copy(l.device, sizeof(l.device), names[0]) &&
	    block_attribute("", l.device, "dev", l.number, sizeof(l.number)) == 0)
		r = 1;
	texts_free(names, n);
	*ret = l;
	return r;
}

/* The last one first. */
static int remove_all(const struct level *levels, size_t n)
{
	while (n-- > 0) {
		int r = dmdevice_remove(levels[n].name);

		if (r < 0 && r != -ENXIO)
			return r;
	}
	dmdevice_settle();
	return 0;
}

/* 0: there were none, or they are gone; -EAGAIN: the kernel may be removing them; or another
 * negative errno. */
static int try_remove(const char *device, const char *disk)
{
	struct level levels[LEVELS + 1];
	const char *at = device;
	size_t n = 0;
	int r = 1;

	while (n <= LEVELS && (r = find_above(at, &levels[n])) > 0)
		at = levels[n++].device;
	if (n == 0)
		return r;
	/* Between two looks at them, one may have gone. */
	if (r < 0 || n > LEVELS || !are_ours(levels, n, disk))
		return -EAGAIN;
	return remove_all(levels, n);
}

bool leftover_remove(dev_t disk)
{
	char device[BLOCK_NAME_MAX], number[24];
	uint64_t end = now_ms() + WAIT_MS;
	int r;

	snprintf(number, sizeof(number), "%u:%u", major(disk), minor(disk));
	if (block_by_number("", number, device) < 0)
		return false;
	while ((r = try_remove(device, number)) == -EAGAIN && now_ms() < end)
		(void)poll(NULL, 0, STEP_MS);
	return r == 0;
}

/* --- tries ------------------------------------------------------------------------------------ */

static void remove_try(const char *device)
{
	struct level levels[LEVELS + 1] = { 0 };
	size_t n = 1;
	int r = 1;

	block_mapping_name("", device, levels[0].name);
	if (!is_name(levels[0].name) || !str_copy(levels[0].device, BLOCK_NAME_MAX, device) ||
	    block_attribute("", device, "dev", levels[0].number, sizeof(levels[0].number)) < 0 ||
	    !is_zero(&levels[0]))
		return;
	while (n <= LEVELS && (r = find_above(levels[n - 1].device, &levels[n])) > 0)
		n++;
	if (r == 0 && n <= LEVELS && are_ours(levels, n, NULL))
		(void)remove_all(levels, n);
}

int leftover_before_try(void)
{
	uint64_t end = now_ms() + WAIT_MS;
	pid_t owner;
	char **names;
	size_t n;
	int lock;

	while ((lock = lockfile_take(TRY_LOCK, &owner)) == -EBUSY && now_ms() < end)
		(void)poll(NULL, 0, STEP_MS);
	if (lock < 0)
		return lock;
	texts_folder(BLOCK_CLASS, &names, &n);
	for (size_t i = 0; i < n; i++)
		if (str_after(names[i], "dm-"))
			remove_try(names[i]);
	texts_free(names, n);
	return lock;
}
