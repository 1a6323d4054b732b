/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "needs.h"

#include "config.h"
#include "cmdline.h"
#include "crypttab.h"
#include "exitcode.h"
#include "header.h"
#include "modplan.h"
#include "sys_crypt.h"
#include "sys_device.h"
#include "sys_module.h"
#include "sys_stack.h"
#include "util.h"

#include <fnmatch.h>
#include <getopt.h>
#include <stdio.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#define CLAIM "x-intact.integrity"

/* A line of the system's crypttab, read. */
struct entry {
	struct config config; /* exactly one volume: what the options ask for */
	char *name, *keyfile, *options;
	char device[STACK_DEVICE_MAX]; /* its source as seen now, or "" */
	bool asked;                    /* wants to be opened in the initramfs, whatever stands on it */
	bool throwaway;                /* a new key at every boot: holds nothing that is needed again */
};

/* A volume that the image shall open, if it turns out to be integrity-protected. */
struct wanted {
	char *name;
	const struct entry *entry; /* NULL: open now, but not in crypttab */
	char node[64];             /* to read the header from; "" when it cannot be seen */
	bool dif;                  /* open now on NAME_dif: has integrity even if its header cannot be read */
	unsigned uses;
	struct header header;
	enum { LEAVE, TAKE_READ, TAKE_UNREAD, TAKE_REFUSED } verdict;
};

struct needs {
	const char *sysroot; /* before /proc, /sys and /dev, see sys_stack.h */
	const char *root;    /* before /etc and /lib of the system that the image is for */
	bool described;      /* --root: what runs here does not count */
	char *kernel, *modules_dir;
	const char *resume; /* --resume: RESUME as initramfs-tools has it */
	bool generic;

	struct entry *entries;
	size_t n_entries;
	struct wanted *wanted;
	size_t n_wanted;
	char *keyfile_pattern;

	struct modules *modules;
	char **names; /* modules, in load order */
	size_t n_names;
	size_t n_volumes; /* printed */
	bool certain;     /* root stands on integrity for sure: what is missing for it is an error */
	bool unsure;      /* said that the kernel does not list what is built in */
	bool failed;
};

static void PRINTF_LIKE(2, 3) say(const char *level, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	fprintf(stderr, "intact: %s: %s\n", level, str_printable(text));
}

#define note(...) say("note", __VA_ARGS__)
#define warning(...) say("warning", __VA_ARGS__)
#define problem(needs, ...) ((needs)->failed = true, say("error", __VA_ARGS__))
/* What keeps this kernel from opening a volume; no reason to have no image if root may do without. */
#define obstacle(needs, certain, ...)                \
	do {                                         \
		if (certain)                         \
			problem(needs, __VA_ARGS__); \
		else                                 \
			warning(__VA_ARGS__);        \
	} while (0)

static struct volume *volume_of(const struct entry *e)
{
	return &e->config.volumes[0];
}

/* --- crypttab and the settings of others ------------------------------------------------------ */

/* The next option of a comma-separated list, and its length; NULL at the end. */
static const char *next_option(const char *rest, size_t *ret_len)
{
	rest += strspn(rest, ",");
	*ret_len = strcspn(rest, ",");
	return *rest ? rest : NULL;
}

/* "name" or "name=…" */
static bool is_option(const char *word, const char *name)
{
	const char *value = str_after(word, name);

	return value && (!*value || *value == ',' || *value == '=');
}

static bool has_option(const char *options, const char *name)
{
	size_t len;

	for (const char *word = next_option(options, &len); word; word = next_option(word + len, &len))
		if (is_option(word, name))
			return true;
	return false;
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
static void find_source(const struct needs *needs, const struct devref *ref,
			char device[static STACK_DEVICE_MAX])
{
	struct lookup lookup = { .ref = ref };

	device[0] = '\0';
	if (stack_resolve(needs->sysroot, ref, device) == 0 || ref->kind == DEVREF_NONE ||
	    ref->kind == DEVREF_PATH)
		return;
	if (device_scan(seen_device, &lookup) == 0 && lookup.node[0] &&
	    stack_device(needs->sysroot, lookup.node, device) < 0)
		device[0] = '\0';
}

static void add_entry(struct needs *needs, const char *path, const struct crypttab_entry *line, bool asked)
{
	cleanup_free char *where = xasprintf("%s line %u", path, line->line);
	const char *bad = config_name_problem(line->name);
	struct entry e = { 0 };
	struct volume *v;

	if (bad) {
		warning("%s: \"%s\" is left out: the name %s", where, line->name, bad);
		return;
	}
	v = config_add_volume(&e.config, line->name, where);
	/* What it finds is printed only if the volume turns out to be ours. */
	config_options(v, line->options, where, &e.config);
	if (v->other_format) {
		config_free(&e.config);
		return;
	}
	if (devref_parse(line->source, &v->source) < 0) {
		warning("%s: \"%s\" is left out: its source \"%s\" is not a device", where, line->name,
			line->source);
		config_free(&e.config);
		return;
	}
	e.name = xstrdup(line->name);
	e.keyfile = line->keyfile ? xstrdup(line->keyfile) : NULL;
	e.options = xstrdup(line->options);
	e.asked = asked || has_option(e.options, "initramfs") || has_option(e.options, "x-initrd.attach");
	e.throwaway = e.keyfile && (str_eq(e.keyfile, "/dev/urandom") || str_eq(e.keyfile, "/dev/random"));
	find_source(needs, &v->source, e.device);
	*(struct entry *)array_add(&needs->entries, &needs->n_entries, sizeof(e)) = e;
}

static void read_crypttab(struct needs *needs, const char *name, bool asked)
{
	cleanup_free char *path = xasprintf("%s%s", needs->root, name);
	cleanup_free char *text = NULL;
	struct crypttab tab = { 0 };
	size_t len;
	int r = read_file(path, 1 << 20, &text, &len);

	if (r == -ENOENT)
		return;
	if (r < 0) {
		problem(needs, "%s cannot be read: %s", path, strerror(-r));
		return;
	}
	crypttab_parse(text, len, &tab);
	for (size_t i = 0; i < tab.n_errors; i++)
		warning("%s line %u: \"%s\" %s", path, tab.errors[i].line, tab.errors[i].word,
			tab.errors[i].problem);
	for (size_t i = 0; i < tab.n_entries; i++)
		add_entry(needs, path, &tab.entries[i], asked);
	crypttab_free(&tab);
}

/* NAME=value of a small shell file that people edit by hand, the last one counts; NULL when it is not set or
 * would have to be computed. */
static char *shell_setting(const char *root, const char *file, const char *name)
{
	cleanup_free char *path = xasprintf("%s%s", root, file);
	cleanup_free char *text = NULL;
	char *value = NULL, *save = NULL;

	if (read_file(path, 1 << 16, &text, NULL) < 0)
		return NULL;
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		const char *p = str_after(line + strspn(line, " \t"), name);
		size_t len;

		if (!p || *p != '=')
			continue;
		p++;
		free(value);
		value = NULL;
		if (*p == '"' || *p == '\'') {
			len = strcspn(p + 1, *p == '"' ? "\"" : "'");
			p++;
		} else {
			len = strcspn(p, " \t;#");
		}
		if (len && !memchr(p, '$', len) && !memchr(p, '`', len))
			value = xstrndup(p, len);
	}
	return value;
}

/* --- which volumes ---------------------------------------------------------------------------- */

static void want(struct needs *needs, const char *name, const struct entry *entry, const char *node, bool dif,
		 unsigned uses)
{
	struct wanted *w;

	for (size_t i = 0; i < needs->n_wanted; i++) {
		w = &needs->wanted[i];
		if (str_eq(w->name, name) || (entry && w->entry == entry)) {
			w->uses |= uses;
			return;
		}
	}
	w = array_add(&needs->wanted, &needs->n_wanted, sizeof(*w));
	w->name = xstrdup(name);
	w->entry = entry;
	str_copy(w->node, sizeof(w->node), node);
	w->dif = dif;
	w->uses = uses;
}

static void want_entry(struct needs *needs, const struct entry *e, unsigned uses)
{
	char node[64] = "";

	if (e->device[0])
		stack_node(e->device, node);
	want(needs, e->name, e, node, false, uses);
}

/* The disk decides which line of crypttab is meant; the name only when the line's disk cannot be found. */
static const struct entry *entry_of_mapping(const struct needs *needs, const struct stack_mapping *m)
{
	const struct entry *named = NULL;

	for (size_t i = 0; i < needs->n_entries; i++) {
		const struct entry *e = &needs->entries[i];
		const struct devref *source = &volume_of(e)->source;
		char node[64] = "";

		if (e->device[0])
			stack_node(e->device, node);
		if ((m->uuid[0] && source->kind == DEVREF_UUID && strcasecmp(source->value, m->uuid) == 0) ||
		    (node[0] && str_eq(node, m->node)))
			return e;
		if (!node[0] && source->kind != DEVREF_UUID && str_eq(e->name, m->name))
			named = e;
	}
	return named;
}

static void want_stack(struct needs *needs, const struct stack *stack)
{
	for (size_t i = 0; i < stack->n_standalone; i++)
		warning("%s is a dm-integrity device of its own (integritysetup): intact does not open it, "
			"something else in the image must",
			stack->standalone[i]);
	for (size_t i = 0; i < stack->n_mappings; i++) {
		const struct stack_mapping *m = &stack->mappings[i];
		const struct entry *e;

		if (!m->luks2)
			continue;
		e = entry_of_mapping(needs, m);
		/* The booted system goes by crypttab: under another name it would be opened again. */
		if (e && !str_eq(e->name, m->name))
			warning("the volume on %s is open as \"%s\", but crypttab calls it \"%s\": the "
				"image will use \"%s\"",
				m->node, m->name, e->name, e->name);
		want(needs, e ? e->name : m->name, e, m->node, m->dif, m->uses);
	}
}

static void walk_mount(const struct needs *needs, const struct stack_mount *mount, unsigned use,
		       struct stack *stack)
{
	for (size_t i = 0; i < mount->n_devices; i++)
		stack_walk(needs->sysroot, mount->devices[i], use, stack);
}

/* false when the device is not here */
static bool walk_spec(const struct needs *needs, const char *spec, unsigned use, struct stack *stack)
{
	char device[STACK_DEVICE_MAX];
	struct devref ref;

	if (devref_parse(spec, &ref) < 0 || stack_resolve(needs->sysroot, &ref, device) < 0)
		return false;
	stack_walk(needs->sysroot, device, use, stack);
	return true;
}

/* A swap device that keeps its content over a reboot, by initramfs-tools' own rules (hooks/resume). */
static bool keeps_content(const struct needs *needs, const char *path)
{
	char device[STACK_DEVICE_MAX], name[128];

	if (!str_after(path, "/dev/") || str_after(path, "/dev/zram") || str_after(path, "/dev/zd"))
		return false;
	if (stack_device(needs->sysroot, path, device) < 0)
		return true;
	stack_mapping_name(needs->sysroot, device, name);
	for (size_t i = 0; i < needs->n_entries; i++)
		if (needs->entries[i].throwaway && str_eq(needs->entries[i].name, name))
			return false;
	return true;
}

/* The largest swap device, which is where initramfs-tools resumes from when nobody named another. */
static void walk_largest_swap(const struct needs *needs, struct stack *stack)
{
	struct stack_swap *swaps;
	const struct stack_swap *best = NULL;
	size_t n;

	stack_swaps(needs->sysroot, &swaps, &n);
	for (size_t i = 0; i < n; i++)
		if ((!best || swaps[i].size > best->size) && keeps_content(needs, swaps[i].path))
			best = &swaps[i];
	if (best)
		(void)walk_spec(needs, best->path, STACK_RESUME, stack);
	stack_swaps_free(swaps, n);
}

/* RESUME of initramfs-tools: what the hook was told, else its configuration; "auto" when not set. */
static char *resume_setting(const struct needs *needs)
{
	char *value = NULL;

	if (needs->resume && *needs->resume)
		value = xstrdup(needs->resume);
	if (!value)
		value = shell_setting(needs->root, "/etc/initramfs-tools/conf.d/resume", "RESUME");
	return value ? value : xstrdup("auto");
}

static void walk_resume(const struct needs *needs, struct stack *stack)
{
	cleanup_free char *setting = resume_setting(needs);
	cleanup_free char *power = xasprintf("%s/sys/power/resume", needs->sysroot);
	cleanup_free char *file = xasprintf("%s/proc/cmdline", needs->sysroot);
	cleanup_free char *text = NULL;
	char number[32], device[STACK_DEVICE_MAX];

	if (read_line(power, number, sizeof(number)) == 0 &&
	    stack_by_number(needs->sysroot, number, device) == 0)
		stack_walk(needs->sysroot, device, STACK_RESUME, stack);
	if (read_file(file, 1 << 16, &text, NULL) == 0) {
		struct cmdline cmdline = { 0 };
		const char *spec;

		cmdline_parse(text, &cmdline);
		spec = cmdline_get(&cmdline, "resume");
		if (spec)
			(void)walk_spec(needs, spec, STACK_RESUME, stack);
		cmdline_free(&cmdline);
	}
	/* initramfs-tools chooses itself also when the device it was told is not there. */
	if (!str_eq(setting, "none") && !walk_spec(needs, setting, STACK_RESUME, stack))
		walk_largest_swap(needs, stack);
}

/* ZFS and other file systems that do not say where they live. */
static void want_unknown_root(struct needs *needs, const struct stack_mount *mount)
{
	struct stack stack = { 0 };

	for (size_t i = 0; i < needs->n_entries; i++)
		if (needs->entries[i].asked)
			return; /* somebody said which */
	stack_walk_all(needs->sysroot, STACK_ROOT, &stack);
	if (stack.n_mappings)
		warning("%s (%s) does not say which disks hold the root file system: the image will open "
			"every integrity-protected volume that is open now; write the option initramfs "
			"into crypttab for those that are needed",
			mount->source, mount->type);
	want_stack(needs, &stack);
	stack_free(&stack);
}

/* The system that runs: what is mounted says what is needed. */
static void want_running(struct needs *needs, const struct stack_mount *root)
{
	struct stack_mount usr = { 0 };
	struct stack stack = { 0 };

	walk_mount(needs, root, STACK_ROOT, &stack);
	if (stack_mounted(needs->sysroot, "/usr", &usr) == 0)
		walk_mount(needs, &usr, STACK_USR, &stack);
	walk_resume(needs, &stack);
	if (!root->n_devices)
		want_unknown_root(needs, root);
	want_stack(needs, &stack);
	stack_free(&stack);
	stack_mount_free(&usr);
}

/*
 * May this crypttab line be what a file system stands on whose device cannot be seen?  One with a key file
 * that is not in the image cannot be below root: the key lies on root.
 */
static bool plausible(const struct needs *needs, const struct entry *e)
{
	if (e->throwaway)
		return false;
	return !e->keyfile || (needs->keyfile_pattern && fnmatch(needs->keyfile_pattern, e->keyfile, 0) == 0);
}

/* "/dev/sda2" and partition names: a partition or disk, hence nothing that crypttab opens. */
static bool names_a_disk(const struct devref *ref)
{
	static const char *const others[] = { "/dev/mapper/", "/dev/dm-", "/dev/disk/", "/dev/md" };
	const char *rest;

	if (ref->kind == DEVREF_PARTUUID || ref->kind == DEVREF_PARTLABEL || ref->kind == DEVREF_SERIAL)
		return true;
	if (ref->kind != DEVREF_PATH)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (str_after(ref->value, others[i]))
			return false;
	rest = str_after(ref->value, "/dev/");
	return rest && !strchr(rest, '/'); /* /dev/VG/LV */
}

static const struct entry *entry_named(const struct needs *needs, const char *name)
{
	for (size_t i = 0; name && i < needs->n_entries; i++)
		if (str_eq(needs->entries[i].name, name))
			return &needs->entries[i];
	return NULL;
}

/*
 * What fstab or RESUME names (spec), in a system that does not run.  Three ways, best first: the device is
 * there, so that its stack can be seen; it is /dev/mapper/NAME and crypttab has NAME; or it is a UUID or
 * LABEL of a file system nobody can see, or a logical volume: any line of crypttab may be what it stands on,
 * and one that turns out not to have integrity is dropped later.
 */
static void want_described(struct needs *needs, const char *spec, unsigned use)
{
	char device[STACK_DEVICE_MAX];
	const struct entry *named;
	struct devref ref;

	if (!spec || devref_parse(spec, &ref) < 0)
		return;
	named = ref.kind == DEVREF_PATH ? entry_named(needs, str_after(ref.value, "/dev/mapper/")) : NULL;
	if (named) {
		want_entry(needs, named, use);
	} else if (stack_resolve(needs->sysroot, &ref, device) == 0) {
		struct stack stack = { 0 };

		stack_walk(needs->sysroot, device, use, &stack);
		want_stack(needs, &stack);
		stack_free(&stack);
	} else if (!names_a_disk(&ref)) {
		for (size_t i = 0; i < needs->n_entries; i++)
			if (plausible(needs, &needs->entries[i]))
				want_entry(needs, &needs->entries[i], use);
	}
}

static void want_from_fstab(struct needs *needs)
{
	cleanup_free char *root = stack_fstab(needs->root, "/");
	cleanup_free char *usr = stack_fstab(needs->root, "/usr");
	cleanup_free char *swap = stack_fstab(needs->root, "swap");
	cleanup_free char *resume = resume_setting(needs);

	want_described(needs, root, STACK_ROOT);
	want_described(needs, usr, STACK_USR);
	/* Automatic choice means /proc/swaps at the next image; the first swap of fstab is the best guess
	 * today, but only one that can be told for certain: a resume device is no reason to take every line
	 * of crypttab. */
	if (!str_eq(resume, "auto") && !str_eq(resume, "none"))
		want_described(needs, resume, STACK_RESUME);
	else if (swap && str_eq(resume, "auto") && entry_named(needs, str_after(swap, "/dev/mapper/")))
		want_described(needs, swap, STACK_RESUME);
}

/*
 * Is the root that runs here the one that the image is for?  Not when a system is being installed: in a
 * chroot to a plain folder nothing is mounted at "/", and in one to a bind-mounted folder it is a disk of the
 * builder, which is not what the new system's fstab says.  fstab may name what cannot be found here (a bare
 * /dev, a mapping that was opened under another name by the installer): then what runs counts if crypttab
 * knows a volume below it, or knows none at all.
 */
static bool runs_here(const struct needs *needs, const struct stack_mount *mounted)
{
	cleanup_free char *spec = stack_fstab(needs->root, "/");
	char device[STACK_DEVICE_MAX];
	struct stack stack = { 0 };
	struct devref ref;
	bool known = false;

	if (!spec || devref_parse(spec, &ref) < 0)
		return true;
	if (stack_resolve(needs->sysroot, &ref, device) == 0) {
		for (size_t i = 0; !known && i < mounted->n_devices; i++)
			known = str_eq(mounted->devices[i], device);
		return known;
	}
	walk_mount(needs, mounted, STACK_ROOT, &stack);
	for (size_t i = 0; !known && i < stack.n_mappings; i++)
		known = entry_of_mapping(needs, &stack.mappings[i]) != NULL;
	stack_free(&stack);
	return known || !needs->n_entries;
}

static void collect(struct needs *needs)
{
	struct stack_mount root = { 0 };

	if (!needs->described && stack_mounted(needs->sysroot, "/", &root) == 0 && runs_here(needs, &root))
		want_running(needs, &root);
	else
		want_from_fstab(needs);
	stack_mount_free(&root);

	for (size_t i = 0; i < needs->n_entries; i++)
		if (needs->entries[i].asked)
			want_entry(needs, &needs->entries[i], STACK_ASKED);
}

/* --- which modules ---------------------------------------------------------------------------- */

static void add_module(void *arg, const char *name)
{
	struct needs *needs = arg;

	for (size_t i = 0; i < needs->n_names; i++)
		if (str_eq(needs->names[i], name))
			return;
	*(char **)array_add(&needs->names, &needs->n_names, sizeof(*needs->names)) = xstrdup(name);
}

static void add_nothing(void *arg, const char *name)
{
	(void)arg, (void)name;
}

/* Does kernel K have it, as a module (added to the image when add) or built in? */
static bool has_algorithm(struct needs *needs, const char *name, bool add)
{
	cleanup_free char *alias = xasprintf("crypto-%s", name), *library = xasprintf("lib%s", name);
	enum module_found found =
		modules_resolve(needs->modules, alias, add ? add_module : add_nothing, needs);

	if (found == MODULE_UNKNOWN && !needs->unsure) {
		warning("kernel %s does not list what is built into it (no modules.builtin.modinfo): "
			"whether it has %s cannot be told",
			needs->kernel, name);
		needs->unsure = true;
	}
	/* What only other algorithms still use moves into the kernel's libraries and loses its alias:
	 * libpoly1305. The module that uses it depends on it, so there is nothing to add. */
	if (found == MODULE_MISSING)
		found = modules_resolve(needs->modules, library, add_nothing, needs);
	return found != MODULE_MISSING;
}

/* The name that kernel K lacks for it, or NULL. */
static const char *lacking(struct needs *needs, const struct modplan *plan)
{
	bool found[MODPLAN_MAX] = { false };

	for (size_t i = 0; i < plan->n; i++)
		found[i] = has_algorithm(needs, plan->names[i], false);
	return modplan_missing(plan, found);
}

static void add_plan(struct needs *needs, const struct modplan *plan)
{
	for (size_t i = 0; i < plan->n; i++)
		(void)has_algorithm(needs, plan->names[i], true);
}

static bool is_needed(const struct wanted *w)
{
	return w->uses & (STACK_ROOT | STACK_USR);
}

/* Without a module tree nothing can be resolved; open_modules has said so. */
static void add_header_modules(struct needs *needs, const struct wanted *w)
{
	const struct header *h = &w->header;
	struct modplan plan;
	const char *missing;

	if (!needs->modules)
		return;
	if (modplan_build(h->encryption, h->integrity, &plan, NULL, 0) < 0) {
		problem(needs,
			"%s: the header on %s names the cipher \"%s\" with integrity \"%s\", which makes "
			"no sense: see \"cryptsetup luksDump %s\"",
			w->name, w->node, h->encryption, h->integrity, w->node);
		return;
	}
	missing = lacking(needs, &plan);
	if (missing)
		obstacle(needs, is_needed(w),
			 "kernel %s cannot open %s: it lacks the algorithm %s (no module in %s answers to "
			 "crypto-%s); boot another kernel, or install all of this one's modules",
			 needs->kernel, w->name, missing, needs->modules_dir, missing);
	add_plan(needs, &plan);
}

static void add_all_modes(struct needs *needs)
{
	const struct modplan_mode *modes;
	size_t n = modplan_all(&modes);

	for (size_t i = 0; needs->modules && i < n; i++) {
		struct modplan plan;

		if (modplan_build(modes[i].encryption, modes[i].integrity, &plan, NULL, 0) == 0 &&
		    !lacking(needs, &plan))
			add_plan(needs, &plan);
	}
}

static void add_base(struct needs *needs)
{
	for (size_t i = 0; needs->modules && i < module_base_n; i++)
		if (modules_resolve(needs->modules, module_base[i], add_module, needs) == MODULE_MISSING)
			obstacle(needs, needs->certain,
				 "kernel %s has no module %s in %s, and it is not built in: it cannot open "
				 "an integrity-protected volume",
				 needs->kernel, module_base[i], needs->modules_dir);
	if (needs->modules)
		(void)modules_resolve(needs->modules, module_crypto_user, add_module, needs);
}

/* --- what is printed -------------------------------------------------------------------------- */

/*
 * Prints the file line for a key file or header of the system and returns its place in the image, or NULL
 * (said why) when it cannot go there.  Places are numbered: names may hold what a hook's shell would trip
 * over.
 */
static char *print_file(const struct needs *needs, const char *name, const char *what, const char *path)
{
	cleanup_free char *source = xasprintf("%s%s", needs->root, path);
	struct stat st;

	if (strpbrk(source, " \t\n\\\"'#")) {
		warning("%s: the %s %s is not put into the image: its name holds blanks or quotes; rename it",
			name, what, path);
		return NULL;
	}
	if (stat(source, &st) < 0 || !S_ISREG(st.st_mode)) {
		warning("%s: the %s %s is not there, or no file", name, what, path);
		return NULL;
	}
	char *place = xasprintf("/etc/intact/volume%zu.%s", needs->n_volumes + 1,
				str_eq(what, "key file") ? "key" : "header");
	printf("file %s %s 0600\n", source, place);
	return place;
}

/*
 * The key file goes into the image only where Debian's users say so: KEYFILE_PATTERN of cryptsetup-initramfs.
 * crypttab alone is not enough: the same line opens the volume from the running system, where the file is
 * protected by the very encryption that a copy in /boot would undo.
 */
static char *print_keyfile(const struct needs *needs, const struct wanted *w)
{
	const struct entry *e = w->entry;

	if (!e || !e->keyfile || e->throwaway || has_option(e->options, "keyscript"))
		return NULL;
	if (e->keyfile[0] == '/' && needs->keyfile_pattern &&
	    fnmatch(needs->keyfile_pattern, e->keyfile, 0) == 0)
		return print_file(needs, w->name, "key file", e->keyfile);
	warning("%s: the key file %s stays out of the image, so the passphrase will be asked for "
		"(KEYFILE_PATTERN in /etc/cryptsetup-initramfs/conf-hook would put it in)",
		w->name, e->keyfile);
	return NULL;
}

static void add_option(char **options, const char *option)
{
	char *longer = xasprintf("%s%s%s", *options, **options ? "," : "", option);

	free(*options);
	*options = longer;
}

static void add_option_value(char **options, const char *name, const char *value)
{
	cleanup_free char *option = xasprintf("%s=%s", name, value);

	add_option(options, option);
}

/* The user's options, but for those that cannot work or would contradict what the image is for. */
static char *image_options(const struct wanted *w, const char *header_place)
{
	char *options = xstrdup("");
	size_t len = 0;

	for (const char *rest = w->entry ? w->entry->options : ""; (rest = next_option(rest, &len));
	     rest += len) {
		cleanup_free char *word = xstrndup(rest, len);

		/* The volume would not open with it; config_options has said so. */
		if (str_eq(word, "discard") || str_eq(word, "allow-discards"))
			continue;
		/* Root's failure is the boot's failure. */
		if (is_needed(w) && (str_eq(word, "nofail") || str_eq(word, "noauto")))
			continue;
		if (!header_place || !is_option(word, "header"))
			add_option(&options, word);
	}
	if (header_place)
		add_option_value(&options, "header", header_place);
	/* Swap that does not open means no resume, but never no boot. */
	if (w->uses == STACK_RESUME && !has_option(options, "nofail"))
		add_option(&options, "nofail");
	if (!has_option(options, CLAIM)) {
		if (w->verdict == TAKE_READ)
			add_option_value(&options, CLAIM, w->header.integrity);
		else if (w->dif)
			add_option(&options, CLAIM);
	}
	return options;
}

static bool has_integrity(const struct header *h)
{
	/* "none" is a random IV per sector: dm-integrity stores it, nothing is authenticated. */
	return h->kind == HEADER_LUKS2 && h->integrity[0] && !str_eq(h->integrity, "none");
}

static const char *kind_text(const struct header *h)
{
	switch (h->kind) {
	case HEADER_UNREADABLE:
		return strerror(h->err);
	case HEADER_NOT_LUKS:
		return "no LUKS volume";
	case HEADER_LUKS1:
		return "LUKS1, which has no integrity";
	case HEADER_LUKS2_BROKEN:
		return "both copies of the LUKS2 header are damaged";
	case HEADER_LUKS2:
		return h->integrity[0] ? "LUKS2 with integrity \"none\", which authenticates nothing"
				       : "LUKS2 without integrity";
	}
	return "";
}

static void print_volume(struct needs *needs, const struct wanted *w)
{
	const struct volume *v = w->entry ? volume_of(w->entry) : NULL;
	cleanup_free char *name = NULL, *source = NULL, *keyfile = NULL, *options = NULL;
	cleanup_free char *header_place = NULL, *escaped = NULL;
	char text[300];

	for (size_t i = 0; v && i < w->entry->config.n_findings; i++)
		warning("%s", w->entry->config.findings[i].text);
	keyfile = print_keyfile(needs, w);
	if (v && v->header && v->header[0] == '/' && !str_after(v->header, "/dev/"))
		header_place = print_file(needs, w->name, "header", v->header);

	/* The UUID finds the disk wherever it is plugged in; one whose header is elsewhere has none. */
	if (w->verdict == TAKE_READ && w->header.uuid[0] && !(v && v->header))
		snprintf(text, sizeof(text), "UUID=%s", w->header.uuid);
	else if (v)
		devref_format(&v->source, text, sizeof(text));
	else
		str_copy(text, sizeof(text), w->node);
	name = crypttab_escape(w->name);
	source = crypttab_escape(text);
	options = image_options(w, header_place);
	escaped = crypttab_escape(*options ? options : "luks");
	printf("volume %s %s %s %s\n", name, source, keyfile ? keyfile : "none", escaped);
	needs->n_volumes++;
}

static bool is_claimed(const struct wanted *w)
{
	return w->entry && volume_of(w->entry)->expect != EXPECT_NOTHING;
}

/* Reads the header and decides whether the volume is ours. */
static void judge(const struct needs *needs, struct wanted *w)
{
	const struct volume *v = w->entry ? volume_of(w->entry) : NULL;
	cleanup_free char *header_path = NULL;

	w->header = (struct header){ .kind = HEADER_UNREADABLE, .err = ENOENT };
	if (v && v->header)
		header_path = xasprintf("%s%s", str_after(v->header, "/dev/") ? "" : needs->root, v->header);
	if (w->node[0])
		crypt_read_header(w->node, header_path, NULL, &w->header, NULL);

	if (has_integrity(&w->header))
		w->verdict = TAKE_READ;
	else if (!w->node[0] || w->header.kind == HEADER_UNREADABLE || w->header.kind == HEADER_LUKS2_BROKEN)
		w->verdict = !w->node[0] || w->dif || is_claimed(w) ? TAKE_UNREAD : LEAVE;
	else
		w->verdict = is_claimed(w) ? TAKE_REFUSED : LEAVE;
}

/* What judge found, for the person who builds the image. */
static void explain(struct needs *needs, const struct wanted *w)
{
	const struct volume *v = w->entry ? volume_of(w->entry) : NULL;

	if (w->verdict == TAKE_READ && v && v->expect == EXPECT_NAMED &&
	    !str_eq(v->integrity, w->header.integrity))
		problem(needs,
			"%s: crypttab promises integrity by %s, but the header on %s says %s: this disk will "
			"be refused at boot; if the disk is right, correct " CLAIM "= in crypttab",
			w->name, v->integrity, w->node, w->header.integrity);
	else if (w->verdict == TAKE_REFUSED)
		problem(needs,
			"%s: crypttab promises integrity (" CLAIM "), but %s is %s: this disk will be "
			"refused at boot",
			w->name, w->node, kind_text(&w->header));
	else if (w->verdict == TAKE_UNREAD && !w->node[0])
		warning("%s: its disk cannot be seen here: the image gets the modules for every kind of "
			"integrity that kernel %s has",
			w->name, needs->kernel);
	else if (w->verdict == TAKE_UNREAD)
		warning("%s: the header on %s cannot be read (%s): the image gets the modules for every "
			"kind of integrity that kernel %s has",
			w->name, w->node, kind_text(&w->header), needs->kernel);
	else if (w->verdict == LEAVE && w->header.kind == HEADER_LUKS2 && w->header.integrity[0])
		warning("%s: %s is %s: intact leaves it to others", w->name, w->node, kind_text(&w->header));
	else if (w->verdict == LEAVE &&
		 (w->header.kind == HEADER_UNREADABLE || w->header.kind == HEADER_LUKS2_BROKEN))
		warning("%s: the header on %s cannot be read (%s), so it is left out", w->name, w->node,
			kind_text(&w->header));
}

static void open_modules(struct needs *needs)
{
	int r = modules_open(needs->modules_dir, &needs->modules);

	if (r < 0)
		obstacle(needs, needs->certain,
			 "there is no module tree for kernel %s in %s (%s): no image for it can open this "
			 "system's disks; install the kernel's modules, or name the right one with --kernel",
			 needs->kernel, needs->modules_dir, strerror(-r));
}

static void print_image(struct needs *needs)
{
	bool any_mode = needs->generic;

	open_modules(needs);
	add_base(needs);
	for (size_t i = 0; i < needs->n_wanted; i++) {
		const struct wanted *w = &needs->wanted[i];

		if (w->verdict == LEAVE)
			continue;
		if (w->verdict == TAKE_READ)
			add_header_modules(needs, w);
		else if (w->verdict == TAKE_UNREAD)
			any_mode = true;
		print_volume(needs, w);
	}
	if (any_mode)
		add_all_modes(needs);
	for (size_t i = 0; i < needs->n_names; i++)
		printf("module %s\n", needs->names[i]);
}

static void run(struct needs *needs)
{
	bool anything = needs->generic;

	needs->certain = needs->generic;
	/* Arch has a crypttab of its own for the image; all its lines are meant. */
	read_crypttab(needs, "/etc/crypttab.initramfs", true);
	read_crypttab(needs, "/etc/crypttab", false);
	needs->keyfile_pattern =
		shell_setting(needs->root, "/etc/cryptsetup-initramfs/conf-hook", "KEYFILE_PATTERN");
	collect(needs);
	for (size_t i = 0; i < needs->n_wanted; i++) {
		struct wanted *w = &needs->wanted[i];

		judge(needs, w);
		explain(needs, w);
		anything |= w->verdict != LEAVE;
		needs->certain |=
			is_needed(w) && (w->verdict == TAKE_READ || (w->verdict == TAKE_UNREAD && w->dif));
	}
	if (anything)
		print_image(needs);
	else
		note("nothing under /, /usr or the resume device is a LUKS2 volume with integrity: the "
		     "image needs nothing");
}

static void needs_free(struct needs *needs)
{
	for (size_t i = 0; i < needs->n_entries; i++) {
		config_free(&needs->entries[i].config);
		free(needs->entries[i].name);
		free(needs->entries[i].keyfile);
		free(needs->entries[i].options);
	}
	free(needs->entries);
	for (size_t i = 0; i < needs->n_wanted; i++)
		free(needs->wanted[i].name);
	free(needs->wanted);
	for (size_t i = 0; i < needs->n_names; i++)
		free(needs->names[i]);
	free(needs->names);
	modules_close(needs->modules);
	free(needs->keyfile_pattern);
	free(needs->kernel);
	free(needs->modules_dir);
}

static void usage(FILE *file)
{
	fputs("Usage: intact needs [OPTION]...\n"
	      "Prints what an initramfs image must hold so that this system's volumes can be opened:\n"
	      "  module NAME | file SOURCE TARGET MODE | volume NAME SOURCE KEYFILE OPTIONS\n"
	      "\n"
	      "  --kernel VERSION   the kernel that the image is for (the running one)\n"
	      "  --modules-dir DIR  where its modules are (/lib/modules/VERSION)\n"
	      "  --root DIR         of the system installed in DIR, as its fstab and crypttab describe it\n"
	      "  --resume DEVICE    where it resumes from: a device, auto or none (as RESUME= of Debian)\n"
	      "  --generic          modules for every kind of integrity, for images for other machines\n"
	      "  --help             this text\n"
	      "\n"
	      "Exit codes: 0 all found; 1 something is missing, see the messages (the rest is printed).\n",
	      file);
}

/* 0, or an exit code + 1 to leave with at once. */
static int read_options(struct needs *needs, int argc, char **argv)
{
	static const struct option options[] = {
		{ "kernel", required_argument, NULL, 'k' },
		{ "modules-dir", required_argument, NULL, 'm' },
		{ "root", required_argument, NULL, 'r' },
		{ "resume", required_argument, NULL, 's' },
		{ "generic", no_argument, NULL, 'g' },
		{ "sysroot", required_argument, NULL, 'S' }, /* for tests: another whole system */
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	const char *kernel = NULL, *modules_dir = NULL;
	struct utsname uts;
	int c;

	optind = 1;
	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (c) {
		case 'k':
			kernel = optarg;
			break;
		case 'm':
			modules_dir = optarg;
			break;
		case 'r':
			needs->root = optarg;
			needs->described = true;
			break;
		case 's':
			needs->resume = optarg;
			break;
		case 'g':
			needs->generic = true;
			break;
		case 'S':
			needs->sysroot = optarg;
			if (!needs->described)
				needs->root = optarg;
			break;
		case 'h':
			usage(stdout);
			return EXIT_CODE_OK + 1;
		default:
			usage(stderr);
			return EXIT_CODE_GENERAL + 1;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "intact needs: \"%s\" is not understood\n", argv[optind]);
		usage(stderr);
		return EXIT_CODE_GENERAL + 1;
	}
	if (!kernel && uname(&uts) == 0)
		kernel = uts.release;
	needs->kernel = xstrdup(kernel ? kernel : "");
	needs->modules_dir = modules_dir ? xstrdup(modules_dir)
					 : xasprintf("%s/lib/modules/%s", needs->root, needs->kernel);
	return 0;
}

int needs_main(int argc, char **argv)
{
	struct needs needs = { .sysroot = "", .root = "" };
	int r = read_options(&needs, argc, argv);

	if (r == 0) {
		run(&needs);
		if (fflush(stdout) != 0 || ferror(stdout))
			problem(&needs, "the list cannot be written: %s", strerror(errno));
		r = (needs.failed ? EXIT_CODE_GENERAL : EXIT_CODE_OK) + 1;
	}
	needs_free(&needs);
	return r - 1;
}
