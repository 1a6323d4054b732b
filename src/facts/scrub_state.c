/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "facts/scrub_state.h"

#include "base/parse.h"
#include "base/util.h"

#include <inttypes.h>
#include <stdio.h>

#define HEAD "intact-scrub=1"

void scrub_state_add(struct scrub_state *s, const struct scrub_run *bad)
{
	struct scrub_run *last = s->n_runs ? &s->runs[s->n_runs - 1] : NULL;

	if (last && last->medium == bad->medium && last->offset + last->len == bad->offset)
		last->len += bad->len;
	else if (s->n_runs < SCRUB_RUNS_MAX)
		*(struct scrub_run *)array_add(&s->runs, &s->n_runs, sizeof(*s->runs)) = *bad;
	else
		s->more += bad->len;
}

static int compare_runs(const void *a, const void *b)
{
	const struct scrub_run *x = a, *y = b;

	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

void scrub_state_cut(struct scrub_state *s, uint64_t end)
{
	struct scrub_run *runs = s->runs;
	size_t n = s->n_runs;
	uint64_t from = 0;

	s->runs = NULL;
	s->n_runs = 0;
	if (n > 1)
		qsort(runs, n, sizeof(*runs), compare_runs);
	for (size_t i = 0; i < n; i++) {
		struct scrub_run part = runs[i];
		uint64_t stop = runs[i].offset + runs[i].len;

		stop = stop < end ? stop : end;
		part.offset = part.offset > from ? part.offset : from;
		if (part.offset >= stop)
			continue;
		part.len = stop - part.offset;
		scrub_state_add(s, &part);
		from = stop;
	}
	free(runs);
}

uint64_t scrub_state_bad(const struct scrub_state *s)
{
	uint64_t bytes = s->more;

	for (size_t i = 0; i < s->n_runs; i++)
		bytes += s->runs[i].len;
	return bytes;
}

/* --- the text --------------------------------------------------------------------------------- */

struct number {
	const char *name;
	size_t at;
};

static const struct number numbers[] = {
	{ "size", offsetof(struct scrub_state, size) },
	{ "position", offsetof(struct scrub_state, position) },
	{ "begun", offsetof(struct scrub_state, begun) },
	{ "last", offsetof(struct scrub_state, last) },
	{ "last-bad", offsetof(struct scrub_state, last_bad) },
	{ "more", offsetof(struct scrub_state, more) },
};

char *scrub_state_write(const struct scrub_state *s)
{
	size_t size = 512 + s->n_runs * 64;
	char *text = xcalloc(1, size);

	str_append(text, size, HEAD "\n");
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		str_append(text, size, "%s=%" PRIu64 "\n", numbers[i].name,
			   *(const uint64_t *)((const char *)s + numbers[i].at));
	for (size_t i = 0; i < s->n_runs; i++)
		str_append(text, size, "bad=%" PRIu64 " %" PRIu64 " %s\n", s->runs[i].offset,
			   s->runs[i].len, s->runs[i].medium ? "medium" : "integrity");
	return text;
}

static bool read_run(char *value, struct scrub_state *s)
{
	char *save = NULL, *offset = strtok_r(value, " ", &save), *len = strtok_r(NULL, " ", &save);
	char *kind = strtok_r(NULL, " ", &save);
	struct scrub_run run = { 0 };

	if (!offset || !len || !kind || strtok_r(NULL, " ", &save) ||
	    parse_u64(offset, INT64_MAX, &run.offset) < 0 ||
	    parse_u64(len, INT64_MAX, &run.len) < 0 || run.len == 0 || s->n_runs == SCRUB_RUNS_MAX)
		return false;
	run.medium = str_eq(kind, "medium");
	if (!run.medium && !str_eq(kind, "integrity"))
		return false;
	*(struct scrub_run *)array_add(&s->runs, &s->n_runs, sizeof(*s->runs)) = run;
	return true;
}

static bool read_state_line(char *line, struct scrub_state *s)
{
	char *value = strchr(line, '=');

	if (!value)
		return false;
	*value++ = '\0';
	if (str_eq(line, "bad"))
		return read_run(value, s);
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		if (str_eq(numbers[i].name, line))
			return parse_u64(value, INT64_MAX,
					 (uint64_t *)((char *)s + numbers[i].at)) == 0;
	return false;
}

bool scrub_state_read(const char *text, struct scrub_state *ret)
{
	cleanup_free char *copy = xstrdup(text);
	struct scrub_state s = { 0 };
	char *save = NULL, *line = strtok_r(copy, "\n", &save);
	bool good = line && str_eq(line, HEAD);

	while (good && (line = strtok_r(NULL, "\n", &save)))
		good = read_state_line(line, &s);
	good = good && s.position <= s.size;
	for (size_t i = 0; good && i < s.n_runs; i++)
		good = s.runs[i].offset <= s.size && s.runs[i].len <= s.size - s.runs[i].offset;
	if (good)
		*ret = s;
	else
		free(s.runs);
	return good;
}
