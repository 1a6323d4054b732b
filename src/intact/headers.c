/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Detached headers, for intact/survey.h. */
#include "config/config.h"
#include "config/crypttab.h"
#include "intact/headerfile.h"
#include "intact/survey.h"
#include "system/block.h"
#include "system/device.h"
#include "system/stack.h"

#include <stdio.h>

struct lookup {
	const struct devref *ref;
	char node[64];
};

static void seen_device(void *arg, const struct device *dev)
{
	struct lookup *lookup = arg;

	if (!lookup->node[0] && !dev->member[0] && devref_matches(lookup->ref, dev, 0))
		str_copy(lookup->node, sizeof(lookup->node), dev->node);
}

/* The device in sysfs, and its node. In a chroot without udev's links all disks are probed. */
static bool find_device(const struct host *host, const struct devref *ref,
			char device[static BLOCK_NAME_MAX], char node[static 64])
{
	struct lookup lookup = { .ref = ref };

	if (block_resolve(host->sysroot, ref, device) == 0)
		return block_node(device, node);
	if (ref->kind == DEVREF_PATH || device_scan(seen_device, &lookup) < 0 || !lookup.node[0])
		return false;
	return block_device(host->sysroot, lookup.node, device) == 0 && block_node(device, node);
}

void survey_header(const struct host *host, const struct volume *v, const char *node,
		   struct header_at *ret)
{
	const struct file_place *place = &v->header;
	char device[BLOCK_NAME_MAX];

	if (place->kind == PLACE_IMAGE) {
		if (survey_has_file(host, place->path))
			ret->path = xasprintf("%s%s", host->root, place->path);
		return;
	}
	if (!find_device(host, &place->device, device, ret->node))
		return;
	stack_walk(host->sysroot, device, &ret->stack);
	ret->same = place->kind == PLACE_DEVICE && str_eq(ret->node, node);
	if (place->kind == PLACE_FILE)
		ret->path = headerfile_read(host->sysroot, device, ret->node, place, ret->why);
	else if (!ret->same)
		ret->path = xstrdup(ret->node);
}

static void add_line(struct host *host, const struct volume *v, struct findings *findings)
{
	cleanup_free char *name = crypttab_escape(v->name), *source = NULL, *header = NULL;
	cleanup_free char *line = NULL;
	char text[1400], ref[300];

	source = crypttab_escape(devref_format(&v->source, ref, sizeof(ref)));
	header = crypttab_escape(place_format(&v->header, text, sizeof(text)));
	line = xasprintf("%s %s none header=%s\n", name, source, header);
	tab_add(&host->tab, "/proc/cmdline", line, strlen(line), false, findings);
}

void survey_cmdline_headers(struct host *host, struct findings *findings)
{
	cleanup_free char *path = xasprintf("%s/proc/cmdline", host->sysroot), *text = NULL;
	struct config config = { 0 };

	if (host->described || read_file(path, 1 << 16, &text, NULL) < 0)
		return;
	config_build(NULL, 0, text, &config);
	for (size_t i = 0; i < config.n_volumes; i++) {
		const struct volume *v = &config.volumes[i];

		if (v->detached && !tab_named(&host->tab, v->name))
			add_line(host, v, findings);
	}
	config_free(&config);
}
