/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of intact/format_job.h that ask the kernel for the volume. */
#include "facts/cipher.h"
#include "intact/cryptoload.h"
#include "intact/format_job.h"
#include "system/cryptoapi.h"
#include "system/dmdevice.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>

/* --- what it has ------------------------------------------------------------------------------ */

static enum exit_code check_targets(struct format_job *job)
{
	static const char *const targets[] = { "integrity", "crypt" };

	cryptoload_targets();
	for (size_t i = 0; i < ARRAY_SIZE(targets); i++)
		if (!dmdevice_has_target(targets[i]))
			return tell_error(&job->tell, EXIT_CODE_GENERAL,
					  "this kernel has no dm-%s (module dm_%s), so that it "
					  "could not open the volume; nothing was written",
					  targets[i], targets[i]);
	return EXIT_CODE_OK;
}

static enum exit_code missing(struct format_job *job, const char *algorithm)
{
	return tell_error(&job->tell, EXIT_CODE_GENERAL,
			  "this kernel does not have %s, so that it could not open the volume; "
			  "nothing was written",
			  algorithm);
}

enum exit_code format_kernel(struct format_job *job)
{
	const struct luks_make *make = &job->make;
	bool found[CIPHER_NAMES_MAX] = { false };
	enum exit_code code = check_targets(job);
	struct cipher cipher;
	const char *lacks;

	if (code != EXIT_CODE_OK)
		return code;
	if (cipher_read(make->encryption, make->integrity, &cipher) < 0)
		return tell_error(&job->tell, EXIT_CODE_GENERAL, "%s with %s is not a cipher",
				  make->encryption, make->integrity ? make->integrity : "nothing");
	cryptoload_cipher(&cipher, found);
	if (job->weak && !cryptoload_hash(FORMAT_WEAK_ALGORITHM))
		return missing(job, FORMAT_WEAK_ALGORITHM);
	if (make->integrity ? cryptoapi_instantiate(cipher.names[0]) == 0 :
			      cryptoapi_instantiate_cipher(cipher.names[0]) == 0)
		return EXIT_CODE_OK;
	for (size_t i = 0; i < cipher.n; i++)
		found[i] = found[i] || cryptoapi_registered(cipher.names[i]);
	lacks = cipher_missing(&cipher, found);
	return lacks ? missing(job, lacks) : EXIT_CODE_OK;
}

/* --- a look through it --------------------------------------------------------------------------
 */

#define PIECE (1 << 20)

int format_read(int fd, uint64_t from, uint64_t to)
{
	unsigned char *piece = wipe_buffer(PIECE);
	int r = piece ? 0 : -ENOMEM;

	for (uint64_t at = from; r == 0 && at < to;) {
		size_t len = to - at < PIECE ? to - at : PIECE;
		ssize_t n = pread(fd, piece, len, (off_t)at);

		if (n < 0 && errno != EINTR)
			r = wipe_failure();
		else if (n == 0)
			r = -ENODATA;
		at += n > 0 ? (uint64_t)n : 0;
	}
	/* The data are zeros, so nothing of a secret is left. */
	if (piece)
		(void)munmap(piece, PIECE);
	return r;
}

static int read_mapping(const char *name, uint64_t begin, uint64_t end, uint64_t size)
{
	cleanup_close int fd = -1;
	int r;

	fd = temporary_hold(name, O_RDONLY | O_DIRECT);
	if (fd < 0)
		return fd;
	r = format_read(fd, 0, begin < size ? begin : size);
	if (r == 0 && end)
		r = format_read(fd, size > end ? size - end : 0, size);
	temporary_unhold(fd);
	return r;
}

int format_look(struct format_job *job, const char *header, uint64_t begin, uint64_t end,
		char why[static FORMAT_WHY])
{
	char name[64];
	const struct opening as = { .name = name,
				    .options = DM_OPTION_PRIVATE | DM_OPTION_NO_JOURNAL };
	struct open_failure failure = { 0 };
	struct mapping *mapping = NULL;
	struct luks *luks = NULL;
	struct disk disk;
	int r = -ENOTSUP;

	why[0] = '\0';
	temporary_name(name, sizeof(name));
	target_release(&job->target);
	luks_read_header(job->path, header, NULL, &disk, &luks);
	if (luks && disk.superblock.state == SUPERBLOCK_OK &&
	    luks_open(luks, &as, &disk, &mapping, job->key, &failure) == 0)
		r = read_mapping(name, begin, end, disk.superblock.provided);
	else
		str_copy(why, FORMAT_WHY,
			 failure.kernel[0]  ? failure.kernel :
			 failure.library[0] ? failure.library :
					      strerror(-failure.err));
	/* It keeps NAME_dif open. */
	mapping_free(mapping);
	if (mapping)
		(void)mapping_remove(name);
	luks_free(luks);
	(void)target_claim(&job->target);
	return r;
}
