/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Replays the fuzzers' corpora: what they found once stays found. FUZZ_TARGETS is X(name) for each
 * target that is linked; `test_corpus FILE` replays one file on the target that its folder names.
 */
#include "base/util.h"
#include "test.h"

#include <dirent.h>

#define X(name) int fuzz_##name(const uint8_t *data, size_t size);
FUZZ_TARGETS
#undef X

struct target {
	const char *name;
	int (*run)(const uint8_t *data, size_t size);
};

#define X(name) { #name, fuzz_##name },
static const struct target targets[] = { FUZZ_TARGETS };
#undef X

/* A copy of exactly its size, so that a sanitizer notices a byte too many. */
static unsigned replay_file(const struct target *target, const char *path)
{
	static uint8_t data[1 << 16];
	FILE *file = fopen(path, "re");
	uint8_t *exact;
	size_t n;

	if (!file)
		return 0;
	n = fread(data, 1, sizeof(data), file);
	fclose(file);
	exact = malloc(n ? n : 1);
	if (!exact)
		abort();
	memcpy(exact, data, n);
	target->run(exact, n);
	free(exact);
	return 1;
}

static unsigned replay_folder(const struct target *target, const char *corpora)
{
	cleanup_free char *folder = xasprintf("%s/%s", corpora, target->name);
	DIR *dir = opendir(folder);
	unsigned n = 0;

	if (!dir)
		return 0;
	for (const struct dirent *e; (e = readdir(dir));) {
		cleanup_free char *path = xasprintf("%s/%s", folder, e->d_name);

		if (e->d_name[0] != '.')
			n += replay_file(target, path);
	}
	closedir(dir);
	return n;
}

/* `make check` runs tests in build/tests/unit; a person may be at the top of the tree. */
static bool replay(const struct target *target)
{
	static const char *const places[] = { "../../../tests/fuzz/corpus", "tests/fuzz/corpus" };
	unsigned n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(places) && n == 0; i++)
		n = replay_folder(target, places[i]);
	printf("# %s: %u inputs\n", target->name, n);
	return n > 0;
}

int main(int argc, char **argv)
{
	bool all = true;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (int a = 1; a < argc; a++)
		for (size_t i = 0; i < ARRAY_SIZE(targets); i++) {
			cleanup_free char *folder = xasprintf("/%s/", targets[i].name);

			if (strstr(argv[a], folder))
				CHECK(replay_file(&targets[i], argv[a]) == 1);
		}
	for (size_t i = 0; argc < 2 && i < ARRAY_SIZE(targets); i++) {
		bool good = replay(&targets[i]);

		printf("%sok %zu - %s\n", good ? "" : "not ", i + 1, targets[i].name);
		all = all && good;
	}
	if (argc < 2)
		printf("1..%zu\n", ARRAY_SIZE(targets));
	return !all || test_failures;
}
