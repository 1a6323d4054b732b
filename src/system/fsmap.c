/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/fsmap.h"

#include "base/util.h"

#include <linux/fiemap.h>
#include <linux/fs.h>
#include <linux/fsmap.h>
#include <sys/ioctl.h>

#define RECORDS 1024
#define EXTENTS 128

/* Owners: xfs_fs.h and fs/ext4/fsmap.h, which are no headers for programs. */
#define OWNER_JOURNAL FMR_OWNER('X', 2)

/* --- the map of the file system --------------------------------------------------------------- */

static enum fsmap_use use_of(const struct fsmap *record)
{
	if (!(record->fmr_flags & FMR_OF_SPECIAL_OWNER))
		return record->fmr_flags & (FMR_OF_ATTR_FORK | FMR_OF_EXTENT_MAP) ? FSMAP_METADATA :
										    FSMAP_USED;
	if (record->fmr_owner == FMR_OWN_FREE)
		return FSMAP_FREE;
	if (record->fmr_owner == FMR_OWN_UNKNOWN)
		return FSMAP_USED;
	return record->fmr_owner == OWNER_JOURNAL ? FSMAP_JOURNAL : FSMAP_METADATA;
}

static void cut(const struct fsmap *record, const struct areas *areas,
		void (*seen)(void *arg, const struct area *part, enum fsmap_use use, uint64_t at),
		void *arg)
{
	enum fsmap_use use = use_of(record);
	struct area part;

	for (size_t i = areas_find(areas, record->fmr_physical); i < areas->n; i++) {
		if (!area_cut(&areas->list[i], record->fmr_physical, record->fmr_length, &part))
			return;
		part.inode = use == FSMAP_USED && !(record->fmr_flags & FMR_OF_SPECIAL_OWNER) ?
				     record->fmr_owner :
				     0;
		seen(arg, &part, use, record->fmr_offset + part.from - record->fmr_physical);
	}
}

/* All of the file system: asked for one place, XFS does not say that it is free. */
static struct fsmap_head *new_request(dev_t device)
{
	struct fsmap_head *head = xcalloc(1, fsmap_sizeof(RECORDS));

	head->fmh_count = RECORDS;
	head->fmh_keys[0].fmr_device = (uint32_t)device;
	head->fmh_keys[1] = (struct fsmap){ .fmr_device = (uint32_t)device,
					    .fmr_flags = UINT32_MAX,
					    .fmr_physical = UINT64_MAX,
					    .fmr_owner = UINT64_MAX,
					    .fmr_offset = UINT64_MAX };
	return head;
}

int fsmap_read(int fd, dev_t device, const struct areas *areas,
	       void (*seen)(void *arg, const struct area *part, enum fsmap_use use, uint64_t at),
	       void *arg)
{
	cleanup_free struct fsmap_head *head = new_request(device);
	uint64_t before = 0;

	for (;;) {
		const struct fsmap *last;

		if (ioctl(fd, FS_IOC_GETFSMAP, head) < 0)
			return neg_errno();
		if (head->fmh_entries == 0 || head->fmh_entries > RECORDS)
			return 0;
		for (uint32_t i = 0; i < head->fmh_entries; i++)
			if (head->fmh_recs[i].fmr_device == (uint32_t)device)
				cut(&head->fmh_recs[i], areas, seen, arg);
		last = &head->fmh_recs[head->fmh_entries - 1];
		if (last->fmr_flags & FMR_OF_LAST || last->fmr_physical < before)
			return 0;
		before = last->fmr_physical;
		fsmap_advance(head);
	}
}

/* --- the map of a file ------------------------------------------------------------------------ */

/* A file on XFS's realtime device: its numbers are those of that device. */
static bool is_elsewhere(int fd)
{
	struct fsxattr attributes;

	return ioctl(fd, FS_IOC_FSGETXATTR, &attributes) == 0 &&
	       attributes.fsx_xflags & FS_XFLAG_REALTIME;
}

/* False: it has no place on the device of its own. */
static bool has_place(const struct fiemap_extent *extent)
{
	return !(extent->fe_flags &
		 (FIEMAP_EXTENT_UNKNOWN | FIEMAP_EXTENT_DELALLOC | FIEMAP_EXTENT_ENCODED |
		  FIEMAP_EXTENT_DATA_INLINE | FIEMAP_EXTENT_DATA_TAIL | FIEMAP_EXTENT_NOT_ALIGNED));
}

static bool cut_extent(int fd, const struct fiemap_extent *extent, const struct areas *areas,
		       void (*seen)(void *arg, const struct area *part, bool unwritten,
				    uint64_t at),
		       void *arg)
{
	struct area part;

	for (size_t i = areas_find(areas, extent->fe_physical); i < areas->n; i++) {
		if (!area_cut(&areas->list[i], extent->fe_physical, extent->fe_length, &part))
			break;
		if (is_elsewhere(fd))
			return false;
		seen(arg, &part, extent->fe_flags & FIEMAP_EXTENT_UNWRITTEN,
		     extent->fe_logical + part.from - extent->fe_physical);
	}
	return true;
}

void fsmap_file(int fd, const struct areas *areas,
		void (*seen)(void *arg, const struct area *part, bool unwritten, uint64_t at),
		void *arg)
{
	union {
		struct fiemap map;
		char room[sizeof(struct fiemap) + EXTENTS * sizeof(struct fiemap_extent)];
	} request;
	uint64_t start = 0;

	for (;;) {
		const struct fiemap_extent *last;

		/* Not FIEMAP_FLAG_SYNC: what is not written yet is at no bad place. */
		request.map = (struct fiemap){ .fm_start = start,
					       .fm_length = FIEMAP_MAX_OFFSET - start,
					       .fm_extent_count = EXTENTS };
		if (ioctl(fd, FS_IOC_FIEMAP, &request.map) < 0 ||
		    request.map.fm_mapped_extents == 0 || request.map.fm_mapped_extents > EXTENTS)
			return;
		for (uint32_t i = 0; i < request.map.fm_mapped_extents; i++)
			if (has_place(&request.map.fm_extents[i]) &&
			    !cut_extent(fd, &request.map.fm_extents[i], areas, seen, arg))
				return;
		last = &request.map.fm_extents[request.map.fm_mapped_extents - 1];
		if (last->fe_flags & FIEMAP_EXTENT_LAST || last->fe_length == 0 ||
		    last->fe_logical + last->fe_length <= start)
			return;
		start = last->fe_logical + last->fe_length;
	}
}
