/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What Limine starts. */
#include "intact/boots.h"

static void find_limine(const char *root, const char *base, struct boots *boots)
{
	/* Beside its program, or in one of its own places: the first one counts. */
	static const char *const places[] = {
		"EFI/limine", "EFI/arch-limine", "", "limine", "boot", "boot/limine", "EFI/BOOT",
	};
	cleanup_free char *file = NULL, *text = NULL;
	struct boot_entries entries = { 0 };

	for (size_t i = 0; !text && i < ARRAY_SIZE(places); i++) {
		free(file);
		file = xasprintf("%s%s/%s%slimine.conf", root, base, places[i],
				 *places[i] ? "/" : "");
		text = boots_config(file, boots);
	}
	if (!text)
		return;
	limine_read(text, &entries);
	for (size_t i = 0; i < entries.n; i++)
		if (entries.list[i].partition && entries.list[i].kernel)
			boots_find_volume(root, &entries.list[i]);
	boots_add(boots, BOOTS_LIMINE, file, base, &entries);
}

void boots_limine(const char *root, struct boots *boots)
{
	for (size_t i = 0; i < BOOTS_BASES; i++)
		find_limine(root, boots_bases[i], boots);
}
