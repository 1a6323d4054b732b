/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The configuration of a boot loader: a byte says which, then its text, a line "\f\n", and
 * grubenv or loader.conf. */
#include "fuzz.h"

#include "check/entry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_string(data, size), *rest = text;
	const char *config = fuzz_piece(&rest, "\f\n");
	struct boot_entries entries = { 0 };
	unsigned defaults = 0;

	if (config[0] == 'g') {
		grub_read(config + 1, rest, &entries);
	} else if (config[0] == 'x') {
		extlinux_read(config + 1, &entries);
	} else if (config[0] == 'r') {
		raspberry_read(config + 1, rest, &entries);
	} else if (config[0]) {
		bls_read(&config[0], config + 1, rest, &entries);
		bls_read("later.conf", rest, NULL, &entries);
		bls_read_default(rest, &entries);
		bls_sort(&entries);
	}
	entries_mark_default(&entries);
	MUST(entries.n <= ENTRIES_MAX);
	for (size_t i = 0; i < entries.n; i++) {
		MUST(entries.list[i].title && entries.list[i].options);
		MUST(entries.list[i].n_images <= ENTRY_IMAGES_MAX);
		defaults += entries.list[i].is_default;
	}
	MUST(defaults == (entries.n > 0));
	entries_free(&entries);
	free(text);
	return 0;
}
