/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/btrfs.h"

#include "base/bytes.h"
#include "base/util.h"

#include <linux/btrfs.h>
#include <linux/btrfs_tree.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#define ANSWER (64 * 1024)
#define INODES_MAX 16	  /* names that are said of one place */
#define DEPTH_MAX 64	  /* subvolumes in each other */
#define LOOKUPS_MAX 65536 /* places in all: the kernel takes up to a millisecond for each */
#define DEVICES_MAX 4096
#define RESERVED (UINT64_C(1) << 20) /* at the start of each device */

struct reading {
	int fd;
	uint64_t devid, sector;
	const struct areas *areas;
	struct areas taken; /* those that are in a chunk */
	unsigned lookups;
	bool mirrored; /* the chunk that is looked at has copies */
	bool mixed;    /* the chunk that is looked at has data and metadata */
	void (*seen)(void *arg, const struct area *part, enum btrfs_use use, const char *path,
		     uint64_t at, uint64_t inode);
	void *arg;
};

/* --- trees ------------------------------------------------------------------------------------ */

struct search {
	uint64_t tree, object, type, from, to; /* from, to: the key's offset */
};

/*
 * Calls each() for the items of one object and type with offset from up to to, until it returns
 * false. An item is at least size bytes.
 */
static int search(int fd, const struct search *s, size_t size,
		  bool (*each)(void *arg, uint64_t offset, const unsigned char *item, size_t len),
		  void *arg)
{
	cleanup_free struct btrfs_ioctl_search_args_v2 *args = xcalloc(1, sizeof(*args) + ANSWER);
	struct btrfs_ioctl_search_key *key = &args->key;
	uint64_t from = s->from;

	for (;;) {
		const unsigned char *at = (const unsigned char *)args->buf, *end = at + ANSWER;

		*key = (struct btrfs_ioctl_search_key){ .tree_id = s->tree,
							.min_objectid = s->object,
							.max_objectid = s->object,
							.min_type = (uint32_t)s->type,
							.max_type = (uint32_t)s->type,
							.min_offset = from,
							.max_offset = s->to,
							.max_transid = UINT64_MAX,
							.nr_items = UINT32_MAX };
		args->buf_size = ANSWER;
		if (ioctl(fd, BTRFS_IOC_TREE_SEARCH_V2, args) < 0)
			return neg_errno();
		if (key->nr_items == 0)
			return 0;
		for (uint32_t i = 0; i < key->nr_items; i++) {
			struct btrfs_ioctl_search_header header;

			if ((size_t)(end - at) < sizeof(header))
				return -EBADMSG;
			memcpy(&header, at, sizeof(header));
			at += sizeof(header);
			if ((size_t)(end - at) < header.len || header.len < size)
				return -EBADMSG;
			if (!each(arg, header.offset, at, header.len) || header.offset == s->to)
				return 0;
			at += header.len;
			from = header.offset + 1;
		}
	}
}

/* --- names ------------------------------------------------------------------------------------ */

/* "etc/hosts/" of inode 300 in a subvolume; "" for its root. 0 or a negative errno. */
static int lookup(int fd, uint64_t tree, uint64_t inode, struct btrfs_ioctl_ino_lookup_args *ret)
{
	*ret = (struct btrfs_ioctl_ino_lookup_args){ .treeid = tree, .objectid = inode };
	if (ioctl(fd, BTRFS_IOC_INO_LOOKUP, ret) < 0)
		return neg_errno();
	ret->name[sizeof(ret->name) - 1] = '\0';
	return 0;
}

struct parent {
	uint64_t tree, folder;
	char name[BTRFS_PATH_NAME_MAX + 1];
	bool found;
};

static bool read_parent(void *arg, uint64_t offset, const unsigned char *item, size_t len)
{
	struct parent *parent = arg;
	size_t name_len = (size_t)get_le(item + 16, 2);

	if (name_len == 0 || name_len > len - sizeof(struct btrfs_root_ref) ||
	    name_len >= sizeof(parent->name))
		return false;
	parent->tree = offset;
	parent->folder = get_le(item, 8);
	memcpy(parent->name, item + sizeof(struct btrfs_root_ref), name_len);
	parent->name[name_len] = '\0';
	parent->found = true;
	return false;
}

/* The path of an inode from the top of the file system. -ENOENT: it has none; or another negative
 * errno. */
static int path_of(int fd, uint64_t tree, uint64_t inode, char **ret)
{
	cleanup_free struct btrfs_ioctl_ino_lookup_args *at = xcalloc(1, sizeof(*at));
	cleanup_free struct parent *parent = xcalloc(1, sizeof(*parent));
	cleanup_free char *path = NULL;
	int r = lookup(fd, tree, inode, at);
	size_t len;

	if (r < 0)
		return r;
	len = strlen(at->name);
	if (len && at->name[len - 1] == '/')
		at->name[len - 1] = '\0';
	path = xasprintf("/%s", at->name);
	for (unsigned i = 0; tree != BTRFS_FS_TREE_OBJECTID; i++) {
		const struct search back = { .tree = BTRFS_ROOT_TREE_OBJECTID,
					     .object = tree,
					     .type = BTRFS_ROOT_BACKREF_KEY,
					     .to = UINT64_MAX };
		char *longer;

		parent->found = false;
		r = search(fd, &back, sizeof(struct btrfs_root_ref), read_parent, parent);
		if (r == 0 && (!parent->found || i == DEPTH_MAX))
			r = -EBADMSG;
		if (r == 0)
			r = lookup(fd, parent->tree, parent->folder, at);
		if (r < 0)
			return r;
		longer = xasprintf("/%s%s%s", at->name, parent->name, path);
		free(path);
		path = longer;
		tree = parent->tree;
	}
	*ret = steal_pointer(&path);
	return 0;
}

/* --- the content of one sector ---------------------------------------------------------------- */

static int inodes_at(int fd, uint64_t logical, struct btrfs_data_container *ret)
{
	struct btrfs_ioctl_logical_ino_args args = { .logical = logical,
						     .size = ANSWER,
						     .inodes = (uintptr_t)ret };

	return ioctl(fd, BTRFS_IOC_LOGICAL_INO, &args) < 0 ? neg_errno() : 0;
}

static void tell_inode(struct reading *r, const struct area *part, const __u64 *found)
{
	uint64_t inode = found[0], at = found[1], tree = found[2];
	cleanup_free char *path = NULL;
	int err = path_of(r->fd, tree, inode, &path);

	r->seen(r->arg, part,
		err == 0       ? (r->mirrored ? BTRFS_MIRRORED : BTRFS_FILE) :
		err == -ENOENT ? BTRFS_DELETED :
				 BTRFS_ERROR,
		path, at, inode);
}

/* The copies of the superblock are inside of chunks. */
static bool is_superblock(uint64_t from)
{
	return from / 4096 == (UINT64_C(64) << 20) / 4096 ||
	       from / 4096 == (UINT64_C(256) << 30) / 4096;
}

static bool read_flags(void *arg, uint64_t offset, const unsigned char *item, size_t len)
{
	(void)offset, (void)len;
	*(uint64_t *)arg |= get_le(item + offsetof(struct btrfs_extent_item, flags), 8);
	return true;
}

/* Asked for the inodes of a block of a tree, the kernel says the same as for free space. In a chunk
 * that has both, such a block is one sector. */
static bool is_tree_block(const struct reading *r, uint64_t logical)
{
	static const uint64_t types[] = { BTRFS_METADATA_ITEM_KEY, BTRFS_EXTENT_ITEM_KEY };
	uint64_t flags = 0;

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		const struct search block = { .tree = BTRFS_EXTENT_TREE_OBJECTID,
					      .object = logical - logical % r->sector,
					      .type = types[i],
					      .to = UINT64_MAX };

		(void)search(r->fd, &block, sizeof(struct btrfs_extent_item), read_flags, &flags);
	}
	return flags & BTRFS_EXTENT_FLAG_TREE_BLOCK;
}

static enum btrfs_use no_inodes(const struct reading *r, const struct area *part, uint64_t logical,
				int err)
{
	if (err == -E2BIG)
		return BTRFS_TOO_MANY;
	if (err != -ENOENT)
		return BTRFS_ERROR;
	return is_superblock(part->from) || (r->mixed && is_tree_block(r, logical)) ?
		       BTRFS_METADATA :
		       BTRFS_FREE;
}

/* Asked without IGNORE_OFFSET: a file that uses another part of the extent is not meant. */
static void look_at_sector(struct reading *r, const struct area *part, uint64_t logical)
{
	cleanup_free struct btrfs_data_container *found = xcalloc(1, ANSWER);
	int err = r->lookups++ < LOOKUPS_MAX ? inodes_at(r->fd, logical, found) : -E2BIG;
	uint32_t n = found->elem_cnt / 3;

	if (err < 0 || n == 0) {
		r->seen(r->arg, part, no_inodes(r, part, logical, err < 0 ? err : -ENOENT), NULL, 0,
			0);
		return;
	}
	for (uint32_t i = 0; i < n && i < INODES_MAX; i++)
		tell_inode(r, part, &found->val[3 * (size_t)i]);
}

static void look_at_sectors(struct reading *r, const struct area *part, uint64_t logical)
{
	struct area piece;
	uint64_t step;

	for (uint64_t at = 0; at < part->len; at += step) {
		step = r->sector - (logical + at) % r->sector;
		/* What is too much is said of all the rest at once. */
		if (r->lookups >= LOOKUPS_MAX)
			step = part->len;
		if (!area_cut(part, part->from + at, step, &piece))
			return;
		look_at_sector(r, &piece, logical + at);
	}
}

/* --- chunks ----------------------------------------------------------------------------------- */

static bool read_type(void *arg, uint64_t offset, const unsigned char *item, size_t len)
{
	(void)offset, (void)len;
	*(uint64_t *)arg = get_le(item + offsetof(struct btrfs_chunk, type), 8);
	return false;
}

static void look_at_chunk(struct reading *r, const struct area *part, uint64_t chunk,
			  uint64_t logical)
{
	const uint64_t striped = BTRFS_BLOCK_GROUP_RAID0 | BTRFS_BLOCK_GROUP_RAID10 |
				 BTRFS_BLOCK_GROUP_RAID5 | BTRFS_BLOCK_GROUP_RAID6;
	const uint64_t mirrored = BTRFS_BLOCK_GROUP_DUP | BTRFS_BLOCK_GROUP_RAID1 |
				  BTRFS_BLOCK_GROUP_RAID1C3 | BTRFS_BLOCK_GROUP_RAID1C4;
	const struct search of_chunk = { .tree = BTRFS_CHUNK_TREE_OBJECTID,
					 .object = BTRFS_FIRST_CHUNK_TREE_OBJECTID,
					 .type = BTRFS_CHUNK_ITEM_KEY,
					 .from = chunk,
					 .to = chunk };
	uint64_t type = 0;

	if (search(r->fd, &of_chunk, sizeof(struct btrfs_chunk), read_type, &type) < 0)
		type = 0;
	r->mirrored = type & mirrored;
	r->mixed = type & BTRFS_BLOCK_GROUP_METADATA;
	if (!type)
		r->seen(r->arg, part, BTRFS_ERROR, NULL, 0, 0);
	else if (type & striped)
		r->seen(r->arg, part, BTRFS_STRIPED, NULL, 0, 0);
	else if (!(type & BTRFS_BLOCK_GROUP_DATA))
		r->seen(r->arg, part, BTRFS_METADATA, NULL, 0, 0);
	else
		look_at_sectors(r, part, logical);
}

/* A piece of the device, and the chunk that it belongs to. */
static bool read_extent(void *arg, uint64_t offset, const unsigned char *item, size_t len)
{
	struct reading *r = arg;
	uint64_t chunk = get_le(item + offsetof(struct btrfs_dev_extent, chunk_offset), 8);
	uint64_t size = get_le(item + offsetof(struct btrfs_dev_extent, length), 8);
	struct area part;

	(void)len;
	for (size_t i = areas_find(r->areas, offset); i < r->areas->n; i++) {
		if (!area_cut(&r->areas->list[i], offset, size, &part))
			break;
		areas_add(&r->taken, &part);
		look_at_chunk(r, &part, chunk, chunk + part.from - offset);
	}
	return true;
}

/* --- the device ------------------------------------------------------------------------------- */

struct devices {
	struct reading *r;
	dev_t device;
	uint64_t only;	/* the last one that was seen */
	unsigned asked; /* a hostile disk may name any number */
	bool found;
};

static bool read_device(void *arg, uint64_t offset, const unsigned char *item, size_t len)
{
	struct devices *d = arg;
	struct btrfs_ioctl_dev_info_args one = { .devid = offset };
	struct stat st;

	(void)item, (void)len;
	if (ioctl(d->r->fd, BTRFS_IOC_DEV_INFO, &one) == 0) {
		one.path[sizeof(one.path) - 1] = '\0';
		d->only = offset;
		d->found = stat((const char *)one.path, &st) == 0 && S_ISBLK(st.st_mode) &&
			   st.st_rdev == d->device;
	}
	return !d->found && ++d->asked < DEVICES_MAX;
}

static int find_device(struct reading *r, dev_t device)
{
	static const struct search of_devices = { .tree = BTRFS_CHUNK_TREE_OBJECTID,
						  .object = BTRFS_DEV_ITEMS_OBJECTID,
						  .type = BTRFS_DEV_ITEM_KEY,
						  .to = UINT64_MAX };
	struct btrfs_ioctl_fs_info_args info = { 0 };
	struct devices devices = { .r = r, .device = device };
	int err;

	if (ioctl(r->fd, BTRFS_IOC_FS_INFO, &info) < 0)
		return neg_errno();
	r->sector = info.sectorsize ? info.sectorsize : 4096;
	err = search(r->fd, &of_devices, sizeof(struct btrfs_dev_item), read_device, &devices);
	if (err < 0)
		return err;
	/* The path is the one by which the kernel was told, and may be gone. */
	if (!devices.found && (info.num_devices != 1 || !devices.only))
		return -ENODEV;
	r->devid = devices.only;
	return 0;
}

/* What is in no chunk. */
static void tell_rest(struct reading *r)
{
	struct areas rest = { 0 };
	struct area part;

	areas_sort(&r->taken);
	areas_subtract(r->areas, &r->taken, &rest);
	for (size_t i = 0; i < rest.n; i++) {
		if (area_cut(&rest.list[i], 0, RESERVED, &part))
			r->seen(r->arg, &part, BTRFS_METADATA, NULL, 0, 0);
		if (area_cut(&rest.list[i], RESERVED, UINT64_MAX, &part))
			r->seen(r->arg, &part, BTRFS_FREE, NULL, 0, 0);
	}
	areas_free(&rest);
}

int btrfs_read(int fd, dev_t device, const struct areas *areas,
	       void (*seen)(void *arg, const struct area *part, enum btrfs_use use,
			    const char *path, uint64_t at, uint64_t inode),
	       void *arg)
{
	struct reading r = { .fd = fd, .areas = areas, .seen = seen, .arg = arg };
	int err = find_device(&r, device);

	if (err == 0) {
		const struct search extents = { .tree = BTRFS_DEV_TREE_OBJECTID,
						.object = r.devid,
						.type = BTRFS_DEV_EXTENT_KEY,
						.to = UINT64_MAX };

		err = search(fd, &extents, sizeof(struct btrfs_dev_extent), read_extent, &r);
	}
	if (err == 0)
		tell_rest(&r);
	areas_free(&r.taken);
	return err;
}
