/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The part of intact/format_job.h that goes on with an unfinished format. */
#include "intact/format_job.h"

#include <stdio.h>
#include <sys/mman.h>
#include <time.h>

/* The superblock's place. 0 or a negative errno. */
static int read_head(const struct format_job *job, unsigned char ret[static UNFINISHED_SIZE])
{
	unsigned char *block = wipe_buffer(WIPE_BLOCK);
	ssize_t n;

	if (!block)
		return -ENOMEM;
	n = pread(job->target.fd, block, WIPE_BLOCK, LUKS_MAKE_OFFSET);
	if (n == WIPE_BLOCK)
		memcpy(ret, block, UNFINISHED_SIZE);
	(void)munmap(block, WIPE_BLOCK);
	return n == WIPE_BLOCK ? 0 : n < 0 ? neg_errno() : -ENODATA;
}

static enum exit_code read_record(struct format_job *job, const struct disk *disk,
				  unsigned char head[static UNFINISHED_SIZE],
				  struct unfinished *ret)
{
	int r = read_head(job, head);

	if (r < 0)
		return tell_error(&job->tell, EXIT_CODE_DEVICE, "%s cannot be read: %s", job->path,
				  strerror(-r));
	if (unfinished_read(head, ret)) {
		if (disk->kind == HEADER_LUKS2)
			return EXIT_CODE_OK;
		return tell_error(&job->tell, EXIT_CODE_DEVICE,
				  "the LUKS2 header of %s is gone, and with it the volume key: the "
				  "format cannot be resumed. Format anew.",
				  job->path);
	}
	if (disk->kind == HEADER_LUKS2 && disk->superblock.state == SUPERBLOCK_OK)
		return tell_error(&job->tell, EXIT_CODE_BUSY,
				  "the format of %s is finished: there is nothing to resume",
				  job->path);
	return tell_error(&job->tell, EXIT_CODE_DEVICE,
			  "%s has no record of an unfinished format: format anew", job->path);
}

/* What the header says is what is written. */
static enum exit_code take_header(struct format_job *job, const struct header *h)
{
	bool good = choice_of_header(h, &job->choice);

	job->header = *h;
	job->make.sector_size = h->sector_size;
	format_take_choice(job);
	if (!good)
		return tell_error(&job->tell, EXIT_CODE_REFUSED,
				  "the LUKS2 header of %s is not the one that was made here: the "
				  "format cannot be resumed. Format anew.",
				  job->path);
	return EXIT_CODE_OK;
}

static enum exit_code compare(struct format_job *job, const struct unfinished *record,
			      const unsigned char *head)
{
	char was[32], is[32];

	if (!wipe_record_genuine(job->wipe.record_key, head) ||
	    memcmp(record->volume, job->wipe.record.volume, sizeof(record->volume)) != 0)
		return tell_error(&job->tell, EXIT_CODE_REFUSED,
				  "the record of the unfinished format on %s is not genuine: the "
				  "record or the LUKS2 header was changed. Format anew.",
				  job->path);
	if (memcmp(record->superblock, job->wipe.record.superblock, 64) == 0 &&
	    record->areas == job->layout.areas)
		return EXIT_CODE_OK;
	return tell_error(&job->tell, EXIT_CODE_REFUSED,
			  "the size of %s has changed: it had %s for data, and has %s now. Give it "
			  "its size back, or format anew.",
			  job->path,
			  tell_size((uint64_t)record->superblock[16] * 512 |
					    (uint64_t)record->superblock[17] << 17 |
					    (uint64_t)record->superblock[18] << 25 |
					    (uint64_t)record->superblock[19] << 33 |
					    (uint64_t)record->superblock[20] << 41 |
					    (uint64_t)record->superblock[21] << 49,
				    was),
			  tell_size(job->layout.provided * 512, is));
}

static void describe(struct format_job *job, const struct unfinished *record, const char *uuid)
{
	char begun[32] = "", size[32];
	time_t at = (time_t)record->begun;
	struct tm tm;

	if (localtime_r(&at, &tm))
		(void)strftime(begun, sizeof(begun), "%Y-%m-%d %H:%M", &tm);
	tell_line(&job->tell, "%s  %s, begun %s, %u %% done, LUKS2 UUID %s", job->path,
		  tell_size(job->target.size, size), begun, unfinished_percent(record), uuid);
}

/* Goes on in the way in which it was begun, unless that is not possible here. */
static enum exit_code check_kernel(struct format_job *job, struct unfinished *record)
{
	enum exit_code code = job->image ? EXIT_CODE_OK : format_kernel(job);

	if (job->through_kernel || !job->choice.computed)
		record->through = true;
	if (code != EXIT_CODE_OK || !record->through)
		return code;
	if (job->image)
		return tell_error(&job->tell, EXIT_CODE_GENERAL,
				  "the format of %s was begun through the kernel: resume it on a "
				  "loop device that shows the file",
				  job->path);
	return format_through_try(job);
}

/* The second superblock may be gone, or the journal: it is not the record that says so. */
static enum exit_code make_ready(struct format_job *job)
{
	int r = job->wipe.through ? wipe_aside(&job->wipe) : 0;

	if (r == -EEXIST)
		return tell_error(
			&job->tell, EXIT_CODE_REFUSED,
			"the last 4096 bytes before the data of %s are in use, perhaps by "
			"a keyslot: the format cannot be resumed. Format anew.",
			job->path);
	if (r == 0 && job->wipe.through)
		r = wipe_journal(&job->wipe);
	return r < 0 ? format_disk_failed(job, r) : EXIT_CODE_OK;
}

static enum exit_code resume(struct format_job *job, struct luks *luks, const struct disk *disk)
{
	unsigned char head[UNFINISHED_SIZE];
	struct unfinished record;
	sigset_t before;
	enum exit_code code = read_record(job, disk, head, &record);

	if (code == EXIT_CODE_OK)
		code = take_header(job, &disk->header);
	if (code == EXIT_CODE_OK)
		code = check_kernel(job, &record);
	if (code != EXIT_CODE_OK)
		return code;
	describe(job, &record, disk->header.uuid);
	code = format_unlock(job, luks, disk);
	if (code == EXIT_CODE_OK)
		code = format_prepare(job, disk->header.uuid, record.through);
	if (code == EXIT_CODE_OK)
		code = compare(job, &record, head);
	if (code != EXIT_CODE_OK)
		return code;
	job->wipe.record = record;
	wipe_hold_signals(&before);
	code = make_ready(job);
	if (code == EXIT_CODE_OK)
		code = format_finish(job);
	wipe_release_signals(&before);
	if (code == EXIT_CODE_OK)
		tell_line(&job->tell, "Done: %s is finished.", job->path);
	return code;
}

enum exit_code format_resume(struct format_job *job)
{
	enum exit_code code = target_open(&job->target, job->path, job->image, &job->tell);
	struct luks *luks = NULL;
	struct disk disk;

	if (code != EXIT_CODE_OK)
		return code;
	luks_read_header(job->path, NULL, NULL, &disk, &luks);
	code = resume(job, luks, &disk);
	luks_free(luks);
	return code;
}
