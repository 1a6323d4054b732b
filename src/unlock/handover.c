/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unlock/handover.h"

#include "base/util.h"
#include "system/block.h"
#include "system/kmsg.h"
#include "system/mounts.h"
#include "system/stack.h"
#include "unlock/report.h"
#include "unlock/sound.h"

#include <stdio.h>

struct handover {
	const char *sysroot, *run_dir;
	uint64_t since;
	struct sound checked;
};

/* Is the file system on our volumes alone? If not, odd is what else it is on. */
static bool is_right(struct handover *h, const struct mount *mount, bool was_right,
		     char odd[static BLOCK_NAME_MAX])
{
	if (mount->n_devices == 0) {
		(void)str_copy(odd, BLOCK_NAME_MAX, mount->type);
		return was_right;
	}
	for (size_t i = 0; i < mount->n_devices; i++)
		if (!stack_is_within(h->sysroot, mount->devices[i], sound_has, &h->checked, odd))
			return false;
	return true;
}

/* 1: right. 0: nothing is mounted there. -1: it is on something else. */
static int look_at(struct handover *h, const char *path, bool was_right,
		   char odd[static BLOCK_NAME_MAX])
{
	struct mount mount = { 0 };
	bool right;

	if (mount_find(h->sysroot, "self", path, &mount) < 0)
		return 0;
	right = is_right(h, &mount, was_right, odd);
	mount_free(&mount);
	return right ? 1 : -1;
}

static void list_names(const struct handover *h, char *ret, size_t size)
{
	*ret = '\0';
	for (size_t i = 0; i < h->checked.n; i++)
		str_append(ret, size, "%s%s", i ? ", " : "", h->checked.names[i]);
	if (!h->checked.n)
		str_append(ret, size, "none is open");
}

static void refuse(const struct handover *h, const char *path, const char *odd)
{
	char names[400];

	list_names(h, names, sizeof(names));

	cleanup_free char *text = xasprintf(
		"what is mounted at %s is on %s, which is not on the checked volumes of this image "
		"(%s). Nothing is started from it.\n"
		"Disconnect that disk, and check root= on the kernel command line. If you opened a "
		"volume by hand, run intact-unlock, which checks the volume.",
		path, odd, names);

	report_say(SEVERITY_ERROR, NULL, text);
	kmsg_write(3, text);
	report_root(h->run_dir, EXIT_CODE_REFUSED, text, h->since);
}

enum exit_code handover_check(const struct config *config, const char *sysroot, const char *run_dir,
			      const char *root)
{
	struct handover h = { .sysroot = sysroot, .run_dir = run_dir, .since = now_ms() };
	cleanup_free char *usr = xasprintf("%s/usr", str_eq(root, "/") ? "" : root);
	char odd[BLOCK_NAME_MAX] = "";
	enum exit_code code = EXIT_CODE_OK;
	unsigned holds = 0;
	int found = 0;

	for (size_t i = 0; i < config->n_volumes; i++)
		holds |= config->volumes[i].holds;
	sound_read(run_dir, &h.checked);
	if (holds & HOLDS_ROOT)
		found = look_at(&h, root, report_root_was_right(run_dir), odd);
	if (found < 0)
		refuse(&h, root, odd);
	else if ((holds & HOLDS_USR) && look_at(&h, usr, false, odd) < 0)
		refuse(&h, usr, odd), found = -1;
	if (found < 0)
		code = EXIT_CODE_REFUSED;
	else if (found > 0)
		report_root(run_dir, EXIT_CODE_OK, "", h.since);
	sound_free(&h.checked);
	return code;
}
