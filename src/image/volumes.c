/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image/volumes.h"

#include "base/texts.h"
#include "config/crypttab.h"

#include <fnmatch.h>
#include <stdio.h>

#define PROMISE "x-intact.integrity"
#define FSTYPE "x-intact.fstype"

/* --- does the volume have integrity protection? --- */

static const char *kind_text(const struct disk *d)
{
	switch (d->kind) {
	case HEADER_UNREADABLE:
		return strerror(d->err);
	case HEADER_NOT_LUKS:
		return "not a LUKS volume";
	case HEADER_LUKS1:
		return "LUKS1, which has no integrity";
	case HEADER_LUKS2_BROKEN:
		return "both copies of the LUKS2 header are damaged";
	case HEADER_LUKS2:
		return d->header.integrity[0] ?
			       "LUKS2 with integrity \"none\", which authenticates nothing" :
			       "LUKS2 without integrity";
	}
	return "";
}

static bool is_unread(const struct disk *d)
{
	return d->kind == HEADER_UNREADABLE || d->kind == HEADER_LUKS2_BROKEN;
}

static void explain(struct findings *findings, const struct wanted *w, const char *kernel_version)
{
	const struct volume *v = wanted_volume(w);

	if (w->verdict == WANTED_PROTECTED && v && v->expect == EXPECT_NAMED &&
	    !str_eq(v->integrity, w->disk.header.integrity))
		findings_add(
			findings, SEVERITY_ERROR,
			"%s: crypttab promises integrity by %s, but the header on %s has %s: this disk "
			"will be refused at boot; if it is the right disk, correct " PROMISE
			"= in crypttab",
			w->name, v->integrity, w->node, w->disk.header.integrity);
	else if (w->verdict == WANTED_REFUSED)
		findings_add(findings, SEVERITY_ERROR,
			     "%s: crypttab promises integrity (" PROMISE
			     "), but %s is %s: this disk will be "
			     "refused at boot",
			     w->name, w->node, kind_text(&w->disk));
	else if (w->verdict == WANTED_UNREAD && !w->node[0])
		findings_add(
			findings, SEVERITY_WARNING,
			"%s: its disk is not visible here, so the image gets the modules for every kind of "
			"integrity that kernel %s supports",
			w->name, kernel_version);
	else if (w->verdict == WANTED_UNREAD)
		findings_add(
			findings, SEVERITY_WARNING,
			"%s: the header on %s cannot be read (%s), so the image gets the modules for "
			"every kind of integrity that kernel %s supports",
			w->name, w->node, kind_text(&w->disk), kernel_version);
	else if (w->verdict == WANTED_LEFT_OUT && w->disk.kind == HEADER_LUKS2 &&
		 w->disk.header.integrity[0])
		findings_add(findings, SEVERITY_WARNING, "%s: %s is %s, so intact does not open it",
			     w->name, w->node, kind_text(&w->disk));
	else if (w->verdict == WANTED_LEFT_OUT && is_unread(&w->disk))
		findings_add(
			findings, SEVERITY_WARNING,
			"%s: the header on %s cannot be read (%s), so the image will not open it",
			w->name, w->node, kind_text(&w->disk));
}

void plan_judge(struct plan *plan, struct wanted *w, const char *kernel_version)
{
	if (header_authenticates(&w->disk.header))
		w->verdict = WANTED_PROTECTED;
	else if (!w->node[0] || is_unread(&w->disk))
		w->verdict = !w->node[0] || w->dif || wanted_promised(w) ? WANTED_UNREAD :
									   WANTED_LEFT_OUT;
	else
		w->verdict = wanted_promised(w) ? WANTED_REFUSED : WANTED_LEFT_OUT;
	explain(&plan->findings, w, kernel_version);
}

/* --- the lines of a volume --- */

/*
 * Adds the line that copies a key file or header and returns its path in the image. NULL, with a
 * finding, when it cannot be copied. The paths are numbered, because names can contain characters
 * that are special in the shell of a hook.
 */
static char *add_file(struct plan *plan, const char *root, const struct wanted *w, const char *what,
		      const char *path, bool there)
{
	cleanup_free char *source = xasprintf("%s%s", root, path), *line = NULL;
	size_t number = 1;
	char *place;

	if (strpbrk(source, " \t\n\\\"'#")) {
		findings_add(
			&plan->findings, SEVERITY_WARNING,
			"%s: the %s %s is not copied into the image: its name contains blanks or quotes; "
			"rename the file",
			w->name, what, path);
		return NULL;
	}
	if (!there) {
		findings_add(&plan->findings, SEVERITY_WARNING,
			     "%s: the %s %s does not exist, or is not a regular file", w->name,
			     what, path);
		return NULL;
	}
	for (size_t i = 0; i < plan->n_lines; i++)
		number += str_after(plan->lines[i], "volume ") != NULL;
	place = xasprintf("/etc/intact/volume%zu.%s", number,
			  str_eq(what, "key file") ? "key" : "header");
	line = xasprintf("file %s %s 0600", source, place);
	texts_add(&plan->lines, &plan->n_lines, line);
	return place;
}

/*
 * A key file is copied only if KEYFILE_PATTERN of cryptsetup-initramfs selects it. The line in
 * crypttab is not enough: it also opens the volume from the running system, where the key file is
 * protected by the very encryption that a copy in /boot would defeat.
 */
static char *add_keyfile(struct plan *plan, const struct host *host, const struct wanted *w)
{
	const struct entry *e = w->entry;

	if (!e || !e->keyfile || e->throwaway || options_have(e->options, "keyscript"))
		return NULL;
	if (e->keyfile[0] == '/' && host->keyfile_pattern &&
	    fnmatch(host->keyfile_pattern, e->keyfile, 0) == 0)
		return add_file(plan, host->root, w, "key file", e->keyfile, w->has_keyfile);
	findings_add(
		&plan->findings, SEVERITY_WARNING,
		"%s: the key file %s is not copied into the image, so the boot will ask for the "
		"passphrase (KEYFILE_PATTERN in /etc/cryptsetup-initramfs/conf-hook selects the key files "
		"to copy)",
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

/* The type of the file system on the volume, or NULL; of several, that of the first one mounted. */
static const char *fstype_of(const struct plan *plan, const struct host *host,
			     const struct wanted *w)
{
	const struct mounted *mounted = w->uses & USE_ROOT ? &host->mounted_root :
							     &host->mounted_usr;
	const char *type = w->uses & USE_ROOT ? host->fstab_root_type : host->fstab_usr_type;

	if (!wanted_holds_system(w))
		return NULL;
	if (plan->runs_here)
		type = mounted->there ? mounted->mount.type : NULL;
	/* "auto" and a list of types in fstab do not tell the type. */
	return type && !str_eq(type, "auto") && !strchr(type, ',') ? type : NULL;
}

/* The options in crypttab, without those that cannot work or that contradict the image's purpose.
 */
static char *image_options(const struct wanted *w, const char *header_place, const char *fstype)
{
	char *options = xstrdup("");
	size_t len = 0;

	for (const char *rest = w->entry ? w->entry->options : ""; (rest = option_next(rest, &len));
	     rest += len) {
		cleanup_free char *word = xstrndup(rest, len);

		/* The volume would not open with discard; config_options() added a finding. */
		if (str_eq(word, "discard") || str_eq(word, "allow-discards"))
			continue;
		if (wanted_holds_system(w) && (str_eq(word, "nofail") || str_eq(word, "noauto")))
			continue;
		if (!header_place || !option_is(word, "header"))
			add_option(&options, word);
	}
	if (header_place)
		add_option_value(&options, "header", header_place);
	/* If swap cannot be opened, only resume fails, not the boot. */
	if (w->uses == USE_RESUME && !options_have(options, "nofail"))
		add_option(&options, "nofail");
	if (!options_have(options, PROMISE)) {
		if (w->verdict == WANTED_PROTECTED)
			add_option_value(&options, PROMISE, w->disk.header.integrity);
		else if (w->dif)
			add_option(&options, PROMISE);
	}
	if (fstype && !options_have(options, FSTYPE))
		add_option_value(&options, FSTYPE, fstype);
	return options;
}

void plan_volume(struct plan *plan, const struct host *host, const struct wanted *w)
{
	const struct volume *v = wanted_volume(w);
	cleanup_free char *name = NULL, *source = NULL, *keyfile = NULL, *options = NULL;
	cleanup_free char *header_place = NULL, *escaped = NULL, *line = NULL;
	char text[300];

	for (size_t i = 0; v && i < w->entry->config.findings.n; i++)
		findings_add(&plan->findings, SEVERITY_WARNING, "%s",
			     w->entry->config.findings.list[i].text);
	keyfile = add_keyfile(plan, host, w);
	if (v && v->header && v->header[0] == '/' && !str_after(v->header, "/dev/"))
		header_place = add_file(plan, host->root, w, "header", v->header,
					w->has_header_file);

	/* The UUID finds the disk on any port. A disk with a detached header has none. */
	if (w->verdict == WANTED_PROTECTED && w->disk.header.uuid[0] && !(v && v->header))
		snprintf(text, sizeof(text), "UUID=%s", w->disk.header.uuid);
	else if (v)
		devref_format(&v->source, text, sizeof(text));
	else
		str_copy(text, sizeof(text), w->node);
	name = crypttab_escape(w->name);
	source = crypttab_escape(text);
	options = image_options(w, header_place, fstype_of(plan, host, w));
	escaped = crypttab_escape(*options ? options : "luks");
	line = xasprintf("volume %s %s %s %s", name, source, keyfile ? keyfile : "none", escaped);
	texts_add(&plan->lines, &plan->n_lines, line);
}
