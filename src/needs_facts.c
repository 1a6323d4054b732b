/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "needs_facts.h"

#include "cmdline.h"
#include "sys_crypt.h"
#include "sys_device.h"
#include "sys_etc.h"

#include <sys/stat.h>

static void read_tab(struct facts *facts, const char *name, bool asked, struct findings *findings)
{
	cleanup_free char *path = xasprintf("%s%s", facts->root, name);
	cleanup_free char *text = NULL;
	size_t len;
	int r = read_file(path, 1 << 20, &text, &len);

	if (r == 0)
		tab_add(&facts->tab, path, text, len, asked, findings);
	else if (r != -ENOENT)
		findings_add(findings, SEVERITY_ERROR, "%s cannot be read: %s", path, strerror(-r));
}

struct lookup {
	const struct devref *ref;
	char node[64];
};

static void seen_device(void *arg, const struct device *dev)
{
	struct lookup *lookup = arg;

	if (!lookup->node[0] && devref_matches(lookup->ref, dev, 0))
		str_copy(lookup->node, sizeof(lookup->node), dev->node);
}

/* Where the source of a crypttab line is now. In a chroot without udev's links every disk is looked at. */
static void find_source(const struct facts *facts, const struct devref *ref, char node[static 64])
{
	struct lookup lookup = { .ref = ref };
	char device[BLOCK_NAME_MAX];

	if (block_resolve(facts->sysroot, ref, device) == 0)
		block_node(device, node);
	else if (ref->kind != DEVREF_NONE && ref->kind != DEVREF_PATH &&
		 device_scan(seen_device, &lookup) == 0 && lookup.node[0] &&
		 block_device(facts->sysroot, lookup.node, device) == 0)
		block_node(device, node);
}

/* spec is taken over. */
static void find_place(const struct facts *facts, char *spec, struct place *ret)
{
	ret->spec = spec;
	ret->understood = spec && devref_parse(spec, &ret->ref) == 0;
	ret->here = ret->understood && block_resolve(facts->sysroot, &ret->ref, ret->device) == 0;
	if (!ret->here)
		return;
	block_mapping_name(facts->sysroot, ret->device, ret->mapping);
	stack_walk(facts->sysroot, ret->device, &ret->stack);
}

static void read_mounted(const struct facts *facts, const char *path, struct mounted *ret)
{
	ret->there = mount_find(facts->sysroot, path, &ret->mount) == 0;
	for (size_t i = 0; ret->there && i < ret->mount.n_devices; i++)
		stack_walk(facts->sysroot, ret->mount.devices[i], &ret->stack);
}

static void read_swaps(struct facts *facts)
{
	struct swap *swaps;
	size_t n;

	swaps_read(facts->sysroot, &swaps, &n);
	for (size_t i = 0; i < n; i++) {
		struct swap_place *s = array_add(&facts->swaps, &facts->n_swaps, sizeof(*s));

		s->size = swaps[i].size;
		find_place(facts, xstrdup(swaps[i].path), &s->place);
	}
	swaps_free(swaps, n);
}

/* What the hook was told, else initramfs-tools' configuration. */
static char *resume_setting(const struct facts *facts, const char *told)
{
	char *value = told && *told ? xstrdup(told) : NULL;

	if (!value)
		value = etc_setting(facts->root, "/etc/initramfs-tools/conf.d/resume", "RESUME");
	return value ? value : xstrdup("auto");
}

static char *cmdline_resume(const struct facts *facts)
{
	cleanup_free char *file = xasprintf("%s/proc/cmdline", facts->sysroot);
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

static void read_resume(struct facts *facts, const char *told)
{
	cleanup_free char *power = xasprintf("%s/sys/power/resume", facts->sysroot);
	char number[32], device[BLOCK_NAME_MAX];

	if (read_line(power, number, sizeof(number)) == 0 &&
	    block_by_number(facts->sysroot, number, device) == 0)
		stack_walk(facts->sysroot, device, &facts->resume_kernel);
	find_place(facts, cmdline_resume(facts), &facts->resume_cmdline);
	find_place(facts, resume_setting(facts, told), &facts->resume_setting);
}

void facts_read(struct facts *facts, const char *resume, struct findings *findings)
{
	/* Arch has a crypttab of its own for the image; all its lines are meant. */
	read_tab(facts, "/etc/crypttab.initramfs", true, findings);
	read_tab(facts, "/etc/crypttab", false, findings);
	for (size_t i = 0; i < facts->tab.n; i++)
		find_source(facts, &entry_volume(&facts->tab.entries[i])->source, facts->tab.entries[i].node);
	facts->keyfile_pattern =
		etc_setting(facts->root, "/etc/cryptsetup-initramfs/conf-hook", "KEYFILE_PATTERN");
	read_mounted(facts, "/", &facts->mounted_root);
	read_mounted(facts, "/usr", &facts->mounted_usr);
	stack_walk_all(facts->sysroot, &facts->everything);
	find_place(facts, etc_fstab(facts->root, "/", &facts->fstab_root_type), &facts->fstab_root);
	find_place(facts, etc_fstab(facts->root, "/usr", &facts->fstab_usr_type), &facts->fstab_usr);
	find_place(facts, etc_fstab(facts->root, "swap", NULL), &facts->fstab_swap);
	read_resume(facts, resume);
	read_swaps(facts);
}

void facts_header(const struct facts *facts, const char *node, const char *header_path, struct header *ret)
{
	cleanup_free char *path = NULL;

	*ret = (struct header){ .kind = HEADER_UNREADABLE, .err = ENOENT };
	if (header_path)
		path = xasprintf("%s%s", str_after(header_path, "/dev/") ? "" : facts->root, header_path);
	if (*node)
		crypt_read_header(node, path, NULL, ret, NULL);
}

bool facts_file(const struct facts *facts, const char *path)
{
	cleanup_free char *real = xasprintf("%s%s", facts->root, path);
	struct stat st;

	return stat(real, &st) == 0 && S_ISREG(st.st_mode);
}

static void place_free(struct place *place)
{
	free(place->spec);
	stack_free(&place->stack);
}

void facts_free(struct facts *facts)
{
	struct place *const places[] = { &facts->fstab_root, &facts->fstab_usr, &facts->fstab_swap,
					 &facts->resume_setting, &facts->resume_cmdline };
	struct mounted *const mounts[] = { &facts->mounted_root, &facts->mounted_usr };

	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		place_free(places[i]);
	for (size_t i = 0; i < ARRAY_SIZE(mounts); i++) {
		mount_free(&mounts[i]->mount);
		stack_free(&mounts[i]->stack);
	}
	for (size_t i = 0; i < facts->n_swaps; i++)
		place_free(&facts->swaps[i].place);
	free(facts->swaps);
	stack_free(&facts->everything);
	stack_free(&facts->resume_kernel);
	tab_free(&facts->tab);
	free(facts->keyfile_pattern);
	free(facts->fstab_root_type);
	free(facts->fstab_usr_type);
}
