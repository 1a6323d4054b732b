/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "intact/scrub_names.h"

#include "base/texts.h"
#include "base/util.h"
#include "intact/scrub_above.h"
#include "intact/scrub_files.h"
#include "intact/scrub_rest.h"
#include "system/block.h"
#include "system/mounts.h"
#include "system/packages.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define PACKAGES_MAX 100 /* files whose package is looked for */
#define AGAIN_MAX 256	 /* blocks of one place that are read once more */
#define BLOCK_MAX 65536
/* Bytes that are looked up: memory is bounded by the number of blocks in them. */
#define LOOKED_UP_MAX (UINT64_C(256) << 20)

/* --- from the volume to what is on it --------------------------------------------------------- */

static void say_all(const struct areas *areas, enum spot_kind kind, const char *name,
		    struct spots *ret)
{
	for (size_t i = 0; i < areas->n; i++)
		spots_add(ret, &areas->list[i], kind, name, 0, 0);
}

static bool is_swap(const char *device)
{
	struct swap *swaps;
	bool found = false;
	size_t n;

	swaps_read("", &swaps, &n);
	for (size_t i = 0; i < n && !found; i++) {
		char name[BLOCK_NAME_MAX];

		found = block_device("", swaps[i].path, name) == 0 && str_eq(name, device);
	}
	swaps_free(swaps, n);
	return found;
}

static bool look_at(void *arg, const char *device, const struct areas *areas, bool alone)
{
	(void)alone;
	if (!is_swap(device))
		return scrub_files(device, areas, arg);
	say_all(areas, SPOT_SWAP, NULL, arg);
	return true;
}

static void look_at_rest(void *arg, const char *device, bool holders, const char *other,
			 const struct areas *areas)
{
	scrub_rest(device, holders, other, areas, arg);
}

/* --- is it still bad? ------------------------------------------------------------------------- */

static bool is_bad(int fd, const struct spot *s, unsigned char *buffer, unsigned block)
{
	uint64_t at = s->volume / block * block;

	for (unsigned i = 0; i < AGAIN_MAX && at < s->volume + s->len; i++, at += block)
		if (pread(fd, buffer, block, (off_t)at) != (ssize_t)block)
			return true;
	return at < s->volume + s->len;
}

/* A place that was written since the scrub read it may have another owner now, and is good. */
static void read_again(const struct scrub_volume *v, struct spots *spots)
{
	cleanup_close int fd = open(v->node, O_RDONLY | O_DIRECT | O_CLOEXEC);
	unsigned char *buffer = mmap(NULL, BLOCK_MAX, PROT_READ | PROT_WRITE,
				     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int block = 0;

	if (fd < 0 || buffer == MAP_FAILED || ioctl(fd, BLKSSZGET, &block) < 0 || block < 512 ||
	    block > BLOCK_MAX)
		block = 0;
	for (size_t i = 0; block && i < spots->n; i++)
		if (!is_bad(fd, &spots->list[i], buffer, (unsigned)block))
			spots->list[i].kind = SPOT_GOOD;
	if (buffer != MAP_FAILED)
		(void)munmap(buffer, BLOCK_MAX);
}

/* --- packages --------------------------------------------------------------------------------- */

/* The same file by the name that the package manager is given. */
static bool is_there(const struct spot *s)
{
	struct stat st;

	return s->kind == SPOT_FILE && s->inode && s->name && lstat(s->name, &st) == 0 &&
	       S_ISREG(st.st_mode) && st.st_ino == s->inode;
}

static void find_packages(struct spots *spots)
{
	const struct spot *last = NULL;
	int r = 0;

	for (size_t i = 0, asked = 0; i < spots->n && asked < PACKAGES_MAX && r != -ETIMEDOUT;
	     i++) {
		struct spot *s = &spots->list[i];

		if (!is_there(s))
			continue;
		if (last && str_eq(last->name, s->name)) {
			s->package = last->package ? xstrdup(last->package) : NULL;
			s->remedy = last->remedy ? xstrdup(last->remedy) : NULL;
			continue;
		}
		asked++;
		r = packages_owner(s->name, &s->package, &s->remedy);
		/* A package does not bring back what the administrator wrote. */
		if (r == 0 && str_after(s->name, "/etc/")) {
			free(s->remedy);
			s->remedy = NULL;
		}
		last = s;
	}
}

/* --- all of it -------------------------------------------------------------------------------- */

/* A pass that was stopped and went on may have found a place twice. */
static struct areas all_runs(const struct scrub_state *state, struct spots *ret)
{
	struct areas runs = { 0 }, areas = { 0 };
	uint64_t left = LOOKED_UP_MAX, end = 0;
	struct area run, part;

	for (size_t i = 0; i < state->n_runs; i++)
		areas_add(&runs, &(struct area){ .from = state->runs[i].offset,
						 .len = state->runs[i].len,
						 .volume = state->runs[i].offset });
	areas_sort(&runs);
	for (size_t i = 0; i < runs.n; i++) {
		if (!area_cut(&runs.list[i], end, UINT64_MAX, &run))
			continue;
		end = run.from + run.len;
		if (area_cut(&run, run.from, left, &part)) {
			areas_add(&areas, &part);
			left -= part.len;
		}
		if (left == 0 &&
		    area_cut(&run, areas.list[areas.n - 1].from + areas.list[areas.n - 1].len,
			     UINT64_MAX, &part))
			spots_add(ret, &part, SPOT_UNKNOWN, "too much is bad to be looked up", 0,
				  0);
	}
	areas_free(&runs);
	return areas;
}

void scrub_names(const struct scrub_volume *v, const struct scrub_state *state, struct spots *ret)
{
	const struct scrub_above above = { .device = look_at, .rest = look_at_rest, .arg = ret };
	struct areas areas;
	char device[BLOCK_NAME_MAX];

	*ret = (struct spots){ 0 };
	if (state->n_runs == 0)
		return;
	areas = all_runs(state, ret);
	if (areas.n && block_device("", v->node, device) == 0)
		scrub_above(&above, device, &areas);
	areas_free(&areas);
	spots_sort(ret);
	read_again(v, ret);
	find_packages(ret);
}
