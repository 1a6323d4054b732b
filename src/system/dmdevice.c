/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/dmdevice.h"

#include "base/texts.h"
#include "base/util.h"
#include "facts/dmuuid.h"

#include <libdevmapper.h>
#include <linux/dm-ioctl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

/* libdevmapper's "cookie", the semaphore for the devices for which udev was not waited for yet; 0:
 * none. */
static uint32_t cookie;

void dmdevice_settle(void)
{
	if (cookie)
		(void)dm_udev_wait(cookie);
	cookie = 0;
	(void)dm_task_update_nodes();
}

static void no_log(int level, const char *file, int line, int dm_errno_or_class, const char *f, ...)
{
	(void)level, (void)file, (void)line, (void)dm_errno_or_class, (void)f;
}

static struct dm_task *new_task(int type)
{
	dm_log_with_errno_init(no_log);
	return dm_task_create(type);
}

/* Runs the task if it could be made ready, and frees it. 0 or a negative errno. */
static int run(struct dm_task *task, bool ready, struct dm_info *ret_info)
{
	int r = task ? -EIO : -ENOMEM;

	if (ready && dm_task_run(task) && (!ret_info || dm_task_get_info(task, ret_info)))
		r = 0;
	else if (ready && dm_task_get_errno(task) > 0)
		r = -dm_task_get_errno(task);
	if (task)
		dm_task_destroy(task);
	return r;
}

/* Asks udev to report when it has handled the device; does nothing where no udevd runs. Without the
 * flag, libdevmapper would make and remove nodes itself. */
static bool ask_udev_to_report(struct dm_task *task, uint16_t udev_flags)
{
	return !dm_udev_get_sync_support() ||
	       dm_task_set_cookie(task, &cookie, DM_UDEV_DISABLE_LIBRARY_FALLBACK | udev_flags);
}

bool dmdevice_has_target(const char *name)
{
	struct dm_task *task = new_task(DM_DEVICE_LIST_VERSIONS);
	bool found = false;

	if (task && dm_task_run(task)) {
		struct dm_versions *at = dm_task_get_versions(task);

		while (at && !found) {
			found = str_eq(at->name, name);
			at = at->next ? (struct dm_versions *)((char *)at + at->next) : NULL;
		}
	}
	if (task)
		dm_task_destroy(task);
	return found;
}

/* --- making one ------------------------------------------------------------------------------- */

static int create_named(const char *name, const char *uuid, struct dm_info *ret)
{
	struct dm_task *task = new_task(DM_DEVICE_CREATE);

	return run(task, task && dm_task_set_name(task, name) && dm_task_set_uuid(task, uuid), ret);
}

static int create(const struct dmdevice_spec *spec, struct dm_info *ret)
{
	char uuid[DM_UUID_LEN] = ""; /* cuts a very long name, as libcryptsetup does */

	str_append(uuid, sizeof(uuid), "CRYPT-%s-", spec->type);
	for (const char *p = spec->uuid; p && *p; p++)
		if (*p != '-')
			str_append(uuid, sizeof(uuid), "%c", *p);
	str_append(uuid, sizeof(uuid), "%s%s", spec->uuid ? "-" : "", spec->name);
	return create_named(spec->name, uuid, ret);
}

static int load(const struct dmdevice_spec *spec)
{
	struct dm_task *task = new_task(DM_DEVICE_RELOAD);

	/* secure_data: the kernel and libdevmapper wipe their buffers. */
	return run(
		task,
		task && dm_task_set_name(task, spec->name) && dm_task_secure_data(task) &&
			(!spec->readonly || dm_task_set_ro(task)) &&
			dm_task_add_target(task, 0, spec->size / 512, spec->target, spec->params) &&
			(!spec->more_params ||
			 dm_task_add_target(task, spec->size / 512, spec->more_size / 512,
					    spec->target, spec->more_params)),
		NULL);
}

static int resume(const struct dmdevice_spec *spec, long read_ahead)
{
	struct dm_task *task = new_task(DM_DEVICE_RESUME);
	uint16_t flags = spec->hidden ? DM_UDEV_DISABLE_SUBSYSTEM_RULES_FLAG |
						DM_UDEV_DISABLE_DISK_RULES_FLAG |
						DM_UDEV_DISABLE_OTHER_RULES_FLAG :
					0;

	return run(task,
		   task && dm_task_set_name(task, spec->name) &&
			   (read_ahead < 0 || dm_task_set_read_ahead(task, (uint32_t)read_ahead,
								     DM_READ_AHEAD_MINIMUM_FLAG)) &&
			   ask_udev_to_report(task, flags),
		   NULL);
}

bool dmdevice_is_only_holder(dev_t below, unsigned minor)
{
	cleanup_free char *folder = xasprintf("/sys/dev/block/%u:%u/holders", major(below),
					      minor(below));
	char own[32], **holders;
	bool only = true;
	size_t n;

	snprintf(own, sizeof(own), "dm-%u", minor);
	texts_folder(folder, &holders, &n);
	for (size_t i = 0; i < n; i++)
		only = only && str_eq(holders[i], own);
	texts_free(holders, n);
	return only;
}

/* Proves that nothing else uses the device by having it open, and gives the claim up to the kernel.
 */
struct claimed {
	int fd;
	dev_t devno;
};

static void claimed_close(struct claimed *c)
{
	if (c->fd >= 0)
		close(steal_fd(&c->fd));
}

/* Nothing for NULL. Takes the descriptor in any case. */
static int take_claim(int *fd, struct claimed *ret)
{
	struct stat st;

	*ret = (struct claimed){ .fd = fd ? steal_fd(fd) : -1 };
	if (!fd)
		return 0;
	if (fstat(ret->fd, &st) < 0)
		return neg_errno();
	ret->devno = st.st_rdev;
	return 0;
}

static bool is_alone(const struct claimed *c, unsigned minor)
{
	return !c->devno || dmdevice_is_only_holder(c->devno, minor);
}

int dmdevice_make(const struct dmdevice_spec *spec, int *below, unsigned *ret_major,
		  unsigned *ret_minor)
{
	__attribute__((cleanup(claimed_close))) struct claimed first, second;
	int r1 = take_claim(below, &first), r2 = take_claim(spec->second, &second);
	int r = r1 < 0 ? r1 : r2;
	struct dm_info info;
	long read_ahead = -1;

	if (r < 0)
		return r;
	if (ioctl(first.fd, BLKRAGET, &read_ahead) < 0)
		read_ahead = -1;
	r = create(spec, &info);
	if (r < 0)
		return r;
	/* The claim of this process would keep the kernel from claiming the disk for the device. */
	claimed_close(&first);
	claimed_close(&second);
	r = load(spec);
	if (r == 0 && !(is_alone(&first, info.minor) && is_alone(&second, info.minor)))
		r = -EBUSY;
	if (r == 0)
		r = resume(spec, read_ahead);
	if (r < 0) {
		(void)dmdevice_remove(spec->name);
		return r;
	}
	*ret_major = info.major;
	*ret_minor = info.minor;
	return 0;
}

int dmdevice_hold(const char *name)
{
	const struct dmdevice_spec spec = {
		.name = name, .target = "error", .params = "", .size = 4096, .hidden = true
	};
	char uuid[DM_UUID_LEN] = "";
	int r;

	str_append(uuid, sizeof(uuid), "%s%s", DMUUID_HELD_PREFIX, name);
	r = create_named(name, uuid, NULL);
	if (r < 0)
		return r;
	r = load(&spec);
	if (r == 0)
		r = resume(&spec, -1);
	if (r < 0)
		(void)dmdevice_remove(name);
	return r;
}

void dmdevice_make_node(const char *name)
{
	struct dm_task *task = new_task(DM_DEVICE_MKNODES);

	(void)run(task, task && dm_task_set_name(task, name), NULL);
}

/* --- removing one ----------------------------------------------------------------------------- */

bool dmdevice_set_deferred_remove(unsigned major, unsigned minor, bool cancel)
{
	struct dm_task *task = new_task(cancel ? DM_DEVICE_TARGET_MSG : DM_DEVICE_REMOVE);
	bool ready = task && dm_task_set_major_minor(task, (int)major, (int)minor, 0);

	if (cancel)
		ready = ready && dm_task_set_sector(task, 0) &&
			dm_task_set_message(task, "@cancel_deferred_remove");
	else
		ready = ready && dm_task_deferred_remove(task);
	return run(task, ready, NULL) == 0;
}

int dmdevice_remove(const char *name)
{
	struct dm_task *task = new_task(DM_DEVICE_REMOVE);

	/* Again and again for a while: udev may have it open for a moment, to see what is on it. */
	return run(task,
		   task && dm_task_set_name(task, name) && dm_task_retry_remove(task) &&
			   ask_udev_to_report(task, 0),
		   NULL);
}

/* Sectors of the device; 0: there is none. */
static uint64_t sectors_of(const char *name)
{
	struct dm_task *task = new_task(DM_DEVICE_STATUS);
	uint64_t start = 0, length = 0, end = 0;
	struct dm_info info = { 0 };
	char *type, *params;
	void *next = NULL;

	if (task && dm_task_set_name(task, name) && dm_task_run(task) &&
	    dm_task_get_info(task, &info) && info.exists) {
		do {
			next = dm_get_next_target(task, next, &start, &length, &type, &params);
			if (start + length > end)
				end = start + length;
		} while (next);
	}
	if (task)
		dm_task_destroy(task);
	return end;
}

static int set_error_table(const char *name)
{
	struct dm_task *task = new_task(DM_DEVICE_RELOAD);
	int r = run(task,
		    task && dm_task_set_name(task, name) &&
			    dm_task_add_target(task, 0, sectors_of(name), "error", ""),
		    NULL);

	if (r < 0)
		return r;
	/* Not flushed: what is still to be written must not reach the disk. */
	task = new_task(DM_DEVICE_RESUME);
	return run(task,
		   task && dm_task_set_name(task, name) && dm_task_no_flush(task) &&
			   dm_task_skip_lockfs(task) && ask_udev_to_report(task, 0),
		   NULL);
}

void dmdevice_remove_later(const char *name)
{
	struct dm_task *task = new_task(DM_DEVICE_REMOVE);

	(void)run(task,
		  task && dm_task_set_name(task, name) && dm_task_deferred_remove(task) &&
			  ask_udev_to_report(task, 0),
		  NULL);
}

int dmdevice_close(const char *name)
{
	int r = dmdevice_remove(name);

	if (r != -EBUSY)
		return r;
	r = set_error_table(name);
	if (r < 0)
		return r;
	dmdevice_remove_later(name);
	return 0;
}

/* --- looking at one --------------------------------------------------------------------------- */

static void read_state(const struct dm_info *info, struct dm_layer *ret)
{
	ret->present = true;
	ret->live = info->live_table && !info->suspended && !info->inactive_table;
	snprintf(ret->device, sizeof(ret->device), "%u:%u", info->major, info->minor);
}

static void read_targets(struct dm_task *task, struct dm_layer *ret)
{
	char *target, *params;
	uint64_t start, length;
	void *next = NULL;

	do {
		target = params = NULL;
		next = dm_get_next_target(task, next, &start, &length, &target, &params);
		if (!target || !params || ret->targets++ > 0)
			continue;
		ret->start = start;
		ret->length = length;
		if (str_copy(ret->target, sizeof(ret->target), target))
			dmtable_parse(params, ret);
	} while (next);
}

void dmdevice_read(const char *name, struct dm_layer *ret, char node[static DMDEVICE_NODE_MAX])
{
	struct dm_task *task = new_task(DM_DEVICE_TABLE);
	struct dm_info info = { 0 };

	*ret = (struct dm_layer){ 0 };
	node[0] = '\0';
	if (!task)
		return;
	/* dm-crypt's table holds the volume key where the kernel has no keyrings: with this flag,
	 * the kernel and libdevmapper wipe their buffers. */
	(void)dm_task_secure_data(task);
	if (dm_task_set_name(task, name) && dm_task_run(task) && dm_task_get_info(task, &info) &&
	    info.exists) {
		snprintf(node, DMDEVICE_NODE_MAX, "/dev/dm-%u", info.minor);
		read_state(&info, ret);
		read_targets(task, ret);
	}
	dm_task_destroy(task);
}

bool dmdevice_line(const char *name, const char *target, bool status, char *ret, size_t size)
{
	struct dm_task *task = new_task(status ? DM_DEVICE_STATUS : DM_DEVICE_TABLE);
	struct dm_info info = { 0 };
	char *type = NULL, *params = NULL;
	uint64_t start, length;
	bool found = false;

	/* The table of a keyed device holds its key. */
	if (task && dm_task_secure_data(task) && dm_task_no_flush(task) &&
	    dm_task_set_name(task, name) && dm_task_run(task) && dm_task_get_info(task, &info) &&
	    info.exists && !dm_get_next_target(task, NULL, &start, &length, &type, &params) &&
	    type && params)
		found = str_eq(type, target) && str_copy(ret, size, params);
	if (task)
		dm_task_destroy(task);
	return found;
}

bool dmdevice_targets(unsigned major, unsigned minor,
		      void (*seen)(void *arg, uint64_t start, uint64_t length, const char *target,
				   const char *params),
		      void *arg)
{
	struct dm_task *task = new_task(DM_DEVICE_TABLE);
	struct dm_info info = { 0 };
	uint64_t start = 0, length = 0;
	char *target, *params;
	void *next = NULL;
	bool found = task && dm_task_secure_data(task) && dm_task_no_flush(task) &&
		     dm_task_set_major_minor(task, (int)major, (int)minor, 0) &&
		     dm_task_run(task) && dm_task_get_info(task, &info) && info.exists;

	if (found)
		do {
			target = params = NULL;
			next = dm_get_next_target(task, next, &start, &length, &target, &params);
			if (target && params)
				seen(arg, start, length, target, params);
		} while (next);
	if (task)
		dm_task_destroy(task);
	return found;
}

/* --- writing back --- */

static int simple(int type, const char *name)
{
	struct dm_task *task = new_task(type);

	return run(task, task && dm_task_set_name(task, name), NULL);
}

int dmdevice_flush(const char *name)
{
	int r = simple(DM_DEVICE_SUSPEND, name), again = simple(DM_DEVICE_RESUME, name);

	return r < 0 ? r : again;
}
