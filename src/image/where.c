/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image/where.h"

#include "base/util.h"

#include <strings.h>

/* The line with the same disk, and of several the one with the same name; else one with the same
 * name whose disk was not found. */
const struct entry *where_entry(const struct tab *tab, const struct stack_mapping *m)
{
	const struct entry *found = NULL, *named = NULL;

	for (size_t i = 0; i < tab->n; i++) {
		const struct entry *e = &tab->entries[i];
		const struct devref *source = &entry_volume(e)->source;
		bool same_name = str_eq(e->name, m->name);

		if ((m->uuid[0] && source->kind == DEVREF_UUID &&
		     strcasecmp(source->value, m->uuid) == 0) ||
		    (e->node[0] && str_eq(e->node, m->node))) {
			if (same_name)
				return e;
			if (!found && !e->passed_over)
				found = e;
		} else if (same_name && !e->node[0] && source->kind != DEVREF_UUID) {
			named = e;
		}
	}
	return found ? found : named;
}

static bool has_device(const struct mount *mount, const char *device)
{
	for (size_t i = 0; i < mount->n_devices; i++)
		if (str_eq(mount->devices[i], device))
			return true;
	return false;
}

/* Is / a folder of a larger file system? A subvolume of btrfs is not: many systems have one. */
static bool is_folder(const struct mount *mount)
{
	return mount->root && !str_eq(mount->root, "/") && !str_eq(mount->type, "btrfs");
}

/* Does fstab name what is mounted at /, in a way that is no other system's? */
static bool fstab_has_mounted(const struct host *host)
{
	const struct place *root = &host->fstab_root;

	return root->understood && root->here && root->ref.kind != DEVREF_PATH &&
	       has_device(&host->mounted_root.mount, root->device);
}

/* In a chroot: is / on a disk that the builder's own / is on, too? */
static bool on_builders_disk(const struct host *host)
{
	const struct mount *own = &host->builders_root.mount;

	for (size_t i = 0; host->chroot && i < own->n_devices; i++)
		if (has_device(&host->mounted_root.mount, own->devices[i]))
			return true;
	return false;
}

bool where_booted(const struct host *host)
{
	return !host->described && !host->container[0] && !host->chroot && host->mounted_root.there;
}

bool where_mounted(const struct host *host)
{
	const struct mounted *root = &host->mounted_root;

	if (host->described || !root->there || host->container[0] ||
	    str_eq(root->mount.type, "overlay") || is_folder(&root->mount))
		return false;
	if (on_builders_disk(host) && !fstab_has_mounted(host))
		return false;
	if (!host->fstab_root.understood)
		return true;
	if (host->fstab_root.here)
		return has_device(&root->mount, host->fstab_root.device);
	/* The device in fstab may not exist here (a minimal /dev, or the installer opened the
	 * mapping under another name): it is this system if crypttab has a volume below the mounted
	 * root, or has no volume at all. */
	for (size_t i = 0; i < root->stack.n_mappings; i++)
		if (where_entry(&host->tab, &root->stack.mappings[i]))
			return true;
	return !host->tab.n;
}

static bool has_mapping(const struct stack *stack, const struct stack_mapping *m)
{
	for (size_t i = 0; i < stack->n_mappings; i++)
		if (str_eq(stack->mappings[i].name, m->name))
			return true;
	return false;
}

bool where_builders(const struct host *host, const struct stack_mapping *m)
{
	return host->container[0] || (host->chroot && has_mapping(&host->builders_root.stack, m)) ||
	       (host->described && has_mapping(&host->mounted_root.stack, m));
}
