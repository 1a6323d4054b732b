/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "intact/temporary.h"

#include "base/util.h"
#include "facts/cipher.h"
#include "intact/wipe.h"
#include "system/dmdevice.h"
#include "system/kmsg.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

/* Of the device that forgets, and of the data of the mapping on it: tags and journal have room. */
#define TRY_SIZE (64ULL << 20)
#define TRY_DATA (8ULL << 20)

void temporary_name(char *ret, size_t size)
{
	snprintf(ret, size, TEMPORARY_PREFIX "%d", (int)getpid());
}

/* --- what ends with this process -------------------------------------------------------------- */

static int open_number(unsigned major, unsigned minor, int flags)
{
	cleanup_close int fd = -1;
	char node[DMDEVICE_NODE_MAX];
	struct stat st;

	snprintf(node, sizeof(node), "/dev/dm-%u", minor);
	fd = open(node, flags | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return neg_errno();
	if (!S_ISBLK(st.st_mode) || st.st_rdev != makedev(major, minor))
		return -ENODEV;
	return dmdevice_set_deferred_remove(major, minor, false) ? steal_fd(&fd) : -EIO;
}

int temporary_hold(const char *name, int flags)
{
	char node[DMDEVICE_NODE_MAX];
	unsigned major, minor;
	struct dm_layer layer;

	dmdevice_read(name, &layer, node);
	if (!layer.live || sscanf(layer.device, "%u:%u", &major, &minor) != 2)
		return -ENODEV;
	return open_number(major, minor, flags);
}

void temporary_unhold(int fd)
{
	struct stat st;

	if (fstat(fd, &st) == 0)
		(void)dmdevice_set_deferred_remove(major(st.st_rdev), minor(st.st_rdev), true);
}

/* --- the device below ------------------------------------------------------------------------- */

static void begin(struct temporary *t, const struct header *header)
{
	*t = (struct temporary){ .below_fd = -1, .fd = -1 };
	temporary_name(t->name, sizeof(t->name));
	snprintf(t->below, sizeof(t->below), "%s" TEMPORARY_DISK, t->name);
	t->disk.kind = HEADER_LUKS2;
	t->disk.header = *header;
	/* The header's is the disk's. */
	t->disk.header.data_offset = 0;
	t->disk.header.options = 0;
	t->disk.superblock = (struct superblock){ .state = SUPERBLOCK_OK,
						  .tag_size = header->tag_size,
						  .block_size = header->sector_size };
}

/* Keeps the device that was just made open, or removes it. */
static int hold_below(struct temporary *t)
{
	t->below_fd = open_number(t->major, t->minor, O_RDONLY);
	if (t->below_fd >= 0) {
		snprintf(t->node, sizeof(t->node), "/dev/dm-%u", t->minor);
		return 0;
	}
	(void)dmdevice_remove(t->below);
	return t->below_fd;
}

static int make_splice(struct temporary *t, const struct temporary_disk *disk,
		       const struct layout *layout)
{
	const uint64_t record = layout->offset, end = disk->size / 512 * 512;
	char first[64], rest[64];
	struct stat st;
	int r;

	/* By its number, whatever has the name of the disk now. */
	if (fstat(disk->fd, &st) < 0)
		return neg_errno();
	snprintf(first, sizeof(first), "%u:%u %llu", major(st.st_rdev), minor(st.st_rdev),
		 (unsigned long long)(record - WIPE_ASIDE) / 512);
	snprintf(rest, sizeof(rest), "%u:%u %llu", major(st.st_rdev), minor(st.st_rdev),
		 (unsigned long long)(record + LAYOUT_SUPERBLOCK) / 512);
	r = dmdevice_make(&(struct dmdevice_spec){ .name = t->below,
						   .type = "SUBDEV",
						   .uuid = t->disk.header.uuid,
						   .target = "linear",
						   .params = first,
						   .size = LAYOUT_SUPERBLOCK,
						   .more_params = rest,
						   .more_size = end - record - LAYOUT_SUPERBLOCK,
						   .hidden = true },
			  disk->claim, &t->major, &t->minor);
	return r < 0 ? r : hold_below(t);
}

static int make_zero(struct temporary *t)
{
	int r = dmdevice_make(&(struct dmdevice_spec){ .name = t->below,
						       .type = "SUBDEV",
						       .target = "zero",
						       .params = "",
						       .size = TRY_SIZE,
						       .hidden = true },
			      NULL, &t->major, &t->minor);

	return r < 0 ? r : hold_below(t);
}

/* --- NAME_dif and NAME ------------------------------------------------------------------------ */

static int make_volume(struct temporary *t, const struct secret *key)
{
	const struct mapping_spec spec = { .name = t->name,
					   .node = t->node,
					   .devno = makedev(t->major, t->minor),
					   .disk = &t->disk,
					   .options = DM_OPTION_PRIVATE | DM_OPTION_NO_JOURNAL };
	int r = mapping_possible(&t->disk) ? mapping_make_lower(&spec, &t->mapping) : -EINVAL;

	if (r == 0)
		r = mapping_make_upper(t->mapping, key);
	if (r == 0)
		t->fd = temporary_hold(t->name, O_RDWR | O_EXCL | O_DIRECT);
	dmdevice_settle();
	return r < 0 ? r : t->fd < 0 ? t->fd : 0;
}

/* What the kernel says of a table that it does not take is in its log. */
static int say_why(int kmsg, int r, char why[static TEMPORARY_WHY])
{
	if (r < 0 && r != -EBUSY && r != -ENODEV)
		kmsg_since(kmsg, "device-mapper: table: ", why, TEMPORARY_WHY);
	return why[0] ? -ENOTSUP : r;
}

int temporary_open(struct temporary *t, const struct temporary_disk *disk,
		   const struct layout *layout, const struct header *header,
		   const struct secret *key, char why[static TEMPORARY_WHY])
{
	cleanup_close int kmsg = kmsg_mark();
	int r;

	why[0] = '\0';
	begin(t, header);
	t->disk.superblock.provided = layout->provided * 512;
	r = make_splice(t, disk, layout);
	if (r == 0)
		r = make_volume(t, key);
	r = say_why(kmsg, r, why);
	if (r < 0)
		(void)temporary_close(t);
	return r;
}

static int try_table(struct temporary *t, char why[static TEMPORARY_WHY])
{
	cleanup_close int kmsg = kmsg_mark();
	struct secret *key = secret_new();
	int r = key ? make_zero(t) : -ENOMEM;

	if (r == 0) {
		key->len = t->disk.header.key_size;
		r = key->len <= sizeof(key->bytes) &&
				    getrandom(key->bytes, key->len, 0) == (ssize_t)key->len ?
			    make_volume(t, key) :
			    -EIO;
	}
	secret_free(key);
	return say_why(kmsg, r, why);
}

int temporary_try(const struct header *header, char why[static TEMPORARY_WHY])
{
	struct cipher cipher;
	struct temporary t;
	int r = cipher_read(header->encryption, header->integrity, &cipher), closed;

	why[0] = '\0';
	if (r < 0 || !dmdevice_has_target("zero"))
		return r;
	begin(&t, header);
	t.disk.superblock.provided = TRY_DATA;
	(void)str_copy(t.disk.header.dm_cipher, sizeof(t.disk.header.dm_cipher), cipher.dm);
	(void)str_copy(t.disk.header.key_description, sizeof(t.disk.header.key_description),
		       "cryptsetup:intact-format");
	r = try_table(&t, why);
	closed = temporary_close(&t);
	return r < 0 ? r : closed;
}

/* --- the end ---------------------------------------------------------------------------------- */

static void unhold(int *fd)
{
	if (*fd < 0)
		return;
	temporary_unhold(*fd);
	close(steal_fd(fd));
}

int temporary_close(struct temporary *t)
{
	int r = 0;

	if (!t->name[0])
		return 0;
	unhold(&t->fd);
	if (t->mapping) {
		t->mapping = mapping_free(t->mapping);
		r = mapping_remove(t->name);
	}
	if (t->below_fd >= 0) {
		int below;

		unhold(&t->below_fd);
		below = dmdevice_remove(t->below);
		dmdevice_settle();
		r = r == 0 && below != -ENXIO ? below : r;
	}
	t->name[0] = '\0';
	return r;
}
