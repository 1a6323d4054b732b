/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "intact/checkunified.h"

#include "base/texts.h"
#include "intact/outdated.h"

#include <stdio.h>

/* Add-ons of one image: more are not loaded. */
#define ADDONS_MAX 32
#define PART_TEXT_MAX (64 << 10)

struct addon {
	char *path, *cmdline;
	uint64_t initrd, initrd_size, ucode, ucode_size;
};

/* An image that is being judged. */
struct unified_file {
	char *path;
	struct unified_source source;
	struct unified u;
	struct addon addons[ADDONS_MAX];
	size_t n_addons;
	char *broken; /* an add-on that cannot be read; NULL */
	const char *why;
};

/* The text of a part; "" when there is none. The caller frees it. */
static char *part_text(const struct unified_source *source, const struct unified *u, size_t profile,
		       enum unified_part part)
{
	uint64_t size = u->profile[profile].part[part].size;
	char *text;

	if (size > PART_TEXT_MAX)
		size = PART_TEXT_MAX;
	text = xcalloc((size_t)size + 1, 1);
	if (size &&
	    !source->read(source->arg, u->profile[profile].part[part].offset, text, (size_t)size))
		text[0] = '\0';
	for (size_t len = strlen(text); len && strchr(" \n", text[len - 1]);)
		text[--len] = '\0';
	return text;
}

/* --- add-ons ------------------------------------------------------------------------------------
 */

static void add_addon(struct unified_file *o, char *path, const struct unified_source *source,
		      const struct unified *u, const char *uname)
{
	cleanup_free char *only = part_text(source, u, 0, UNIFIED_UNAME);

	/* It may be for images of one kernel version only. */
	if (!u->n || (*only && *uname && !str_eq(only, uname)) || o->n_addons >= ADDONS_MAX)
		return;
	o->addons[o->n_addons++] =
		(struct addon){ .path = xstrdup(path),
				.cmdline = part_text(source, u, 0, UNIFIED_CMDLINE),
				.initrd = u->profile[0].part[UNIFIED_INITRD].offset,
				.initrd_size = u->profile[0].part[UNIFIED_INITRD].size,
				.ucode = u->profile[0].part[UNIFIED_UCODE].offset,
				.ucode_size = u->profile[0].part[UNIFIED_UCODE].size };
}

static void read_addons(struct unified_file *o, const char *folder, const char *uname)
{
	static const char ending[] = ".addon.efi";
	char **names;
	size_t n;

	texts_folder(folder, &names, &n);
	for (size_t i = 0; i < n; i++) {
		cleanup_free char *path = xasprintf("%s/%s", folder, names[i]);
		cleanup_close int fd = -1;
		size_t len = strlen(names[i]);
		struct unified_source source;
		struct unified u;
		const char *why;

		if (len <= strlen(ending) ||
		    strcasecmp(names[i] + len - strlen(ending), ending) != 0)
			continue;
		why = imagefile_open(path, &source, &fd) < 0 ? "cannot be read" :
							       unified_read_addon(&source, &u);
		if (!why) {
			add_addon(o, path, &source, &u, uname);
		} else if (!o->broken) {
			o->broken = xstrdup(path);
			o->why = why;
		}
	}
	texts_free(names, n);
}

/* "a+3-0.efi" is a.efi with a count of tries. */
static char *without_count(const char *path)
{
	const char *slash = strrchr(path, '/'), *plus = strchr(slash ? slash : path, '+'), *end;

	if (!plus)
		return xstrdup(path);
	end = plus + 1 + strspn(plus + 1, "0123456789");
	if (end > plus + 1 && *end == '-' && strspn(end + 1, "0123456789"))
		end += 1 + strspn(end + 1, "0123456789");
	return end == plus + 1 ? xstrdup(path) : xasprintf("%.*s%s", (int)(plus - path), path, end);
}

/* Those of all images, then the image's own: systemd-stub's order. */
static void find_addons(const struct looking *l, struct unified_file *o)
{
	const char *base = l->entry->base ? l->entry->base : l->loader->base;
	cleanup_free char *global = xasprintf("%s%s/loader/addons", l->j->root, base);
	cleanup_free char *name = without_count(o->path);
	cleanup_free char *own = xasprintf("%s.extra.d", name);
	cleanup_free char *uname = part_text(&o->source, &o->u, 0, UNIFIED_UNAME);

	read_addons(o, global, uname);
	read_addons(o, own, uname);
}

static void unified_file_free(struct unified_file *o)
{
	for (size_t i = 0; i < o->n_addons; i++) {
		free(o->addons[i].path);
		free(o->addons[i].cmdline);
	}
	free(o->broken);
}

/* --- a profile ----------------------------------------------------------------------------------
 */

#define PARTS_MAX (2 + 2 * ADDONS_MAX)

static void add_part(struct image_part *parts, size_t *n, char *path, uint64_t offset,
		     uint64_t size, bool addon)
{
	if (size)
		parts[(*n)++] = (struct image_part){
			.path = path, .offset = offset, .size = size, .addon = addon
		};
}

/* The kernel takes the first microcode and the last of the other files: microcode of the add-ons in
 * reverse, the image's, its initramfs, that of the add-ons. */
static size_t list_parts(const struct unified_file *o, size_t profile, struct image_part *parts)
{
	const struct addon *addons = o->addons;
	size_t n = 0;

	for (size_t i = o->n_addons; i-- > 0;)
		add_part(parts, &n, addons[i].path, addons[i].ucode, addons[i].ucode_size, true);
	add_part(parts, &n, o->path, o->u.profile[profile].part[UNIFIED_UCODE].offset,
		 o->u.profile[profile].part[UNIFIED_UCODE].size, false);
	add_part(parts, &n, o->path, o->u.profile[profile].part[UNIFIED_INITRD].offset,
		 o->u.profile[profile].part[UNIFIED_INITRD].size, false);
	for (size_t i = 0; i < o->n_addons; i++)
		add_part(parts, &n, addons[i].path, addons[i].initrd, addons[i].initrd_size, true);
	return n;
}

/* What the kernel gets. The entry's options take the place of what is in the image, but not under
 * Secure Boot; what the add-ons have follows. */
static char *command_line(const struct looking *l, const struct unified_file *o, const char *built,
			  const char *options)
{
	bool use = *options && (!*built || !l->boots->secure_boot);
	char *all = xstrdup(use ? options : built);

	for (size_t i = 0; i < o->n_addons; i++) {
		char *longer = xasprintf("%s %s", all, o->addons[i].cmdline);

		free(all);
		all = longer;
	}
	return all;
}

static void look_profile(const struct looking *l, const struct unified_file *o, size_t profile,
			 const char *options, bool variant)
{
	cleanup_free char *uname = part_text(&o->source, &o->u, profile, UNIFIED_UNAME);
	cleanup_free char *built = part_text(&o->source, &o->u, profile, UNIFIED_CMDLINE);
	cleanup_free char *cmdline = command_line(l, o, built, options);
	uint64_t kernel = o->u.profile[profile].part[UNIFIED_LINUX].offset;
	char suffix[32] = "", version[128] = "";
	struct image_part parts[PARTS_MAX];
	size_t n = list_parts(o, profile, parts);
	struct checked *c;

	if (!n)
		return;
	if (variant)
		snprintf(suffix, sizeof(suffix), ", profile %zu", profile);
	if (!*uname && !unified_kernel_version(&o->source, kernel, version, sizeof(version)))
		version[0] = '\0';
	c = looking_add(l, suffix);
	judged_image(l->j, parts, n, *uname ? uname : version[0] ? version : NULL, cmdline, c);
	if (o->broken)
		faults_add(&c->faults, SEVERITY_WARNING, "addon", "make the add-on anew",
			   "%s %s: the boot goes on without this add-on", o->broken, o->why);
	if (c->is_default && !*options)
		outdated_unified(l->j->root, o->path, c->maker, built, &c->faults);
}

static void look_profiles(const struct looking *l, const struct unified_file *o)
{
	unsigned only;
	const char *options = entry_for_unified(l->entry, &only);

	if (only > o->u.n && o->u.n < UNIFIED_PROFILES_MAX) {
		struct checked *c = looking_add(l, "");

		c->image = xstrdup(o->path);
		c->version = xstrdup("");
		faults_add(&c->faults, SEVERITY_ERROR, "no-profile",
			   "correct the entry, or make the image anew",
			   "the entry starts profile %u of %s, which has only %zu", only - 1,
			   o->path, o->u.n);
	} else if (only > 0 && only <= o->u.n) {
		look_profile(l, o, only - 1, options, false);
	} else if (!only) {
		for (size_t i = 0; i < o->u.n; i++)
			look_profile(l, o, i, options, i > 0);
	}
}

bool look_unified(const struct looking *l, char *path)
{
	cleanup_close int fd = -1;
	struct unified_file o = { .path = path };
	int r = imagefile_open(path, &o.source, &fd);
	const char *why = r < 0 ? "cannot be read" : unified_read(&o.source, &o.u);

	if (!why) {
		find_addons(l, &o);
		look_profiles(l, &o);
		unified_file_free(&o);
		return true;
	}
	if (!l->entry->unified)
		return false;
	/* Another program: a shell, another boot loader. */
	if (r < 0 || !str_eq(why, "has no kernel in it")) {
		struct checked *c = looking_add(l, "");

		c->image = xstrdup(path);
		c->version = xstrdup("");
		faults_add(&c->faults, SEVERITY_ERROR, "damaged", "make the image anew", "%s %s",
			   path, why);
	}
	return true;
}
