/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The part of intact/format_job.h that makes a new volume. */
#include "base/escape.h"
#include "base/texts.h"
#include "base/util.h"
#include "intact/format_job.h"
#include "policy/allowed.h"
#include "system/block.h"
#include "system/device.h"

#include <ctype.h>
#include <linux/fs.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>

/* Where copies of an old LUKS2 header may be. */
#define OLD_HEADERS (8 << 20)
#define PIECE (8 << 20) /* a slow disk is asked a few times */

/* --- what is asked ------------------------------------------------------------------------------
 */

/* A whole disk may have been named by mistake. */
static void describe_partitions(struct format_job *job)
{
	char device[BLOCK_NAME_MAX], node[64], size[32], **names;
	cleanup_free char *folder = NULL;
	struct device part;
	size_t n;

	if (block_device("", job->path, device) < 0)
		return;
	folder = xasprintf(BLOCK_CLASS "/%s", device);
	texts_folder(folder, &names, &n);
	for (size_t i = 0; i < n; i++) {
		cleanup_free char *file = xasprintf("%s/partition", names[i]);

		if (!block_has("", device, file) || !block_node(names[i], node) ||
		    device_probe(node, &part) < 0)
			continue;
		tell_line(&job->tell, "%-16s partition %s, %s%s%s", "", names[i],
			  tell_size(part.size, size), part.type[0] ? ", on it: " : "",
			  str_printable(part.type));
	}
	texts_free(names, n);
}

void format_describe(struct format_job *job)
{
	const struct device *dev = &job->target.device;
	/* A label with a newline in it must not look like a line of this program. */
	cleanup_free char *type = str_printable(xstrdup(dev->type));
	cleanup_free char *serial = str_printable(xstrdup(dev->serial));
	cleanup_free char *label = str_printable(xstrdup(dev->label));
	char size[32];

	tell_line(&job->tell, "%-16s %s%s%s%s", job->path, tell_size(job->target.size, size),
		  type[0] ? ", on it: " : "", type, job->target.image ? " file" : "");
	if (isalnum((unsigned char)serial[0]))
		tell_line(&job->tell, "%-16s serial number %s", "", serial);
	if (label[0])
		tell_line(&job->tell, "%-16s labelled \"%s\"", "", label);
	if (!job->target.image)
		describe_partitions(job);
}

static void describe(struct format_job *job)
{
	const struct luks_make *make = &job->make;
	char data[32];

	format_describe(job);
	tell_line(&job->tell, "Will be          LUKS2, %s + %s, %u-byte sectors, %s for data",
		  make->encryption, make->integrity, make->sector_size,
		  tell_size(job->layout.provided * 512, data));
	tell_line(
		&job->tell,
		"                 every change to the disk is found; an old image of the whole disk "
		"is not: see intact(8)");
	tell_line(&job->tell, "Wiping           every sector once%s; can be stopped and resumed",
		  !job->choice.computed ? ", computed by the kernel" :
		  job->through_kernel	? ", through the kernel" :
					  "");
	if (job->target.size % 4096)
		tell_line(&job->tell,
			  "                 the size is not a multiple of 4096: the last %u bytes "
			  "stay unused",
			  (unsigned)(job->target.size % 4096));
}

enum exit_code format_confirm(struct format_job *job)
{
	char answer[16] = "";
	FILE *terminal;

	if (job->batch)
		return EXIT_CODE_OK;
	terminal = fopen(job->terminal, "r+e");
	if (!terminal)
		return tell_error(&job->tell, EXIT_CODE_GENERAL,
				  "there is no terminal to ask on: --batch asks nothing");
	fprintf(terminal, "This destroys everything on %s. Type YES in capitals: ", job->path);
	(void)fflush(terminal);
	rewind(terminal);
	if (!fgets(answer, sizeof(answer), terminal))
		answer[0] = '\0';
	fclose(terminal);
	answer[strcspn(answer, "\n")] = '\0';
	return str_eq(answer, "YES") ? EXIT_CODE_OK :
				       tell_error(&job->tell, EXIT_CODE_GENERAL,
						  "not confirmed: nothing was written");
}

/* --- the header ---------------------------------------------------------------------------------
 */

/* The header must be one that this program opens, and say what was asked for. */
static enum exit_code check_header(struct format_job *job, const char *header, char *ret_uuid,
				   size_t size)
{
	const struct luks_make *make = &job->make;
	struct luks *luks = NULL;
	struct disk disk;
	bool good;

	luks_read_header(job->path, header, NULL, &disk, &luks);
	luks_free(luks);
	good = disk.kind == HEADER_LUKS2 && disk.first == COPY_OK && disk.second == COPY_OK &&
	       str_eq(disk.header.encryption, make->encryption) &&
	       str_eq(disk.header.integrity, make->integrity) &&
	       disk.header.sector_size == make->sector_size &&
	       disk.header.data_offset == LUKS_MAKE_OFFSET &&
	       disk.header.key_size == job->key->len && disk.header.keyslots == 1 &&
	       disk.header.integrity_key_size == make->integrity_key_size &&
	       disk.header.tag_size == job->choice.tag_size &&
	       allowed_segment(make->encryption, make->integrity, make->key_size,
			       make->integrity_key_size) &&
	       str_copy(ret_uuid, size, disk.header.uuid);
	job->header = disk.header;
	return good ? EXIT_CODE_OK :
		      tell_error(&job->tell, EXIT_CODE_GENERAL,
				 "the header that was made is not as it should be; nothing was "
				 "written");
}

/* A variable that was not set becomes an empty file. */
static enum exit_code check_key_file(struct format_job *job)
{
	struct stat st;

	if (stat(job->make.key_file, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > 0)
		return EXIT_CODE_OK;
	return tell_error(
		&job->tell, EXIT_CODE_GENERAL,
		"the key file %s is empty, and would protect nothing; nothing was written",
		job->make.key_file);
}

enum exit_code format_header(struct format_job *job, int *ret_fd)
{
	struct secret *passphrase = secret_new();
	char error[LUKS_MAKE_ERROR];
	enum exit_code code = passphrase && job->key ? EXIT_CODE_OK : EXIT_CODE_MEMORY;
	int fd;

	if (code == EXIT_CODE_OK)
		code = job->make.key_file ? check_key_file(job) : format_ask_new(job, passphrase);
	if (code == EXIT_CODE_OK) {
		tell_line(&job->tell, "Making the keyslot …");
		fd = luks_make(&job->make, passphrase, job->key, error);
		if (fd < 0)
			code = tell_error(&job->tell,
					  fd == -ENOMEM ? EXIT_CODE_MEMORY : EXIT_CODE_GENERAL,
					  "the LUKS2 header cannot be made: %s",
					  error[0] ? error : strerror(-fd));
		else
			*ret_fd = fd;
	}
	secret_free(passphrase);
	return code;
}

/* --- the disk -----------------------------------------------------------------------------------
 */

int format_copy(const struct format_job *job, int fd, uint64_t from, uint64_t to)
{
	unsigned char *piece = wipe_buffer(PIECE);
	int r = piece ? 0 : -ENOMEM;

	for (uint64_t at = from; r == 0 && at < to; at += PIECE) {
		size_t len = to - at < PIECE ? (size_t)(to - at) : PIECE;

		if (fd >= 0 && pread(fd, piece, len, (off_t)at) != (ssize_t)len)
			r = -EIO;
		else
			r = wipe_write(job->wipe.fd, piece, len, at);
	}
	if (piece)
		(void)munmap(piece, PIECE);
	return r < 0 ? r : wipe_flush(&job->wipe);
}

/*
 * The kernel reads the first area as it was written here, before the rest is: with a header that is
 * only in memory, so that a power cut in between leaves nothing that could be opened.
 */
static enum exit_code prove(struct format_job *job, const char *header)
{
	char why[FORMAT_WHY];
	enum exit_code code;
	int r = format_copy(job, -1, 0, OLD_HEADERS);

	if (r == 0)
		r = wipe_journal(&job->wipe);
	if (r == 0)
		r = wipe_first(&job->wipe);
	if (r == 0 && !job->target.image)
		r = wipe_superblock(&job->wipe);
	if (r < 0)
		return format_disk_failed(job, r);
	if (job->target.image)
		return EXIT_CODE_OK;
	r = format_look(job, header, LAYOUT_AREA_BYTES, 0, why);
	if (job->target.claim < 0)
		return format_taken(job);
	if (r == 0)
		return EXIT_CODE_OK;
	format_undo(job);
	if (r == -EILSEQ) {
		tell_warning(&job->tell,
			     "the kernel does not read what was computed here (%s): it computes "
			     "all of it now, which takes longer. Please report this.",
			     strerror(-r));
		job->wipe.through = job->wipe.record.through = true;
		return format_through_prove(job);
	}
	code = format_ask_disk(job);
	if (code != EXIT_CODE_OK)
		return code;
	return tell_error(&job->tell, EXIT_CODE_GENERAL,
			  "this kernel does not open the volume (%s); nothing can be opened on %s "
			  "now",
			  why[0] ? why : strerror(-r), job->path);
}

/* From here on it can be resumed. The header's last block is the second superblock's. */
static enum exit_code begin(struct format_job *job, int header)
{
	uint64_t end = LUKS_MAKE_OFFSET - (job->wipe.through ? WIPE_ASIDE : 0);
	int r;

	job->wipe.record.begun = (uint64_t)time(NULL);
	/* Areas that are written already; the kernel may have changed the journal. */
	job->wipe.record.next = 1;
	r = wipe_journal(&job->wipe);
	if (r == 0)
		r = wipe_record(&job->wipe);
	if (r == 0)
		r = format_copy(job, header, 0, end);
	return r < 0 ? format_disk_failed(job, r) : EXIT_CODE_OK;
}

static void say_next(struct format_job *job, const char *uuid)
{
	cleanup_free char *word = shell_word(job->path);

	if (job->target.image) {
		tell_line(&job->tell, "Done: %s is finished.", job->path);
		return;
	}
	tell_line(&job->tell,
		  "Done. Next:      cryptsetup open %s root && mkfs.ext4 /dev/mapper/root\n"
		  "/etc/crypttab    root UUID=%s none luks\n"
		  "/etc/fstab       /dev/mapper/root / ext4 errors=remount-ro 0 1",
		  word, uuid);
}

static enum exit_code write_volume(struct format_job *job, int header)
{
	cleanup_free char *path = xasprintf("/proc/self/fd/%d", header);
	char uuid[64];
	enum exit_code code = check_header(job, path, uuid, sizeof(uuid));
	sigset_t before;

	wipe_hold_signals(&before);
	if (code == EXIT_CODE_OK)
		code = format_prepare(job, uuid, job->through_kernel || !job->choice.computed);
	if (code == EXIT_CODE_OK)
		code = job->wipe.through ? format_through_prove(job) : prove(job, path);
	if (code == EXIT_CODE_OK)
		code = begin(job, header);
	if (code == EXIT_CODE_OK)
		code = format_finish(job);
	wipe_release_signals(&before);
	if (code == EXIT_CODE_OK)
		say_next(job, uuid);
	return code;
}

static void warn(struct format_job *job)
{
	char text[CHOICE_WHY];

	if (choice_warning(&job->choice, job->make.sector_size, job->layout.provided * 512, text))
		tell_warning(&job->tell, "%s", text);
}

/* A disk whose own blocks are larger cannot write one of these sectors alone. */
static enum exit_code check_sectors(struct format_job *job)
{
	int block = 0;

	if (job->image || ioctl(job->target.fd, BLKSSZGET, &block) < 0 || block < 0 ||
	    (unsigned)block <= job->make.sector_size)
		return EXIT_CODE_OK;
	return tell_error(
		&job->tell, EXIT_CODE_DEVICE,
		"%s has blocks of %d bytes, so it cannot have sectors of %u bytes; nothing "
		"was written. Leave --sector-size out.",
		job->path, block, job->make.sector_size);
}

/* May this disk become such a volume? Nothing is written. */
static enum exit_code judge(struct format_job *job)
{
	enum exit_code code;

	if (job->image && !job->choice.computed)
		return tell_error(&job->tell, EXIT_CODE_GENERAL,
				  "%s with %s is computed by the kernel alone, so a file cannot "
				  "have it: format a loop device that shows the file",
				  job->make.encryption, job->make.integrity);
	code = target_open(&job->target, job->path, job->image, &job->tell);
	if (code == EXIT_CODE_OK)
		code = check_sectors(job);
	if (code == EXIT_CODE_OK && !job->image)
		code = format_kernel(job);
	if (code == EXIT_CODE_OK && (job->through_kernel || !job->choice.computed))
		code = format_through_try(job);
	if (code != EXIT_CODE_OK)
		return code;
	if (!layout_plan(job->target.size, LUKS_MAKE_OFFSET, job->choice.tag_size,
			 job->make.sector_size, &job->layout))
		return tell_error(&job->tell, EXIT_CODE_DEVICE, "%s is too small", job->path);
	return EXIT_CODE_OK;
}

enum exit_code format_new(struct format_job *job)
{
	cleanup_close int header = -1;
	enum exit_code code = judge(job);

	if (code != EXIT_CODE_OK)
		return code;
	describe(job);
	warn(job);
	code = format_confirm(job);
	if (code == EXIT_CODE_OK)
		code = format_header(job, &header);
	return code == EXIT_CODE_OK ? write_volume(job, header) : code;
}
