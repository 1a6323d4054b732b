/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Replays the fuzzers' corpora: what they found once stays found. */
#define FUZZ_NO_MAIN

#define LLVMFuzzerTestOneInput fuzz_config
#include "../fuzz/fuzz_config.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_cmdline
int fuzz_cmdline(const uint8_t *data, size_t size);
#include "../fuzz/fuzz_cmdline.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_cipher
int fuzz_cipher(const uint8_t *data, size_t size);
#include "../fuzz/fuzz_cipher.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_devref
int fuzz_devref(const uint8_t *data, size_t size);
#include "../fuzz/fuzz_devref.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_lineedit
int fuzz_lineedit(const uint8_t *data, size_t size);
#include "../fuzz/fuzz_lineedit.c"
#undef LLVMFuzzerTestOneInput

#include "test.h"

static void replay(const char *name, int (*target)(const uint8_t *data, size_t size))
{
	/* `make check` runs tests in build/tests/unit; a person may be at the top of the tree */
	static const char *const places[] = { "../../../tests/fuzz/corpus", "tests/fuzz/corpus" };
	unsigned n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(places) && n == 0; i++) {
		cleanup_free char *path = xasprintf("%s/%s", places[i], name);

		n = fuzz_replay(path, target);
	}
	CHECK(n > 0);
	printf("# %s: %u inputs\n", name, n);
}

TEST(config)
{
	replay("config", fuzz_config);
}

TEST(cmdline)
{
	replay("cmdline", fuzz_cmdline);
}

TEST(cipher)
{
	replay("cipher", fuzz_cipher);
}

TEST(devref)
{
	replay("devref", fuzz_devref);
}

TEST(lineedit)
{
	replay("lineedit", fuzz_lineedit);
}

TEST_MAIN(config, cmdline, cipher, devref, lineedit)
