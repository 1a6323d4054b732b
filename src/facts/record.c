/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "facts/record.h"

#include "base/escape.h"
#include "base/util.h"

#include <stdio.h>

static const char *const outcome_names[] = {
	[OUTCOME_OPEN] = "open",
	[OUTCOME_WAS_OPEN] = "was-open",
	[OUTCOME_LEFT] = "left",
	[OUTCOME_FAILED] = "failed",
};

static const char *const fresh_names[] = {
	[FRESH_NOT_ASKED] = "",	   [FRESH_CURRENT] = "current",	  [FRESH_NOTICE] = "notice",
	[FRESH_STALE] = "refused", [FRESH_OVERRIDE] = "override",
};

static void add(char **text, const char *key, const char *value)
{
	char *longer, *clean;

	if (!value[0])
		return;
	clean = xstrdup(value);
	for (char *p = clean; (p = strchr(p, '\n'));)
		*p = ' ';
	str_printable(clean);
	longer = xasprintf("%s%s=%s\n", *text, key, clean);
	free(clean);
	free(*text);
	*text = longer;
}

static void add_number(char **text, const char *key, long number, bool known)
{
	char value[32];

	snprintf(value, sizeof(value), "%ld", number);
	if (known)
		add(text, key, value);
}

/* A message has one line or two: what is wrong, and what to do. */
static void add_reason(char **text, const char *message)
{
	size_t first = strcspn(message, "\n");
	cleanup_free char *reason = xstrndup(message, first);

	add(text, "reason", reason);
	if (message[first])
		add(text, "next", message + first + 1);
}

static void add_steps(char **text, const struct steps *steps)
{
	add_number(text, "steps_lost", (long)steps->lost, steps->lost > 0);
	for (size_t i = 0; i < steps->n; i++) {
		cleanup_free char *value = step_format(&steps->list[i]);

		add(text, "step", value);
	}
}

char *record_format(const struct result *r, uint64_t now_ms)
{
	const struct header *h = r->header;
	char *text = xstrdup("");
	char seconds[32];

	snprintf(seconds, sizeof(seconds), "%llu.%03llu", (unsigned long long)now_ms / 1000,
		 (unsigned long long)now_ms % 1000);
	add(&text, "format", "2");
	add(&text, "volume", r->name);
	add(&text, "outcome", outcome_names[r->outcome]);
	add_number(&text, "code", r->code, true);
	add(&text, "mapping", r->mapping ? r->mapping : "");
	add(&text, "device", r->node);
	if (h) {
		add(&text, "uuid", h->uuid);
		add(&text, "integrity", h->integrity);
		add(&text, "cipher", h->dm_cipher);
		add_number(&text, "sector_size", h->sector_size, h->sector_size > 0);
		add_number(&text, "tag_size", h->tag_size, h->tag_size > 0);
		add(&text, "volume_key", h->key_digest);
	}
	add(&text, "pinned", r->unpinned ? "no" : "");
	add(&text, "mode", r->mode ? r->mode : "");
	if (r->mismatches) {
		char number[32];

		snprintf(number, sizeof(number), "%llu", (unsigned long long)*r->mismatches);
		add(&text, "mismatches", number);
	}
	add(&text, "fresh", fresh_names[r->fresh]);
	add_number(&text, "keyslot", r->keyslot, r->keyslot >= 0);
	add(&text, "promised", r->promised ? r->promised : "");
	add_number(&text, "typed", (long)r->typed, r->typed > 0);
	add(&text, "implementation", r->implementation ? r->implementation : "");
	add(&text, "seconds", seconds);
	add(&text, "stage", step_kind_name(r->stage));
	add_reason(&text, r->text);
	if (r->steps)
		add_steps(&text, r->steps);
	return text;
}

void record_steps(const char *content, struct steps *ret)
{
	ret->n = 0;
	ret->lost = 0;
	for (const char *line = content; *line; line += strspn(line, "\n")) {
		const char *value = str_after(line, "step=");
		size_t len = strcspn(line, "\n");
		cleanup_free char *copy = value ? xstrndup(line, len) : NULL;

		if (value && ret->n < STEPS_MAX &&
		    step_parse(copy + (value - line), &ret->list[ret->n]))
			ret->n++;
		line += len;
	}
}

char *record_value(const char *content, const char *key)
{
	for (const char *line = content; *line; line += strspn(line, "\n")) {
		size_t len = strcspn(line, "\n");
		const char *value = str_after(line, key);

		if (value && *value == '=')
			return xstrndup(value + 1, (size_t)(line + len - value) - 1);
		line += len;
	}
	return xstrdup("");
}
