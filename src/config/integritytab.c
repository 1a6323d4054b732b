/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/integritytab.h"

#include "base/parse.h"
#include "base/util.h"
#include "config/volume.h"

#include <stdio.h>

/* A line is a name, two paths and a few options. */
#define LINE_BYTES_MAX 2048
#define COMMIT_MS_MAX 3600000

enum { FIELD_NAME, FIELD_SOURCE, FIELD_KEYFILE, FIELD_OPTIONS, N_FIELDS };

struct reading {
	const char *path;
	unsigned line;
	enum severity severity;
	struct integritytab *tab;
	struct findings *findings;
	size_t said;
};

#define FAULT(r, ...)                                                 \
	do {                                                          \
		cleanup_free char *problem_ = xasprintf(__VA_ARGS__); \
		fault((r), problem_);                                 \
	} while (0)

/* A file of nonsense must not fill the screen with findings. */
static void fault(struct reading *r, const char *problem)
{
	if (r->said < INTEGRITYTAB_MAX)
		findings_add(r->findings, r->severity, "%s line %u: %s", r->path, r->line, problem);
	else if (r->said == INTEGRITYTAB_MAX)
		findings_add(r->findings, r->severity, "%s: there are more mistakes", r->path);
	r->said++;
}

/* --- options ---------------------------------------------------------------------------------- */

/* NULL, or what is wrong with the value, to follow "NAME=VALUE". */
typedef const char *set_option(struct standalone *s, const char *value);

static const char *set_mode(struct standalone *s, const char *value)
{
	static const struct {
		const char *name;
		char mode;
	} modes[] = {
		{ "journal", 'J' }, { "bitmap", 'B' }, { "direct", 'D' }, { "recovery", 'R' }
	};

	for (size_t i = 0; i < ARRAY_SIZE(modes); i++)
		if (str_eq(value, modes[i].name)) {
			s->mode = modes[i].mode;
			return NULL;
		}
	return "is none of journal, bitmap, direct and recovery";
}

static const char *set_hash(struct standalone *s, const char *value)
{
	const struct standalone_hash *hash = standalone_hash(value);

	if (!hash)
		return "is none of crc32c, crc32, xxhash64, sha1, sha256, hmac-sha1, hmac-sha256, "
		       "hmac-sha512, phmac-sha256 and phmac-sha512";
	s->hash = hash;
	return NULL;
}

static const char *set_watermark(struct standalone *s, const char *value)
{
	char digits[8];
	size_t len = strlen(value);
	uint64_t n;

	if (len < 2 || len >= sizeof(digits) || value[len - 1] != '%')
		return "is not a percentage (\"55%\")";
	memcpy(digits, value, len - 1);
	digits[len - 1] = '\0';
	if (parse_u64(digits, 100, &n) < 0)
		return "is not a percentage from 0% to 100%";
	s->watermark = (unsigned)n;
	return NULL;
}

/* systemd reads a time with an optional unit, whose plain number is seconds, and gives the kernel
 * as many milliseconds. */
static const char *set_commit_time(struct standalone *s, const char *value)
{
	uint64_t ms;

	if (parse_seconds(value, &ms) < 0 || ms == WAIT_FOREVER || ms / 1000 > COMMIT_MS_MAX)
		return "is not a time in milliseconds of at most one hour";
	s->commit_ms = (unsigned)((ms + 999) / 1000);
	return NULL;
}

static const char *set_data(struct standalone *s, const char *value)
{
	if (devref_parse(value, &s->data) < 0 ||
	    !str_copy(s->data_text, sizeof(s->data_text), value))
		return "is not a device";
	return NULL;
}

static const struct {
	const char *name; /* ends with '=' if there is a value */
	set_option *set;
	size_t flag; /* else: offset of a bool */
} options[] = {
	{ "allow-discards", NULL, offsetof(struct standalone, discards) },
	{ "noauto", NULL, offsetof(struct standalone, noauto) },
	{ "nofail", NULL, offsetof(struct standalone, nofail) },
	{ "mode=", set_mode, 0 },
	{ "integrity-algorithm=", set_hash, 0 },
	{ "journal-watermark=", set_watermark, 0 },
	{ "journal-commit-time=", set_commit_time, 0 },
	{ "data-device=", set_data, 0 },
};

/* False: the line cannot be used. An option that is not known is ignored, as by systemd. */
static bool read_option(struct reading *r, struct standalone *s, const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		const char *value = str_after(word, options[i].name), *problem;

		if (!value || (!options[i].set && *value))
			continue;
		if (!options[i].set) {
			memset((char *)s + options[i].flag, true, sizeof(bool));
			return true;
		}
		problem = options[i].set(s, value);
		if (problem)
			FAULT(r, "\"%s\" %s; %s is left out", word, problem, s->name);
		return !problem;
	}
	/* Also what no local disk needs. */
	if (!str_eq(word, "_netdev") && !str_after(word, "x-"))
		FAULT(r, "the option \"%s\" is unknown and ignored", word);
	return true;
}

static bool read_options(struct reading *r, struct standalone *s, char *text)
{
	char *rest = text, *word;

	while ((word = strsep(&rest, ",")))
		if (*word && !read_option(r, s, word))
			return false;
	return true;
}

/* --- lines ------------------------------------------------------------------------------------ */

static const char *given(const char *field)
{
	return field && !str_eq(field, "-") && !str_eq(field, "none") ? field : NULL;
}

/* NULL, or what is wrong with the fields before the options. */
static const char *read_fields(char *const fields[N_FIELDS], struct standalone *s)
{
	const char *keyfile = given(fields[FIELD_KEYFILE]);
	const char *name = config_name_problem(fields[FIELD_NAME]);

	if (name)
		return name;
	(void)str_copy(s->name, sizeof(s->name), fields[FIELD_NAME]);
	if (!fields[FIELD_SOURCE])
		return "has no device";
	if (devref_parse(fields[FIELD_SOURCE], &s->source) < 0 ||
	    !str_copy(s->source_text, sizeof(s->source_text), fields[FIELD_SOURCE]))
		return "has a device that is none: it must be a path, UUID=, LABEL=, PARTUUID= or "
		       "PARTLABEL=";
	if (keyfile && *keyfile != '/')
		return "has a key file that is not an absolute path";
	if (keyfile && !str_copy(s->keyfile, sizeof(s->keyfile), keyfile))
		return "has a key file whose path is too long";
	return NULL;
}

/* What no single field shows. */
static const char *judge(const struct integritytab *tab, const struct standalone *s)
{
	if (s->hash->keyed && !s->keyfile[0])
		return "needs a key file for this integrity-algorithm=";
	if (!s->hash->keyed && s->keyfile[0])
		return "has a key file, but its integrity-algorithm= has no key";
	for (size_t i = 0; i < tab->n; i++)
		if (config_names_clash(tab->list[i].name, s->name))
			return "clashes with the name of a line before";
	if (tab->n == INTEGRITYTAB_MAX)
		return "is one line too many";
	return NULL;
}

static void add_line(struct reading *r, char *const fields[N_FIELDS])
{
	struct standalone s = { .mode = 'J' };
	const char *problem = read_fields(fields, &s);
	const char *words = given(fields[FIELD_OPTIONS]);

	if (!problem) {
		snprintf(s.origin, sizeof(s.origin), "%s line %u", r->path, r->line);
		if (words && !read_options(r, &s, fields[FIELD_OPTIONS]))
			return;
		if (!s.hash)
			s.hash = standalone_hash(s.keyfile[0] ? "hmac-sha256" : "crc32c");
		problem = judge(r->tab, &s);
	}
	if (problem) {
		FAULT(r, "\"%s\" %s; the line is left out", fields[FIELD_NAME], problem);
		return;
	}
	*(struct standalone *)array_add(&r->tab->list, &r->tab->n, sizeof(s)) = s;
}

/* As systemd, which reads four fields, and opens the device all the same. */
static void extra_field(struct reading *r, const char *word)
{
	if (*word != '#')
		FAULT(r,
		      "\"%s\" is a fifth field and is ignored; separate options by commas, without "
		      "blanks",
		      word);
}

static void read_line_text(struct reading *r, char *text)
{
	static const char blanks[] = " \t\v\f\r";
	char *fields[N_FIELDS] = { NULL }, *rest = text, *word;
	size_t n = 0;

	while ((word = strsep(&rest, blanks))) {
		if (!*word)
			continue;
		if (n == 0 && *word == '#')
			return;
		if (n == N_FIELDS) {
			extra_field(r, word);
			break;
		}
		fields[n++] = word;
	}
	if (n > 0)
		add_line(r, fields);
}

void integritytab_parse(const char *path, const char *text, size_t len, enum severity severity,
			struct integritytab *tab, struct findings *findings)
{
	struct reading r = { .path = path, .severity = severity, .tab = tab, .findings = findings };
	const char *end = text + len, *bom = "\xef\xbb\xbf";

	if (len >= 3 && memcmp(text, bom, 3) == 0)
		text += 3;
	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		size_t n = (size_t)((newline ? newline : end) - text);
		char line[LINE_BYTES_MAX + 1];

		r.line++;
		if (n > LINE_BYTES_MAX) {
			FAULT(&r, "the line is longer than %d bytes; it is left out",
			      LINE_BYTES_MAX);
		} else if (memchr(text, '\0', n)) {
			FAULT(&r, "the line contains control characters; it is left out");
		} else {
			memcpy(line, text, n);
			line[n] = '\0';
			read_line_text(&r, line);
		}
		text += n + 1;
	}
}

void integritytab_leave_out_clashes(struct integritytab *tab, struct config *config)
{
	size_t kept = 0;

	for (size_t i = 0; i < tab->n; i++) {
		const struct standalone *s = &tab->list[i];
		const struct volume *v = config_find_clash(config, s->name, NULL);

		if (v)
			findings_add(&config->findings, SEVERITY_ERROR,
				     "%s: the name \"%s\" clashes with the volume \"%s\" (%s); the "
				     "line is left out. Give one of them another name.",
				     s->origin, s->name, v->name, v->origin);
		else
			tab->list[kept++] = *s;
	}
	tab->n = kept;
}

void integritytab_free(struct integritytab *tab)
{
	free(tab->list);
	*tab = (struct integritytab){ 0 };
}

const struct standalone *integritytab_named(const struct integritytab *tab, const char *name)
{
	for (size_t i = 0; i < tab->n; i++)
		if (str_eq(tab->list[i].name, name))
			return &tab->list[i];
	return NULL;
}

/* --- writing ---------------------------------------------------------------------------------- */

char *integritytab_format(const struct standalone *s, const char *keyfile)
{
	const char *mode = s->mode == 'B' ? ",mode=bitmap" :
			   s->mode == 'D' ? ",mode=direct" :
			   s->mode == 'R' ? ",mode=recovery" :
					    "";
	char numbers[80] = "";

	if (s->watermark)
		str_append(numbers, sizeof(numbers), ",journal-watermark=%u%%", s->watermark);
	if (s->commit_ms)
		str_append(numbers, sizeof(numbers), ",journal-commit-time=%u", s->commit_ms);
	return xasprintf("%s %s %s integrity-algorithm=%s%s%s%s%s%s", s->name, s->source_text,
			 keyfile ? keyfile : "-", s->hash->name, mode,
			 s->discards ? ",allow-discards" : "", numbers,
			 s->data_text[0] ? ",data-device=" : "", s->data_text);
}
