/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernels that rEFInd finds by itself, and which of all entries is the default. */
#include "check/refind.h"
#include "check/refind_words.h"

#include <strings.h>

/* More than the command line of any kernel. */
#define OPTIONS_MAX (16 << 10)

static bool has_prefix(const char *name, const char *prefix)
{
	return strncasecmp(name, prefix, strlen(prefix)) == 0;
}

static bool has_ending(const char *name, const char *ending)
{
	size_t n = strlen(name), m = strlen(ending);

	return n > m && strcasecmp(name + n - m, ending) == 0;
}

/* Is this the last part of a member of the list? "ESP:/boot" has "boot". */
static bool is_listed(const char *list, const char *name)
{
	bool found = false;
	char *member;

	while (!found && (member = words_next_member(&list))) {
		const char *last = member;

		for (const char *c = member; *c; c++)
			if (strchr("/\\:", *c) && c[1])
				last = c + 1;
		found = strcasecmp(last, name) == 0;
		free(member);
	}
	return found;
}

static bool is_kernel(const struct refind *s, char *const *names, size_t n, const char *name)
{
	static const char *const prefixes[] = { "vmlinuz", "Image", "bzImage", "kernel" };
	cleanup_free char *twin = xasprintf("%s.efi.signed", name);
	bool found = false;

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		found |= has_prefix(name, prefixes[i]);
	if (!found || (s->only_efi && !has_ending(name, ".efi")) || is_listed(s->not_files, name))
		return false;
	for (size_t i = 0; i < n; i++)
		if (strcasecmp(names[i], twin) == 0)
			return false;
	return true;
}

/* The version in a name: from its first digit to its last one, or to the end of one of the extra
 * strings, which may begin it, too. "": it has none. The caller frees it. */
static char *version_in(const struct refind *s, const char *name)
{
	const char *list = s->extra, *from = NULL, *to = NULL;
	char *member;

	while (!from && (member = words_next_member(&list))) {
		from = strstr(name, member);
		to = from ? from + strlen(member) : NULL;
		free(member);
	}
	for (const char *c = name; *c; c++) {
		if (*c < '0' || *c > '9')
			continue;
		from = !from || c < from ? c : from;
		to = !to || c + 1 > to ? c + 1 : to;
	}
	return from ? xstrndup(from, (size_t)(to - from)) : xstrdup("");
}

/* How much of the two names is the same, from the version on. */
static size_t in_common(const char *a, const char *b, const char *version)
{
	size_t n = 0;

	a = *version ? strstr(a, version) : NULL;
	b = *version ? strstr(b, version) : NULL;
	while (a && b && a[n] && a[n] == b[n])
		n++;
	return n;
}

/* The image with the kernel's version, of several the one whose name is most like the kernel's,
 * else the shortest; NULL: there is none. */
static const char *image_for(const struct refind *s, char *const *names, size_t n,
			     const char *kernel)
{
	cleanup_free char *version = version_in(s, kernel);
	const char *best = NULL;
	size_t best_common = 0;

	for (size_t i = 0; i < n; i++) {
		cleanup_free char *other = version_in(s, names[i]);
		size_t common = in_common(kernel, names[i], version);

		if (!has_prefix(names[i], "init") || strcasecmp(other, version) != 0)
			continue;
		if (best && (common < best_common ||
			     (common == best_common && strlen(names[i]) >= strlen(best))))
			continue;
		best = names[i];
		best_common = common;
	}
	return best;
}

/* The options with "%v" replaced by the version, as far as a kernel takes them. The caller frees
 * them. */
static char *with_version(const char *options, const char *version)
{
	char *text = xstrdup(""), *longer;

	for (const char *at; strlen(text) < OPTIONS_MAX && (at = strstr(options, "%v"));
	     options = at + strlen("%v")) {
		longer = xasprintf("%s%.*s%s", text, (int)(at - options), options, version);
		free(text);
		text = longer;
	}
	longer = xasprintf("%s%s", text, options);
	free(text);
	return longer;
}

static void add_kernel(const struct refind *s, const char *base, const char *kernel,
		       const char *image, const struct words *line, bool main, bool in_menu,
		       struct boot_entries *entries)
{
	struct boot_entry *entry = entries_add(entries);
	cleanup_free char *version = version_in(s, image ? image : kernel);
	cleanup_free char *options = with_version(line->n > 1 ? line->list[1] : "", version);
	cleanup_free char *path = image ? xasprintf("/%s", image) : NULL;

	if (!entry)
		return;
	free(entry->title);
	entry->title = main ? xstrdup(kernel) : xasprintf("%s: %s", kernel, line->list[0]);
	words_replace(&entry->id, main && in_menu ? kernel : NULL);
	entry->kernel = xasprintf("/%s", kernel);
	entry->base = base;
	entry_load_options(entry, options);
	if (path && !entry->n_images)
		(void)entry_add_image(entry, path);
}

void refind_scan(const struct refind *settings, const char *base, char *const *names, size_t n,
		 const char *options, struct boot_entries *entries)
{
	const char *last = strrchr(base, '/');
	bool in_menu = true;

	if (settings->no_scan || is_listed(settings->not_folders, last ? last + 1 : base))
		return;
	for (size_t i = 0; i < n && entries->n < ENTRIES_MAX; i++) {
		const char *image, *rest = options;
		struct words line;

		if (!is_kernel(settings, names, n, names[i]))
			continue;
		image = image_for(settings, names, n, names[i]);
		for (bool main = true; words_next_line(&rest, &line); main = false) {
			if (line.n > 1)
				add_kernel(settings, base, names[i], image, &line, main, in_menu,
					   entries);
			words_free(&line);
		}
		/* Older ones are below the newest, where nothing can be the default. */
		in_menu = settings->no_fold;
	}
}

/* --- the default --------------------------------------------------------------------------------
 */

static bool has_text(const char *text, const char *part)
{
	bool found = false;

	for (; *text && !found; text++)
		found = has_prefix(text, part);
	return found;
}

/* Members are parts of titles. One of a single character is a place in the menu, or stands for what
 * was started last. */
static bool is_selected(const struct refind *s, const struct boot_entry *entry)
{
	const char *list = s->selection;
	bool found = false;
	char *member;

	while (entry->id && !found && (member = words_next_member(&list))) {
		found = strlen(member) > 1 &&
			(has_text(entry->id, member) || has_text(member, entry->id));
		free(member);
	}
	return found;
}

void refind_settle(const struct refind *settings, struct boot_entries *entries)
{
	const struct boot_entry *found = NULL, *newest = NULL, *first = NULL;

	for (size_t i = 0; i < entries->n; i++) {
		const struct boot_entry *e = &entries->list[i];

		if (!found && is_selected(settings, e))
			found = e;
		/* Those that it finds come before the stanzas. */
		if (!newest && e->id && e->base)
			newest = e;
		if (!first && e->id)
			first = e;
	}
	found = found ? found : newest ? newest : first;
	if (found)
		words_replace(&entries->wanted, found->id);
}
