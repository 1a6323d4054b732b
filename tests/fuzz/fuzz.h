/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz: what the targets share.  Built with -DFUZZING and -fsanitize=fuzzer they are fuzzers;
 * without, programs that replay the files (or folders of files) that they are given, with any
 * compiler.
 */
#ifndef INTACT_FUZZ_H
#define INTACT_FUZZ_H

#include "base/util.h"

#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A property that must hold for every input. */
#define MUST(condition)                                                                 \
	do {                                                                            \
		if (!(condition)) {                                                     \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
			abort();                                                        \
		}                                                                       \
	} while (0)

static inline char *fuzz_string(const uint8_t *data, size_t size)
{
	char *s = malloc(size + 1);

	MUST(s);
	memcpy(s, data, size);
	s[size] = '\0';
	return s;
}

#ifndef FUZZING

#include <dirent.h>

static inline unsigned fuzz_replay(const char *path,
				   int (*target)(const uint8_t *data, size_t size))
{
	DIR *dir = opendir(path);
	unsigned n = 0;
	uint8_t data[65536];
	FILE *file;

	if (dir) {
		for (struct dirent *e; (e = readdir(dir));) {
			cleanup_free char *inner = xasprintf("%s/%s", path, e->d_name);

			if (e->d_name[0] != '.')
				n += fuzz_replay(inner, target);
		}
		closedir(dir);
		return n;
	}
	file = fopen(path, "re");
	if (!file)
		return 0;
	target(data, fread(data, 1, sizeof(data), file));
	fclose(file);
	return 1;
}

#ifndef FUZZ_NO_MAIN
int main(int argc, char **argv)
{
	unsigned n = 0;

	for (int i = 1; i < argc; i++)
		n += fuzz_replay(argv[i], LLVMFuzzerTestOneInput);
	printf("%u inputs\n", n);
	return n == 0;
}
#endif

#endif
#endif
