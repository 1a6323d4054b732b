// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Chooses at run time which build of Argon2's inner loop runs.
 *
 * The reference code picks its instructions when it is compiled, so deps/libs.mk compiles it (opt.c) once for the
 * baseline, once for AVX2 and once for AVX-512, each under its own name, and core.c calls this fill_segment().
 */
#include "argon2.h"
#include "core.h"

#include <stdlib.h>
#include <sys/mman.h>

typedef void fill_segment_fn(const argon2_instance_t *instance, argon2_position_t position);

fill_segment_fn fill_segment_baseline, fill_segment_avx2, fill_segment_avx512;

void fill_segment(const argon2_instance_t *instance, argon2_position_t position)
{
	/* A call fills at least 64 KiB or so: asking each time costs nothing and needs no state shared by threads.
	 * libgcc's answer includes whether the kernel saves the wide registers. */
#if defined(__x86_64__)
	if (__builtin_cpu_supports("avx512f"))
		fill_segment_avx512(instance, position);
	else if (__builtin_cpu_supports("avx2"))
		fill_segment_avx2(instance, position);
	else
#endif
		fill_segment_baseline(instance, position);
}

/*
 * core.c is compiled with malloc renamed to this. The memory is up to a GiB, touched at once: with pages of 2 MiB
 * there are 512 faults instead of 262144, and a kernel set to "madvise" gives those only when asked. free() takes
 * what aligned_alloc() returns.
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
