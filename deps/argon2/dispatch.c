// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Chooses at run time which build of Argon2's inner loop runs.
 *
 * The reference code picks its instructions when it is compiled, so deps/libs.mk compiles it several times, each
 * under its own name, and core.c calls this fill_segment(). User time at 1 GiB, t=4, 4 lanes, on a Xeon: plain C
 * 4.8 s, SSE2 5.0 s (so there is none), SSSE3 4.2 s, AVX2 3.4 s, AVX-512 2.9 s; emulated by QEMU, plain C and AVX2
 * are equal and SSE2 is a fifth slower.
 */
#include "argon2.h"
#include "core.h"

#include <stdlib.h>
#include <sys/mman.h>

typedef void fill_segment_fn(const argon2_instance_t *instance, argon2_position_t position);

fill_segment_fn fill_segment_plain, fill_segment_ssse3, fill_segment_avx2, fill_segment_avx512;

void fill_segment(const argon2_instance_t *instance, argon2_position_t position)
{
	/* A call fills a quarter of a lane: asking each time costs nothing, and threads share no state. libgcc's answer
	 * includes whether the kernel saves the wide registers. */
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

/*
 * core.c is compiled with malloc renamed to this. The memory is up to a GiB, all of it touched: with pages of 2 MiB
 * that is 512 faults instead of 262144 and fewer misses of the TLB (measured as above, AVX-512: 1.4 s wall instead
 * of 1.9 s), and a kernel set to "madvise" gives such pages only when asked. free() takes what aligned_alloc()
 * returns.
 */
void *argon2_malloc(size_t size)
{
	const size_t huge = 2 << 20;
	void *memory;

	if (size < huge)
		return malloc(size);

	memory = aligned_alloc(huge, (size + huge - 1) & ~(huge - 1));
	if (memory)
		madvise(memory, size, MADV_HUGEPAGE);

	return memory;
}
