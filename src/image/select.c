/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image/select.h"

#include "image/standalone.h"

#include "base/texts.h"
#include "image/hibernated.h"
#include "image/keys.h"
#include "image/where.h"

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

/* An open volume, by crypttab's name. */
static void want_mapping(struct plan *plan, const struct host *host, const struct stack_mapping *m,
			 unsigned uses)
{
	const struct entry *e = where_entry(&host->tab, m);

	/* The booted system reads crypttab and would open a volume of another name again. */
	if (e && !str_eq(e->name, m->name))
		findings_add(
			&plan->findings, SEVERITY_WARNING,
			"the volume on %s is open as \"%s\", but crypttab calls it \"%s\": the "
			"image will use \"%s\"",
			m->node, m->name, e->name, e->name);
	want(plan, e ? e->name : m->name, e, m->node, m->dif, uses);
}

/* listed: only those that crypttab has. */
static void want_stack(struct plan *plan, const struct host *host, const struct stack *stack,
		       bool listed, unsigned uses)
{
	standalones_want(plan, stack);
	for (size_t i = 0; i < stack->n_mappings; i++) {
		const struct stack_mapping *m = &stack->mappings[i];

		if (m->luks2 && (!listed || where_entry(&host->tab, m)))
			want_mapping(plan, host, m, uses);
	}
}

/* --- which volumes can hold a file system that names no disk --- */

/*
 * How unlikely is it that root or /usr is on this volume? A key file that is not in the image is on
 * root itself; noauto is opened by hand, and nofail may be missing; fstab mounts another file
 * system from it. Most unlikely candidates count only where there are no better ones.
 */
enum doubt { DOUBT_NONE, DOUBT_OPTIONAL, DOUBT_KEY, DOUBT_ELSEWHERE, DOUBT_CERTAIN };

static enum doubt doubt_of(const struct host *host, const struct entry *e)
{
	if (e->throwaway || e->passed_over)
		return DOUBT_CERTAIN;
	if (fstab_is_elsewhere(&host->fstab, e->name))
		return DOUBT_ELSEWHERE;
	if (!keys_are_ours(host, e))
		return DOUBT_KEY;
	return entry_is_optional(e) ? DOUBT_OPTIONAL : DOUBT_NONE;
}

/* Adds the lines of crypttab with the least doubt; returns whether there are any. */
static bool want_likely(struct plan *plan, const struct host *host, unsigned use)
{
	enum doubt least = DOUBT_CERTAIN;

	for (size_t i = 0; i < host->tab.n; i++)
		if (doubt_of(host, &host->tab.entries[i]) < least)
			least = doubt_of(host, &host->tab.entries[i]);
	for (size_t i = 0; least < DOUBT_CERTAIN && i < host->tab.n; i++)
		if (doubt_of(host, &host->tab.entries[i]) == least)
			want_entry(plan, &host->tab.entries[i], use);
	return least < DOUBT_CERTAIN;
}

/* --- for the running system: from what is mounted --- */

/* The largest swap device: initramfs-tools resumes from it when no other is set. */
static void want_largest_swap(struct plan *plan, const struct host *host)
{
	const struct swap_place *best = NULL;

	for (size_t i = 0; i < host->n_swaps; i++)
		if ((!best || host->swaps[i].size > best->size) &&
		    hibernated_can_be_on(host, &host->swaps[i].place))
			best = &host->swaps[i];
	if (best)
		want_stack(plan, host, &best->place.stack, !plan->booted, USE_RESUME);
}

/* In a chroot, the kernel's settings are those of the installer. Its swaps may be the new system's:
 * then crypttab has them. */
static void want_resume(struct plan *plan, const struct host *host)
{
	const struct place *setting = &host->resume_setting;

	if (plan->booted) {
		want_stack(plan, host, &host->resume_kernel, false, USE_RESUME);
		want_stack(plan, host, &host->resume_cmdline.stack, false, USE_RESUME);
	}
	if (str_eq(setting->spec, "none"))
		return;
	/* initramfs-tools also chooses by itself when the device that is set does not exist. */
	if (setting->here)
		want_stack(plan, host, &setting->stack, false, USE_RESUME);
	else
		want_largest_swap(plan, host);
}

/* Is the open volume itself a swap? Then root is not on it. */
static bool is_swap(const struct host *host, const struct stack_mapping *m)
{
	for (size_t i = 0; i < host->n_swaps; i++)
		if (str_eq(host->swaps[i].place.mapping, m->name))
			return true;
	return false;
}

static enum doubt doubt_of_open(const struct plan *plan, const struct host *host,
				const struct stack_mapping *m)
{
	const struct entry *e = where_entry(&host->tab, m);

	if (!m->luks2 || is_swap(host, m) || (!e && !plan->booted))
		return DOUBT_CERTAIN;
	return e ? doubt_of(host, e) : DOUBT_NONE;
}

/* ZFS and other file systems that do not list their devices: the open volumes with the least doubt.
 */
static void want_unknown_root(struct plan *plan, const struct host *host)
{
	const struct mount *root = &host->mounted_root.mount;
	const struct stack *open = &host->everything;
	enum doubt least = DOUBT_CERTAIN;
	bool integrity = false;

	for (size_t i = 0; i < host->tab.n; i++)
		if (host->tab.entries[i].asked)
			return; /* crypttab names them */
	for (size_t i = 0; i < open->n_mappings; i++)
		if (doubt_of_open(plan, host, &open->mappings[i]) < least)
			least = doubt_of_open(plan, host, &open->mappings[i]);
	for (size_t i = 0; least < DOUBT_CERTAIN && i < open->n_mappings; i++)
		integrity |= open->mappings[i].dif &&
			     doubt_of_open(plan, host, &open->mappings[i]) == least;
	if (integrity)
		findings_add(
			&plan->findings, SEVERITY_WARNING,
			"the root file system %s (%s) does not list its disks: the image will open every "
			"integrity-protected volume that is open now and may hold it; to choose, add the "
			"option initramfs to the volumes in crypttab that are needed",
			root->source, root->type);
	for (size_t i = 0; least < DOUBT_CERTAIN && i < open->n_mappings; i++)
		if (doubt_of_open(plan, host, &open->mappings[i]) == least)
			want_mapping(plan, host, &open->mappings[i], USE_ROOT);
}

static void want_running(struct plan *plan, const struct host *host)
{
	if (!host->mounted_root.mount.n_devices)
		want_unknown_root(plan, host);
	want_stack(plan, host, &host->mounted_root.stack, false, USE_ROOT);
	want_stack(plan, host, &host->mounted_usr.stack, false, USE_USR);
	want_resume(plan, host);
	plan->resumes_elsewhere = plan->booted && hibernated_elsewhere(host);
	plan->resumes_here = plan->booted && hibernated_here(host);
}

/* --- for a system that does not run: from its fstab and crypttab --- */

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

static bool has_text(char *const *texts, size_t n, const char *text)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(texts[i], text))
			return true;
	return false;
}

/* The open volumes below a device. Those of the system that makes the image count only if crypttab
 * names them. */
static void want_below(struct plan *plan, const struct host *host, const struct stack *stack,
		       unsigned use)
{
	for (size_t i = 0; i < stack->n_mappings; i++) {
		const struct stack_mapping *m = &stack->mappings[i];

		if (!m->luks2)
			continue;
		if (where_entry(&host->tab, m) || !where_builders(host, m))
			want_mapping(plan, host, m, use);
		else
			findings_add(&plan->findings, SEVERITY_WARNING,
				     "%s is open here, but belongs to the system that makes the "
				     "image: it is left out, since crypttab does not name it",
				     m->name);
	}
}

/*
 * Adds the volumes below a device that fstab or RESUME names, in a system that does not run. The
 * best of three ways: the name is /dev/mapper/NAME, and NAME is in crypttab; the device exists, so
 * its stack can be read; or it is a logical volume, or the UUID or LABEL of a file system that was
 * not found. Then root and /usr can be on any volume of crypttab; those without integrity are left
 * out later. A resume device is not worth that.
 */
static void want_described(struct plan *plan, const struct host *host, const struct place *place,
			   unsigned use)
{
	const char *name = place->understood && place->ref.kind == DEVREF_PATH ?
				   str_after(place->ref.value, "/dev/mapper/") :
				   NULL;
	const struct entry *named = tab_named(&host->tab, name);

	if (!place->understood)
		return;
	if (named)
		want_entry(plan, named, use);
	else if (name && has_text(host->tab.others, host->tab.n_others, name))
		return; /* not LUKS2: not a volume for intact */
	else if (name && has_text(host->tab.broken, host->tab.n_broken, name))
		findings_add(
			&plan->findings, SEVERITY_WARNING,
			"%s is needed at boot, but its line in crypttab is left out: the image "
			"will not open it",
			place->spec);
	else if (place->here)
		want_below(plan, host, &place->stack, use);
	else if (use != USE_RESUME && !names_a_disk(&place->ref))
		(void)want_likely(plan, host, use);
}

/* Root is on no disk of this machine. */
static bool is_on_network(const char *type)
{
	static const char *const types[] = { "nfs", "nfs4", "cifs", "9p", "virtiofs", "ceph" };

	for (size_t i = 0; type && i < ARRAY_SIZE(types); i++)
		if (str_eq(type, types[i]))
			return true;
	return false;
}

/* fstab has no root, or one of ZFS; but crypttab may name its volumes. */
static void want_root_without_fstab(struct plan *plan, const struct host *host)
{
	for (size_t i = 0; i < host->tab.n; i++)
		if (host->tab.entries[i].asked)
			return; /* crypttab names them */
	if (!is_on_network(host->fstab_root_type) && want_likely(plan, host, USE_ROOT))
		findings_add(
			&plan->findings, SEVERITY_WARNING,
			"%s/etc/fstab does not say on which disk the root file system is: the image will "
			"open every volume of crypttab that may hold it; to choose, name the root file "
			"system in fstab, or add the option initramfs to the volumes in crypttab that "
			"are needed",
			host->root);
}

/* The other devices that the line of fstab for a mount point has, where crypttab has them, too. */
static void want_members(struct plan *plan, const struct host *host, const char *point,
			 unsigned use)
{
	const struct fstab_line *line = fstab_find(&host->fstab, point);
	char **devices = NULL;
	size_t n = 0;

	if (line)
		fstab_devices(line, &devices, &n);
	for (size_t i = 1; i < n; i++) {
		const struct entry *e = tab_named(&host->tab,
						  str_after(devices[i], "/dev/mapper/"));

		if (e)
			want_entry(plan, e, use);
	}
	texts_free(devices, n);
}

static void want_from_fstab(struct plan *plan, const struct host *host)
{
	const char *resume = host->resume_setting.spec, *swap = host->fstab_swap.spec;

	if (host->fstab_root.understood)
		want_described(plan, host, &host->fstab_root, USE_ROOT);
	else
		want_root_without_fstab(plan, host);
	want_described(plan, host, &host->fstab_usr, USE_USR);
	want_members(plan, host, "/", USE_ROOT);
	want_members(plan, host, "/usr", USE_USR);
	/* "auto" means the largest swap when the next image is made. Today the best guess is the
	 * first swap in fstab, if it is certain: a resume device is not worth adding every volume
	 * of crypttab. */
	if (!str_eq(resume, "auto") && !str_eq(resume, "none"))
		want_described(plan, host, &host->resume_setting, USE_RESUME);
	else if (swap && str_eq(resume, "auto") &&
		 tab_named(&host->tab, str_after(swap, "/dev/mapper/")))
		want_described(plan, host, &host->fstab_swap, USE_RESUME);
}

/* --- all together --- */

/* For tab_pass_over(): 3 when the image is to open this line, 2 when the volume is open under this
 * name, 1 when fstab names it. */
static unsigned rank(const void *arg, const struct entry *e)
{
	const struct host *host = arg;
	const struct place *const named[] = { &host->fstab_root, &host->fstab_usr,
					      &host->fstab_swap };

	if (e->asked)
		return 3;
	for (size_t i = 0; i < host->everything.n_mappings; i++)
		if (str_eq(host->everything.mappings[i].name, e->name) &&
		    where_entry(&host->tab, &host->everything.mappings[i]) == e)
			return 2;
	for (size_t i = 0; i < ARRAY_SIZE(named); i++) {
		const char *name = named[i]->spec ? str_after(named[i]->spec, "/dev/mapper/") :
						    NULL;

		if (name && str_eq(name, e->name))
			return 1;
	}
	return 0;
}

/* A disk that exists without another volume of ours comes before what stands on one. Of those the
 * order is crypttab's, and so the order in which passphrases are asked for. */
static size_t place_in_order(const struct host *host, const struct wanted *w)
{
	size_t above = str_after(w->node, "/dev/dm-") ? host->tab.n + 1 : 0;

	return above + (w->entry && !above ? (size_t)(w->entry - host->tab.entries) : host->tab.n);
}

static void sort(struct plan *plan, const struct host *host)
{
	for (size_t i = 1; i < plan->n_wanted; i++)
		for (size_t j = i; j > 0 && place_in_order(host, &plan->wanted[j]) <
						    place_in_order(host, &plan->wanted[j - 1]);
		     j--) {
			struct wanted w = plan->wanted[j];

			plan->wanted[j] = plan->wanted[j - 1];
			plan->wanted[j - 1] = w;
		}
}

/* What stands beside the volumes of the image: cryptdisks or systemd opens it later. */
static void add_others(struct plan *plan, const struct host *host)
{
	for (size_t i = 0; i < host->tab.n; i++) {
		const struct entry *e = &host->tab.entries[i];
		struct other *other;

		if (e->throwaway || e->passed_over || !e->node[0] ||
		    !(options_have(e->options, "discard") ||
		      options_have(e->options, "allow-discards")))
			continue;
		other = array_add(&plan->others, &plan->n_others, sizeof(*other));
		other->entry = e;
	}
}

void plan_select(struct plan *plan, struct host *host)
{
	tab_pass_over(&host->tab, rank, host, &plan->findings);
	plan->booted = where_booted(host);
	plan->runs_here = where_mounted(host);
	if (plan->runs_here)
		want_running(plan, host);
	else
		want_from_fstab(plan, host);
	for (size_t i = 0; i < host->tab.n; i++)
		if (host->tab.entries[i].asked && !host->tab.entries[i].passed_over)
			want_entry(plan, &host->tab.entries[i], USE_ASKED);
	sort(plan, host);
	add_others(plan, host);
}
