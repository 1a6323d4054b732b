/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A snapshot has what was copied, where it was, and cannot be changed once sealed.
 */
#include "system/snapshot.h"

#include "base/util.h"
#include "test.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define SIZE 100000

/* A file of SIZE bytes, none of them zero. */
static int disk(unsigned char bytes[static SIZE])
{
	char path[] = "/tmp/intact-snapshot-XXXXXX";
	int fd = mkstemp(path);

	unlink(path);
	for (size_t i = 0; i < SIZE; i++)
		bytes[i] = (unsigned char)(1 + i % 251);
	CHECK(pwrite(fd, bytes, SIZE, 0) == SIZE);
	return fd;
}

TEST(copies)
{
	static unsigned char bytes[SIZE], got[SIZE];
	cleanup_close int from = disk(bytes), fd = snapshot_new(SIZE);

	CHECK(fd >= 0);
	CHECK_INT(snapshot_copy(fd, from, 10, 40000), 0);
	CHECK_INT(snapshot_copy(fd, from, SIZE - 5, UINT64_MAX), 0);
	CHECK_INT(snapshot_copy(fd, from, SIZE, 1), 0);
	CHECK_INT(snapshot_copy(fd, from, UINT64_MAX, UINT64_MAX), 0);
	memset(bytes + 40010, 0, SIZE / 4096 * 4096 - 40010);
	CHECK(pread(fd, got, SIZE, 0) == SIZE);
	CHECK(memcmp(got, bytes, SIZE) == 0);
	CHECK_INT(pread(fd, got, 1, SIZE), 0);
}

/* The disk is shorter than it said, or cannot be read: empty. */
TEST(unreadable)
{
	static unsigned char bytes[SIZE], got[2 * SIZE], none[SIZE];
	cleanup_close int from = disk(bytes), fd = snapshot_new(2 * SIZE);

	CHECK_INT(snapshot_copy(fd, from, 0, 2 * SIZE), 0);
	CHECK_INT(snapshot_copy(fd, -1, 0, SIZE), 0);
	CHECK(pread(fd, got, sizeof(got), 0) == (ssize_t)sizeof(got));
	CHECK(memcmp(got, bytes, SIZE) == 0);
	CHECK(memcmp(got + SIZE, none, SIZE) == 0);
}

TEST(sealed)
{
	static unsigned char bytes[SIZE];
	cleanup_close int from = disk(bytes), fd = snapshot_new(SIZE);
	cleanup_close int again = -1;
	char path[64];

	CHECK_INT(snapshot_copy(fd, from, 0, 1000), 0);
	CHECK_INT(snapshot_seal(fd), 0);
	CHECK_INT(snapshot_copy(fd, from, 2000, 1000), -ENOSPC);
	CHECK(pwrite(fd, "x", 1, 0) < 0);
	CHECK(ftruncate(fd, 1) < 0);
	CHECK(ftruncate(fd, 2 * SIZE) < 0);
	CHECK(mmap(NULL, 4096, PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	again = open(path, O_RDWR | O_CLOEXEC);
	CHECK(again < 0 || pwrite(again, "x", 1, 0) < 0);
}

/* Sparse: as large as any disk. */
TEST(sizes)
{
	cleanup_close int large = snapshot_new(1ULL << 46), empty = snapshot_new(0);
	struct stat st = { 0 };

	CHECK(large >= 0);
	CHECK(fstat(large, &st) == 0 && st.st_size == 1LL << 46 && st.st_blocks == 0);
	CHECK(empty >= 0);
	CHECK_INT(snapshot_new(UINT64_MAX), -EFBIG);
}

TEST_MAIN(copies, unreadable, sealed, sizes)
