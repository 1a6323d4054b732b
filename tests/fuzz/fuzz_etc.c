/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fstab, a line "\f\n", a file of settings, which is also the environment of process 1. */
#include "sysroot.h"

#include "base/escape.h"
#include "base/texts.h"
#include "system/etc.h"
#include "system/surroundings.h"

static void look_at_line(const struct fstab *fstab, const struct fstab_line *line)
{
	char **devices;
	size_t n;

	/* "swap" is looked for among the types. */
	MUST(line->source[0] && (str_eq(line->point, "swap") || fstab_find(fstab, line->point)));
	fstab_devices(line, &devices, &n);
	MUST(n >= 1);
	for (size_t i = 0; i < n; i++) {
		const char *name = str_after(devices[i], "/dev/mapper/");
		bool elsewhere = name && fstab_is_elsewhere(fstab, name);

		MUST(!elsewhere || (!str_eq(line->point, "/") && !str_eq(line->type, "btrfs")));
	}
	texts_free(devices, n);
}

static void look_in_fstab(void)
{
	const struct fstab_line *swap;
	struct fstab fstab;

	etc_fstab(sysroot, &fstab);
	for (size_t i = 0; i < fstab.n && i < 50; i++)
		look_at_line(&fstab, &fstab.lines[i]);
	swap = fstab_find(&fstab, "swap");
	MUST(!swap || str_eq(swap->type, "swap"));
	fstab_free(&fstab);
}

static void look_for_container(const char *environment)
{
	char name[SURROUNDINGS_MAX];

	sysroot_write("/proc/1/environ", environment);
	surroundings_container(sysroot, name);
	MUST(!str_has_control(name));
	MUST(!name[0] || strstr(environment, "container="));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_string(data, size), *rest = text, *value;

	(void)sysroot_make();
	sysroot_write("/etc/fstab", fuzz_piece(&rest, "\f\n"));
	sysroot_write("/etc/settings", rest);
	look_for_container(rest);
	look_in_fstab();
	value = etc_setting(sysroot, "/etc/settings", "MODULES");
	MUST(!value || (value[0] && !strpbrk(value, "$`\n") && strstr(rest, value)));
	free(value);
	MUST(!etc_setting(sysroot, "/etc/none", "MODULES"));
	free(text);
	return 0;
}
