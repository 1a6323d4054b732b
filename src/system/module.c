/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/module.h"

#include "base/util.h"

#include <dirent.h>
#include <libkmod.h>
#include <stdio.h>
#include <sys/utsname.h>

/* Their dependencies (dm_bufio, async_xor, …) follow from modules.dep. */
const char *const modules_base[] = { "dm_mod", "dm_integrity", "dm_crypt" };
const size_t modules_base_n = ARRAY_SIZE(modules_base);
const char modules_crypto_user[] = "crypto_user";

struct modules {
	struct kmod_ctx *ctx;
	bool knows_builtin_aliases;
};

static void no_log(void *data, int priority, const char *file, int line, const char *fn,
		   const char *format, va_list args)
{
	(void)data, (void)priority, (void)file, (void)line, (void)fn, (void)format, (void)args;
}

static bool readable(const char *dir, const char *file)
{
	cleanup_free char *path = xasprintf("%s/%s", dir, file);

	return access(path, R_OK) == 0;
}

static const char *const tree_roots[] = { "/lib/modules", "/usr/lib/modules" };

static char *running_dir(void)
{
	struct utsname uts;

	if (uname(&uts) < 0)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(tree_roots); i++) {
		char *dir = xasprintf("%s/%s", tree_roots[i], uts.release);

		if (access(dir, X_OK) == 0)
			return dir;
		free(dir);
	}
	return NULL;
}

/* The name of a folder with a module list in it. */
static char *any_tree(const char *root)
{
	DIR *dir = opendir(root);
	char *found = NULL;

	if (!dir)
		return NULL;
	for (struct dirent *d; !found && (d = readdir(dir));) {
		cleanup_free char *path = xasprintf("%s/%s", root, d->d_name);

		if (d->d_name[0] != '.' && readable(path, "modules.dep.bin"))
			found = xstrdup(d->d_name);
	}
	closedir(dir);
	return found;
}

char *modules_other_kernel(void)
{
	cleanup_free char *running = running_dir();
	char *found = NULL;

	for (size_t i = 0; !running && !found && i < ARRAY_SIZE(tree_roots); i++)
		found = any_tree(tree_roots[i]);
	return found;
}

int modules_open(const char *dir, struct modules **ret)
{
	cleanup_free char *running = dir ? NULL : running_dir();
	struct modules *m;

	if (!dir)
		dir = running;
	/* A folder without any of depmod's lists is a remnant of a removed kernel. */
	if (!dir || (!readable(dir, "modules.dep.bin") && !readable(dir, "modules.dep") &&
		     !readable(dir, "modules.builtin")))
		return -ENOENT;
	m = xcalloc(1, sizeof(*m));
	m->ctx = kmod_new(dir, NULL);
	if (!m->ctx) {
		free(m);
		return -ENOMEM;
	}
	/* Callers report a failure themselves, with the module's name and the reason. */
	kmod_set_log_fn(m->ctx, no_log, NULL);
	(void)kmod_load_resources(m->ctx);
	m->knows_builtin_aliases = readable(dir, "modules.builtin.alias.bin") ||
				   readable(dir, "modules.builtin.modinfo");
	*ret = m;
	return 0;
}

struct modules *modules_close(struct modules *m)
{
	if (m) {
		kmod_unload_resources(m->ctx);
		kmod_unref(m->ctx);
		free(m);
	}
	return NULL;
}

/* The modules that have a name or alias; NULL when there are none. */
static struct kmod_list *lookup(struct modules *m, const char *name)
{
	struct kmod_list *list = NULL;

	if (kmod_module_new_from_lookup(m->ctx, name, &list) < 0)
		return NULL;
	return list;
}

static bool is_builtin(struct kmod_module *mod)
{
	return kmod_module_get_initstate(mod) == KMOD_MODULE_BUILTIN;
}

/* The result for an alias that no module has. Kernels before 5.2 do not list the aliases of their
 * built-in code. */
static enum module_found nothing_found(const struct modules *m, const char *name)
{
	if (m->knows_builtin_aliases || !str_after(name, "crypto-"))
		return MODULE_MISSING;
	return MODULE_UNKNOWN;
}

/* Not every module in modules.dep exists as a file: modules may have been removed from the tree. */
static bool has_file(struct kmod_module *mod)
{
	const char *path = kmod_module_get_path(mod);

	return path && access(path, R_OK) == 0;
}

struct walk {
	char **names;
	size_t n;
	void (*add)(void *arg, const char *module);
	void *arg;
};

static void walk_list(struct walk *walk, struct kmod_list *list);

/* Depth first, so that a module follows all that it depends on. Its name is noted before the
 * descent, because softdeps may form circles. */
static void walk_module(struct walk *walk, struct kmod_module *mod)
{
	const char *name = kmod_module_get_name(mod);
	struct kmod_list *pre = NULL, *post = NULL, *deps;

	for (size_t i = 0; i < walk->n; i++)
		if (str_eq(walk->names[i], name))
			return;
	if (is_builtin(mod))
		return;
	*(char **)array_add((void **)&walk->names, &walk->n, sizeof(*walk->names)) = xstrdup(name);

	(void)kmod_module_get_softdeps(mod, &pre, &post);
	walk_list(walk, pre);
	deps = kmod_module_get_dependencies(mod);
	walk_list(walk, deps);
	walk->add(walk->arg, name);
	walk_list(walk, post);
	kmod_module_unref_list(pre);
	kmod_module_unref_list(deps);
	kmod_module_unref_list(post);
}

static void walk_list(struct walk *walk, struct kmod_list *list)
{
	struct kmod_list *item;

	kmod_list_foreach (item, list) {
		struct kmod_module *mod = kmod_module_get_module(item);

		/* A softdep may name a module that this kernel does not have. */
		if (has_file(mod))
			walk_module(walk, mod);
		kmod_module_unref(mod);
	}
}

enum module_found modules_resolve(struct modules *m, const char *name_or_alias,
				  void (*add)(void *arg, const char *module), void *arg)
{
	struct walk walk = { .add = add, .arg = arg };
	enum module_found found;
	struct kmod_list *list = lookup(m, name_or_alias), *item;

	if (!list)
		return nothing_found(m, name_or_alias);
	found = MODULE_MISSING;
	kmod_list_foreach (item, list) {
		struct kmod_module *mod = kmod_module_get_module(item);

		if (is_builtin(mod) && found == MODULE_MISSING) {
			found = MODULE_BUILTIN;
		} else if (has_file(mod)) {
			found = MODULE_AVAILABLE;
			walk_module(&walk, mod);
		}
		kmod_module_unref(mod);
	}
	kmod_module_unref_list(list);
	for (size_t i = 0; i < walk.n; i++)
		free(walk.names[i]);
	free(walk.names);
	return found;
}

/* A limit, because softdeps may form circles; real ones are one deep. */
#define SOFTDEP_DEPTH 3

static int insert(struct kmod_module *mod, unsigned depth);

static void insert_soft(struct kmod_list *list, unsigned depth)
{
	struct kmod_list *item;

	kmod_list_foreach (item, list) {
		struct kmod_module *mod = kmod_module_get_module(item);

		(void)insert(mod, depth);
		kmod_module_unref(mod);
	}
}

/*
 * Loads a module and its softdeps: without ecb, for example, xts does not work on a CPU without
 * AES. libkmod ignores the softdeps of a module when it is told to ignore the install command,
 * which would run a shell. The blacklist counts only for modules that were found by an alias.
 */
static int insert(struct kmod_module *mod, unsigned depth)
{
	struct kmod_list *pre = NULL, *post = NULL;
	int r;

	if (kmod_module_get_initstate(mod) == KMOD_MODULE_LIVE)
		return 0;
	if (depth)
		(void)kmod_module_get_softdeps(mod, &pre, &post);
	insert_soft(pre, depth - 1);
	r = kmod_module_probe_insert_module(
		mod, KMOD_PROBE_IGNORE_COMMAND | KMOD_PROBE_APPLY_BLACKLIST_ALIAS_ONLY, NULL, NULL,
		NULL, NULL);
	insert_soft(post, depth - 1);
	kmod_module_unref_list(pre);
	kmod_module_unref_list(post);
	return r;
}

static int refuse_command(struct kmod_module *mod, const char *command, void *arg)
{
	(void)mod, (void)command, (void)arg;
	return -EPERM;
}

void modules_load_device(struct modules *m, const char *modalias)
{
	struct kmod_list *list = lookup(m, modalias), *item;

	kmod_list_foreach (item, list) {
		struct kmod_module *mod = kmod_module_get_module(item);

		(void)kmod_module_probe_insert_module(mod, KMOD_PROBE_APPLY_BLACKLIST, NULL,
						      refuse_command, NULL, NULL);
		kmod_module_unref(mod);
	}
	kmod_module_unref_list(list);
}

int modules_load(struct modules *m, const char *name_or_alias, enum module_found *ret_found,
		 char *failed, size_t failed_size)
{
	enum module_found found = MODULE_MISSING;
	struct kmod_list *list = lookup(m, name_or_alias), *item;
	bool offered = false, unfit = false;
	int err = 0;

	kmod_list_foreach (item, list) {
		struct kmod_module *mod = kmod_module_get_module(item);
		int r;

		if (is_builtin(mod)) {
			offered = true;
			if (found == MODULE_MISSING)
				found = MODULE_BUILTIN;
			kmod_module_unref(mod);
			continue;
		}
		found = MODULE_AVAILABLE;
		r = insert(mod, SOFTDEP_DEPTH);
		if (r == 0 || r == -EEXIST)
			offered = true;
		else if (r == -ENODEV || r == -EOPNOTSUPP)
			unfit = true; /* made for another CPU */
		else if (r < 0 && !err) {
			err = r;
			str_copy(failed, failed_size, kmod_module_get_name(mod));
		}
		kmod_module_unref(mod);
	}
	if (!list)
		found = nothing_found(m, name_or_alias);
	else if (!offered && unfit && !err)
		found = MODULE_MISSING;
	kmod_module_unref_list(list);
	if (ret_found)
		*ret_found = found;
	return offered ? 0 : err;
}
