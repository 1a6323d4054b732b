/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unlock/held.h"

#include "base/child.h"
#include "base/texts.h"
#include "base/util.h"
#include "facts/dmuuid.h"
#include "system/block.h"
#include "system/dmdevice.h"

#include <poll.h>

/* How long device-mapper and udev may take. */
#define LIMIT_MS 10000

struct names {
	int (*each)(const char *name);
	char **list;
	size_t n;
};

static void work(void *arg, int fd)
{
	const struct names *names = arg;
	char done = 1;

	for (size_t i = 0; i < names->n; i++)
		(void)names->each(names->list[i]);
	dmdevice_settle();
	(void)child_send(fd, &done, sizeof(done));
}

/* In a process of its own, which alone calls libdevmapper. Frees the names. */
static void run(struct names *names)
{
	struct child child = CHILD_NONE;
	struct pollfd fd;

	if (names->n > 0 && child_start(&child, CHILD_KEEPS_NOTHING, work, names) == 0) {
		fd = (struct pollfd){ .fd = child.fd, .events = POLLIN };
		(void)poll(&fd, 1, LIMIT_MS);
		child_reap_within(&child, 0);
	}
	texts_free(names->list, names->n);
}

void held_take(const struct config *config, const bool *withheld)
{
	struct names names = { .each = dmdevice_hold };

	for (size_t i = 0; i < config->n_volumes; i++)
		if (withheld[i])
			texts_add(&names.list, &names.n, config->volumes[i].name);
	run(&names);
}

static bool is_held(const char *device)
{
	char dm_uuid[BLOCK_DM_UUID_MAX], luks_uuid[40];

	return block_attribute("", device, "dm/uuid", dm_uuid, sizeof(dm_uuid)) == 0 &&
	       dmuuid_parse(dm_uuid, luks_uuid) == DMUUID_HELD;
}

void held_release(void)
{
	struct names names = { .each = dmdevice_remove };
	char **devices, name[128];
	size_t n;

	texts_folder(BLOCK_CLASS, &devices, &n);
	for (size_t i = 0; i < n; i++) {
		if (!is_held(devices[i]))
			continue;
		block_mapping_name("", devices[i], name);
		texts_add(&names.list, &names.n, name);
	}
	texts_free(devices, n);
	run(&names);
}
