/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "intact/scrub_volume.h"

#include "base/lockfile.h"
#include "base/texts.h"
#include "base/util.h"
#include "facts/dmuuid.h"
#include "facts/header.h"
#include "system/block.h"
#include "system/dmdevice.h"
#include "system/stack.h"

#include <fcntl.h>
#include <stdio.h>

#define LIB "/var/lib/intact/scrub"
#define RUN "/run/intact/scrub"

/* --- volumes ---------------------------------------------------------------------------------- */

static enum dmuuid_kind kind_of(const char *device, char luks_uuid[static 40])
{
	char dm_uuid[BLOCK_DM_UUID_MAX];

	luks_uuid[0] = '\0';
	if (block_attribute("", device, "dm/uuid", dm_uuid, sizeof(dm_uuid)) < 0)
		return DMUUID_OTHER;
	return dmuuid_parse(dm_uuid, luks_uuid);
}

/* The volume's own NAME_dif is directly below it. */
static bool has_dif(const char *device)
{
	cleanup_free char *folder = xasprintf(BLOCK_CLASS "/%s/slaves", device);
	char **names, uuid[40];
	size_t n;
	bool found = false;

	texts_folder(folder, &names, &n);
	for (size_t i = 0; i < n && !found; i++)
		found = kind_of(names[i], uuid) == DMUUID_DIF;
	texts_free(names, n);
	return found;
}

static void find_checks(const char *device, struct scrub_volume *v)
{
	char node[DMDEVICE_NODE_MAX];
	struct dm_layer layer;

	/* Where the disk itself has room for tags, there is no NAME_dif. */
	dmdevice_read(v->name, &layer, node);
	if (has_dif(device) || layer.tag_size > 0) {
		v->checks = STACK_TAGS;
		return;
	}
	v->checks = stack_checks("", device);
	v->covered = v->checks == STACK_TAGS;
}

static bool describe(const char *device, struct scrub_volume *ret)
{
	struct scrub_volume v = { 0 };

	if (kind_of(device, v.uuid) != DMUUID_LUKS2 || !header_uuid_valid(v.uuid))
		return false;
	block_mapping_name("", device, v.name);
	if (!v.name[0] || !block_node(device, v.node))
		return false;
	find_checks(device, &v);
	*ret = v;
	return true;
}

bool scrub_volume_find(const char *name, struct scrub_volume *ret)
{
	const char *bare = str_after(name, "/dev/mapper/");
	char device[BLOCK_NAME_MAX];

	return block_by_mapping("", bare ? bare : name, device) == 0 && describe(device, ret);
}

void scrub_volume_names(char ***ret, size_t *ret_n)
{
	char **devices;
	size_t n;

	*ret = NULL;
	*ret_n = 0;
	texts_folder(BLOCK_CLASS, &devices, &n);
	for (size_t i = 0; i < n; i++) {
		struct scrub_volume v;

		if (describe(devices[i], &v) && v.checks != STACK_UNCHECKED && !v.covered)
			texts_add(ret, ret_n, v.name);
	}
	texts_free(devices, n);
}

/* --- lock ------------------------------------------------------------------------------------- */

static char *lock_path(const struct scrub_volume *v)
{
	return xasprintf(RUN "/lock-%s", v->uuid);
}

int scrub_volume_lock(const struct scrub_volume *v, pid_t *ret_owner)
{
	cleanup_free char *path = lock_path(v);

	return lockfile_take(path, ret_owner);
}

bool scrub_volume_is_locked(const struct scrub_volume *v)
{
	cleanup_free char *path = lock_path(v);

	return lockfile_is_taken(path);
}

/* --- state ------------------------------------------------------------------------------------ */

int scrub_volume_load(const struct scrub_volume *v, struct scrub_state *ret)
{
	static const char *const folders[] = { RUN, LIB };
	struct scrub_state state;
	int r = 0;

	*ret = (struct scrub_state){ 0 };
	/* What is in /run is there because /var/lib could not be written, and is newer. */
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		cleanup_free char *path = xasprintf("%s/%s", folders[i], v->uuid), *text = NULL;

		int one = read_file(path, SCRUB_STATE_MAX, &text, NULL);

		if (one == 0 && scrub_state_read(text, &state)) {
			*ret = state;
			return 0;
		}
		if (one != -ENOENT)
			r = one < 0 ? one : -EBADMSG;
	}
	return r;
}

static int save_in(const char *folder, const char *uuid, const char *text)
{
	cleanup_free char *path = xasprintf("%s/%s", folder, uuid);
	cleanup_free char *fresh = xasprintf("%s/.%s", folder, uuid);
	cleanup_close int fd = -1;
	int r = make_parent_dirs(path, 0755);

	if (r < 0)
		return r;
	fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return neg_errno();
	r = write_all(fd, text, strlen(text));
	if (r == 0 && fdatasync(fd) < 0)
		r = neg_errno();
	if (r == 0 && rename(fresh, path) < 0)
		r = neg_errno();
	if (r < 0)
		(void)unlink(fresh);
	return r;
}

int scrub_volume_save(const struct scrub_volume *v, const struct scrub_state *s, bool *ret_lost)
{
	cleanup_free char *text = scrub_state_write(s);
	cleanup_free char *run = xasprintf(RUN "/%s", v->uuid);

	*ret_lost = save_in(LIB, v->uuid, text) < 0;
	if (*ret_lost)
		return save_in(RUN, v->uuid, text);
	(void)unlink(run);
	return 0;
}
