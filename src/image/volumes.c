/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image/volumes.h"

#include "base/texts.h"
#include "config/crypttab.h"
#include "config/keyscript.h"
#include "config/loops.h"
#include "image/headers.h"
#include "image/holds.h"
#include "image/keys.h"
#include "image/legs.h"
#include "image/pins.h"

#include <fnmatch.h>
#include <stdio.h>

#define FSTYPE "x-intact.fstype"
#define LEG "x-intact.leg"
#define HOLDS "x-intact.holds"

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

/* The promise of crypttab, or of the last image. */
static void explain_refused(struct findings *findings, const struct wanted *w)
{
	const struct volume *v = wanted_volume(w);

	if (v && v->expect != EXPECT_NOTHING)
		findings_add(
			findings, SEVERITY_ERROR,
			"%s: crypttab promises integrity (x-intact.integrity), but %s is %s: this disk "
			"will be refused at boot",
			w->name, w->node, kind_text(&w->disk));
	else
		findings_add(
			findings, wanted_needed(w) ? SEVERITY_ERROR : SEVERITY_WARNING,
			"%s: the image of the last boot demands integrity protection, but %s is %s: "
			"this disk will be refused at boot; if you took the protection away yourself, "
			"remove /run/intact/%s and make the image again",
			w->name, w->node, kind_text(&w->disk), w->name);
}

static void explain(struct findings *findings, const struct wanted *w, const char *kernel_version)
{
	if (w->verdict == WANTED_REFUSED)
		explain_refused(findings, w);
	else if (w->verdict == WANTED_UNREAD && !w->node[0])
		findings_add(
			findings, SEVERITY_WARNING,
			"%s: its disk is not visible here, so the image gets the modules for every kind of "
			"integrity that kernel %s supports",
			w->name, kernel_version);
	else if (w->verdict == WANTED_UNREAD && headers_absent(w))
		headers_explain_absent(findings, w, kernel_version);
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

/* Until its format is finished, nothing opens it. */
static void explain_unfinished(struct findings *findings, const struct wanted *w)
{
	if (w->verdict == WANTED_PROTECTED && w->disk.superblock.state == SUPERBLOCK_UNFINISHED)
		findings_add(
			findings, wanted_needed(w) ? SEVERITY_ERROR : SEVERITY_WARNING,
			"%s: the format of %s is not finished (%u %%), so that the boot cannot "
			"open it; go on with: intact format --resume %s",
			w->name, w->node, w->disk.superblock.percent, w->node);
}

/* A swap whose key file is on root cannot be opened before root is, and no one knows a passphrase
 * for it. */
static bool is_resume_without_key(const struct host *host, const struct wanted *w)
{
	return w->uses == USE_RESUME && w->entry && !keys_are_ours(host, w->entry);
}

void plan_judge(struct plan *plan, const struct host *host, struct wanted *w,
		const char *kernel_version)
{
	if (header_authenticates(&w->disk.header))
		w->verdict = WANTED_PROTECTED;
	else if (!w->node[0] || is_unread(&w->disk))
		w->verdict = !w->node[0] || w->dif || wanted_promised(w) || headers_absent(w) ?
				     WANTED_UNREAD :
				     WANTED_LEFT_OUT;
	else
		w->verdict = wanted_promised(w) ? WANTED_REFUSED : WANTED_LEFT_OUT;
	if (w->verdict != WANTED_LEFT_OUT && is_resume_without_key(host, w)) {
		findings_add(
			&plan->findings, SEVERITY_NOTE,
			"%s: left out of the image, since its key file %s is not in the image: this "
			"system cannot resume from it; to resume, let KEYFILE_PATTERN in "
			"/etc/cryptsetup-initramfs/conf-hook, install_items of dracut or FILES of "
			"mkinitcpio select the key file, or write none into crypttab and type the "
			"passphrase",
			w->name, w->entry->keyfile);
		w->verdict = WANTED_LEFT_OUT;
		return;
	}
	pins_judge(plan, w);
	headers_judge(plan, w);
	explain_unfinished(&plan->findings, w);
	if (w->verdict != WANTED_PROTECTED)
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
	/* Without its header no image opens the volume; without a key file it asks. */
	enum severity severity = str_eq(what, "header") && wanted_needed(w) ? SEVERITY_ERROR :
									      SEVERITY_WARNING;

	if (strpbrk(source, " \t\n\\\"'#")) {
		findings_add(
			&plan->findings, severity,
			"%s: the %s %s is not copied into the image: its name contains blanks or quotes; "
			"rename the file",
			w->name, what, path);
		return NULL;
	}
	if (!there) {
		findings_add(&plan->findings, severity,
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

/* keyscript=cat: another hook puts the key file into the image, as Calamares' does. */
static char *foreign_keyfile(struct plan *plan, const struct wanted *w)
{
	findings_add(
		&plan->findings, SEVERITY_NOTE,
		"%s: because of its keyscript, the boot reads the key file %s that another hook puts into "
		"the image; where that hook does not, the boot asks for the passphrase",
		w->name, w->entry->keyfile);
	return xstrdup(w->entry->keyfile);
}

/*
 * A partition or disk under the name that the kernel gives to it in the order in which it appears?
 * All other names in /dev are meant by their administrator: /dev/md0, /dev/mapper/x, /dev/vg/lv and
 * the links of udev. The legs of a RAID or a snapshot carry the UUID of what stands above them.
 */
static bool is_bare_disk(const char *path)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz", digits[] = "0123456789";
	static const char *const lettered[] = { "/dev/sd", "/dev/vd", "/dev/xvd", "/dev/hd" };
	static const char *const numbered[] = { "/dev/nvme", "/dev/mmcblk" };
	const char *p;

	for (size_t i = 0; i < ARRAY_SIZE(lettered); i++) {
		p = str_after(path, lettered[i]);
		if (p && strspn(p, letters)) {
			p += strspn(p, letters);
			return !p[strspn(p, digits)];
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(numbered); i++) {
		p = str_after(path, numbered[i]);
		if (p && strspn(p, digits))
			return !p[strspn(p, "0123456789np")];
	}
	return false;
}

/* Nothing else opens a volume before intact has opened its own. */
static void judge_key_on_volume(struct plan *plan, const struct host *host, const struct wanted *w,
				const struct file_place *place)
{
	for (size_t i = 0; i < host->tab.n; i++) {
		const struct entry *e = &host->tab.entries[i];

		if (!loops_names_mapping(&place->device, e->name) &&
		    !str_eq(w->key_mapping, e->name))
			continue;
		if (e == w->entry)
			findings_add(&plan->findings, SEVERITY_WARNING,
				     "%s: its key is on the volume that it is to open, so the boot "
				     "asks for the passphrase",
				     w->name);
		else if (!plan_opens(plan, e))
			findings_add(
				&plan->findings, SEVERITY_WARNING,
				"%s: its key is on the volume %s, which the image does not open, so "
				"the boot asks for the passphrase; if %s has integrity protection, "
				"add the option initramfs to its line in crypttab",
				w->name, e->name, e->name);
	}
}

/* The key is read at boot; where from may be another device then. */
static char *key_elsewhere(struct plan *plan, const struct host *host, const struct wanted *w,
			   const struct file_place *place)
{
	judge_key_on_volume(plan, host, w, place);
	if (place->device.kind == DEVREF_PATH && is_bare_disk(place->device.value))
		findings_add(
			&plan->findings, SEVERITY_WARNING,
			"%s: the key is on %s, a name that another disk may have at the next boot: write "
			"UUID=, LABEL=, PARTUUID= or a path in /dev/disk in crypttab",
			w->name, place->device.value);
	return xstrdup(w->entry->keyfile);
}

/*
 * A key file is copied only if KEYFILE_PATTERN of cryptsetup-initramfs selects it. The line in
 * crypttab is not enough: it also opens the volume from the running system, where the key file is
 * protected by the very encryption that a copy in /boot would defeat.
 */
static char *add_keyfile(struct plan *plan, const struct host *host, const struct wanted *w)
{
	const struct entry *e = w->entry;
	struct file_place place;

	if (!e || !e->keyfile || e->throwaway)
		return NULL;
	if (keys_elsewhere(e, &place))
		return key_elsewhere(plan, host, w, &place);
	if (keys_are_included(host, e) && w->has_keyfile)
		return xstrdup(e->keyfile);
	if (keys_are_copied(host, e))
		return add_file(plan, host->root, w, "key file", e->keyfile, w->has_keyfile);
	if (keyscript_reads_image(entry_volume(e)->keyscript))
		return foreign_keyfile(plan, w);
	findings_add(
		&plan->findings, SEVERITY_WARNING,
		"%s: the key file %s is not put into the image, so the boot will ask for the passphrase "
		"(KEYFILE_PATTERN in /etc/cryptsetup-initramfs/conf-hook, install_items of dracut and "
		"FILES of mkinitcpio select key files)",
		w->name, e->keyfile);
	return NULL;
}

/* The third field of the image's line. */
static char *key_field(struct plan *plan, const struct host *host, const struct wanted *w)
{
	const struct volume *v = wanted_volume(w);
	cleanup_free char *keyfile = add_keyfile(plan, host, w);

	if (v && v->key_name)
		return crypttab_escape(str_after(v->key_name, "cryptsetup:"));
	return crypttab_escape(keyfile ? keyfile : "none");
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

/* What crypttab does not say itself. */
static void add_promises(char **options, const struct wanted *w)
{
	char value[PROMISE_MAX];

	for (enum promise p = 0; p < PROMISES; p++) {
		if (options_have(*options, promise_option(p)))
			continue;
		pins_value(w, p, value);
		if (*value)
			add_option_value(options, promise_option(p), value);
		else if (p == PROMISE_INTEGRITY && wanted_protected(w))
			add_option(options, promise_option(p));
	}
}

/* The time that stands in the third field with keyscript=passdev. */
static void add_key_wait(char **options, const struct volume *v)
{
	char seconds[32];

	if (!v || !v->keyscript || v->keyfile_wait == WAIT_FOREVER ||
	    options_have(*options, "keyfile-timeout"))
		return;
	(void)snprintf(seconds, sizeof(seconds), "%llu",
		       (unsigned long long)(v->keyfile_wait / 1000));
	add_option_value(options, "keyfile-timeout", seconds);
}

/* The options in crypttab, without those that cannot work or that contradict the image's purpose.
 */
static char *image_options(const struct wanted *w, const char *header_place, const char *fstype,
			   bool leg, const char *holds)
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
		/* The line says by itself what the other scripts mean. */
		if (option_is(word, "keyscript") &&
		    !keyscript_names_key(str_after(word, "keyscript=")))
			continue;
		if (!header_place || !option_is(word, "header"))
			add_option(&options, word);
	}
	if (header_place)
		add_option_value(&options, "header", header_place);
	add_key_wait(&options, wanted_volume(w));
	/* If swap cannot be opened, only resume fails, not the boot. */
	if (w->uses == USE_RESUME && !options_have(options, "nofail"))
		add_option(&options, "nofail");
	if (!w->entry)
		add_option(&options, "x-intact.fallback-name");
	if (leg && !options_have(options, LEG))
		add_option(&options, LEG);
	add_promises(&options, w);
	if (holds && !options_have(options, HOLDS))
		add_option_value(&options, HOLDS, holds);
	if (fstype && !options_have(options, FSTYPE))
		add_option_value(&options, FSTYPE, fstype);
	return options;
}

/* What the image's line calls the disk. A disk with a detached header has no UUID. */
static void source_text(const struct wanted *w, char *text, size_t size)
{
	const struct volume *v = wanted_volume(w);
	bool has_uuid = w->verdict == WANTED_PROTECTED && w->disk.header.uuid[0] &&
			!wanted_detached(w);

	if (v)
		devref_format(&v->source, text, size);
	else
		str_copy(text, size, w->mapped[0] ? w->mapped : w->node);
	if (has_uuid && (v ? v->source.kind == DEVREF_PATH && is_bare_disk(text) : !w->mapped[0]))
		snprintf(text, size, "UUID=%s", w->disk.header.uuid);
}

void plan_volume(struct plan *plan, const struct host *host, const struct wanted *w)
{
	const struct volume *v = wanted_volume(w);
	cleanup_free char *name = NULL, *source = NULL, *key = NULL, *options = NULL;
	cleanup_free char *header_place = NULL, *escaped = NULL, *line = NULL;
	cleanup_free char *holds = holds_value(plan, host, w);
	char text[300];

	for (size_t i = 0; v && i < w->entry->config.findings.n; i++)
		findings_add(&plan->findings, SEVERITY_WARNING, "%s",
			     w->entry->config.findings.list[i].text);
	key = key_field(plan, host, w);
	if (wanted_detached(w) && v->header.kind == PLACE_IMAGE)
		header_place = add_file(plan, host->root, w, "header", v->header.path,
					w->header.path);

	source_text(w, text, sizeof(text));
	name = crypttab_escape(w->name);
	source = crypttab_escape(text);
	options = image_options(w, header_place, fstype_of(plan, host, w), legs_is_leg(plan, w),
				holds);
	escaped = crypttab_escape(*options ? options : "luks");
	line = xasprintf("volume %s %s %s %s", name, source, key, escaped);
	texts_add(&plan->lines, &plan->n_lines, line);
}
