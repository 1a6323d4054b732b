/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * format_job: what `intact format` was asked for, and the parts of its work.
 */
#ifndef INTACT_INTACT_FORMAT_JOB_H
#define INTACT_INTACT_FORMAT_JOB_H

#include "intact/choice.h"
#include "intact/target.h"
#include "intact/temporary.h"
#include "intact/wipe.h"
#include "system/luks.h"
#include "system/luks_make.h"

struct format_job {
	/* The options. */
	struct luks_make make;
	const char *path, *volume_key_file, *terminal;
	bool image, resume, batch;
	bool weak; /* --weak-hardware; then make.integrity is NULL */
	/* --through-kernel: no sector is computed here. wipe.through also where none can be. */
	bool through_kernel;

	struct tell tell;
	struct target target;
	struct layout layout;
	struct seal *seal;
	struct wipe wipe;
	struct secret *key; /* the volume key */
	struct choice choice;
	/* The header that was judged, on the disk or still in memory; and the mapping that is made
	 * with it while the format is not finished. */
	struct header header;
	struct temporary temporary;
};

/* Takes the cipher of the volume, which job->choice says, over into job->make. */
void format_take_choice(struct format_job *job);

/* Has this kernel all that the volume needs? Loads the modules. Nothing is written. */
enum exit_code format_kernel(struct format_job *job);

/* Through a mapping: opens it, with the claim on the disk, and closes it. */
enum exit_code format_through_open(struct format_job *job);
enum exit_code format_through_close(struct format_job *job);
/* The kernel writes the first area and reads it again, before the rest is written and before the
 * header is on the disk. */
enum exit_code format_through_prove(struct format_job *job);
/* The kernel will have to write: is that possible, and with these very tables? Nothing is written.
 */
enum exit_code format_through_try(struct format_job *job);
/* When all is written: nothing but the header, the record and the areas is left. */
int format_through_end(struct format_job *job);
/* For a disk that another program has taken. */
enum exit_code format_taken(struct format_job *job);
/* Nothing of the new volume can be opened any more. On a disk that another program has taken,
 * nothing is done: there is no header of the volume. */
void format_undo(struct format_job *job);

/* Makes and writes a new volume, or goes on where an interrupted format stopped. */
enum exit_code format_new(struct format_job *job);
enum exit_code format_resume(struct format_job *job);

/* --weak-hardware: dm-integrity with checksums that have no key, and LUKS2 on top of it. */
#define FORMAT_WEAK_ALGORITHM "crc32c"
enum exit_code format_weak(struct format_job *job);
/* Can --weak-hardware have these options? Sets the size of the key, from its bits; 0: not given. */
enum exit_code format_weak_options(struct format_job *job, unsigned bits);

/* What is on the disk. */
void format_describe(struct format_job *job);
/* Asks for YES, unless --batch is given. */
enum exit_code format_confirm(struct format_job *job);
/* Gets the passphrase and makes the LUKS2 header, in memory. *ret_fd: LUKS_MAKE_OFFSET bytes. */
enum exit_code format_header(struct format_job *job, int *ret_fd);
/* Copies bytes to the disk that job->wipe.fd stands for, from the file to the same place; fd -1:
 * zeros. from and to are multiples of 1 MiB, or the end of the disk. Flushes. */
int format_copy(const struct format_job *job, int fd, uint64_t from, uint64_t to);

/* Reads from..to; the content is not looked at. 0 or a negative errno. */
int format_read(int fd, uint64_t from, uint64_t to);

/* The part that both share: the areas from the record on, the comparison, the superblock. */
enum exit_code format_finish(struct format_job *job);

/* Prepares job->layout, seal and wipe for a volume whose key is known. through: the kernel writes.
 */
enum exit_code format_prepare(struct format_job *job, const char *uuid, bool through);

/* The sentence for a disk that failed. */
enum exit_code format_disk_failed(struct format_job *job, int error);
/* After a refusal of the kernel: if the disk itself does not answer, that is why. */
enum exit_code format_ask_disk(struct format_job *job);

/* Opens the volume for this program alone, reads the first bytes of it, and from its end on the
 * last ones unless end is 0; closes it. header: where its header is; NULL: on the disk. Without the
 * claim on the disk afterwards, another program has taken it. 0;
 * -EILSEQ: the kernel finds another content than was written; -ENOTSUP: the kernel does not open
 * it, for the reason in why; or another negative errno. */
#define FORMAT_WHY TEMPORARY_WHY
int format_look(struct format_job *job, const char *header, uint64_t begin, uint64_t end,
		char why[static FORMAT_WHY]);

/* Asks for a passphrase of the new volume, twice. */
enum exit_code format_ask_new(struct format_job *job, struct secret *ret);
/* Gets the volume key with a passphrase or the key file. */
enum exit_code format_unlock(struct format_job *job, struct luks *luks, const struct disk *disk);

#endif
