/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Do the image's list of volumes and its copied files say what the plan says? */
#include "base/escape.h"
#include "base/texts.h"
#include "check/image.h"
#include "config/promise.h"

#include <stdio.h>
#include <sys/stat.h>

#define FIELDS 4

/* A line of crypttab: NAME SOURCE KEY OPTIONS, as `intact needs` writes it. */
struct line {
	char *text;
	const char *fields[FIELDS];
};

enum { FIELD_NAME, FIELD_SOURCE, FIELD_KEY, FIELD_OPTIONS };

/* false: it has no source. The caller frees text. */
static bool line_read(const char *at, size_t len, struct line *ret)
{
	char *rest;

	*ret = (struct line){ .text = xstrndup(at, len) };
	rest = ret->text;
	for (size_t i = 0; i < FIELDS; i++) {
		rest += strspn(rest, " \t");
		ret->fields[i] = rest;
		rest += strcspn(rest, " \t");
		if (*rest)
			*rest++ = '\0';
	}
	if (*ret->fields[FIELD_SOURCE] && *ret->fields[FIELD_NAME] != '#')
		return true;
	free(ret->text);
	ret->text = NULL;
	return false;
}

struct lines {
	struct line *list;
	size_t n;
};

static void lines_add(struct lines *lines, const char *at, size_t len)
{
	struct line line;

	if (line_read(at, len, &line))
		*(struct line *)array_add(&lines->list, &lines->n, sizeof(line)) = line;
}

static void lines_free(struct lines *lines)
{
	for (size_t i = 0; i < lines->n; i++)
		free(lines->list[i].text);
	free(lines->list);
}

static struct lines of_image(const struct image *image, const char *path)
{
	const char *text = contents_text(&image->contents, path);
	struct lines lines = { 0 };

	for (; *text; text += strcspn(text, "\n"), text += *text == '\n')
		lines_add(&lines, text, strcspn(text, "\n"));
	return lines;
}

/* prefix: "volume " or "integrity ". */
static struct lines of_plan(const struct plan *plan, const char *prefix)
{
	struct lines lines = { 0 };

	for (size_t i = 0; i < plan->n_lines; i++) {
		const char *text = str_after(plan->lines[i], prefix);

		if (text)
			lines_add(&lines, text, strlen(text));
	}
	return lines;
}

static const struct line *with_field(const struct lines *lines, unsigned field, const char *value)
{
	for (size_t i = 0; i < lines->n; i++)
		if (str_eq(lines->list[i].fields[field], value))
			return &lines->list[i];
	return NULL;
}

struct judging {
	const struct image *image;
	const struct image_devices *devices;
	const struct plan *plan;
	struct faults *faults;
	const char *remake;
};

static enum severity severity_of(const struct judging *j, const char *name)
{
	for (size_t i = 0; i < j->plan->n_wanted; i++)
		if (str_eq(j->plan->wanted[i].name, name))
			return wanted_needed(&j->plan->wanted[i]) ? SEVERITY_ERROR :
								    SEVERITY_WARNING;
	return SEVERITY_ERROR;
}

/* --- the options --------------------------------------------------------------------------------
 */

/* A piece of a line. text: NULL when it is not there. */
struct piece {
	const char *text;
	int len;
};

/* The value of an option, empty for one without '='. */
static struct piece option_value(const char *options, const char *name)
{
	size_t len = 0, prefix = strlen(name);

	for (const char *rest = options; (rest = option_next(rest, &len)); rest += len)
		if (option_is(rest, name)) {
			size_t skip = len > prefix ? prefix + 1 : len;

			return (struct piece){ rest + skip, (int)(len - skip) };
		}
	return (struct piece){ NULL, 0 };
}

static bool same_piece(struct piece a, struct piece b)
{
	return a.text && b.text && a.len == b.len && memcmp(a.text, b.text, (size_t)a.len) == 0;
}

/* What the image demands of the disk against what the disk has: the boot refuses it. */
static void judge_promises(const struct judging *j, const struct line *has, const struct line *want)
{
	for (enum promise p = 0; p < PROMISES; p++) {
		const char *name = promise_option(p);
		struct piece old = option_value(has->fields[FIELD_OPTIONS], name);
		struct piece now = option_value(want->fields[FIELD_OPTIONS], name);

		if (p == PROMISE_FRESH || !now.text || (old.text && !old.len) ||
		    same_piece(old, now))
			continue;
		if (old.text && now.len)
			faults_add(
				j->faults, severity_of(j, has->fields[FIELD_NAME]), "other-pin",
				j->remake,
				"the image demands %s %.*s of the disk of %s, which has %.*s: the "
				"boot would refuse it",
				promise_fact(p), old.len, old.text, has->fields[FIELD_NAME],
				now.len, now.text);
		else if (!old.text && p == PROMISE_INTEGRITY)
			faults_add(j->faults, SEVERITY_NOTE, "no-promise", j->remake,
				   "the image does not demand integrity protection of the disk of "
				   "%s: it was made where the disk was not visible",
				   has->fields[FIELD_NAME]);
	}
}

/* "require", alone or with more, or only "report"? */
static bool requires(struct piece demand)
{
	return demand.text && !str_after(demand.text, "report");
}

/* Only the boot can tell what a record of freshness is worth, but not without one. */
static void judge_fresh(const struct judging *j, const struct line *has, const struct line *want)
{
	const char *name = has->fields[FIELD_NAME], *option = promise_option(PROMISE_FRESH);
	struct piece old = option_value(has->fields[FIELD_OPTIONS], option);
	struct piece now = option_value(want->fields[FIELD_OPTIONS], option);

	if (requires(now) && !requires(old))
		faults_add(j->faults, SEVERITY_NOTE, "no-promise", j->remake,
			   "the image does not demand that the disk of %s is the current one, but "
			   "this system does",
			   name);
	for (size_t i = 0; i < j->plan->n_wanted; i++) {
		const struct wanted *w = &j->plan->wanted[i];
		cleanup_free char *word = shell_word(name);
		cleanup_free char *remedy = xasprintf("intact pin --fresh %s", word);

		if (requires(old) && str_eq(w->name, name) && w->verdict == WANTED_PROTECTED &&
		    w->disk.kind == HEADER_LUKS2 && w->disk.header.fresh == FRESH_NONE)
			faults_add(
				j->faults, severity_of(j, name), "fresh-missing", remedy,
				"the image demands a record of freshness in the header of %s, and "
				"there is none: the boot would refuse the disk",
				w->node);
	}
}

/* What depends on how much of the running system was visible when the image was made. */
static bool is_observed(const char *word)
{
	static const char *const names[] = { "x-intact.fstype", "x-intact.leg",
					     "x-intact.fallback-name", "luks" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (option_is(word, names[i]))
			return true;
	for (enum promise p = 0; p < PROMISES; p++)
		if (option_is(word, promise_option(p)))
			return true;
	return false;
}

/* The first option that only one of the two has; "": there is none. */
static void only_in(const char *options, const char *others, char *ret, size_t size)
{
	size_t len = 0;

	ret[0] = '\0';
	for (const char *rest = options; !ret[0] && (rest = option_next(rest, &len)); rest += len) {
		cleanup_free char *word = xstrndup(rest, len);
		cleanup_free char *name = xstrndup(word, strcspn(word, "="));

		if (!is_observed(word) &&
		    !same_piece(option_value(word, name), option_value(others, name)))
			str_copy(ret, size, word);
	}
}

static void judge_options(const struct judging *j, const struct line *has, const struct line *want)
{
	char word[256];

	only_in(want->fields[FIELD_OPTIONS], has->fields[FIELD_OPTIONS], word, sizeof(word));
	if (word[0])
		faults_add(j->faults, SEVERITY_WARNING, "other-option", j->remake,
			   "%s: crypttab has the option %s now, and the image does not",
			   has->fields[FIELD_NAME], word);
	only_in(has->fields[FIELD_OPTIONS], want->fields[FIELD_OPTIONS], word, sizeof(word));
	if (word[0])
		faults_add(j->faults, SEVERITY_WARNING, "other-option", j->remake,
			   "%s: the image has the option %s, and crypttab does not any more",
			   has->fields[FIELD_NAME], word);
}

/* --- the lines ----------------------------------------------------------------------------------
 */

/* Two names may be those of one disk: its UUID, and its label. */
static bool same_disk(const struct judging *j, const char *name, const char *source)
{
	struct devref ref;

	if (devref_parse(source, &ref) < 0)
		return false;
	for (size_t i = 0; i < j->plan->n_wanted; i++)
		if (str_eq(j->plan->wanted[i].name, name) && j->plan->wanted[i].node[0])
			return j->devices->is(j->devices->arg, &ref, j->plan->wanted[i].node);
	return false;
}

static void judge_line(const struct judging *j, const struct line *has, const struct line *want)
{
	const char *name = want->fields[FIELD_NAME];

	if (!str_eq(has->fields[FIELD_SOURCE], want->fields[FIELD_SOURCE]) &&
	    !same_disk(j, name, has->fields[FIELD_SOURCE]))
		faults_add(j->faults, severity_of(j, name), "other-disk", j->remake,
			   "the image looks for %s on %s, but its disk is %s", name,
			   has->fields[FIELD_SOURCE], want->fields[FIELD_SOURCE]);
	if (!str_eq(has->fields[FIELD_KEY], want->fields[FIELD_KEY]))
		faults_add(j->faults, SEVERITY_WARNING, "other-key", j->remake,
			   "the image takes the key of %s from %s, and crypttab says %s", name,
			   has->fields[FIELD_KEY], want->fields[FIELD_KEY]);
	judge_promises(j, has, want);
	judge_fresh(j, has, want);
	judge_options(j, has, want);
}

static void judge_absent(const struct judging *j, const struct lines *image,
			 const struct line *want, const char *what)
{
	const char *name = want->fields[FIELD_NAME];
	const struct line *other = with_field(image, FIELD_SOURCE, want->fields[FIELD_SOURCE]);

	if (other)
		faults_add(j->faults, SEVERITY_WARNING, "other-name", j->remake,
			   "the image opens %s %s under the name %s, but it is %s now", what,
			   want->fields[FIELD_SOURCE], other->fields[FIELD_NAME], name);
	else
		faults_add(j->faults, severity_of(j, name), "not-listed", j->remake,
			   "the image does not know %s %s (%s): it would not open it", what, name,
			   want->fields[FIELD_SOURCE]);
}

static void judge_file(const struct judging *j, const char *path, const char *prefix,
		       const char *what)
{
	struct lines image = of_image(j->image, path), plan = of_plan(j->plan, prefix);

	for (size_t i = 0; i < plan.n; i++) {
		const struct line *want = &plan.list[i];
		const struct line *has = with_field(&image, FIELD_NAME, want->fields[FIELD_NAME]);

		if (has)
			judge_line(j, has, want);
		else
			judge_absent(j, &image, want, what);
	}
	/* A system without any such volume has nothing to compare the list with. */
	for (size_t i = 0; plan.n && i < image.n; i++) {
		const struct line *has = &image.list[i];

		if (!with_field(&plan, FIELD_NAME, has->fields[FIELD_NAME]) &&
		    !with_field(&plan, FIELD_SOURCE, has->fields[FIELD_SOURCE]))
			faults_add(
				j->faults, SEVERITY_WARNING, "not-needed", j->remake,
				"the image opens %s %s (%s), which this system does not need any "
				"more",
				what, has->fields[FIELD_NAME], has->fields[FIELD_SOURCE]);
	}
	lines_free(&image);
	lines_free(&plan);
}

void image_judge_volumes(const struct image *image, const struct plan *plan,
			 const struct image_devices *devices, struct faults *faults)
{
	cleanup_free char *remake = image_remake(image);
	struct judging j = {
		.image = image, .devices = devices, .plan = plan, .faults = faults, .remake = remake
	};

	judge_file(&j, "/etc/intact/crypttab", "volume ", "the volume");
	judge_file(&j, "/etc/intact/integritytab", "integrity ", "the device");
}

/* --- the files ----------------------------------------------------------------------------------
 */

void image_judge_files(const struct image *image, const struct plan *plan, struct faults *faults)
{
	cleanup_free char *remake = image_remake(image);

	for (size_t i = 0; i < plan->n_lines; i++) {
		const char *text = str_after(plan->lines[i], "file ");
		struct line line;
		const struct file *f;

		if (!text || !line_read(text, strlen(text), &line))
			continue;
		/* SOURCE TARGET MODE */
		f = contents_resolve(&image->contents, line.fields[1]);
		if (!f || !S_ISREG(f->mode) || !f->size)
			faults_add(faults, SEVERITY_WARNING, "no-file", remake,
				   "%s is not in the image: its volume cannot be opened with it",
				   line.fields[0]);
		else if (image->mode & (S_IRGRP | S_IROTH))
			faults_add(faults, SEVERITY_WARNING, "readable-key",
				   image->maker == MAKER_INITRAMFS_TOOLS ?
					   "set UMASK=0077 in /etc/initramfs-tools/initramfs.conf, "
					   "and make the image anew" :
					   "chmod 600 it",
				   "%s, which is copied into the image, can be read by every user, "
				   "since %s can",
				   line.fields[0], image->path);
		free(line.text);
	}
}
