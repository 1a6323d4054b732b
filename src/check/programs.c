/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Can /init and what it needs be started? */
#include "check/image.h"

#include <stdio.h>
#include <sys/stat.h>

/* Of the interpreters of /init, and of the files that a program loads. */
#define CHAIN_MAX 5
#define LOADED_MAX 256

/* Without one of these that is in the image, no boot gets to its root. */
static const char *const programs[] = {
	"/usr/lib/systemd/systemd-executor",
	"/lib/systemd/systemd-executor",
	"/usr/lib/systemd/systemd-udevd",
	"/lib/systemd/systemd-udevd",
	"/usr/bin/udevadm",
	"/bin/udevadm",
	"/usr/bin/systemctl",
	"/bin/systemctl",
	"/usr/bin/mount",
	"/bin/mount",
	"/usr/sbin/switch_root",
	"/sbin/switch_root",
	"/usr/bin/switch_root",
	"/usr/bin/run-init",
	"/bin/run-init",
	"/bin/sh",
	"/usr/bin/kmod",
	"/bin/kmod",
	"/usr/sbin/intact-unlock",
	"/sbin/intact-unlock",
	"/usr/bin/intact-unlock",
};

/* Where the dynamic loader looks, beside what a program says. */
static const char *const folders[] = { "/lib", "/usr/lib", "/lib64", "/usr/lib64" };

struct walk {
	const struct image *image;
	struct faults *faults;
	const struct file *program;
	const struct file *loaded[LOADED_MAX];
	size_t n;
};

static void lacks(const struct walk *w, const struct file *by, const char *library)
{
	cleanup_free char *remake = image_remake(w->image);
	cleanup_free char *remedy = xasprintf("%s, and look at what it prints about missing files",
					      remake);

	faults_add(w->faults, SEVERITY_ERROR, "no-library", remedy,
		   "/%s cannot be started: /%s needs %s, which is not in the image",
		   w->program->path, by->path, library);
}

/* The library in one of the folders of a list with ':' between them; $ORIGIN is the folder of by.
 */
static const struct file *in_paths(const struct walk *w, const struct file *by, const char *library)
{
	const char *paths = by->elf->paths, *slash = strrchr(by->path, '/');
	const struct file *found = NULL;

	while (paths && *paths && !found) {
		size_t len = strcspn(paths, ":");
		cleanup_free char *folder = xstrndup(paths, len), *path = NULL;
		const char *rest = str_after(folder, "$ORIGIN");

		if (!rest)
			rest = str_after(folder, "${ORIGIN}");
		path = rest ? xasprintf("/%.*s%s/%s", slash ? (int)(slash - by->path) : 0, by->path,
					rest, library) :
			      xasprintf("%s/%s", folder, library);
		found = contents_resolve(&w->image->contents, path);
		paths += len + (paths[len] == ':');
	}
	return found;
}

/* Anywhere: what /etc/ld.so.conf and the loader's own list of folders say is not read. */
static const struct file *anywhere(const struct walk *w, const char *library)
{
	const struct contents *c = &w->image->contents;

	for (size_t i = 0; i < c->n; i++) {
		const char *base = strrchr(c->files[i].path, '/');
		const struct file *found = NULL;

		if (c->files[i].mode && base && str_eq(base + 1, library))
			found = contents_resolve(c, c->files[i].path);
		if (found)
			return found;
	}
	return NULL;
}

static const struct file *library_of(const struct walk *w, const struct file *by,
				     const char *library)
{
	const struct file *found;

	if (strchr(library, '/'))
		return contents_resolve(&w->image->contents, library);
	found = in_paths(w, by, library);
	for (size_t i = 0; i < ARRAY_SIZE(folders) && !found; i++) {
		cleanup_free char *path = xasprintf("%s/%s", folders[i], library);

		found = contents_resolve(&w->image->contents, path);
	}
	return found ? found : anywhere(w, library);
}

static void load(struct walk *w, const struct file *f)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->loaded[i] == f)
			return;
	if (w->n < LOADED_MAX)
		w->loaded[w->n++] = f;
}

/* Why the program, or a file that it loads, is none; NULL: it is one, or too large to be looked
 * into. */
static const char *damage(const struct walk *w, const struct file *f)
{
	if (f->fault)
		return f->fault;
	if (!f->size)
		return "is empty";
	/* The program may be a script. */
	if (f->elf || f == w->program || f->size > CONTENTS_PROGRAM_MAX)
		return NULL;
	return "is no ELF file";
}

static bool judge_damage(const struct walk *w, const struct file *f)
{
	cleanup_free char *remake = image_remake(w->image);
	const char *why = damage(w, f);

	if (why)
		faults_add(w->faults, SEVERITY_ERROR, "damaged-program", remake,
			   "/%s cannot be started: /%s %s", w->program->path, f->path, why);
	return !why;
}

/* What the dynamic loader loads for one program. */
static void judge_program(const struct image *image, const struct file *program,
			  struct faults *faults)
{
	struct walk w = { .image = image, .faults = faults, .program = program };

	load(&w, program);
	for (size_t i = 0; i < w.n; i++) {
		const struct file *f = w.loaded[i];
		const struct file *loader = NULL;

		if (!judge_damage(&w, f))
			return;
		if (!f->elf || (f == program && !f->elf->interpreter))
			continue;
		if (f == program) {
			loader = contents_program(&image->contents, f->elf->interpreter);
			if (loader)
				load(&w, loader);
			else
				lacks(&w, f, f->elf->interpreter);
		}
		for (size_t j = 0; j < f->elf->n_needed; j++) {
			const struct file *library = library_of(&w, f, f->elf->needed[j]);

			if (library)
				load(&w, library);
			else
				lacks(&w, f, f->elf->needed[j]);
		}
	}
}

/* What the first line of a script names; "": it is none. */
static void interpreter_of(const struct file *f, char *ret, size_t size)
{
	const char *at = f->text && !f->elf ? str_after(f->text, "#!") : NULL;

	ret[0] = '\0';
	if (!at)
		return;
	at += strspn(at, " \t");
	snprintf(ret, size, "%.*s", (int)strcspn(at, " \t\r\n"), at);
}

static void judge_no_init(const struct image *image, struct faults *faults)
{
	const struct file *link = contents_at(&image->contents, "/init");
	cleanup_free char *remake = image_remake(image);

	if (link)
		faults_add(faults, SEVERITY_ERROR, "no-init", remake,
			   "/init is a link to %s, which is not in the image: the kernel would not "
			   "find a program to start",
			   link->text ? link->text : "nothing");
	else
		faults_add(faults, SEVERITY_ERROR, "no-init", remake,
			   "%s has no /init%s: the kernel would not find a program to start",
			   image->path,
			   contents_at(&image->contents, "/kernel") ?
				   ", only microcode or tables for the kernel" :
				   "");
}

/* /init and what interprets it. */
static void judge_init(const struct image *image, struct faults *faults)
{
	const struct file *f = contents_resolve(&image->contents, "/init");
	cleanup_free char *remake = image_remake(image);
	char next[CPIO_NAME_MAX];

	if (!f) {
		judge_no_init(image, faults);
		return;
	}
	for (size_t i = 0; f && i < CHAIN_MAX; i++) {
		const char *name = f->path;

		if (!S_ISREG(f->mode) || !(f->mode & 0111)) {
			faults_add(faults, SEVERITY_ERROR, "init-not-executable", remake,
				   "/%s, which the kernel starts, is not executable", name);
			return;
		}
		judge_program(image, f, faults);
		interpreter_of(f, next, sizeof(next));
		if (!next[0])
			return;
		f = contents_resolve(&image->contents, next);
		if (!f)
			faults_add(faults, SEVERITY_ERROR, "no-interpreter", remake,
				   "/%s cannot be started: it is a script for %s, which is not in "
				   "the image",
				   name, next);
	}
	if (f)
		faults_add(
			faults, SEVERITY_ERROR, "no-interpreter", remake,
			"/init cannot be started: it is a script for a script, and so on without "
			"an end");
}

const struct file *image_init_program(const struct image *image)
{
	const struct file *f = contents_resolve(&image->contents, "/init");
	char next[CPIO_NAME_MAX];

	for (size_t i = 0; f && i < CHAIN_MAX; i++) {
		interpreter_of(f, next, sizeof(next));
		if (!next[0])
			return f;
		f = contents_resolve(&image->contents, next);
	}
	return NULL;
}

void image_judge_programs(const struct image *image, struct faults *faults)
{
	judge_init(image, faults);
	for (size_t i = 0; i < ARRAY_SIZE(programs); i++) {
		const struct file *f = contents_program(&image->contents, programs[i]);

		if (f)
			judge_program(image, f, faults);
	}
}
