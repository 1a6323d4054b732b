/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Has the image the kernel's modules that the plan asks for? */
#include "base/texts.h"
#include "check/image.h"
#include "facts/cipher.h"

#include <stdio.h>

/* The part of a module's path after its kernel's version; NULL: it is in no module tree. */
static const char *in_tree(const char *path, char *version, size_t size)
{
	const char *at = str_after(path, "usr/lib/modules/");

	if (!at)
		at = str_after(path, "lib/modules/");
	if (!at || !strchr(at, '/'))
		return NULL;
	snprintf(version, size, "%.*s", (int)strcspn(at, "/"), at);
	return strchr(at, '/') + 1;
}

const char *image_kernel_in(struct image *image, const char *other)
{
	char version[sizeof(image->kernel)];

	image->kernel[0] = '\0';
	for (size_t i = 0; i < image->contents.n; i++) {
		const struct file *f = &image->contents.files[i];

		if (!f->mode || !in_tree(f->path, version, sizeof(version)))
			continue;
		if (image->kernel[0] && !str_eq(image->kernel, version))
			return other;
		str_copy(image->kernel, sizeof(image->kernel), version);
	}
	return image->kernel[0] ? image->kernel : other;
}

/* Is this the file of the module? '-' and '_' are the same. */
static bool is_module(const char *path, const char *name)
{
	const char *base = strrchr(path, '/');
	static const char *const ends[] = { ".ko", ".ko.xz", ".ko.zst", ".ko.gz" };

	for (base = base ? base + 1 : path; *name; name++, base++)
		if (*base != *name &&
		    !((*base == '-' || *base == '_') && (*name == '-' || *name == '_')))
			return false;
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		if (str_eq(base, ends[i]))
			return true;
	return false;
}

static bool has_module(const struct image *image, const char *name)
{
	char version[128];

	for (size_t i = 0; i < image->contents.n; i++) {
		const struct file *f = &image->contents.files[i];
		const char *rest = f->mode ? in_tree(f->path, version, sizeof(version)) : NULL;

		if (rest && str_eq(version, image->version) && is_module(rest, name))
			return true;
	}
	return false;
}

/* --- which of them the boot cannot do without --- */

struct names {
	char **list;
	size_t n;
};

static void add_name(void *arg, const char *name)
{
	struct names *names = arg;

	texts_add(&names->list, &names->n, name);
}

static bool in_names(const struct names *names, const char *name)
{
	for (size_t i = 0; i < names->n; i++)
		if (str_eq(names->list[i], name))
			return true;
	return false;
}

/* The modules of a module's name or alias: those that it depends on, then itself. */
static struct names resolve(const struct image_kernel *kernel, const char *name)
{
	struct names names = { 0 };

	(void)kernel->resolve(kernel->modules, name, add_name, &names);
	return names;
}

static bool all_there(const struct image *image, const struct names *names)
{
	for (size_t i = 0; i < names->n; i++)
		if (!has_module(image, names->list[i]))
			return false;
	return true;
}

/* Does another module of the list depend on the i-th? */
static bool is_dependency(const struct image_kernel *kernel, const struct names *names, size_t i)
{
	bool found = false;

	for (size_t j = i + 1; j < names->n && !found; j++) {
		struct names its = resolve(kernel, names->list[j]);

		found = in_names(&its, names->list[i]);
		texts_free(its.list, its.n);
	}
	return found;
}

/* Several modules may offer an algorithm, and one of them, with all it depends on, is enough. */
static bool one_is_there(const struct image *image, const struct image_kernel *kernel,
			 const struct names *names)
{
	bool found = names->n == 0;

	for (size_t i = 0; i < names->n && !found; i++) {
		struct names its;

		if (is_dependency(kernel, names, i))
			continue;
		its = resolve(kernel, names->list[i]);
		found = all_there(image, &its);
		texts_free(its.list, its.n);
	}
	return found;
}

static void lacks(const struct image *image, const struct names *names, const char *what,
		  struct faults *faults)
{
	cleanup_free char *remake = image_remake(image);

	for (size_t i = 0; i < names->n; i++)
		if (!has_module(image, names->list[i])) {
			faults_add(faults, SEVERITY_ERROR, "no-module", remake,
				   "%s cannot be opened: the image lacks the module %s of kernel "
				   "%s",
				   what, names->list[i], image->version);
			return;
		}
}

/* Has the image, or the kernel itself, this algorithm? */
static bool has_algorithm(const struct image *image, const struct image_kernel *kernel,
			  const char *name)
{
	cleanup_free char *alias = xasprintf("crypto-%s", name),
			  *library = xasprintf("lib%s", name);
	struct names names = { 0 };
	enum module_found found = kernel->resolve(kernel->modules, alias, add_name, &names);
	bool there = found != MODULE_MISSING && one_is_there(image, kernel, &names);

	texts_free(names.list, names.n);
	/* See has_algorithm() in image/modules.c. */
	if (found == MODULE_MISSING) {
		names = (struct names){ 0 };
		there = kernel->resolve(kernel->modules, library, add_name, &names) !=
			MODULE_MISSING;
		texts_free(names.list, names.n);
	}
	return there;
}

static void judge_algorithms(const struct image *image, const struct image_kernel *kernel,
			     const struct wanted *w, struct faults *faults)
{
	bool found[CIPHER_NAMES_MAX] = { false };
	struct names names = { 0 };
	struct cipher cipher;
	const char *missing;

	if (cipher_read(w->disk.header.encryption, w->disk.header.integrity, &cipher) < 0)
		return;
	for (size_t i = 0; i < cipher.n; i++)
		found[i] = has_algorithm(image, kernel, cipher.names[i]);
	missing = cipher_missing(&cipher, found);
	if (missing) {
		cleanup_free char *alias = xasprintf("crypto-%s", missing);

		/* Empty: the kernel lacks it, which is not the image's fault. */
		names = resolve(kernel, alias);
		lacks(image, &names, w->name, faults);
		texts_free(names.list, names.n);
	}
}

/* What every volume needs, and the cipher of each. */
static void judge_needed(const struct image *image, const struct plan *plan,
			 const struct image_kernel *kernel, struct faults *faults)
{
	for (size_t i = 0; i < kernel->n_base; i++) {
		struct names names = resolve(kernel, kernel->base[i]);

		lacks(image, &names, "a volume with integrity protection", faults);
		texts_free(names.list, names.n);
	}
	for (size_t i = 0; i < plan->n_wanted; i++)
		if (plan->wanted[i].verdict == WANTED_PROTECTED && wanted_needed(&plan->wanted[i]))
			judge_algorithms(image, kernel, &plan->wanted[i], faults);
}

/* --- the kernel --- */

/* A kernel that the image has modules for, and whether it is the one that boots it. */
static bool judge_version(const struct image *image, const struct plan *plan, struct faults *faults)
{
	char version[128], other[128] = "";
	cleanup_free char *remake = image_remake(image);

	for (size_t i = 0; i < image->contents.n; i++) {
		const struct file *f = &image->contents.files[i];

		if (!f->mode || !in_tree(f->path, version, sizeof(version)))
			continue;
		if (str_eq(version, image->version))
			return true;
		str_copy(other, sizeof(other), version);
	}
	if (other[0])
		faults_add(faults, SEVERITY_ERROR, "other-kernel", remake,
			   "the image has modules for kernel %s, and not for %s, which boots it",
			   other, image->version);
	else if (plan->n_modules)
		faults_add(faults, SEVERITY_ERROR, "no-modules", remake,
			   "the image has no modules of kernel %s", image->version);
	return false;
}

/* libkmod, in intact-unlock, reads the indexes of depmod. */
static void judge_index(const struct image *image, struct faults *faults)
{
	static const char *const indexes[] = { "modules.dep.bin", "modules.alias.bin" };
	cleanup_free char *remake = image_remake(image);

	for (size_t i = 0; i < ARRAY_SIZE(indexes); i++) {
		cleanup_free char *path = xasprintf("/lib/modules/%s/%s", image->version,
						    indexes[i]);

		if (!contents_resolve(&image->contents, path))
			faults_add(faults, SEVERITY_ERROR, "no-module-index", remake,
				   "the image lacks %s: no module can be found in it", path);
	}
}

void image_judge_modules(const struct image *image, const struct plan *plan,
			 const struct image_kernel *kernel, struct faults *faults)
{
	cleanup_free char *remake = image_remake(image);

	if (!judge_version(image, plan, faults) || kernel->error < 0)
		return;
	if (plan->n_modules)
		judge_index(image, faults);
	judge_needed(image, plan, kernel, faults);
	/* What only some volumes, keys or processors need. */
	for (size_t i = 0; i < plan->n_modules && !faults->fatal; i++)
		if (!has_module(image, plan->modules[i]))
			faults_add(faults, SEVERITY_WARNING, "no-module", remake,
				   "the image lacks the module %s of kernel %s, which intact asks "
				   "for",
				   plan->modules[i], image->version);
}
