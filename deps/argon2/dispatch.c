// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What makes Argon2 fast: a build of its inner loop for this processor, and large pages.
 *
 * The reference code picks its instructions when it is compiled, so deps/libs.mk compiles the loop
 * several times, each under its own name, and core.c calls the fill_segment() here. User time at 1
 * GiB, t=4, 4 lanes on a Xeon: plain C 4.8 s, SSSE3 4.2 s, AVX2 3.4 s, AVX-512 2.8 s. There is no
 * SSE2 build: a processor without SSSE3 is most likely an emulator, and an emulator runs plain C
 * faster.
 */
#include "argon2_prepare.h"

#include "argon2.h"
#include "core.h"

#include <stdlib.h>
#include <sys/mman.h>

typedef void fill_segment_fn(const argon2_instance_t *instance, argon2_position_t position);

fill_segment_fn fill_segment_plain, fill_segment_ssse3, fill_segment_avx2, fill_segment_avx512;

void fill_segment(const argon2_instance_t *instance, argon2_position_t position)
{
	/* A call fills a quarter of a lane, so asking each time costs nothing, and the threads
	 * share no state. libgcc's answer includes whether the kernel saves the wide registers. */
#if defined(__x86_64__)
	if (__builtin_cpu_supports("avx512f"))
		fill_segment_avx512(instance, position);
	else if (__builtin_cpu_supports("avx2"))
		fill_segment_avx2(instance, position);
	else if (__builtin_cpu_supports("ssse3"))
		fill_segment_ssse3(instance, position);
	else
#endif
		fill_segment_plain(instance, position);
}

#define LARGE_PAGE ((size_t)2 << 20)
#define SMALL_PAGE 4096 /* or more */

static struct {
	void *memory;
	size_t size;
} prepared;

/* Memory on large pages if the kernel has them: at 1 GiB 512 faults instead of 262144, and fewer
 * misses of the TLB. A kernel set to "madvise" gives them only when asked. */
static void *allocate(size_t size)
{
	void *memory = aligned_alloc(LARGE_PAGE, (size + LARGE_PAGE - 1) & ~(LARGE_PAGE - 1));

	if (memory)
		madvise(memory, size, MADV_HUGEPAGE);
	return memory;
}

void argon2_prepare(size_t kib)
{
	size_t size = kib * 1024;

	if (prepared.memory && prepared.size == size)
		return;
	free(prepared.memory);
	prepared.memory = NULL;
	if (size < LARGE_PAGE || size / 1024 != kib)
		return;

	prepared.memory = allocate(size);
	prepared.size = size;
	if (!prepared.memory)
		return;
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif
	/* Since Linux 5.14 one call provides all pages. They are touched all the same: in user-mode
	 * Linux each page still causes a fault of the host. */
	madvise(prepared.memory, size, MADV_POPULATE_WRITE);
	for (size_t at = 0; at < size; at += SMALL_PAGE)
		((volatile uint8_t *)prepared.memory)[at] = 0;
}

/*
 * core.c is compiled with this in place of malloc, and calls it once for each computation. Its
 * free() accepts memory of aligned_alloc().
 */
void *argon2_malloc(size_t size)
{
	void *memory = prepared.memory;

	if (size < LARGE_PAGE)
		return malloc(size);

	/* Argon2 rounds the cost down to a multiple of four blocks for each lane. */
	prepared.memory = NULL;
	if (memory && size <= prepared.size && prepared.size - size < LARGE_PAGE)
		return memory;
	free(memory);
	return allocate(size);
}
