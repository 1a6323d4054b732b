/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/standalone.h"

#include "base/util.h"
#include "system/block.h"
#include "system/dmdevice.h"
#include "system/keyfile.h"
#include "system/ondisk.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

/* --- the disks -------------------------------------------------------------------------------- */

/* The descriptor, or a negative errno. */
static int claim(const char *node, char number[static 24], uint64_t *ret_size, bool *readonly)
{
	cleanup_close int fd = open(node, O_RDONLY | O_EXCL | O_CLOEXEC);
	int read_only = 0;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return neg_errno();
	if (!S_ISBLK(st.st_mode))
		return -ENOTBLK;
	if (ioctl(fd, BLKROGET, &read_only) < 0)
		return neg_errno();
	snprintf(number, 24, "%u:%u", major(st.st_rdev), minor(st.st_rdev));
	*ret_size = ondisk_size(fd);
	*readonly = *readonly || read_only;
	return steal_fd(&fd);
}

void standalone_unclaim(struct standalone_disks *disks)
{
	if (disks->source >= 0)
		close(disks->source);
	if (disks->data >= 0)
		close(disks->data);
	disks->source = disks->data = -1;
}

int standalone_claim(const char *source, const char *data, struct standalone_disks *ret)
{
	int r;

	*ret = STANDALONE_DISKS_NONE;
	ret->source = claim(source, ret->source_number, &ret->source_size, &ret->readonly);
	r = ret->source < 0 ? ret->source : 0;
	if (r == 0 && data) {
		ret->data = claim(data, ret->data_number, &ret->data_size, &ret->readonly);
		r = ret->data < 0 ? ret->data : 0;
	}
	if (r == 0)
		r = ondisk_superblock_read(ret->source, 0, &ret->superblock);
	if (r < 0)
		standalone_unclaim(ret);
	return r;
}

/* --- the device ------------------------------------------------------------------------------- */

const char *standalone_key(const char *path, char ret[static 2 * STANDALONE_KEY_MAX + 1])
{
	unsigned char bytes[STANDALONE_KEY_MAX + 1];
	struct keyfile file;
	const char *why = keyfile_open(path, 0, 0, &file);
	ssize_t n;

	if (why)
		return why;
	n = pread(file.fd, bytes, sizeof(bytes), 0);
	close(file.fd);
	if (n <= 0)
		why = "it cannot be read";
	else if (n > STANDALONE_KEY_MAX)
		why = "it has more than 4096 bytes";
	for (ssize_t i = 0; !why && i < n; i++)
		snprintf(ret + 2 * i, 3, "%02x", bytes[i]);
	explicit_bzero(bytes, sizeof(bytes));
	return why;
}

int standalone_make(const struct standalone *s, const char *key, struct standalone_disks *disks)
{
	bool separate = disks->data >= 0;
	char table[STANDALONE_TABLE_MAX];
	unsigned ignored_major, ignored_minor;
	/* The first one is that of the data: its read-ahead is the device's. */
	int first = separate ? disks->data : disks->source;
	int second = separate ? disks->source : -1;
	struct dmdevice_spec spec = { .name = s->name,
				      .type = "INTEGRITY",
				      .target = "integrity",
				      .params = table,
				      .size = disks->superblock.provided,
				      .readonly = disks->readonly || s->mode == 'R',
				      .second = separate ? &second : NULL };
	int r = -EINVAL;

	disks->source = disks->data = -1;
	if (standalone_table(s, &disks->superblock, key,
			     separate ? disks->data_number : disks->source_number,
			     separate ? disks->source_number : NULL, table, sizeof(table)))
		r = dmdevice_make(&spec, &first, &ignored_major, &ignored_minor);
	explicit_bzero(table, sizeof(table));
	if (first >= 0)
		close(first);
	if (second >= 0)
		close(second);
	return r;
}

/* --- looking at it ---------------------------------------------------------------------------- */

/* The first one that can be read is enough: blocks that were never written have no valid tag. */
bool standalone_readable(const char *name, uint64_t limit)
{
	static const uint64_t places[] = { 4096, 0, 65536 };
	static unsigned char block[4096] __attribute__((aligned(4096)));
	struct dm_layer layer;
	char node[DMDEVICE_NODE_MAX];
	cleanup_close int fd = -1;
	unsigned bad = 0;

	dmdevice_read(name, &layer, node);
	fd = open(node, O_RDONLY | O_CLOEXEC | O_DIRECT);
	if (fd < 0)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		if (places[i] + sizeof(block) > limit)
			continue;
		if (pread(fd, block, sizeof(block), (off_t)places[i]) >= 0 || errno != EILSEQ)
			return true;
		bad++;
	}
	return bad == 0;
}

int standalone_is_open(const char *name, dev_t source)
{
	char device[BLOCK_NAME_MAX], number[24], line[STANDALONE_TABLE_MAX];
	struct standalone_table table;
	bool known;

	if (block_by_mapping("", name, device) < 0)
		return -ENOENT;
	snprintf(number, sizeof(number), "%u:%u", major(source), minor(source));
	known = dmdevice_line(name, "integrity", false, line, sizeof(line)) &&
		standalone_read_table(line, &table);
	explicit_bzero(line, sizeof(line));
	return known && (str_eq(table.data, number) || str_eq(table.meta, number));
}

bool standalone_mismatches(const char *name, uint64_t *ret)
{
	char line[256];

	return dmdevice_line(name, "integrity", true, line, sizeof(line)) &&
	       standalone_read_status(line, ret);
}
