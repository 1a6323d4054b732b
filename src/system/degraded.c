/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/degraded.h"

#include "base/texts.h"
#include "base/util.h"
#include "facts/dmuuid.h"
#include "facts/stack.h"
#include "system/block.h"
#include "system/kmsg.h"
#include "system/program.h"

#include <fcntl.h>
#include <stdio.h>
#include <syslog.h>

/* A stack deeper than that is a loop, or nobody's. */
#define DEPTH_MAX 16

/* --- devices below and above each other ----------------------------------------------------- */

static void related(const char *sysroot, const char *device, const char *folder, char ***names,
		    size_t *n)
{
	cleanup_free char *path = xasprintf("%s" BLOCK_CLASS "/%s/%s", sysroot, device, folder);

	texts_folder(path, names, n);
}

static bool is_volume(const char *sysroot, const char *device)
{
	char dm_uuid[BLOCK_DM_UUID_MAX], luks_uuid[40];

	return block_attribute(sysroot, device, "dm/uuid", dm_uuid, sizeof(dm_uuid)) == 0 &&
	       dmuuid_parse(dm_uuid, luks_uuid) == DMUUID_LUKS2;
}

static bool stands_on_volume(const char *sysroot, const char *device, unsigned depth)
{
	bool found = is_volume(sysroot, device);
	char **names;
	size_t n;

	related(sysroot, device, "slaves", &names, &n);
	for (size_t i = 0; depth > 0 && i < n && !found; i++)
		found = stands_on_volume(sysroot, names[i], depth - 1);
	texts_free(names, n);
	return found;
}

/* --- arrays ----------------------------------------------------------------------------------- */

/* The kernel's word for an array that is being put together. */
static bool is_incomplete(const char *sysroot, const char *device)
{
	char state[32];

	return block_attribute(sysroot, device, "md/array_state", state, sizeof(state)) == 0 &&
	       str_eq(state, "inactive");
}

/* Calls found for each such array, until that returns false. */
static void each_incomplete(const char *sysroot, bool (*found)(void *arg, const char *device),
			    void *arg)
{
	cleanup_free char *class = xasprintf("%s" BLOCK_CLASS, sysroot);
	bool more = true;
	char **names;
	size_t n;

	texts_folder(class, &names, &n);
	for (size_t i = 0; more && i < n; i++)
		if (is_incomplete(sysroot, names[i]))
			more = found(arg, names[i]);
	texts_free(names, n);
}

static bool note_found(void *arg, const char *device)
{
	(void)device;
	*(bool *)arg = true;
	return false;
}

bool degraded_array(const char *sysroot)
{
	bool found = false;

	each_incomplete(sysroot, note_found, &found);
	return found;
}

/* --- starting --------------------------------------------------------------------------------- */

/* Names on the disks are in what it prints, so nothing of it is passed on as it is. */
static void run(const char *const arguments[static PROGRAM_ARGUMENTS_MAX])
{
	char text[PROGRAM_OUTPUT_MAX + 1], *rest = text, *line;

	(void)program_run(arguments, text);
	while ((line = strsep(&rest, "\n")))
		if (*line)
			kmsg_write(LOG_NOTICE, line);
}

static bool run_array(void *arg, const char *device)
{
	const bool *above = arg;
	char node[64];

	if ((*above || !stands_on_volume("", device, DEPTH_MAX)) && block_node(device, node))
		run((const char *const[PROGRAM_ARGUMENTS_MAX]){ "mdadm", "-q", "--run", node });
	return true;
}

static bool a_volume_is_open(void)
{
	bool open = false;
	char **names;
	size_t n;

	texts_folder(BLOCK_CLASS, &names, &n);
	for (size_t i = 0; i < n && !open; i++)
		open = is_volume("", names[i]);
	texts_free(names, n);
	return open;
}

static void start(bool above)
{
	each_incomplete("", run_array, &above);
	/* The programs choose by themselves what else they start. */
	if (!above && a_volume_is_open())
		return;
	/* Arrays that udev's rules have not begun to put together. */
	run((const char *const[PROGRAM_ARGUMENTS_MAX]){ "mdadm", "-q", "--assemble", "--scan",
							"--run" });
	/* Logical volumes that can miss the disk (RAID), and those that are not on it. */
	run((const char *const[PROGRAM_ARGUMENTS_MAX]){
		"lvm", "vgchange", "-q", "-aay", "--sysinit", "--activationmode", "degraded" });
}

void degraded_start_below(void)
{
	start(false);
}

void degraded_start_all(void)
{
	start(true);
}

/* --- what stands on a mapping ----------------------------------------------------------------- */

static void add(struct above *ret, const char *name)
{
	for (size_t i = 0; i < ret->n; i++)
		if (str_eq(ret->below[i], name))
			return;
	if (ret->n < ABOVE_MAX && str_copy(ret->below[ret->n], sizeof(ret->below[0]), name))
		ret->n++;
	else
		ret->more = true;
}

static void look_down(const char *sysroot, const char *device, unsigned depth, struct above *ret)
{
	char name[128], **names;
	size_t n;

	block_mapping_name(sysroot, device, name);
	if (is_volume(sysroot, device)) {
		add(ret, name);
		return;
	}
	related(sysroot, device, "slaves", &names, &n);
	/* A mapping on no device (error, zero) stands for a disk that is missing. */
	if (n == 0 && !name[0])
		add(ret, device);
	if (n > 0 && depth == 0)
		ret->more = true;
	for (size_t i = 0; depth > 0 && i < n; i++)
		look_down(sysroot, names[i], depth - 1, ret);
	texts_free(names, n);
}

/* Is it active: an array that runs, or a mapping with a table? */
static bool runs(const char *sysroot, const char *device)
{
	char state[32], size[32];

	if (block_attribute(sysroot, device, "md/array_state", state, sizeof(state)) == 0)
		return !str_eq(state, "inactive") && !str_eq(state, "clear");
	return block_attribute(sysroot, device, "size", size, sizeof(size)) == 0 &&
	       !str_eq(size, "0");
}

static void look_up(const char *sysroot, const char *device, unsigned depth, struct above *ret)
{
	char **names;
	size_t n;

	related(sysroot, device, "holders", &names, &n);
	if (n > 0 && depth == 0)
		ret->more = true;
	for (size_t i = 0; depth > 0 && i < n; i++) {
		if (!runs(sysroot, names[i]))
			continue;
		ret->runs = true;
		look_down(sysroot, names[i], DEPTH_MAX, ret);
		look_up(sysroot, names[i], depth - 1, ret);
	}
	texts_free(names, n);
}

void degraded_above(const char *sysroot, const char *mapping, struct above *ret)
{
	char device[BLOCK_NAME_MAX];

	*ret = (struct above){ 0 };
	if (block_by_mapping(sysroot, mapping, device) == 0)
		look_up(sysroot, device, DEPTH_MAX, ret);
}

/* --- what is mounted without a device in between ------------------------------------------------
 */

void degraded_let_start(const char *sysroot, const char *folder, const char *mapping)
{
	cleanup_close int mark = -1, event = -1;
	cleanup_free char *path = NULL, *uevent = NULL;
	char device[BLOCK_NAME_MAX];

	if (block_by_mapping(sysroot, mapping, device) < 0)
		return;
	path = xasprintf("%s/%s", folder, device);
	(void)make_parent_dirs(path, 0755);
	mark = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	uevent = xasprintf("%s" BLOCK_CLASS "/%s/uevent", sysroot, device);
	event = open(uevent, O_WRONLY | O_CLOEXEC);
	if (event >= 0)
		(void)write_all(event, "change", strlen("change"));
}
