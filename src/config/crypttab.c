/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/crypttab.h"

#include "base/escape.h"
#include "base/util.h"

enum { FIELD_NAME, FIELD_SOURCE, FIELD_KEYFILE, FIELD_OPTIONS, N_FIELDS };

/* One line while it is read. */
struct line {
	struct crypttab *tab;
	unsigned number;
	const char *p, *end;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\v' || c == '\f' || c == '\r';
}

/* A copy in which a NUL ends nothing: the text may be a whole file without a newline, with any
 * bytes in it. */
static char *copy_bytes(const char *text, size_t len)
{
	char *copy = xcalloc(1, len + 1);

	for (size_t i = 0; i < len; i++)
		copy[i] = text[i] ? text[i] : '?';
	return copy;
}

/* Of the line of the last error, nothing has an effect from this text on. */
static void lose(const struct line *line, const char *from)
{
	struct crypttab_error *e = &line->tab->errors[line->tab->n_errors - 1];

	free(e->lost);
	e->lost = copy_bytes(from, (size_t)(line->end - from));
}

static void add_error(const struct line *line, const char *word, size_t len, bool ignored,
		      const char *problem)
{
	struct crypttab_error *e = array_add(&line->tab->errors, &line->tab->n_errors, sizeof(*e));

	e->word = copy_bytes(word, len > 64 ? 64 : len);
	e->line = line->number;
	e->ignored = ignored;
	e->problem = problem;
	lose(line, line->end);
}

/* The next field; NULL at the end of the line. A quote that is not closed is an error and ends the
 * line. */
static char *next_field(struct line *line, bool *ret_broken)
{
	const char *start;
	char *field, *out, quote = 0;

	while (line->p < line->end && is_blank(*line->p))
		line->p++;
	if (line->p == line->end || *line->p == '#')
		return NULL;

	start = line->p;
	out = field = xcalloc(1, (size_t)(line->end - start) + 1);
	for (; line->p < line->end && (quote || !is_blank(*line->p)); line->p++) {
		char c = *line->p;

		if (quote && c == quote)
			quote = 0;
		else if (!quote && (c == '"' || c == '\'') &&
			 (line->p == start || line->p[-1] == '='))
			quote = c;
		else
			*out++ = c;
	}
	if (quote) {
		add_error(line, start, (size_t)(line->end - start), false,
			  "has a quote that is not closed");
		*ret_broken = true;
	}
	return field;
}

static bool has_nul(const struct line *line)
{
	return memchr(line->p, '\0', (size_t)(line->end - line->p)) != NULL;
}

/* An escape may stand for any byte, so this is asked when all escapes are undone. */
static bool has_control_character(char *fields[N_FIELDS])
{
	for (int i = 0; i < N_FIELDS; i++)
		if (fields[i] && str_has_control(fields[i]))
			return true;
	return false;
}

static void undo_escapes(char *fields[N_FIELDS])
{
	for (int i = 0; i < N_FIELDS; i++)
		if (fields[i])
			(void)unescape(fields[i],
				       ESCAPE_ZERO_OCTAL | (i == FIELD_NAME ? ESCAPE_HEX : 0));
}

/* Replaces the options by what they are with their escaped commas marked. */
static void keep_commas(char **options, const char *as_written)
{
	if (!as_written)
		return;
	free(*options);
	*options = xstrdup(as_written);
	(void)unescape(*options, ESCAPE_ZERO_OCTAL | ESCAPE_COMMA);
}

/* As systemd has it, of key files and options. */
static bool is_none(const char *field)
{
	return !field || str_eq(field, "none") || str_eq(field, "-");
}

/* Moves the fields into a new entry. */
static void add_entry(const struct line *line, char *fields[N_FIELDS])
{
	struct crypttab_entry *e = array_add(&line->tab->entries, &line->tab->n_entries,
					     sizeof(*e));
	const char *keyfile;

	e->line = line->number;
	e->name = steal_pointer(&fields[FIELD_NAME]);
	e->source = steal_pointer(&fields[FIELD_SOURCE]);
	e->options = is_none(fields[FIELD_OPTIONS]) ? xstrdup("") :
						      steal_pointer(&fields[FIELD_OPTIONS]);
	keyfile = fields[FIELD_KEYFILE];
	if (!is_none(keyfile) && *keyfile)
		e->keyfile = steal_pointer(&fields[FIELD_KEYFILE]);
}

#define CONTROL_CHARACTERS "contains control characters; write the line again"

/* A fifth field, which should be a part of the fourth. Returns whether there is one. */
static bool parse_extra(struct line *line)
{
	bool broken = false;
	char *extra = next_field(line, &broken);
	bool there = extra != NULL;

	if (broken)
		line->tab->errors[line->tab->n_errors - 1].ignored = true;
	else if (there)
		add_error(
			line, extra, strlen(extra), true,
			"is a fifth field and is ignored; separate options by commas, without blanks");
	free(extra);
	return there;
}

static void parse_line(struct line *line)
{
	const char *start = line->p, *lost = NULL;
	char *fields[N_FIELDS] = { NULL };
	cleanup_free char *options = NULL;
	bool broken = has_nul(line);
	int n = 0;

	if (broken)
		add_error(line, start, (size_t)(line->end - start), false, CONTROL_CHARACTERS);
	while (n < N_FIELDS && !broken && (fields[n] = next_field(line, &broken)))
		n++;
	if (!broken && n > 0 && n <= FIELD_SOURCE) {
		add_error(line, fields[FIELD_NAME], strlen(fields[FIELD_NAME]), false,
			  "has no device: a line is NAME DEVICE [KEYFILE [OPTIONS]]");
		broken = true;
	}
	if (!broken && n == N_FIELDS) {
		const char *rest = line->p;

		lost = parse_extra(line) ? rest : NULL;
	}
	if (fields[FIELD_OPTIONS])
		options = xstrdup(fields[FIELD_OPTIONS]);
	undo_escapes(fields);
	if (!broken && has_control_character(fields)) {
		add_error(line, start, (size_t)(line->end - start), false, CONTROL_CHARACTERS);
		broken = true;
	}
	keep_commas(&fields[FIELD_OPTIONS], options);
	if (!broken && n > 0)
		add_entry(line, fields);
	if (broken || lost)
		lose(line, broken ? start : lost);
	for (int i = 0; i < N_FIELDS; i++)
		free(fields[i]);
}

#define BYTE_ORDER_MARK "\xef\xbb\xbf"

/* Editors of Windows begin a file with it. Returns the text after it. */
static const char *skip_mark(struct crypttab *tab, const char *text, size_t len)
{
	const struct line line = { .tab = tab, .number = 1 };
	size_t mark = strlen(BYTE_ORDER_MARK);
	const char *newline;

	if (len < mark || memcmp(text, BYTE_ORDER_MARK, mark) != 0)
		return text;
	text += mark;
	len -= mark;
	newline = memchr(text, '\n', len);
	add_error(
		&line, text, newline ? (size_t)(newline - text) : len, true,
		"stands after a byte order mark, which other programs read as a part of the line; "
		"save the file without it");
	return text;
}

void crypttab_parse(const char *text, size_t len, struct crypttab *ret)
{
	const char *end = text + len;
	struct line line = { .tab = ret };

	*ret = (struct crypttab){ 0 };
	text = skip_mark(ret, text, len);
	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));

		line.number++;
		line.p = text;
		line.end = newline ? newline : end;
		parse_line(&line);
		text = newline ? newline + 1 : end;
	}
}

void crypttab_free(struct crypttab *tab)
{
	for (size_t i = 0; i < tab->n_entries; i++) {
		free(tab->entries[i].name);
		free(tab->entries[i].source);
		free(tab->entries[i].keyfile);
		free(tab->entries[i].options);
	}
	for (size_t i = 0; i < tab->n_errors; i++) {
		free(tab->errors[i].word);
		free(tab->errors[i].lost);
	}
	free(tab->entries);
	free(tab->errors);
	*tab = (struct crypttab){ 0 };
}

char *crypttab_option(char **rest)
{
	char *option = strsep(rest, ",");

	for (char *c = option; c && *c; c++)
		if (*c == ESCAPED_COMMA)
			*c = ',';
	return option;
}

char *crypttab_escape(const char *field)
{
	static const char mark[] = "\\0037", comma[] = "\\0054";
	char *text = escape(field, "\"'#");

	for (char *at = text; (at = strstr(at, mark));)
		memcpy(at, comma, strlen(comma));
	return text;
}
