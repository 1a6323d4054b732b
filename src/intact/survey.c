/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "intact/survey.h"

#include "base/texts.h"
#include "config/cmdline.h"
#include "config/options.h"
#include "facts/record.h"
#include "image/keys.h"
#include "intact/survey_standalone.h"
#include "intact/unread.h"
#include "system/block.h"
#include "system/device.h"
#include "system/etc.h"
#include "system/luks.h"
#include "system/mounts.h"
#include "system/stack.h"
#include "system/surroundings.h"

#include <stdio.h>
#include <strings.h>
#include <sys/stat.h>

/* A line of crypttab has about a hundred bytes. */
#define TAB_BYTES_MAX (256 << 10)

static void read_tab(struct host *host, const char *name, bool asked, struct findings *findings)
{
	cleanup_free char *path = xasprintf("%s%s", host->root, name);
	cleanup_free char *text = NULL;
	size_t len;
	int r = read_file(path, TAB_BYTES_MAX, &text, &len);

	if (r == 0)
		tab_add(&host->tab, path, text, len, asked, findings);
	else if (r == -EFBIG)
		findings_add(findings, SEVERITY_ERROR,
			     "%s is not read, since it is larger than %d KiB: is this a crypttab?",
			     path, TAB_BYTES_MAX >> 10);
	else
		unread_report(path, r, findings);
}

/* The disks there are, probed once and only when a name needs it. */
struct disks {
	bool scanned;
	struct device *list;
	size_t n;
};

static void seen_device(void *arg, const struct device *dev)
{
	struct disks *disks = arg;

	*(struct device *)array_add(&disks->list, &disks->n, sizeof(*dev)) = *dev;
}

/* In a chroot without udev's links all disks are probed. */
static void scan_for(const struct host *host, struct entry *e, struct disks *disks,
		     struct findings *findings)
{
	const struct devref *ref = &entry_volume(e)->source;
	const struct device *first = NULL;
	char device[BLOCK_NAME_MAX];

	if (!disks->scanned)
		(void)device_scan(seen_device, disks);
	disks->scanned = true;
	for (size_t i = 0; i < disks->n; i++) {
		const struct device *dev = &disks->list[i];

		if (!devref_matches(ref, dev, 0) || dev->member[0])
			continue;
		if (first)
			findings_add(findings, SEVERITY_WARNING,
				     "%s: %s and %s fit this line; %s is looked at. If it is the "
				     "wrong disk, disconnect it.",
				     entry_volume(e)->origin, first->node, dev->node, first->node);
		else
			first = dev;
	}
	if (first && block_device(host->sysroot, first->node, device) == 0)
		block_node(device, e->node);
}

/* The device of the line's source. */
static void find_source(const struct host *host, struct entry *e, struct disks *disks,
			struct findings *findings)
{
	const struct devref *ref = &entry_volume(e)->source;
	char device[BLOCK_NAME_MAX];

	if (block_resolve(host->sysroot, ref, device) == 0)
		block_node(device, e->node);
	else if (ref->kind != DEVREF_NONE && ref->kind != DEVREF_PATH)
		scan_for(host, e, disks, findings);
}

static void find_sources(struct host *host, struct findings *findings)
{
	struct disks disks = { 0 };

	for (size_t i = 0; i < host->tab.n; i++)
		find_source(host, &host->tab.entries[i], &disks, findings);
	free(disks.list);
}

static bool has_integrity(void *arg, const char *name)
{
	const struct stack *stack = arg;

	for (size_t i = 0; i < stack->n_mappings; i++)
		if (str_eq(stack->mappings[i].name, name))
			return stack->mappings[i].luks2 && stack->mappings[i].dif;
	return false;
}

/* Takes ownership of spec. */
static void find_place(const struct host *host, char *spec, struct place *ret)
{
	char odd[BLOCK_NAME_MAX];

	ret->spec = spec;
	ret->understood = spec && devref_parse(spec, &ret->ref) == 0;
	ret->here = ret->understood && block_resolve(host->sysroot, &ret->ref, ret->device) == 0;
	if (!ret->here)
		return;
	block_mapping_name(host->sysroot, ret->device, ret->mapping);
	stack_walk(host->sysroot, ret->device, &ret->stack);
	ret->whole = stack_is_within(host->sysroot, ret->device, has_integrity, &ret->stack, odd);
}

/* The first device of the line for a mount point. */
static void find_in_fstab(const struct host *host, const char *point, struct place *ret,
			  const char **ret_type)
{
	const struct fstab_line *line = fstab_find(&host->fstab, point);
	char **devices = NULL;
	size_t n = 0;

	if (ret_type)
		*ret_type = line ? line->type : NULL;
	if (line)
		fstab_devices(line, &devices, &n);
	find_place(host, n ? xstrdup(devices[0]) : NULL, ret);
	texts_free(devices, n);
}

static void read_mounted(const struct host *host, const char *process, const char *path,
			 struct mounted *ret)
{
	char odd[BLOCK_NAME_MAX];

	ret->there = mount_find(host->sysroot, process, path, &ret->mount) == 0;
	for (size_t i = 0; ret->there && i < ret->mount.n_devices; i++)
		stack_walk(host->sysroot, ret->mount.devices[i], &ret->stack);
	ret->whole = ret->there && ret->mount.n_devices > 0;
	for (size_t i = 0; ret->whole && i < ret->mount.n_devices; i++)
		ret->whole = stack_is_within(host->sysroot, ret->mount.devices[i], has_integrity,
					     &ret->stack, odd);
}

static void read_swaps(struct host *host)
{
	struct swap *swaps;
	size_t n;

	swaps_read(host->sysroot, &swaps, &n);
	for (size_t i = 0; i < n; i++) {
		struct swap_place *s = array_add(&host->swaps, &host->n_swaps, sizeof(*s));

		s->size = swaps[i].size;
		find_place(host, xstrdup(swaps[i].path), &s->place);
	}
	swaps_free(swaps, n);
}

/* The value given by the hook, else from the configuration of initramfs-tools. */
static char *resume_setting(const struct host *host, const char *given)
{
	char *value = given && *given ? xstrdup(given) : NULL;

	if (!value)
		value = etc_setting(host->root, "/etc/initramfs-tools/conf.d/resume", "RESUME");
	return value ? value : xstrdup("auto");
}

static char *cmdline_resume(const struct host *host)
{
	cleanup_free char *file = xasprintf("%s/proc/cmdline", host->sysroot);
	cleanup_free char *text = NULL;
	struct cmdline cmdline = { 0 };
	const char *value;
	char *spec;

	if (read_file(file, 1 << 16, &text, NULL) < 0)
		return NULL;
	cmdline_parse(text, &cmdline);
	value = cmdline_get(&cmdline, "resume");
	spec = value ? xstrdup(value) : NULL;
	cmdline_free(&cmdline);
	return spec;
}

static void read_resume(struct host *host, const char *given)
{
	cleanup_free char *power = xasprintf("%s/sys/power/resume", host->sysroot);
	char number[32], device[BLOCK_NAME_MAX], odd[BLOCK_NAME_MAX];

	if (read_line(power, number, sizeof(number)) == 0 &&
	    block_by_number(host->sysroot, number, device) == 0) {
		stack_walk(host->sysroot, device, &host->resume_kernel);
		host->resume_kernel_elsewhere = !stack_is_within(
			host->sysroot, device, has_integrity, &host->resume_kernel, odd);
	}
	find_place(host, cmdline_resume(host), &host->resume_cmdline);
	find_place(host, resume_setting(host, given), &host->resume_setting);
}

void survey_read(struct host *host, const char *resume, struct findings *findings)
{
	/* Arch has a separate crypttab for the image: all its volumes are for the initramfs. */
	read_tab(host, "/etc/crypttab.initramfs", true, findings);
	read_tab(host, "/etc/crypttab", false, findings);
	survey_cmdline_headers(host, findings);
	find_sources(host, findings);
	host->keyfile_pattern = etc_setting(host->root, "/etc/cryptsetup-initramfs/conf-hook",
					    "KEYFILE_PATTERN");
	surroundings_container(host->sysroot, host->container);
	host->chroot = surroundings_chroot(host->sysroot);
	read_mounted(host, "self", "/", &host->mounted_root);
	read_mounted(host, "self", "/usr", &host->mounted_usr);
	if (host->chroot)
		read_mounted(host, "1", "/", &host->builders_root);
	stack_walk_all(host->sysroot, &host->everything);
	etc_fstab(host->root, &host->fstab);
	find_in_fstab(host, "/", &host->fstab_root, &host->fstab_root_type);
	find_in_fstab(host, "/usr", &host->fstab_usr, &host->fstab_usr_type);
	find_in_fstab(host, "swap", &host->fstab_swap, NULL);
	read_resume(host, resume);
	survey_standalones(host);
	read_swaps(host);
}

/* v: may be NULL */
static void read_header(const struct host *host, const struct volume *v, const char *node,
			struct header_at *ret_at, struct disk *ret)
{
	*ret = (struct disk){ .kind = HEADER_UNREADABLE, .err = ENOENT };
	if (v && v->detached)
		survey_header(host, v, node, ret_at);
	if (node[0] && (ret_at->path || ret_at->same || !v || !v->detached)) {
		luks_read_header(node, ret_at->path, NULL, ret, NULL);
	} else if (!node[0] && ret_at->path) {
		/* The disk is not here: the header tells what there is to tell. */
		luks_read_header(ret_at->path, NULL, NULL, ret, NULL);
		ret->detached = true;
	}
}

bool survey_has_file(const struct host *host, const char *path)
{
	cleanup_free char *real = xasprintf("%s%s", host->root, path);
	struct stat st;

	return stat(real, &st) == 0 && S_ISREG(st.st_mode);
}

static char *read_report(const struct host *host, const char *folder, const char *name)
{
	cleanup_free char *path = xasprintf("%s%s/%s", host->sysroot, folder, name);
	char *text = NULL;

	(void)read_file(path, 1 << 16, &text, NULL);
	return text;
}

/* The report of a volume that the command line gave another name. NULL: there is none. */
static char *find_report(const struct host *host, const char *folder, const char *uuid)
{
	cleanup_free char *path = xasprintf("%s%s", host->sysroot, folder);
	char **names, *found = NULL;
	size_t n;

	texts_folder(path, &names, &n);
	for (size_t i = 0; *uuid && !found && i < n; i++) {
		char *text = read_report(host, folder, names[i]);
		cleanup_free char *value = record_value(text ? text : "", "uuid");

		if (strcasecmp(value, uuid) == 0)
			found = text;
		else
			free(text);
	}
	texts_free(names, n);
	return found;
}

/* The volume key with which the boot opened the volume, whether it was pinned or not. */
static void set_opened(struct wanted *w, const char *report)
{
	cleanup_free char *outcome = record_value(report, "outcome");
	cleanup_free char *key = record_value(report, "volume_key");

	if (str_eq(outcome, "open") || str_eq(outcome, "was-open"))
		(void)str_copy(w->opened_key, sizeof(w->opened_key), key);
}

/*
 * What the image demanded that this system was booted with, from the report of its intact-unlock;
 * or what `intact pin` has accepted since. The report with the volume's name comes first: a disk
 * that was exchanged may have any UUID. Nothing for a system that does not run: its /run, if there
 * is one, is that of another system.
 */
static void read_before(const struct host *host, struct wanted *w)
{
	static const char *const folders[] = { SURVEY_ACCEPTED, SURVEY_REPORTS };
	cleanup_free char *text = NULL, *promised = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(folders) && !text; i++)
		text = read_report(host, folders[i], w->name);
	if (!text)
		text = find_report(host, SURVEY_REPORTS, w->disk.header.uuid);
	promised = record_value(text ? text : "", "promised");
	if (*promised)
		config_options(config_add_volume(&w->before, w->name, SURVEY_REPORTS), promised,
			       SURVEY_REPORTS, &w->before);
	set_opened(w, text ? text : "");
}

static void read_below(const struct host *host, struct wanted *w)
{
	char device[BLOCK_NAME_MAX];

	if (w->node[0] && block_device(host->sysroot, w->node, device) == 0)
		stack_walk(host->sysroot, device, &w->below);
}

/* "/dev/dm-2" is another device after the next boot; "/dev/mapper/vg-root" is not. */
static void read_mapped(const struct host *host, struct wanted *w)
{
	char device[BLOCK_NAME_MAX], name[128];

	if (w->node[0] && block_device(host->sysroot, w->node, device) == 0 &&
	    block_attribute(host->sysroot, device, "dm/name", name, sizeof(name)) == 0)
		snprintf(w->mapped, sizeof(w->mapped), "/dev/mapper/%s", name);
}

struct key_search {
	const struct devref *ref;
	struct device found;
};

static void seen_for_key(void *arg, const struct device *dev)
{
	struct key_search *search = arg;

	if (!search->found.node[0] && devref_matches(search->ref, dev, 0))
		search->found = *dev;
}

/* The device that the key of w is on. */
static void read_key_device(const struct host *host, struct wanted *w)
{
	struct file_place place;
	struct key_search search = { .ref = &place.device };
	char device[BLOCK_NAME_MAX], node[64];

	if (!keys_elsewhere(w->entry, &place))
		return;
	if (block_resolve(host->sysroot, &place.device, device) == 0 && block_node(device, node)) {
		block_mapping_name(host->sysroot, device, w->key_mapping);
		(void)device_probe(node, &search.found);
	} else if (place.device.kind != DEVREF_PATH)
		(void)device_scan(seen_for_key, &search);
	w->has_key_device = search.found.node[0];
	str_copy(w->key_type, sizeof(w->key_type), search.found.type);
}

void survey_volumes(const struct host *host, struct plan *plan)
{
	for (size_t i = 0; i < plan->n_wanted; i++) {
		struct wanted *w = &plan->wanted[i];

		read_header(host, wanted_volume(w), w->node, &w->header, &w->disk);
		read_mapped(host, w);
		read_below(host, w);
		if (plan->booted)
			read_before(host, w);
		w->has_keyfile = w->entry && w->entry->keyfile &&
				 survey_has_file(host, w->entry->keyfile);
		read_key_device(host, w);
	}
	for (size_t i = 0; i < plan->n_others; i++) {
		struct header_at at = { 0 };

		read_header(host, entry_volume(plan->others[i].entry), plan->others[i].entry->node,
			    &at, &plan->others[i].disk);
		header_at_free(&at);
	}
}

static void place_free(struct place *place)
{
	free(place->spec);
	stack_free(&place->stack);
}

void survey_free(struct host *host)
{
	struct place *const places[] = { &host->fstab_root, &host->fstab_usr, &host->fstab_swap,
					 &host->resume_setting, &host->resume_cmdline };
	struct mounted *const mounts[] = { &host->mounted_root, &host->mounted_usr,
					   &host->builders_root };

	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		place_free(places[i]);
	for (size_t i = 0; i < ARRAY_SIZE(mounts); i++) {
		mount_free(&mounts[i]->mount);
		stack_free(&mounts[i]->stack);
	}
	for (size_t i = 0; i < host->n_swaps; i++)
		place_free(&host->swaps[i].place);
	free(host->swaps);
	stack_free(&host->everything);
	stack_free(&host->resume_kernel);
	tab_free(&host->tab);
	free(host->keyfile_pattern);
	standalone_host_free(&host->integrity);
	texts_free(host->tpm_files, host->n_tpm_files);
	fstab_free(&host->fstab);
}
