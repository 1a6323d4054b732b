/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check/parts.h"

#include "base/util.h"

const struct part parts_units[] = {
	/* what uses a volume */
	{ .name = "dracut-mount.service" },
	{ .name = "dracut-pre-mount.service" },
	{ .name = "initrd-root-device.target" },
	{ .name = "swap" },
	{ .name = "sysroot-.mount" },
	{ .name = "sysroot.mount" },
	{ .name = "systemd-cryptsetup@.service" },
	{ .name = "systemd-fsck-root.service" },
	{ .name = "systemd-fsck@.service" },
	{ .name = "systemd-hibernate-resume.service", .for_resume = true },
	{ .name = "systemd-hibernate-resume@.service", .for_resume = true },
	{ .name = "systemd-integritysetup@.service" },
	{ .name = "systemd-makefs@.service" },
	{ .name = "systemd-mkswap@.service" },
	{ .name = "sysusr-.mount" },
	/* what looks at the root */
	{ .name = "dracut-pre-pivot.service" },
	{ .name = "initrd-cleanup.service" },
	{ .name = "initrd-parse-etc.service" },
	{ .name = "initrd-switch-root.service" },
	{ .name = "systemd-volatile-root.service" },
	{ 0 },
};

const struct part parts_scripts[] = {
	{ .name = "local-top" },
	{ .name = "local-premount", .for_resume = true },
	{ .name = "local-bottom" },
	{ .name = "init-bottom" },
	{ 0 },
};

const struct part parts_hooks[] = {
	{ .name = "cmdline/31-intact-hold.sh" },
	{ .name = "initqueue/10-intact-unlock.sh" },
	{ .name = "initqueue/finished/10-intact-done.sh" },
	{ .name = "pre-mount/05-intact-resume.sh", .for_resume = true },
	{ .name = "pre-pivot/00-intact-root.sh" },
	{ .name = "cleanup/99-intact-leave.sh" },
	{ 0 },
};

const struct part parts_calls[] = {
	{ .name = "--resume", .for_resume = true },
	{ .name = "--check-root" },
	{ .name = "--hand-over" },
	{ 0 },
};

static bool is_in(const struct contents *c, const char *const folders[], size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++) {
		cleanup_free char *path = xasprintf("%s/%s", folders[i], name);

		if (contents_resolve(c, path))
			return true;
	}
	return false;
}

bool parts_has_unit(const struct contents *c, const char *path)
{
	static const char *const folders[] = { "/usr/lib/systemd/system", "/lib/systemd/system" };

	return is_in(c, folders, ARRAY_SIZE(folders), path);
}

bool parts_has_hook(const struct contents *c, const char *name)
{
	static const char *const folders[] = { "/usr/lib/dracut/hooks", "/lib/dracut/hooks",
					       "/var/lib/dracut/hooks" };

	return is_in(c, folders, ARRAY_SIZE(folders), name);
}
