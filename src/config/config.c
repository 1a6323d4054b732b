/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/config.h"

#include "base/util.h"
#include "config/crypttab.h"
#include "config/dialects.h"
#include "config/keyfile.h"
#include "config/keyscript.h"
#include "config/loops.h"
#include "config/options.h"
#include "config/promise.h"

/* The line gives no volume. */
static void leave_out(struct config *config, const struct crypttab_entry *e)
{
	struct config alone = { 0 };
	struct volume *v = config_add_volume(&alone, "", "");

	config_options(v, e->options, "", &alone);
	if (v->expect != EXPECT_NOTHING && !v->nofail)
		config->promise_lost = true;
	config_free(&alone);
}

/* What an ignored line promises is kept by the volume that it is ignored for. */
static void keep_promise(struct config *config, struct volume *same, const struct crypttab_entry *e,
			 const char *where)
{
	struct config alone = { 0 };
	struct volume *v = config_add_volume(&alone, "", "");

	config_options(v, e->options, "", &alone);
	if (v->expect != EXPECT_NOTHING) {
		config_promises(same, e->options, where, config);
		same->promised = true;
		same->pinned = same->pins.key_digest[0];
		same->nofail = same->nofail && v->nofail;
		same->leg = same->leg && v->leg;
		same->noauto = same->noauto && v->noauto;
	}
	config_free(&alone);
}

/* Has an earlier entry the same volume? Two files may both have it, the image's own and the
 * crypttab that the image's was made from; twice in one file is a mistake. */
static bool is_duplicate(struct config *config, size_t first_of_file,
			 const struct crypttab_entry *e, const struct devref *source,
			 const char *where)
{
	struct volume *same = config_find_name(config, e->name);

	if (same) {
		keep_promise(config, same, e, where);
		same->fallback_name = false;
		if (same >= &config->volumes[first_of_file])
			findings_add(
				&config->findings, SEVERITY_WARNING,
				"%s: the name \"%s\" is already used by %s; this line is ignored. Give "
				"the volume another name.",
				where, e->name, same->origin);
		return true;
	}
	same = config_find_clash(config, e->name, NULL);
	if (same) {
		findings_add(
			&config->findings, SEVERITY_ERROR,
			"%s: the name \"%s\" clashes with \"%s\" of %s: NAME_dif is the lower mapping "
			"of NAME. This line is ignored; give the volume another name.",
			where, e->name, same->name, same->origin);
		leave_out(config, e);
		return true;
	}
	same = config_find_source(config, source);
	if (same) {
		keep_promise(config, same, e, where);
		if (same->fallback_name) {
			free(same->name);
			same->name = xstrdup(e->name);
			same->fallback_name = false;
		}
	}
	if (same && same >= &config->volumes[first_of_file]) {
		char text[300];

		findings_add(&config->findings, SEVERITY_WARNING,
			     "%s: %s is already unlocked as \"%s\" by %s; this line is ignored.",
			     where, devref_format(source, text, sizeof(text)), same->name,
			     same->origin);
	}
	return same != NULL;
}

static void add_entry(struct config *config, size_t first_of_file, const struct crypttab_entry *e,
		      const char *where)
{
	const char *problem = config_name_problem(e->name);
	struct devref source;
	struct volume *v;

	if (keyfile_is_random(e->keyfile))
		return;
	if (problem) {
		findings_add(&config->findings, SEVERITY_ERROR,
			     "%s: the name \"%.140s\" %s; this volume is left out.", where, e->name,
			     problem);
		leave_out(config, e);
		return;
	}
	if (devref_parse(e->source, &source) < 0) {
		findings_add(
			&config->findings, SEVERITY_ERROR,
			"%s: \"%.200s\" is not a device; write UUID=..., LABEL=..., PARTUUID=..., "
			"PARTLABEL=... or a path such as /dev/sda2. Volume %s is left out.",
			where, e->source, e->name);
		leave_out(config, e);
		return;
	}
	if (is_duplicate(config, first_of_file, e, &source, where))
		return;
	v = config_add_volume(config, e->name, where);
	v->source = source;
	v->from_file = true;
	config_options(v, e->options, where, config);
	v->file_wait = v->device_wait;
	v->promised = v->expect != EXPECT_NOTHING;
	v->pinned = v->pins.key_digest[0];
	keyscript_set_key(v, e->keyfile, where, config);
}

/* Does a text that was not understood promise anything? */
static bool has_promise(const char *text)
{
	for (enum promise p = 0; p < PROMISES; p++)
		if (strstr(text, promise_option(p)))
			return true;
	return false;
}

static void add_file(struct config *config, const struct config_file *file)
{
	size_t first_of_file = config->n_volumes;
	struct crypttab tab;

	crypttab_parse(file->text, file->len, &tab);
	for (size_t i = 0; i < tab.n_errors; i++) {
		config->promise_lost |= has_promise(tab.errors[i].lost);
		findings_add(&config->findings,
			     tab.errors[i].ignored ? SEVERITY_WARNING : SEVERITY_ERROR,
			     "%s line %u: \"%s\" %s.%s", file->path, tab.errors[i].line,
			     tab.errors[i].word, tab.errors[i].problem,
			     tab.errors[i].ignored ? "" : " The line is ignored.");
	}
	for (size_t i = 0; i < tab.n_entries; i++) {
		cleanup_free char *where = xasprintf("%s line %u", file->path, tab.entries[i].line);

		if (i < CRYPTTAB_LINES_MAX)
			add_entry(config, first_of_file, &tab.entries[i], where);
		else
			leave_out(config, &tab.entries[i]);
	}
	if (tab.n_entries > CRYPTTAB_LINES_MAX)
		findings_add(&config->findings, SEVERITY_ERROR,
			     "%s has more than %d lines; the lines after line %u are not used.",
			     file->path, CRYPTTAB_LINES_MAX,
			     tab.entries[CRYPTTAB_LINES_MAX - 1].line);
	crypttab_free(&tab);
}

/* noauto, and formats other than LUKS2, are the files' own choice. */
static bool is_wanted(const struct volume *v)
{
	return !v->other_format && (v->on_cmdline || !v->noauto);
}

/* The parameter that leaves the volume out, or NULL. */
static const char *switched_off(const struct volume *v, const struct off *off)
{
	if (off->all[0])
		return off->all;
	if (off->no_cryptopts[0] && !off->cryptopts)
		return off->no_cryptopts;
	if (v->on_cmdline || !v->from_file || v->expect != EXPECT_NOTHING)
		return NULL;
	if (off->foreign[0])
		return off->foreign;
	return off->not_named[0] ? off->not_named : NULL;
}

void config_build(const struct config_file *files, size_t n, const char *cmdline,
		  struct config *ret)
{
	struct off off = { 0 };
	size_t kept = 0;

	*ret = (struct config){ 0 };
	for (size_t i = 0; i < n; i++)
		add_file(ret, &files[i]);
	for (size_t i = 0; i < ret->n_volumes; i++)
		if (ret->volumes[i].promised)
			ret->volumes[i].promise = promise_options(&ret->volumes[i]);
	if (cmdline)
		config_cmdline(ret, cmdline, &off);

	for (size_t i = 0; i < ret->n_volumes; i++) {
		struct volume v = ret->volumes[i];
		const char *by = switched_off(&v, &off);

		v.off = by ? xstrdup(by) : NULL;
		if (is_wanted(&v))
			ret->volumes[kept++] = v;
		else
			volume_free(&v);
	}
	ret->n_volumes = kept;
	loops_report(ret);
}
