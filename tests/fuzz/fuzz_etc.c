/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fstab, a line "\f\n", a file of settings, which is also the environment of process 1. */
#include "sysroot.h"

#include "base/escape.h"
#include "system/etc.h"
#include "system/surroundings.h"

static void look_in_fstab(const char *point)
{
	char *type = NULL, *source = etc_fstab(sysroot, point, &type);

	MUST((source == NULL) == (type == NULL));
	MUST(!source || source[0]);
	MUST(!str_eq(point, "swap") || !type || str_eq(type, "swap"));
	free(source);
	free(type);
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
	static const char *const points[] = { "/", "/usr", "swap" };
	char *text = fuzz_string(data, size), *rest = text, *value;

	(void)sysroot_make();
	sysroot_write("/etc/fstab", fuzz_piece(&rest, "\f\n"));
	sysroot_write("/etc/settings", rest);
	look_for_container(rest);
	for (size_t i = 0; i < ARRAY_SIZE(points); i++)
		look_in_fstab(points[i]);
	value = etc_setting(sysroot, "/etc/settings", "MODULES");
	MUST(!value || (value[0] && !strpbrk(value, "$`\n") && strstr(rest, value)));
	free(value);
	MUST(!etc_setting(sysroot, "/etc/none", "MODULES") &&
	     !etc_fstab("/nonexistent", "/", NULL));
	free(text);
	return 0;
}
