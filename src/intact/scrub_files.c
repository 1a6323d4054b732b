/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "intact/scrub_files.h"

#include "base/parse.h"
#include "base/util.h"
#include "facts/fsjournal.h"
#include "intact/scrub_path.h"
#include "system/block.h"
#include "system/btrfs.h"
#include "system/filewalk.h"
#include "system/fsmap.h"
#include "system/mounts.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define OPTIONS_MAX 4096

struct mounted {
	char *point, *root;
};

struct files {
	const char *device;
	dev_t number;
	const struct areas *areas;
	struct spots *spots;
	struct mounted *mounts;
	size_t n_mounts;
	char type[32];
	int root;	   /* a folder of the file system */
	const char *point; /* where that is mounted; without a '/' at its end */
	bool part;	   /* only a folder of the file system is mounted */
	bool metadata;	   /* some of it is among the areas */
	/* Parts of areas. */
	struct areas said;   /* free, metadata or the journal */
	struct areas inside; /* all that the file system spoke of */
	struct areas owners; /* used by an inode that the file system names */
	struct areas named;  /* a file was found there */
	struct spots found;  /* these files, by their paths below root */
};

static void say_all(struct files *f, const struct areas *areas, enum spot_kind kind,
		    const char *name)
{
	for (size_t i = 0; i < areas->n; i++)
		spots_add(f->spots, &areas->list[i], kind, name, 0, 0);
}

/* --- ext4 and XFS: what the blocks are -------------------------------------------------------- */

static void seen_use(void *arg, const struct area *part, enum fsmap_use use, uint64_t at)
{
	static const enum spot_kind kinds[] = { [FSMAP_FREE] = SPOT_FREE,
						[FSMAP_METADATA] = SPOT_METADATA,
						[FSMAP_JOURNAL] = SPOT_JOURNAL };
	struct files *f = arg;

	(void)at;
	areas_add(&f->inside, part);
	f->metadata = f->metadata || use == FSMAP_METADATA;
	if (use != FSMAP_USED) {
		areas_add(&f->said, part);
		spots_add(f->spots, part, kinds[use], NULL, 0, 0);
	} else if (part->inode) {
		areas_add(&f->owners, part);
	}
}

/* The journal of ext4 is only in use for the map. */
static void find_journal(struct files *f, const struct areas *used)
{
	unsigned char start[FSJOURNAL_START];
	struct fsjournal pieces[FSJOURNAL_MAX];
	char node[64];
	cleanup_close int fd = block_node(f->device, node) ? open(node, O_RDONLY | O_CLOEXEC) : -1;
	size_t n = 0;

	if (fd >= 0 && pread(fd, start, sizeof(start), 0) == (ssize_t)sizeof(start))
		n = fsjournal_read(start, pieces);
	for (size_t i = 0; i < n; i++) {
		struct areas parts = { 0 };

		areas_map(used, pieces[i].from, pieces[i].from, pieces[i].len, &parts);
		for (size_t j = 0; j < parts.n; j++) {
			areas_add(&f->said, &parts.list[j]);
			spots_add(f->spots, &parts.list[j], SPOT_JOURNAL, NULL, 0, 0);
		}
		areas_free(&parts);
	}
}

/* Where a file may be: inside, and not said. */
static struct areas used_areas(struct files *f)
{
	struct areas outside = { 0 }, inside = { 0 }, used = { 0 };

	areas_sort(&f->inside);
	areas_sort(&f->said);
	areas_subtract(f->areas, &f->inside, &outside);
	areas_subtract(f->areas, &outside, &inside);
	areas_subtract(&inside, &f->said, &used);
	areas_free(&outside);
	areas_free(&inside);
	return used;
}

/* --- ext4 and XFS: names ---------------------------------------------------------------------- */

/* Another name of the same file (a hard link). */
static bool has_name(const struct files *f, const struct area *part, uint64_t inode,
		     const char *path)
{
	for (size_t i = 0; i < f->found.n; i++) {
		const struct spot *s = &f->found.list[i];

		if (s->inode == inode && s->volume <= part->volume &&
		    part->volume - s->volume < s->len && s->name && !str_eq(s->name, path))
			return true;
	}
	return false;
}

static void found(void *arg, const struct area *part, enum filewalk_kind kind, const char *path,
		  uint64_t at, uint64_t inode)
{
	static const enum spot_kind kinds[] = { [FILEWALK_FILE] = SPOT_FILE,
						[FILEWALK_UNWRITTEN] = SPOT_UNWRITTEN,
						[FILEWALK_FOLDER] = SPOT_FOLDER,
						[FILEWALK_LINK] = SPOT_LINK };
	struct files *f = arg;

	areas_add(&f->named, part);
	if (!has_name(f, part, inode, path))
		spots_add(&f->found, part, kinds[kind], path, at, inode);
}

static void found_deleted(void *arg, const struct area *part, enum filewalk_kind kind,
			  const char *path, uint64_t at, uint64_t inode)
{
	struct files *f = arg;

	(void)kind;
	areas_add(&f->named, part);
	if (!has_name(f, part, inode, path))
		spots_add(&f->found, part, SPOT_DELETED, path, at, inode);
}

static void say_name(struct files *f, const struct spot *s, const char *path)
{
	const struct area part = { .volume = s->volume, .len = s->len };
	bool file = s->kind == SPOT_FILE || s->kind == SPOT_UNWRITTEN;
	cleanup_free char *hidden = NULL;

	if (!scrub_path_leads_to(path, f->number, s->inode))
		hidden = scrub_path_hidden(path);
	if (file && scrub_path_is_swap(f->number, s->inode))
		spots_add(f->spots, &part, SPOT_SWAP, NULL, 0, 0);
	else
		spots_add(f->spots, &part, s->kind, hidden ? hidden : path, s->at,
			  hidden ? 0 : s->inode);
}

/* A name that another file has by now is none. */
static void say_names(struct files *f)
{
	for (size_t i = 0; i < f->found.n; i++) {
		const struct spot *s = &f->found.list[i];
		const struct area part = { .volume = s->volume, .len = s->len };
		cleanup_free char *path = xasprintf("%s%s", f->point,
						    *s->name || *f->point ? s->name : "/");

		if (s->kind == SPOT_DELETED)
			spots_add(f->spots, &part, s->kind, s->name, s->at, 0);
		else if (filewalk_is_still(f->root, s->name, f->number, s->inode))
			say_name(f, s, path);
		else
			spots_add(f->spots, &part, SPOT_NAMELESS, NULL, 0, 0);
	}
	f->spots->more = f->spots->more || f->found.more;
}

static struct areas without_names(struct files *f, const struct areas *used)
{
	struct areas rest = { 0 };

	areas_sort(&f->named);
	areas_subtract(used, &f->named, &rest);
	return rest;
}

static void find_names(struct files *f, const struct areas *used, bool mapped)
{
	struct filewalk walk = {
		.device = f->number, .areas = used, .owners = &f->owners, .found = found, .arg = f
	};
	struct areas rest;

	filewalk_run(&walk, f->root);
	rest = without_names(f, used);
	if (rest.n) {
		walk.areas = &rest;
		walk.found = found_deleted;
		filewalk_deleted(&walk);
		areas_free(&rest);
		rest = without_names(f, used);
	}
	say_names(f);
	if (!mapped)
		say_all(f, &rest, SPOT_UNKNOWN,
			"no file was found there, and the kernel does not say what else it is");
	else if (f->part)
		say_all(f, &rest, SPOT_UNKNOWN,
			"in use, but only a folder of the file system is mounted, and what is "
			"outside of it cannot be looked at");
	else if (walk.left_out)
		say_all(f, &rest, SPOT_UNKNOWN, "in use, but some names cannot be looked at");
	else
		say_all(f, &rest, SPOT_NAMELESS, NULL);
	areas_free(&rest);
}

/* The whole file system, where that is mounted; else a part of it. */
static bool open_root(struct files *f)
{
	for (unsigned whole = 2; whole-- > 0;)
		for (size_t i = 0; i < f->n_mounts && f->root < 0; i++) {
			const char *point = f->mounts[i].point;

			if (str_eq(f->mounts[i].root, "/") != (whole == 1))
				continue;
			f->root = filewalk_open(point, f->number);
			f->part = whole == 0;
			f->point = str_eq(point, "/") ? "" : point;
		}
	return f->root >= 0;
}

/* Linux shows this option only here. */
static bool goes_on_after_errors(const char *device)
{
	cleanup_free char *path = xasprintf("/proc/fs/ext4/%s/options", device);
	cleanup_free char *text = NULL;

	return read_file(path, OPTIONS_MAX, &text, NULL) == 0 && strstr(text, "errors=continue");
}

/* A look at a file whose inode is bad is an error of the file system for ext4, which may then make
 * it read-only or stop the machine. */
static bool names_are_dangerous(const struct files *f)
{
	return f->metadata && !str_eq(f->type, "xfs") && !goes_on_after_errors(f->device);
}

static void look_at_blocks(struct files *f)
{
	struct areas used, files = { 0 };
	bool mapped;

	if (!open_root(f)) {
		say_all(f, f->areas, SPOT_UNKNOWN, "another mount covers the file system there");
		return;
	}
	mapped = fsmap_read(f->root, f->number, f->areas, seen_use, f) == 0;
	if (!mapped)
		areas_map(f->areas, 0, 0, UINT64_MAX, &f->inside);
	used = used_areas(f);
	find_journal(f, &used);
	areas_sort(&f->said);
	areas_subtract(&used, &f->said, &files);
	areas_free(&used);
	if (names_are_dangerous(f))
		say_all(f, &files, SPOT_UNKNOWN,
			"in use; but looking for names could make the file system read-only "
			"(errors=), since metadata of it is bad: have it checked first (fsck)");
	else
		find_names(f, &files, mapped);
	areas_free(&files);
	areas_subtract(f->areas, &f->inside, &files);
	say_all(f, &files, SPOT_UNKNOWN, "it is outside of the file system");
	areas_free(&files);
}

/* --- btrfs ------------------------------------------------------------------------------------ */

/* The path of a file of a mounted subvolume, and where that is mounted; NULL: it is not. */
static char *mounted_path(const struct files *f, const char *path, const char **ret_point)
{
	const struct mounted *best = NULL;
	size_t best_len = 0;

	for (size_t i = 0; i < f->n_mounts; i++) {
		const char *root = f->mounts[i].root;
		size_t len = str_eq(root, "/") ? 0 : strlen(root);

		if (strncmp(path, root, len) == 0 && (path[len] == '/' || path[len] == '\0') &&
		    (!best || len > best_len)) {
			best = &f->mounts[i];
			best_len = len;
		}
	}
	if (!best)
		return NULL;
	*ret_point = best->point;
	return xasprintf("%s%s", str_eq(best->point, "/") ? "" : best->point, path + best_len);
}

static void say_file(struct files *f, const struct area *part, enum spot_kind kind,
		     const char *path, uint64_t at, uint64_t inode)
{
	const char *point = NULL;
	cleanup_free char *mounted = mounted_path(f, path, &point), *far = NULL;
	struct stat st;

	if (!mounted)
		far = xasprintf("%s (of a subvolume that is not mounted)", path);
	else if (!scrub_path_is_below(point, mounted))
		far = scrub_path_hidden(mounted);
	if (far)
		spots_add(f->spots, part, kind, far, at, 0);
	else if (lstat(mounted, &st) < 0 || st.st_ino != inode)
		spots_add(f->spots, part, SPOT_NAMELESS, NULL, 0, 0);
	else if (scrub_path_is_swap(st.st_dev, inode))
		spots_add(f->spots, part, SPOT_SWAP, NULL, 0, 0);
	else
		spots_add(f->spots, part, kind, mounted, at, inode);
}

static void seen_btrfs(void *arg, const struct area *part, enum btrfs_use use, const char *path,
		       uint64_t at, uint64_t inode)
{
	static const struct {
		enum spot_kind kind;
		const char *name;
	} kinds[] = {
		[BTRFS_FREE] = { SPOT_FREE, NULL },
		[BTRFS_METADATA] = { SPOT_METADATA, NULL },
		[BTRFS_DELETED] = { SPOT_DELETED, NULL },
		[BTRFS_STRIPED] = { SPOT_UNKNOWN, "it is on a btrfs that stripes over disks" },
		[BTRFS_TOO_MANY] = { SPOT_UNKNOWN, "there are too many bad places" },
		[BTRFS_ERROR] = { SPOT_UNKNOWN, "btrfs cannot read its own trees there" },
	};

	if (use == BTRFS_FILE || use == BTRFS_MIRRORED)
		say_file(arg, part, use == BTRFS_FILE ? SPOT_FILE : SPOT_MIRRORED, path, at, inode);
	else
		spots_add(((struct files *)arg)->spots, part, kinds[use].kind, kinds[use].name, 0,
			  0);
}

static void look_at_btrfs(struct files *f)
{
	int r = -ENOENT;

	for (size_t i = 0; i < f->n_mounts && r < 0; i++) {
		cleanup_close int fd = open(f->mounts[i].point, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		r = fd < 0 ? neg_errno() : btrfs_read(fd, f->number, f->areas, seen_btrfs, f);
	}
	if (r < 0)
		say_all(f, f->areas, SPOT_UNKNOWN, "btrfs does not say what is there");
}

/* --- the device ------------------------------------------------------------------------------- */

static void seen_mount(void *arg, const char *point, const struct mount *mount)
{
	struct files *f = arg;
	struct mounted *m = array_add(&f->mounts, &f->n_mounts, sizeof(*f->mounts));

	m->point = xstrdup(point);
	m->root = xstrdup(mount->root);
	(void)str_copy(f->type, sizeof(f->type), mount->type);
}

static bool read_number(const char *device, dev_t *ret)
{
	char text[32], *colon;
	uint64_t major_number, minor_number;

	if (block_attribute("", device, "dev", text, sizeof(text)) < 0 ||
	    !(colon = strchr(text, ':')))
		return false;
	*colon = '\0';
	if (parse_u64(text, UINT32_MAX, &major_number) < 0 ||
	    parse_u64(colon + 1, UINT32_MAX, &minor_number) < 0)
		return false;
	*ret = makedev((unsigned)major_number, (unsigned)minor_number);
	return true;
}

/* Others' numbers may mean something else: ext4's and XFS's are the bytes of their one device. */
static bool has_blocks(const char *type)
{
	return str_eq(type, "ext2") || str_eq(type, "ext3") || str_eq(type, "ext4") ||
	       str_eq(type, "xfs");
}

static void look(struct files *f)
{
	cleanup_free char *other = NULL;

	if (str_eq(f->type, "btrfs")) {
		look_at_btrfs(f);
	} else if (has_blocks(f->type)) {
		look_at_blocks(f);
	} else {
		other = xasprintf("it is on %s, which intact cannot ask", f->type);
		say_all(f, f->areas, SPOT_UNKNOWN, other);
	}
}

bool scrub_files(const char *device, const struct areas *areas, struct spots *ret)
{
	struct files f = {
		.device = device, .areas = areas, .spots = ret, .root = -1, .point = ""
	};
	bool mounted;

	mounts_of("", device, seen_mount, &f);
	mounted = f.n_mounts > 0 && read_number(device, &f.number);
	if (mounted)
		look(&f);
	if (f.root >= 0)
		close(f.root);
	for (size_t i = 0; i < f.n_mounts; i++) {
		free(f.mounts[i].point);
		free(f.mounts[i].root);
	}
	free(f.mounts);
	areas_free(&f.said);
	areas_free(&f.inside);
	areas_free(&f.owners);
	areas_free(&f.named);
	spots_free(&f.found);
	return mounted;
}
