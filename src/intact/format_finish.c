/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of intact/format_job.h that a new format and a resumed one share. */
#include "base/escape.h"
#include "intact/format_job.h"
#include "system/sha256.h"

#include <inttypes.h>
#include <stdio.h>

#define LOOK_AT (1 << 20) /* bytes, at both ends of a finished volume */

static enum exit_code make_seal(struct format_job *job)
{
	const struct luks_make *make = &job->make;
	int r = seal_new(&(struct seal_spec){ .encryption = make->encryption,
					      .integrity = make->integrity,
					      .sector_size = make->sector_size,
					      .key = job->key->bytes,
					      .key_size = job->key->len },
			 &job->seal);

	job->wipe.seal = job->seal;
	if (r == 0)
		return EXIT_CODE_OK;
	return tell_error(&job->tell, r == -ENOMEM ? EXIT_CODE_MEMORY : EXIT_CODE_GENERAL,
			  r == -EIO ? "this processor computes AES or SHA wrong" :
				      "the keys cannot be made ready: %s",
			  strerror(-r));
}

enum exit_code format_prepare(struct format_job *job, const char *uuid, bool through)
{
	const struct luks_make *make = &job->make;
	cleanup_free char *text = NULL;
	struct wipe *w = &job->wipe;
	unsigned char superblock[512];
	enum exit_code code = EXIT_CODE_OK;

	*w = (struct wipe){
		.fd = job->target.fd, .layout = &job->layout, .through = through, .mapping = -1
	};
	if (!layout_plan(job->target.size, LUKS_MAKE_OFFSET, job->choice.tag_size,
			 make->sector_size, &job->layout))
		return tell_error(&job->tell, EXIT_CODE_DEVICE, "%s is too small", job->path);
	if (!through && seal_sizes(make->encryption, make->integrity, &w->sizes))
		code = make_seal(job);
	if (code != EXIT_CODE_OK)
		return code;
	text = xasprintf("%s %s %u %llu %s", make->encryption, make->integrity, make->sector_size,
			 LUKS_MAKE_OFFSET, uuid);
	if (make->integrity_key_size) {
		char *longer = xasprintf("%s %u", text, make->integrity_key_size);

		free(text);
		text = longer;
	}
	w->record = (struct unfinished){ .areas = job->layout.areas, .through = through };
	layout_superblock(&job->layout, superblock);
	memcpy(w->record.superblock, superblock, sizeof(w->record.superblock));
	if (!sha256(text, strlen(text), w->record.volume) ||
	    !wipe_record_key(job->key->bytes, job->key->len, w->record_key))
		return tell_error(&job->tell, EXIT_CODE_GENERAL, "a hash cannot be computed");
	return EXIT_CODE_OK;
}

enum exit_code format_disk_failed(struct format_job *job, int error)
{
	const struct wipe *w = &job->wipe;

	if (error == -ENOMEM)
		return tell_error(&job->tell, EXIT_CODE_MEMORY, "there is no memory");
	if (error == -ENOSPC && job->target.image)
		return tell_error(&job->tell, EXIT_CODE_GENERAL,
				  "there is no space for the content of %s", job->path);
	if (error == -ENODEV || error == -ENXIO || target_gone(&job->target))
		return tell_error(&job->tell, EXIT_CODE_DEVICE, "%s has vanished: connect it again",
				  job->path);
	if (error == -EIO && !w->bad_offset)
		return tell_error(&job->tell, EXIT_CODE_GENERAL,
				  "%s does not store what was written (I/O error): the disk is "
				  "failing",
				  job->path);
	if (error == -EIO)
		return tell_error(&job->tell, EXIT_CODE_GENERAL,
				  "%s cannot be written at sector %" PRIu64 " (tried %u times): "
				  "the disk is failing",
				  job->path, w->bad_offset / 512, w->tries ? w->tries : 1);
	return tell_error(&job->tell, EXIT_CODE_GENERAL, "%s cannot be written: %s", job->path,
			  strerror(-error));
}

enum exit_code format_ask_disk(struct format_job *job)
{
	const uint64_t at = job->layout.offset;
	int r = target_gone(&job->target) ? -ENODEV :
					    format_read(job->target.fd, at, at + LAYOUT_SUPERBLOCK);

	if (r == 0)
		return EXIT_CODE_OK;
	if (r == -EIO)
		return tell_error(&job->tell, EXIT_CODE_GENERAL,
				  "%s cannot be read (I/O error): the disk is failing", job->path);
	return format_disk_failed(job, r);
}

static void seen(void *arg, const struct wipe_progress *p)
{
	struct format_job *job = arg;

	tell_progress(&job->tell, p->done, p->total, p->rate, p->seconds);
}

/* The sentence with which an unfinished format ends. */
static void say_resume(struct format_job *job)
{
	cleanup_free char *word = shell_word(job->path);

	tell_line(&job->tell,
		  "Stopped at %u %%. Nothing can open this %s until it is finished:\n"
		  "    intact format --resume %s%s",
		  unfinished_percent(&job->wipe.record), job->target.image ? "image" : "disk",
		  job->target.image ? "--image " : "", word);
}

/* One of the ends of a format that is not finished comes first, and then how it goes on. */
static enum exit_code write_areas(struct format_job *job)
{
	enum exit_code code = format_through_open(job), closed;
	int r = 0;

	if (code == EXIT_CODE_OK)
		r = wipe_areas(&job->wipe, job->layout.areas, seen, job);
	if (r < 0)
		code = r == -EINTR ? EXIT_CODE_STOPPED : format_disk_failed(job, r);
	closed = format_through_close(job);
	if (code == EXIT_CODE_OK)
		code = closed;
	if (code != EXIT_CODE_OK)
		say_resume(job);
	return code;
}

/* What the disk lost here, it may have lost anywhere; and the next comparison looks elsewhere. */
static void begin_again(struct format_job *job)
{
	if (job->target.claim < 0)
		return;
	job->wipe.record.next = 0;
	(void)wipe_record(&job->wipe);
}

static enum exit_code not_as_written(struct format_job *job, int r)
{
	if (r == -EILSEQ)
		return tell_error(&job->tell, EXIT_CODE_INTEGRITY,
				  "%s does not return what was written (from sector %" PRIu64
				  " on): the disk is failing, or another program writes to it. All "
				  "of it must be written again.",
				  job->path, job->wipe.bad_offset / 512);
	return tell_error(&job->tell, EXIT_CODE_GENERAL, "%s cannot be read back: %s", job->path,
			  strerror(-r));
}

static enum exit_code compare(struct format_job *job)
{
	/* A mapping that is made anew has no tags in memory: it reads those on the disk. */
	enum exit_code code = format_through_open(job), closed;
	uint64_t n = 0;
	int r = 0;

	if (code == EXIT_CODE_OK)
		r = wipe_compare(&job->wipe, &n);
	closed = format_through_close(job);
	if (code == EXIT_CODE_OK && r == 0)
		code = closed;
	if (code != EXIT_CODE_OK)
		return code;
	if (r == 0) {
		tell_line(&job->tell,
			  "Read back: %" PRIu64 " pieces of 1 MiB, all as they were written.", n);
		return EXIT_CODE_OK;
	}
	if (r == -EILSEQ || r == -EIO)
		begin_again(job);
	code = not_as_written(job, r);
	say_resume(job);
	return code;
}

/* The superblock makes a volume of it; if the kernel then disagrees, the record comes back. Not so
 * on a disk that another program has taken: perhaps, it has opened the volume. */
static enum exit_code complete(struct format_job *job)
{
	char why[FORMAT_WHY];
	enum exit_code code;
	int r = format_through_end(job);

	if (r == 0)
		r = wipe_superblock(&job->wipe);
	if (r < 0)
		return format_disk_failed(job, r);
	if (job->target.image)
		return EXIT_CODE_OK;
	r = format_look(job, NULL, LOOK_AT, LOOK_AT, why);
	if (r == 0)
		return EXIT_CODE_OK;
	if (job->target.claim < 0)
		return target_gone(&job->target) ?
			       format_disk_failed(job, -ENODEV) :
			       tell_error(&job->tell, EXIT_CODE_BUSY,
					  "%s is finished, but another program took it before the "
					  "kernel had read it: `intact scrub` reads all of it",
					  job->path);
	if (r == -EILSEQ)
		job->wipe.record.next = 0;
	(void)wipe_record(&job->wipe);
	code = format_ask_disk(job);
	if (code != EXIT_CODE_OK)
		return code;
	return tell_error(&job->tell, EXIT_CODE_GENERAL,
			  "the kernel does not read %s as it was written (%s): it stays unfinished",
			  job->path, why[0] ? why : strerror(-r));
}

enum exit_code format_finish(struct format_job *job)
{
	enum exit_code code = write_areas(job);

	if (code == EXIT_CODE_OK)
		code = compare(job);
	if (code == EXIT_CODE_OK)
		code = complete(job);
	return code;
}
