/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image/select.h"

#include <fnmatch.h>
#include <strings.h>

static void want(struct plan *plan, const char *name, const struct entry *entry, const char *node,
		 bool dif, unsigned uses)
{
	struct wanted *w;

	for (size_t i = 0; i < plan->n_wanted; i++) {
		w = &plan->wanted[i];
		if (str_eq(w->name, name) || (entry && w->entry == entry)) {
			w->uses |= uses;
			return;
		}
	}
	w = array_add(&plan->wanted, &plan->n_wanted, sizeof(*w));
	w->name = xstrdup(name);
	w->entry = entry;
	str_copy(w->node, sizeof(w->node), node);
	w->dif = dif;
	w->uses = uses;
}

static void want_entry(struct plan *plan, const struct entry *e, unsigned uses)
{
	want(plan, e->name, e, e->node, false, uses);
}

/* The line of crypttab for an open volume: the one with the same disk, else one with the same name
 * whose disk was not found. */
static const struct entry *entry_of_mapping(const struct tab *tab, const struct stack_mapping *m)
{
	const struct entry *named = NULL;

	for (size_t i = 0; i < tab->n; i++) {
		const struct entry *e = &tab->entries[i];
		const struct devref *source = &entry_volume(e)->source;

		if ((m->uuid[0] && source->kind == DEVREF_UUID &&
		     strcasecmp(source->value, m->uuid) == 0) ||
		    (e->node[0] && str_eq(e->node, m->node)))
			return e;
		if (!e->node[0] && source->kind != DEVREF_UUID && str_eq(e->name, m->name))
			named = e;
	}
	return named;
}

static void want_stack(struct plan *plan, const struct host *host, const struct stack *stack,
		       unsigned uses)
{
	for (size_t i = 0; i < stack->n_standalone; i++)
		findings_add(
			&plan->findings, SEVERITY_WARNING,
			"%s is a standalone dm-integrity device (integritysetup): intact does not open "
			"it, so the image needs another program that does",
			stack->standalone[i]);
	for (size_t i = 0; i < stack->n_mappings; i++) {
		const struct stack_mapping *m = &stack->mappings[i];
		const struct entry *e;

		if (!m->luks2)
			continue;
		e = entry_of_mapping(&host->tab, m);
		/* The booted system reads crypttab and would open a volume of another name again.
		 */
		if (e && !str_eq(e->name, m->name))
			findings_add(
				&plan->findings, SEVERITY_WARNING,
				"the volume on %s is open as \"%s\", but crypttab calls it \"%s\": the "
				"image will use \"%s\"",
				m->node, m->name, e->name, e->name);
		want(plan, e ? e->name : m->name, e, m->node, m->dif, uses);
	}
}

/* --- for the running system: from what is mounted --- */

/* Does the swap device keep its content over a reboot? The rules of hooks/resume of
 * initramfs-tools.
 */
static bool keeps_content(const struct host *host, const struct place *swap)
{
	if (!str_after(swap->spec, "/dev/") || str_after(swap->spec, "/dev/zram") ||
	    str_after(swap->spec, "/dev/zd"))
		return false;
	for (size_t i = 0; i < host->tab.n; i++)
		if (host->tab.entries[i].throwaway &&
		    str_eq(host->tab.entries[i].name, swap->mapping))
			return false;
	return true;
}

/* The largest swap device: initramfs-tools resumes from it when no other is set. */
static void want_largest_swap(struct plan *plan, const struct host *host)
{
	const struct swap_place *best = NULL;

	for (size_t i = 0; i < host->n_swaps; i++)
		if ((!best || host->swaps[i].size > best->size) &&
		    keeps_content(host, &host->swaps[i].place))
			best = &host->swaps[i];
	if (best)
		want_stack(plan, host, &best->place.stack, USE_RESUME);
}

static void want_resume(struct plan *plan, const struct host *host)
{
	const struct place *setting = &host->resume_setting;

	want_stack(plan, host, &host->resume_kernel, USE_RESUME);
	want_stack(plan, host, &host->resume_cmdline.stack, USE_RESUME);
	if (str_eq(setting->spec, "none"))
		return;
	/* initramfs-tools also chooses by itself when the device that is set does not exist. */
	if (setting->here)
		want_stack(plan, host, &setting->stack, USE_RESUME);
	else
		want_largest_swap(plan, host);
}

/* ZFS and other file systems that do not list their devices. */
static void want_unknown_root(struct plan *plan, const struct host *host)
{
	const struct mount *root = &host->mounted_root.mount;

	for (size_t i = 0; i < host->tab.n; i++)
		if (host->tab.entries[i].asked)
			return; /* crypttab names them */
	if (host->everything.n_mappings)
		findings_add(
			&plan->findings, SEVERITY_WARNING,
			"the root file system %s (%s) does not list its disks: the image will open every "
			"integrity-protected volume that is open now; to choose, add the option initramfs "
			"to the volumes in crypttab that are needed",
			root->source, root->type);
	want_stack(plan, host, &host->everything, USE_ROOT);
}

static void want_running(struct plan *plan, const struct host *host)
{
	if (!host->mounted_root.mount.n_devices)
		want_unknown_root(plan, host);
	want_stack(plan, host, &host->mounted_root.stack, USE_ROOT);
	want_stack(plan, host, &host->mounted_usr.stack, USE_USR);
	want_resume(plan, host);
}

/* --- for a system that does not run: from its fstab and crypttab --- */

/*
 * Can a file system whose device was not found be on this volume of crypttab? Not if the key file
 * of the volume is not in the image: the key file is on the root file system, so root is on another
 * volume.
 */
static bool plausible(const struct host *host, const struct entry *e)
{
	if (e->throwaway)
		return false;
	return !e->keyfile ||
	       (host->keyfile_pattern && fnmatch(host->keyfile_pattern, e->keyfile, 0) == 0);
}

/* "/dev/sda2" or a partition name: a partition or disk, never a volume of crypttab. */
static bool names_a_disk(const struct devref *ref)
{
	static const char *const others[] = { "/dev/mapper/", "/dev/dm-", "/dev/disk/", "/dev/md" };
	const char *rest;

	if (ref->kind == DEVREF_PARTUUID || ref->kind == DEVREF_PARTLABEL ||
	    ref->kind == DEVREF_SERIAL)
		return true;
	if (ref->kind != DEVREF_PATH)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (str_after(ref->value, others[i]))
			return false;
	rest = str_after(ref->value, "/dev/");
	return rest && !strchr(rest, '/'); /* /dev/VG/LV */
}

/*
 * Adds the volumes below a device that fstab or RESUME names, in a system that does not run. The
 * best of three ways: the name is /dev/mapper/NAME, and NAME is in crypttab; the device exists, so
 * its stack can be read; or it is a logical volume, or the UUID or LABEL of a file system that was
 * not found. Then it can be on any volume of crypttab; those without integrity are left out later.
 */
static void want_described(struct plan *plan, const struct host *host, const struct place *place,
			   unsigned use)
{
	const struct entry *named = NULL;

	if (!place->understood)
		return;
	if (place->ref.kind == DEVREF_PATH)
		named = tab_named(&host->tab, str_after(place->ref.value, "/dev/mapper/"));
	if (named) {
		want_entry(plan, named, use);
	} else if (place->here) {
		want_stack(plan, host, &place->stack, use);
	} else if (!names_a_disk(&place->ref)) {
		for (size_t i = 0; i < host->tab.n; i++)
			if (plausible(host, &host->tab.entries[i]))
				want_entry(plan, &host->tab.entries[i], use);
	}
}

static void want_from_fstab(struct plan *plan, const struct host *host)
{
	const char *resume = host->resume_setting.spec, *swap = host->fstab_swap.spec;

	want_described(plan, host, &host->fstab_root, USE_ROOT);
	want_described(plan, host, &host->fstab_usr, USE_USR);
	/* "auto" means the largest swap when the next image is made. Today the best guess is the
	 * first swap in fstab, if it is certain: a resume device is not worth adding every volume
	 * of crypttab. */
	if (!str_eq(resume, "auto") && !str_eq(resume, "none"))
		want_described(plan, host, &host->resume_setting, USE_RESUME);
	else if (swap && str_eq(resume, "auto") &&
		 tab_named(&host->tab, str_after(swap, "/dev/mapper/")))
		want_described(plan, host, &host->fstab_swap, USE_RESUME);
}

/*
 * Is the image for the system that runs now? Not during an installation: in a chroot to a plain
 * folder nothing is mounted at "/"; in a chroot to a bind mount a disk of the installer is mounted
 * there, which is not the root of the new system's fstab. The device in fstab may not exist here (a
 * minimal /dev, or the installer opened the mapping under another name): then it is the running
 * system if crypttab has a volume below the mounted root, or has no volume at all.
 */
static bool runs_here(const struct host *host)
{
	const struct mounted *root = &host->mounted_root;

	if (host->described || !root->there)
		return false;
	if (!host->fstab_root.understood)
		return true;
	if (host->fstab_root.here) {
		for (size_t i = 0; i < root->mount.n_devices; i++)
			if (str_eq(root->mount.devices[i], host->fstab_root.device))
				return true;
		return false;
	}
	for (size_t i = 0; i < root->stack.n_mappings; i++)
		if (entry_of_mapping(&host->tab, &root->stack.mappings[i]))
			return true;
	return !host->tab.n;
}

void plan_select(struct plan *plan, const struct host *host)
{
	plan->runs_here = runs_here(host);
	if (plan->runs_here)
		want_running(plan, host);
	else
		want_from_fstab(plan, host);
	for (size_t i = 0; i < host->tab.n; i++)
		if (host->tab.entries[i].asked)
			want_entry(plan, &host->tab.entries[i], USE_ASKED);
}
