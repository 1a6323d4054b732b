/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "intact/scrub_rest.h"

#include "base/texts.h"
#include "base/util.h"
#include "system/block.h"
#include "system/opens.h"

#include <fcntl.h>
#include <sys/stat.h>

static void say_all(const struct areas *areas, enum spot_kind kind, const char *name,
		    struct spots *ret)
{
	for (size_t i = 0; i < areas->n; i++)
		spots_add(ret, &areas->list[i], kind, name, 0, 0);
}

/* The loop device that shows this one, which the kernel has open. False: there is none. */
static bool find_loop(const char *device, char loop[static BLOCK_NAME_MAX])
{
	char **names, path[256], behind[BLOCK_NAME_MAX];
	bool found = false;
	size_t n;

	texts_folder(BLOCK_CLASS, &names, &n);
	for (size_t i = 0; i < n && !found; i++)
		found = block_attribute("", names[i], "loop/backing_file", path, sizeof(path)) ==
				0 &&
			block_device("", path, behind) == 0 && str_eq(behind, device) &&
			str_copy(loop, BLOCK_NAME_MAX, names[i]);
	texts_free(names, n);
	return found;
}

/* No list in sysfs has what claims a device without a mapping, or only opens it: both are asked of
 * the device itself. NULL: nothing does. To be freed. */
static char *find_user(const char *device)
{
	char node[64], loop[BLOCK_NAME_MAX];
	cleanup_close int fd = -1;
	struct stat st;

	if (!block_node(device, node))
		return xasprintf("%s has no node in /dev", device);
	if (find_loop(device, loop))
		return xasprintf("the loop device %s shows %s", loop, device);
	if (stat(node, &st) == 0 && S_ISBLK(st.st_mode) && opens_now(st.st_rdev))
		return xasprintf("a program has %s open, perhaps a virtual machine", device);
	fd = open(node, O_RDONLY | O_EXCL | O_CLOEXEC);
	if (fd < 0 && errno == EBUSY)
		return xasprintf("%s is in use, but not by anything that intact can ask: ZFS, "
				 "bcachefs, the journal of another file system, or a mount in a "
				 "container",
				 device);
	return fd < 0 ? xasprintf("%s cannot be opened: %s", device, strerror(errno)) : NULL;
}

void scrub_rest(const char *device, bool holders, const char *other, const struct areas *rest,
		struct spots *ret)
{
	cleanup_free char *why = NULL;

	if (rest->n == 0)
		return;
	if (other[0])
		why = xasprintf("a mapping or device that is not followed (%s) uses it", other);
	else if (!holders)
		why = find_user(device);
	say_all(rest, why ? SPOT_UNKNOWN : holders ? SPOT_UNUSED : SPOT_UNMOUNTED, why, ret);
}
