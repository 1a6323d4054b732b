/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/crypttab.h"
#include "image/plan.h"

#include <fnmatch.h>
#include <stdio.h>

#define CLAIM "x-intact.integrity"
#define FSTYPE "x-intact.fstype"

static const struct volume *volume_of(const struct wanted *w)
{
	return w->entry ? entry_volume(w->entry) : NULL;
}

/* Root's failure is the boot's failure. */
static bool holds_system(const struct wanted *w)
{
	return w->uses & (USE_ROOT | USE_USR);
}

bool wanted_needed(const struct wanted *w)
{
	return holds_system(w) ||
	       ((w->uses & USE_ASKED) && !options_have(w->entry->options, "nofail") &&
		!options_have(w->entry->options, "noauto"));
}

static bool is_claimed(const struct wanted *w)
{
	return w->entry && volume_of(w)->expect != EXPECT_NOTHING;
}

bool wanted_protected(const struct wanted *w)
{
	return w->verdict == TAKE_READ || (w->verdict == TAKE_UNREAD && (w->dif || is_claimed(w)));
}

/* --- is it ours? --- */

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
		return h->integrity[0] ?
			       "LUKS2 with integrity \"none\", which authenticates nothing" :
			       "LUKS2 without integrity";
	}
	return "";
}

static bool is_unread(const struct header *h)
{
	return h->kind == HEADER_UNREADABLE || h->kind == HEADER_LUKS2_BROKEN;
}

/* What was found, for the person who builds the image. */
static void explain(struct findings *findings, const struct wanted *w, const char *kernel_version)
{
	const struct volume *v = volume_of(w);

	if (w->verdict == TAKE_READ && v && v->expect == EXPECT_NAMED &&
	    !str_eq(v->integrity, w->header.integrity))
		findings_add(
			findings, SEVERITY_ERROR,
			"%s: crypttab promises integrity by %s, but the header on %s says %s: this disk "
			"will be refused at boot; if the disk is right, correct " CLAIM
			"= in crypttab",
			w->name, v->integrity, w->node, w->header.integrity);
	else if (w->verdict == TAKE_REFUSED)
		findings_add(findings, SEVERITY_ERROR,
			     "%s: crypttab promises integrity (" CLAIM
			     "), but %s is %s: this disk will be "
			     "refused at boot",
			     w->name, w->node, kind_text(&w->header));
	else if (w->verdict == TAKE_UNREAD && !w->node[0])
		findings_add(
			findings, SEVERITY_WARNING,
			"%s: its disk cannot be seen here: the image gets the modules for every kind of "
			"integrity that kernel %s has",
			w->name, kernel_version);
	else if (w->verdict == TAKE_UNREAD)
		findings_add(
			findings, SEVERITY_WARNING,
			"%s: the header on %s cannot be read (%s): the image gets the modules for every "
			"kind of integrity that kernel %s has",
			w->name, w->node, kind_text(&w->header), kernel_version);
	else if (w->verdict == LEAVE && w->header.kind == HEADER_LUKS2 && w->header.integrity[0])
		findings_add(findings, SEVERITY_WARNING, "%s: %s is %s: intact leaves it to others",
			     w->name, w->node, kind_text(&w->header));
	else if (w->verdict == LEAVE && is_unread(&w->header))
		findings_add(findings, SEVERITY_WARNING,
			     "%s: the header on %s cannot be read (%s), so it is left out", w->name,
			     w->node, kind_text(&w->header));
}

void plan_judge(struct plan *plan, struct wanted *w, const char *kernel_version)
{
	if (has_integrity(&w->header))
		w->verdict = TAKE_READ;
	else if (!w->node[0] || is_unread(&w->header))
		w->verdict = !w->node[0] || w->dif || is_claimed(w) ? TAKE_UNREAD : LEAVE;
	else
		w->verdict = is_claimed(w) ? TAKE_REFUSED : LEAVE;
	explain(&plan->findings, w, kernel_version);
}

/* --- its lines --- */

/*
 * Adds the line for a key file or header of the system and returns its place in the image, or NULL
 * (said why) when it cannot go there.  Places are numbered: names may hold what a hook's shell
 * would trip over.
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
			"%s: the %s %s is not put into the image: its name holds blanks or quotes; rename "
			"it",
			w->name, what, path);
		return NULL;
	}
	if (!there) {
		findings_add(&plan->findings, SEVERITY_WARNING,
			     "%s: the %s %s is not there, or no file", w->name, what, path);
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
 * The key file goes into the image only where Debian's users say so: KEYFILE_PATTERN of
 * cryptsetup-initramfs. crypttab alone is not enough: the same line opens the volume from the
 * running system, where the file is protected by the very encryption that a copy in /boot would
 * undo.
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
		"%s: the key file %s stays out of the image, so the passphrase will be asked for "
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

/* What will be mounted from it, or NULL: of several file systems the one that is mounted first. */
static const char *fstype_of(const struct plan *plan, const struct host *host,
			     const struct wanted *w)
{
	const struct mounted *mounted = w->uses & USE_ROOT ? &host->mounted_root :
							     &host->mounted_usr;
	const char *type = w->uses & USE_ROOT ? host->fstab_root_type : host->fstab_usr_type;

	if (!holds_system(w))
		return NULL;
	if (plan->runs_here)
		type = mounted->there ? mounted->mount.type : NULL;
	/* "auto" and lists of types in fstab name none. */
	return type && !str_eq(type, "auto") && !strchr(type, ',') ? type : NULL;
}

/* The user's options, but for those that cannot work or would contradict what the image is for. */
static char *image_options(const struct wanted *w, const char *header_place, const char *fstype)
{
	char *options = xstrdup("");
	size_t len = 0;

	for (const char *rest = w->entry ? w->entry->options : ""; (rest = option_next(rest, &len));
	     rest += len) {
		cleanup_free char *word = xstrndup(rest, len);

		/* The volume would not open with it; config_options has said so. */
		if (str_eq(word, "discard") || str_eq(word, "allow-discards"))
			continue;
		if (holds_system(w) && (str_eq(word, "nofail") || str_eq(word, "noauto")))
			continue;
		if (!header_place || !option_is(word, "header"))
			add_option(&options, word);
	}
	if (header_place)
		add_option_value(&options, "header", header_place);
	/* Swap that does not open means no resume, but never no boot. */
	if (w->uses == USE_RESUME && !options_have(options, "nofail"))
		add_option(&options, "nofail");
	if (!options_have(options, CLAIM)) {
		if (w->verdict == TAKE_READ)
			add_option_value(&options, CLAIM, w->header.integrity);
		else if (w->dif)
			add_option(&options, CLAIM);
	}
	if (fstype && !options_have(options, FSTYPE))
		add_option_value(&options, FSTYPE, fstype);
	return options;
}

void plan_volume(struct plan *plan, const struct host *host, const struct wanted *w)
{
	const struct volume *v = volume_of(w);
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

	/* The UUID finds the disk wherever it is plugged in; one whose header is elsewhere has
	 * none. */
	if (w->verdict == TAKE_READ && w->header.uuid[0] && !(v && v->header))
		snprintf(text, sizeof(text), "UUID=%s", w->header.uuid);
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
