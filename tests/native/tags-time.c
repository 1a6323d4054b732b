/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tags-time: measures how long the digest of the integrity tags of a disk takes. `make bench` runs
 * it.
 *
 *   tags-time FILE GIB
 *      Makes FILE, sparse but for its tags, as a disk of GIB that was formatted with hmac-sha256
 * and sectors of 4096 bytes; reads its tags past the page cache, as a boot does; removes FILE.
 *
 * Prints one line: bytes that were read, wall and cpu in seconds.
 */
#include "base/util.h"
#include "system/tags_read.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>

#define OFFSET (16 << 20)
#define FOR_EVER (UINT64_MAX / 2)

static double seconds(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static bool fill(int fd, uint64_t at, uint64_t len)
{
	static unsigned char bytes[1 << 20];

	for (size_t i = 0; bytes[1] == 0 && i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)(i * 2654435761u >> 13);
	while (len > 0) {
		size_t n = len < sizeof(bytes) ? (size_t)len : sizeof(bytes);

		if (pwrite(fd, bytes, n, (off_t)at) != (ssize_t)n)
			return false;
		at += n;
		len -= n;
	}
	return true;
}

static bool make(const char *file, uint64_t size)
{
	cleanup_close int fd = open(file, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	unsigned char superblock[512];
	struct layout_area area;
	struct layout l;

	if (fd < 0 || ftruncate(fd, (off_t)size) < 0 || !layout_plan(size, OFFSET, 32, 4096, &l) ||
	    !fill(fd, OFFSET + LAYOUT_SUPERBLOCK, l.journal * 512))
		return false;
	layout_superblock(&l, superblock);
	for (uint64_t i = 0; i < l.areas; i++) {
		layout_area(&l, i, &area);
		if (!fill(fd, area.at, area.tags))
			return false;
	}
	return pwrite(fd, superblock, sizeof(superblock), OFFSET) == sizeof(superblock) &&
	       fsync(fd) == 0;
}

int main(int argc, char **argv)
{
	unsigned long gib = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;
	struct tags_reading reading;
	double wall, cpu;

	if (gib == 0) {
		fputs("usage: tags-time FILE GIB\n", stderr);
		return 2;
	}
	if (!make(argv[1], (uint64_t)gib << 30)) {
		perror(argv[1]);
		return 1;
	}
	wall = seconds(CLOCK_MONOTONIC);
	cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
	tags_read(argv[1], 0, OFFSET, FOR_EVER, NULL, &reading);
	wall = seconds(CLOCK_MONOTONIC) - wall;
	cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	(void)unlink(argv[1]);
	if (reading.err < 0) {
		fprintf(stderr, "%s: %s\n", argv[1], strerror(-reading.err));
		return 1;
	}
	printf("bytes=%llu wall=%.3f cpu=%.3f\n", (unsigned long long)tags_size(&reading.layout),
	       wall, cpu);
	return 0;
}
