/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a scrub names: the start of a file system with a journal, paths, answers of package
 * managers.
 */
#include "fuzz.h"

#include "facts/fsjournal.h"
#include "facts/package.h"
#include "facts/spots.h"

static void read_journal(struct fuzz_input *in)
{
	unsigned char start[FSJOURNAL_START] = { 0 };
	struct fsjournal pieces[FSJOURNAL_MAX];
	unsigned which = fuzz_below(in, 3);
	size_t n;

	/* The fields that are read are in the first 128 bytes, or in 512 bytes from 1024 on. */
	for (size_t i = 0; i < 512 && in->left; i++)
		start[(which == 1 ? 0 : 1024) + i] = fuzz_byte(in);
	if (which == 1)
		memcpy(start, "XFSB", 4);
	if (which == 2)
		memcpy(start + 1024 + 0x38, "\x53\xef", 2);
	n = fsjournal_read(start, pieces);
	MUST(n <= FSJOURNAL_MAX);
	for (size_t i = 0; i < n; i++)
		MUST(pieces[i].len > 0 && pieces[i].from <= UINT64_MAX - pieces[i].len);
}

static bool is_pasteable(const char *name)
{
	return name[0] != '-' && name[0] &&
	       name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				 "+-.:_~")] == '\0';
}

static void check_package(const char *path, const char *output)
{
	cleanup_free char *pattern = package_dpkg_pattern(path);
	char name[PACKAGE_NAME_MAX];

	MUST(strlen(pattern) >= strlen(path) && strlen(pattern) <= 2 * strlen(path));
	if (package_from_dpkg(output, path, name))
		MUST(is_pasteable(name) && strstr(output, name) && strstr(output, path));
	if (package_from_lines(output, name))
		MUST(is_pasteable(name) && strstr(output, name));
}

static void check_words(const char *path)
{
	struct spots spots = { 0 };

	for (unsigned kind = SPOT_FILE; kind <= SPOT_GOOD; kind++) {
		const struct area part = { .volume = kind, .len = 1 };
		cleanup_free char *text = NULL;

		spots_add(&spots, &part, (enum spot_kind)kind, kind % 2 ? path : NULL, kind, 1);
		spots_add(&spots, &part, (enum spot_kind)kind, path, kind, 1);
		text = spot_text(&spots.list[spots.n - 1]);
		MUST(fuzz_readable(text) && !strchr(text, '\n'));
		MUST(spot_word((enum spot_kind)kind));
	}
	spots.list[0].package = xstrdup("a");
	free(spot_text(&spots.list[0]));
	spots.list[0].remedy = xstrdup("b");
	free(spot_text(&spots.list[0]));
	spots_sort(&spots);
	MUST(spots_files(&spots) <= spots.n);
	spots_free(&spots);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	char *text, *rest, *path;

	if (fuzz_byte(&in) == 'j') {
		read_journal(&in);
		return 0;
	}
	text = rest = fuzz_string(in.at, in.left);
	path = fuzz_piece(&rest, "\n");
	check_package(path, rest);
	check_words(path);
	free(text);
	return 0;
}
