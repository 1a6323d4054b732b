/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/snapshot.h"

#include "base/util.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

/* As much as one damaged sector costs; copies of LUKS2 headers begin at multiples of it. */
#define CHUNK 16384
/* For files that are open with O_DIRECT: of the offset, the length and the address. */
#define ALIGNMENT 4096

int snapshot_new(uint64_t size)
{
	/* Without MFD_NOEXEC_SEAL, newer kernels complain in their log. */
	int fd = memfd_create("header", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);

	if (fd < 0 && errno == EINVAL)
		fd = memfd_create("header", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return neg_errno();
	if (size > INT64_MAX || ftruncate(fd, (off_t)size) < 0) {
		int r = size > INT64_MAX ? -EFBIG : neg_errno();

		close(fd);
		return r;
	}
	return fd;
}

static int copy_chunk(int snapshot, int disk, uint64_t offset, size_t len)
{
	static char chunk[CHUNK] __attribute__((aligned(ALIGNMENT)));
	ssize_t n;

	do
		n = pread(disk, chunk, CHUNK, (off_t)offset);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return 0;
	if ((size_t)n > len)
		n = (ssize_t)len;
	return pwrite(snapshot, chunk, (size_t)n, (off_t)offset) == n ? 0 : -ENOSPC;
}

int snapshot_copy(int snapshot, int disk, uint64_t offset, uint64_t len)
{
	struct stat st;
	uint64_t size, end;
	int r = 0;

	if (fstat(snapshot, &st) < 0)
		return neg_errno();
	size = (uint64_t)st.st_size;
	if (offset >= size)
		return 0;
	end = len > size - offset ? size : offset + len;
	for (uint64_t at = offset - offset % ALIGNMENT; at < end && r == 0; at += CHUNK)
		r = copy_chunk(snapshot, disk, at, end - at < CHUNK ? end - at : CHUNK);
	return r;
}

int snapshot_seal(int snapshot)
{
	return fcntl(snapshot, F_ADD_SEALS,
		     F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0 ?
		       neg_errno() :
		       0;
}
