/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A unified kernel image, or the head of a kernel. */
#include "fuzz.h"

#include "check/bootconfig.h"
#include "check/unified.h"

static bool read_at(void *arg, uint64_t at, void *to, size_t n)
{
	const struct fuzz_input *in = arg;

	if (at > in->left || in->left - at < n)
		return false;
	memcpy(to, in->at + at, n);
	return true;
}

/* Every part is in the file. */
static void judge_parts(const struct unified *u, size_t size)
{
	for (size_t i = 0; i < u->n; i++)
		for (enum unified_part p = 0; p < UNIFIED_PARTS; p++)
			MUST(u->profile[i].part[p].offset <= size &&
			     u->profile[i].part[p].size <= size - u->profile[i].part[p].offset);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	struct unified_source source = { .read = read_at, .arg = &in, .size = size };
	struct unified u;
	char version[64] = "";

	if (!unified_read(&source, &u)) {
		MUST(u.n > 0 && u.n <= UNIFIED_PROFILES_MAX);
		judge_parts(&u, size);
		(void)unified_kernel_version(&source, u.profile[0].part[UNIFIED_LINUX].offset,
					     version, sizeof(version));
	}
	if (!unified_read_addon(&source, &u)) {
		MUST(u.n <= 1);
		judge_parts(&u, size);
		MUST(!u.n || !u.profile[0].part[UNIFIED_LINUX].size);
	}
	MUST(bootconfig_before(&source, 0, size) <= size);
	if (unified_kernel_version(&source, 0, version, sizeof(version)))
		MUST(version[0] && !strchr(version, ' '));
	return 0;
}
