/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The configuration of a boot loader: a byte says which, then its text, a line "\f\n", and
 * grubenv or loader.conf; of rEFInd, its file of options, another such line, and names of files. Or
 * a variable of UEFI. */
#include "fuzz.h"

#include "base/texts.h"
#include "check/refind.h"

static void read_refind(const char *config, char *rest, struct boot_entries *entries)
{
	const char *options = fuzz_piece(&rest, "\f\n");
	struct refind settings = { 0 };
	char **names = NULL;
	size_t n = 0;

	while (*rest)
		texts_add(&names, &n, fuzz_piece(&rest, "\n"));
	refind_read(config, &settings, entries);
	MUST(settings.n_includes <= REFIND_INCLUDES_MAX);
	refind_scan(&settings, "/boot", names, n, options, entries);
	refind_settle(&settings, entries);
	refind_free(&settings);
	texts_free(names, n);
}

static void read_firmware(const uint8_t *data, size_t size, struct boot_entries *entries)
{
	cleanup_free char *text = efi_text(data, size);
	uint16_t order[8];

	MUST(strlen(text) <= 3 * size);
	MUST(efi_order(data, size, order, ARRAY_SIZE(order)) <= ARRAY_SIZE(order));
	efi_read("Boot0001", data, size, entries);
	efi_read("Boot0002", data + size / 2, size - size / 2, entries);
}

static void judge_entry(const struct boot_entry *entry, const char *config)
{
	char *lacks = entry_lacks(entry->options, entry->options);
	unsigned profile;

	MUST(entry->title && entry->options);
	MUST(entry->n_images <= ENTRY_IMAGES_MAX);
	MUST(strstr(entry->options, entry_for_unified(entry, &profile)));
	MUST(profile <= 10000);
	MUST(!lacks);
	lacks = entry_lacks(entry->options, config);
	MUST(!lacks || strstr(config, lacks));
	free(lacks);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_string(data, size), *rest = text;
	const char *config = fuzz_piece(&rest, "\f\n");
	struct boot_entries entries = { 0 };
	unsigned defaults = 0;

	if (config[0] == 'e') {
		read_firmware(data + 1, size - 1, &entries);
	} else if (config[0] == 'f') {
		read_refind(config + 1, rest, &entries);
	} else if (config[0] == 'g') {
		struct boot_entries files = { .rule = DEFAULT_GRUB };

		grub_read(config + 1, rest, &entries);
		if (entries.more) {
			bls_read("a-1.conf", rest, rest, &files);
			bls_read("b-2.conf", config + 1, rest, &files);
			bls_sort(&files);
			grub_insert(&entries, &files);
		}
	} else if (config[0] == 'l') {
		limine_read(config + 1, &entries);
	} else if (config[0] == 'x') {
		extlinux_read(config + 1, "/extlinux", &entries);
	} else if (config[0] == 'r') {
		raspberry_read(config + 1, rest, rest, "kernel8.img", &entries);
		free(raspberry_cmdline(config + 1, rest));
	} else if (config[0]) {
		entries.rule = config[0] == 'b' ? DEFAULT_GRUB : DEFAULT_SYSTEMD_BOOT;
		bls_read(&config[0], config + 1, rest, &entries);
		bls_read("later.conf", rest, NULL, &entries);
		bls_read_default(rest, &entries);
		bls_sort(&entries);
	}
	entries_mark_default(&entries);
	MUST(entries.n <= ENTRIES_MAX);
	for (size_t i = 0; i < entries.n; i++) {
		judge_entry(&entries.list[i], config);
		defaults += entries.list[i].is_default;
	}
	/* A menu of GRUB may be empty. */
	MUST(defaults == (entries.n > 0) || (!defaults && entries.rule == DEFAULT_GRUB));
	entries_free(&entries);
	free(text);
	return 0;
}
