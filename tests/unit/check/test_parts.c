/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The list of parts is what the hooks have. */
#include "base/texts.h"
#include "base/util.h"
#include "check/parts.h"
#include "test.h"

/* tests/run starts the programs in their own folder. */
static void read_folder(const char *path, char ***ret, size_t *ret_n)
{
	cleanup_free char *from_program = xasprintf("../../../../%s", path);

	texts_folder(access(from_program, F_OK) == 0 ? from_program : path, ret, ret_n);
}

static bool is_listed(const struct part *parts, const char *name, const char *suffix)
{
	size_t len = strlen(name), end = strlen(suffix);

	for (; parts->name; parts++)
		if (len == strlen(parts->name) + end && str_after(name, parts->name))
			return true;
	return false;
}

static bool is_one_of(const char *const names[], size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(names[i], name))
			return true;
	return false;
}

TEST(units)
{
	/* Only for comfort, or for the running system. */
	static const char *const others[] = { "device.d", "emergency.service.d",
					      "systemd-ask-password-console.service.d" };
	char **names;
	size_t n, listed = 0;

	read_folder("hooks/systemd", &names, &n);
	for (size_t i = 0; i < n; i++) {
		/* Units of its own are checked one by one, or are for the running system. */
		if (str_after(names[i], "intact-"))
			continue;
		CHECK_ROW(is_listed(parts_units, names[i], ".d") !=
				  is_one_of(others, ARRAY_SIZE(others), names[i]),
			  names[i]);
		listed += is_listed(parts_units, names[i], ".d");
	}
	for (const struct part *p = parts_units; p->name; p++)
		listed--;
	CHECK_INT(listed, 0);
	texts_free(names, n);
}

TEST(scripts)
{
	static const char *const others[] = { "init-top", "panic" };
	char **names;
	size_t n;

	read_folder("initramfs-tools/scripts", &names, &n);
	CHECK(n > ARRAY_SIZE(others));
	for (size_t i = 0; i < n; i++)
		CHECK_ROW(is_listed(parts_scripts, names[i], "") !=
				  is_one_of(others, ARRAY_SIZE(others), names[i]),
			  names[i]);
	texts_free(names, n);
}

/* "cleanup/99-intact-leave.sh" is intact-leave.sh in dracut/91intact. */
TEST(hooks)
{
	static const char *const others[] = { "intact-await.sh",  "intact-early.sh",
					      "intact-reason.sh", "intact-settled.sh",
					      "intact-wait.sh",	  "module-setup.sh" };
	char **names;
	size_t n;

	read_folder("dracut/91intact", &names, &n);
	CHECK(n > ARRAY_SIZE(others));
	for (size_t i = 0; i < n; i++) {
		bool listed = false;

		for (const struct part *p = parts_hooks; p->name; p++)
			listed = listed || strstr(p->name, names[i]);
		CHECK_ROW(listed != is_one_of(others, ARRAY_SIZE(others), names[i]), names[i]);
	}
	texts_free(names, n);
}

TEST_MAIN(units, scripts, hooks)
