/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The part of intact/format_job.h that has the kernel compute, through intact/temporary.h. */
#include "intact/cryptoload.h"
#include "intact/format_job.h"
#include "intact/leftover.h"

#include <inttypes.h>
#include <signal.h>

#define PIECE (1 << 20)

enum exit_code format_taken(struct format_job *job)
{
	if (target_gone(&job->target))
		return format_disk_failed(job, -ENODEV);
	return tell_error(&job->tell, EXIT_CODE_BUSY,
			  "another program has taken %s: nothing can be opened on it now",
			  job->path);
}

void format_undo(struct format_job *job)
{
	if (job->target.claim >= 0)
		(void)format_copy(job, -1, 0, LUKS_MAKE_OFFSET + PIECE);
}

static enum exit_code not_opened(struct format_job *job, int r, const char *why)
{
	enum exit_code code;

	if (r == -EBUSY)
		return format_taken(job);
	code = format_ask_disk(job);
	if (code != EXIT_CODE_OK)
		return code;
	return tell_error(&job->tell, EXIT_CODE_GENERAL,
			  "this kernel does not open %s with %s on %s: %s", job->make.encryption,
			  job->make.integrity, job->path, why[0] ? why : strerror(-r));
}

/* --- before anything is written --------------------------------------------------------------- */

enum exit_code format_through_try(struct format_job *job)
{
	const struct luks_make *make = &job->make;
	struct header header = { .sector_size = make->sector_size,
				 .tag_size = job->choice.tag_size,
				 .key_size = make->key_size,
				 .integrity_key_size = make->integrity_key_size };
	char why[TEMPORARY_WHY];
	sigset_t all, before;
	int r, lock;

	(void)str_copy(header.encryption, sizeof(header.encryption), make->encryption);
	(void)str_copy(header.integrity, sizeof(header.integrity), make->integrity);
	cryptoload_module("dm_zero");
	/* Ctrl-C ends the program when the mappings are gone. */
	sigfillset(&all);
	(void)sigprocmask(SIG_BLOCK, &all, &before);
	lock = leftover_before_try();
	r = temporary_try(&header, why);
	if (lock >= 0)
		close(lock);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	if (r == 0)
		return EXIT_CODE_OK;
	if (r == -ENOMEM)
		return tell_error(&job->tell, EXIT_CODE_MEMORY, "there is no memory");
	return tell_error(&job->tell, EXIT_CODE_GENERAL,
			  "this kernel does not open %s with %s and a key of %u bits (%s); nothing "
			  "was written",
			  make->encryption, make->integrity, make->key_size * 8,
			  why[0] ? why : strerror(-r));
}

/* --- the mapping ------------------------------------------------------------------------------ */

/* Another program may have taken the disk between the two. */
static int claim_again(struct format_job *job)
{
	return job->target.claim < 0 ? target_claim(&job->target) : 0;
}

enum exit_code format_through_open(struct format_job *job)
{
	struct target *target = &job->target;
	const struct temporary_disk disk = { target->fd, target->size, &target->claim };
	char why[TEMPORARY_WHY];
	int r;

	if (!job->wipe.through)
		return EXIT_CODE_OK;
	r = temporary_open(&job->temporary, &disk, &job->layout, &job->header, job->key, why);
	if (r < 0) {
		(void)claim_again(job);
		return not_opened(job, r, why);
	}
	job->wipe.mapping = job->temporary.fd;
	return EXIT_CODE_OK;
}

enum exit_code format_through_close(struct format_job *job)
{
	int r;

	if (!job->wipe.through)
		return EXIT_CODE_OK;
	job->wipe.mapping = -1;
	r = temporary_close(&job->temporary);
	if (r < 0)
		return tell_error(&job->tell, EXIT_CODE_GENERAL,
				  "the temporary mapping of %s cannot be removed: %s", job->path,
				  strerror(-r));
	r = claim_again(job);
	return r < 0 ? not_opened(job, r, "") : EXIT_CODE_OK;
}

/* --- the first area, and the end -------------------------------------------------------------- */

/* Nothing can be opened from here on: the record is where every program looks for a superblock, and
 * there is no header. */
static int clear(struct format_job *job)
{
	struct wipe *w = &job->wipe;
	int r = format_copy(job, -1, 0, LUKS_MAKE_OFFSET);

	w->record.next = 0;
	if (r == 0)
		r = wipe_record(w);
	if (r == 0)
		r = wipe_aside(w);
	return r == 0 ? wipe_journal(w) : r;
}

static enum exit_code write_first(struct format_job *job)
{
	enum exit_code code = format_through_open(job), closed;
	int r = 0;

	if (code == EXIT_CODE_OK)
		r = wipe_first(&job->wipe);
	if (r < 0)
		code = format_disk_failed(job, r);
	closed = format_through_close(job);
	return code == EXIT_CODE_OK ? closed : code;
}

/* With a mapping that is made anew: the first one still has the tags in memory. */
static enum exit_code read_first(struct format_job *job)
{
	const uint64_t all = job->layout.provided * 512;
	enum exit_code code = format_through_open(job), closed;
	int r = 0;

	if (code == EXIT_CODE_OK)
		r = format_read(job->wipe.mapping, 0,
				all < LAYOUT_AREA_BYTES ? all : LAYOUT_AREA_BYTES);
	closed = format_through_close(job);
	if (r == -EILSEQ)
		return tell_error(&job->tell, EXIT_CODE_INTEGRITY,
				  "%s does not return what was written, or this kernel computes %s "
				  "with %s wrong: nothing can be opened on the disk now",
				  job->path, job->make.encryption, job->make.integrity);
	if (r < 0)
		return tell_error(&job->tell, EXIT_CODE_GENERAL, "%s cannot be read back: %s",
				  job->path, strerror(-r));
	return code == EXIT_CODE_OK ? closed : code;
}

enum exit_code format_through_prove(struct format_job *job)
{
	int r = clear(job);
	enum exit_code code = r < 0 ? format_disk_failed(job, r) : write_first(job);

	if (code == EXIT_CODE_OK)
		code = read_first(job);
	if (code != EXIT_CODE_OK)
		format_undo(job);
	return code;
}

int format_through_end(struct format_job *job)
{
	struct wipe *w = &job->wipe;
	int r;

	if (!w->through)
		return 0;
	/* The kernel may have changed it. */
	r = wipe_journal(w);
	if (r == 0)
		r = wipe_clear_aside(w);
	/* A keyslot that was added meanwhile. */
	return r == -EEXIST ? 0 : r;
}
