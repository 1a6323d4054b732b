/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The part of intact/format_job.h for --weak-hardware. */
#include "base/util.h"
#include "config/integritytab.h"
#include "intact/format_job.h"
#include "intact/stable.h"
#include "system/block.h"
#include "system/dmdevice.h"
#include "system/integrity_make.h"
#include "system/kmsg.h"
#include "system/ondisk.h"
#include "system/standalone.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

/* Of the two mappings in the lines that are printed. */
#define NAME "root"
#define LOWER_NAME "root_crc32c"

/* Old signatures at both ends of the disk: headers and labels are that far from its start, the
 * superblocks of arrays and the second partition table that far from its end. */
#define HEAD (8 << 20)
#define TAIL (1 << 20)

/* The LUKS2 header begins in there: it is written last. */
#define FIRST (1 << 20)
#define LEAST (16ULL << 20) /* for data */

/* --- the options ------------------------------------------------------------------------------ */

/* The sizes of a key in bits, the default first. */
static const struct weak_cipher {
	const char *encryption;
	unsigned bits[2];
} ciphers[] = {
	{ "aes-xts-plain64", { 512, 256 } },
	{ "xchacha12,aes-adiantum-plain64", { 256 } },
	{ "xchacha20,aes-adiantum-plain64", { 256 } },
};

static bool set_key_size(struct format_job *job, const struct weak_cipher *cipher, unsigned bits)
{
	for (size_t i = 0; i < ARRAY_SIZE(cipher->bits) && cipher->bits[i]; i++)
		if (!bits || bits == cipher->bits[i]) {
			job->make.key_size = cipher->bits[i] / 8;
			return true;
		}
	return false;
}

enum exit_code format_weak_options(struct format_job *job, unsigned bits)
{
	const char *encryption = job->make.encryption;

	if (job->resume || job->image)
		return tell_error(&job->tell, EXIT_CODE_GENERAL,
				  "--weak-hardware cannot be combined with --%s: %s",
				  job->resume ? "resume" : "image",
				  job->resume ? "such a format takes a second, so begin it anew" :
						"the kernel must make such a volume, on a disk");
	for (size_t i = 0; i < ARRAY_SIZE(ciphers); i++) {
		if (!str_eq(ciphers[i].encryption, encryption))
			continue;
		if (set_key_size(job, &ciphers[i], bits))
			return EXIT_CODE_OK;
		return tell_error(&job->tell, EXIT_CODE_GENERAL, "%s has no key of %u bits",
				  encryption, bits);
	}
	return tell_error(
		&job->tell, EXIT_CODE_GENERAL,
		"--weak-hardware takes aes-xts-plain64, xchacha12,aes-adiantum-plain64 or "
		"xchacha20,aes-adiantum-plain64, but not %s",
		encryption);
}

/* --- what is asked ---------------------------------------------------------------------------- */

static void describe(struct format_job *job)
{
	const struct luks_make *make = &job->make;
	char data[32];

	format_describe(job);
	tell_line(&job->tell, "Will be          LUKS2, %s, %u-byte sectors, %s for data,",
		  make->encryption, make->sector_size,
		  tell_size(job->layout.provided * 512 - LUKS_MAKE_OFFSET, data));
	tell_line(&job->tell,
		  "                 on dm-integrity with " FORMAT_WEAK_ALGORITHM " checksums");
	tell_line(
		&job->tell,
		"                 this stops accidents, not attackers: anyone who can write to the "
		"disk\n"
		"                 can write a matching checksum, too");
	tell_line(
		&job->tell,
		"Wiping           nothing: old data stay until they are overwritten. The kernel "
		"computes\n"
		"                 the checksums while the disk is in use, and goes on at the next "
		"boot");
}

/* --- the header ------------------------------------------------------------------------------- */

/* It must say what was asked for: in the file that was made (header), or on the disk (NULL). */
static bool is_right_header(const struct format_job *job, const char *node, const char *header,
			    char *ret_uuid, size_t size)
{
	const struct luks_make *make = &job->make;
	struct disk disk;

	luks_read_header(node, header, NULL, &disk, NULL);
	return disk.kind == HEADER_LUKS2 && disk.first == COPY_OK && disk.second == COPY_OK &&
	       str_eq(disk.header.encryption, make->encryption) && !disk.header.integrity[0] &&
	       disk.header.sector_size == make->sector_size &&
	       disk.header.data_offset == LUKS_MAKE_OFFSET &&
	       disk.header.key_size == job->key->len && disk.header.keyslots == 1 &&
	       str_copy(ret_uuid, size, disk.header.uuid);
}

/* --- the disk --------------------------------------------------------------------------------- */

/* The dm-integrity device while it is open here. */
struct lower {
	char name[64];
	char node[DMDEVICE_NODE_MAX];
	int fd;
	bool made;
};

static int clear_ends(struct format_job *job)
{
	uint64_t end = job->target.size & ~(uint64_t)(WIPE_BLOCK - 1);
	int r;

	job->wipe = (struct wipe){ .fd = job->target.fd };
	r = format_copy(job, -1, 0, HEAD);
	return r < 0 ? r : format_copy(job, -1, end - TAIL, end);
}

static enum exit_code say_failed(struct format_job *job, int r, const char *why)
{
	if (r == -EBUSY)
		return tell_error(&job->tell, EXIT_CODE_BUSY,
				  "another program has taken %s: nothing can be opened on it now",
				  job->path);
	return tell_error(&job->tell, EXIT_CODE_GENERAL,
			  "dm-integrity cannot be made on %s: %s; nothing can be opened on it now",
			  job->path, why[0] ? why : strerror(-r));
}

/* The very disk that was judged, as sysfs names it, whatever its path leads to by now. */
static bool find_device(const struct format_job *job, struct stat *ret,
			char device[static BLOCK_NAME_MAX])
{
	char number[32];

	if (fstat(job->target.fd, ret) < 0)
		return false;
	snprintf(number, sizeof(number), "%u:%u", major(ret->st_rdev), minor(ret->st_rdev));
	return block_by_number("", number, device) == 0;
}

static int open_lower(struct lower *l, dev_t disk)
{
	struct dm_layer layer;

	if (standalone_is_open(l->name, disk) <= 0)
		return -ENODEV;
	dmdevice_read(l->name, &layer, l->node);
	l->fd = open(l->node, O_RDWR | O_EXCL | O_CLOEXEC);
	if (l->fd < 0)
		return neg_errno();
	return ondisk_size(l->fd) < LUKS_MAKE_OFFSET + LEAST ? -ENOSPC : 0;
}

static enum exit_code make_lower(struct format_job *job, struct lower *ret)
{
	char error[INTEGRITY_MAKE_ERROR], kernel[256] = "", device[BLOCK_NAME_MAX], node[64];
	struct stat disk;
	int r, kmsg;

	if (!find_device(job, &disk, device) || !block_node(device, node))
		return say_failed(job, -ENODEV, "");
	target_release(&job->target);
	kmsg = kmsg_mark();
	r = integrity_make(&(struct integrity_make){ .node = node,
						     .algorithm = FORMAT_WEAK_ALGORITHM,
						     .sector_size = job->make.sector_size,
						     .name = ret->name },
			   error);
	ret->made = r == 0;
	if (r < 0)
		kmsg_since(kmsg, "device-mapper: table: ", kernel, sizeof(kernel));
	if (kmsg >= 0)
		close(kmsg);
	if (r == 0)
		r = open_lower(ret, disk.st_rdev);
	return r < 0 ? say_failed(job, r, kernel[0] ? kernel : error) : EXIT_CODE_OK;
}

/* Its beginning last: before that, nothing is there that could be opened. */
static enum exit_code put_header(struct format_job *job, struct lower *l, int header,
				 const char *uuid)
{
	char found[64] = "";
	int r;

	job->wipe.fd = l->fd;
	r = format_copy(job, header, FIRST, LUKS_MAKE_OFFSET);
	if (r == 0)
		r = format_copy(job, header, 0, FIRST);
	job->wipe.fd = job->target.fd;
	if (r < 0)
		return format_disk_failed(job, r);
	if (is_right_header(job, l->node, NULL, found, sizeof(found)) && str_eq(found, uuid))
		return EXIT_CODE_OK;
	return tell_error(&job->tell, EXIT_CODE_INTEGRITY,
			  "%s does not return what was written: the disk is failing, or another "
			  "program writes to it",
			  job->path);
}

static enum exit_code close_lower(struct format_job *job, struct lower *l)
{
	int r;

	if (l->fd >= 0)
		close(l->fd);
	r = l->made ? dmdevice_remove(l->name) : 0;
	return r < 0 ? tell_error(&job->tell, EXIT_CODE_GENERAL,
				  "the mapping %s cannot be removed: %s", l->name, strerror(-r)) :
		       EXIT_CODE_OK;
}

static enum exit_code write_all_of_it(struct format_job *job, int header, const char *uuid)
{
	struct lower lower = { .fd = -1 };
	enum exit_code code, closed;
	int r = clear_ends(job);

	if (r < 0)
		return format_disk_failed(job, r);
	snprintf(lower.name, sizeof(lower.name), "intact-format-%d", (int)getpid());
	code = make_lower(job, &lower);
	if (code == EXIT_CODE_OK)
		code = put_header(job, &lower, header, uuid);
	closed = close_lower(job, &lower);
	return code == EXIT_CODE_OK ? closed : code;
}

/* --- what to do next -------------------------------------------------------------------------- */

static void find_name(const struct format_job *job, char ret[static 256])
{
	const struct device *dev = &job->target.device;
	char device[BLOCK_NAME_MAX];
	struct stat disk;

	(void)str_copy(ret, 256, job->path);
	if (dev->partuuid[0])
		snprintf(ret, 256, "PARTUUID=%s", dev->partuuid);
	else if (find_device(job, &disk, device))
		stable_name("", device, ret);
}

static void say_next(struct format_job *job, const char *uuid)
{
	struct standalone lower = { .name = LOWER_NAME,
				    .hash = standalone_hash(FORMAT_WEAK_ALGORITHM),
				    .mode = 'J' };
	cleanup_free char *line = NULL;

	find_name(job, lower.source_text);
	line = integritytab_format(&lower, NULL);
	tell_line(&job->tell,
		  "Done. Next:        integritysetup open --integrity " FORMAT_WEAK_ALGORITHM
		  " %s " LOWER_NAME "\n"
		  "                   cryptsetup open /dev/mapper/" LOWER_NAME " " NAME
		  " && mkfs.ext4 /dev/mapper/" NAME "\n"
		  "/etc/integritytab  %s\n"
		  "/etc/crypttab      " NAME " UUID=%s none luks\n"
		  "/etc/fstab         /dev/mapper/" NAME " / ext4 errors=remount-ro 0 1",
		  job->path, line, uuid);
	if (devref_is_numbered(lower.source_text))
		tell_warning(&job->tell,
			     "%s may be another disk at the next boot: in /etc/integritytab, name "
			     "it by a link in /dev/disk/by-id, or make a partition table, so that "
			     "it has a PARTUUID",
			     lower.source_text);
}

enum exit_code format_weak(struct format_job *job)
{
	cleanup_close int header = -1;
	cleanup_free char *path = NULL;
	enum exit_code code = target_open(&job->target, job->path, false, &job->tell);
	char uuid[64];
	sigset_t before;

	if (code == EXIT_CODE_OK)
		code = format_kernel(job);
	if (code != EXIT_CODE_OK)
		return code;
	if (!layout_plan(job->target.size, 0, 4, job->make.sector_size, &job->layout) ||
	    job->layout.provided * 512 < LUKS_MAKE_OFFSET + LEAST)
		return tell_error(&job->tell, EXIT_CODE_DEVICE, "%s is too small", job->path);
	describe(job);
	code = format_confirm(job);
	if (code == EXIT_CODE_OK)
		code = format_header(job, &header);
	if (code != EXIT_CODE_OK)
		return code;
	path = xasprintf("/proc/self/fd/%d", header);
	if (!is_right_header(job, job->path, path, uuid, sizeof(uuid)))
		return tell_error(&job->tell, EXIT_CODE_GENERAL,
				  "the header that was made is not as it should be; nothing was "
				  "written");
	wipe_hold_signals(&before);
	code = write_all_of_it(job, header, uuid);
	wipe_release_signals(&before);
	if (code == EXIT_CODE_OK)
		say_next(job, uuid);
	return code;
}
