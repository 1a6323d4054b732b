/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "facts/steps.h"

#include "base/util.h"

#include <stdio.h>

static const char *const kinds[STEP_KINDS] = {
	[STEP_NONE] = "",
	[STEP_DISK] = "disk",
	[STEP_HEADER_DISK] = "header-disk",
	[STEP_HEADER] = "header",
	[STEP_MODULES] = "modules",
	[STEP_PROMPT] = "prompt",
	[STEP_MEMORY] = "memory",
	[STEP_TRY] = "try",
	[STEP_TPM] = "tpm",
	[STEP_KEYSLOT] = "keyslot",
	[STEP_FRESH] = "freshness",
	[STEP_MAPPING] = "mapping",
	[STEP_CHECK] = "check",
	[STEP_READBACK] = "readback",
	[STEP_UDEV] = "udev",
	[STEP_CLOSE] = "close",
	[STEP_ROOT] = "root",
};

static const char *const ends[STEP_ENDS] = {
	[STEP_RUNS] = "runs",	  [STEP_OK] = "ok",	      [STEP_WRONG] = "wrong",
	[STEP_NO_KEY] = "no-key", [STEP_LEFT] = "left-out",   [STEP_STOPPED] = "stopped",
	[STEP_FAILED] = "failed", [STEP_REFUSED] = "refused",
};

static const char *const sources[] = {
	[SOURCE_TOKEN] = "token",	[SOURCE_TPM2] = "tpm2",
	[SOURCE_KEYFILE] = "key-file",	[SOURCE_EMPTY] = "empty",
	[SOURCE_SHARED] = "shared",	[SOURCE_CACHED] = "keyring",
	[SOURCE_TPM2_PIN] = "tpm2-pin", [SOURCE_PROMPT] = "passphrase",
};

const char *step_kind_name(enum step_kind kind)
{
	return kinds[kind];
}

const char *step_end_name(enum step_end end)
{
	return ends[end];
}

const char *source_name(enum source source)
{
	return sources[source];
}

/* --- measuring -------------------------------------------------------------------------------- */

static uint32_t length_of(uint64_t start, uint64_t now)
{
	uint64_t length = now > start ? now - start : 0;

	return length > UINT32_MAX ? UINT32_MAX : (uint32_t)length;
}

void timings_add(struct timings *timings, enum step_kind kind, int number, enum step_end end,
		 uint64_t start, uint64_t now)
{
	if (!timings || timings->n == TIMINGS_MAX)
		return;
	timings->list[timings->n++] = (struct timing){
		.start = start,
		.length = length_of(start, now),
		.number = (int16_t)number,
		.kind = (uint8_t)kind,
		.end = (uint8_t)end,
	};
}

/* In the order of their start. */
static struct step *insert(struct steps *s, const struct timing *t)
{
	size_t at, middle = STEPS_MAX / 2;

	if (s->n == STEPS_MAX) {
		memmove(&s->list[middle], &s->list[middle + 1],
			(s->n - middle - 1) * sizeof(s->list[0]));
		s->n--;
		s->lost++;
	}
	for (at = s->n; at > 0 && s->list[at - 1].t.start > t->start; at--)
		s->list[at] = s->list[at - 1];
	s->list[at] = (struct step){ .t = *t };
	s->n++;
	return &s->list[at];
}

void steps_begin(struct steps *s, enum step_kind kind, int number, uint64_t now, const char *text)
{
	const struct timing t = {
		.start = now, .number = (int16_t)number, .kind = (uint8_t)kind, .end = STEP_RUNS
	};

	str_copy(insert(s, &t)->text, STEP_TEXT, text ? text : "");
}

struct step *steps_running(struct steps *s, enum step_kind kind)
{
	for (size_t i = s->n; i-- > 0;)
		if (s->list[i].t.kind == kind && s->list[i].t.end == STEP_RUNS)
			return &s->list[i];
	return NULL;
}

static void end_step(struct step *step, enum step_end end, uint64_t now)
{
	step->t.end = (uint8_t)end;
	step->t.length = length_of(step->t.start, now);
}

void steps_end(struct steps *s, enum step_kind kind, enum step_end end, uint64_t now,
	       const char *text)
{
	struct step *step = steps_running(s, kind);

	if (!step)
		return;
	end_step(step, end, now);
	if (text)
		str_copy(step->text, sizeof(step->text), text);
}

void steps_end_all(struct steps *s, enum step_end end, uint64_t now)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->list[i].t.end == STEP_RUNS)
			end_step(&s->list[i], end, now);
}

void steps_take(struct steps *s, const struct timings *timings)
{
	for (size_t i = 0; i < timings->n && i < TIMINGS_MAX; i++)
		(void)insert(s, &timings->list[i]);
}

/* --- the record ------------------------------------------------------------------------------- */

char *step_format(const struct step *step)
{
	const struct timing *t = &step->t;
	char subject[16] = "-";

	if (t->kind == STEP_TRY && t->number >= 0)
		str_copy(subject, sizeof(subject), source_name((enum source)t->number));
	else if (t->number >= 0)
		(void)snprintf(subject, sizeof(subject), "%d", t->number);
	return xasprintf("%s %llu.%03u %u.%03u %s %s%s%s", kinds[t->kind],
			 (unsigned long long)(t->start / 1000), (unsigned)(t->start % 1000),
			 t->length / 1000, t->length % 1000, ends[t->end], subject,
			 step->text[0] ? " " : "", step->text);
}

/* The word at *text is cut off and returned; "" at the end. */
static const char *take_word(char **text)
{
	char *word = *text;

	*text += strcspn(*text, " ");
	if (**text)
		*(*text)++ = '\0';
	return word;
}

static int find(const char *const names[], size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (*name && str_eq(names[i], name))
			return (int)i;
	return -1;
}

enum step_kind step_kind_parse(const char *name)
{
	int kind = find(kinds, STEP_KINDS, name);

	return kind < 0 ? STEP_NONE : (enum step_kind)kind;
}

/* "4.922" -> 4922 */
static bool parse_ms(const char *word, uint64_t max, uint64_t *ret)
{
	size_t whole = strspn(word, "0123456789"), part;
	uint64_t ms = 0;

	if (whole == 0 || whole > 12 || word[whole] != '.')
		return false;
	part = strspn(word + whole + 1, "0123456789");
	if (part != 3 || word[whole + 4])
		return false;
	for (const char *c = word; *c; c++)
		if (*c != '.')
			ms = ms * 10 + (uint64_t)(*c - '0');
	*ret = ms;
	return ms <= max;
}

/* A number of at most two digits, a name of a source with STEP_TRY, or "-". */
static bool parse_subject(const char *word, enum step_kind kind, int *ret)
{
	size_t digits = strspn(word, "0123456789");

	if (kind == STEP_TRY) {
		*ret = find(sources, ARRAY_SIZE(sources), word);
		return *ret >= 0;
	}
	*ret = STEP_NO_NUMBER;
	if (str_eq(word, "-"))
		return true;
	*ret = atoi(word);
	return digits > 0 && digits <= 2 && !word[digits];
}

bool step_parse(const char *value, struct step *ret)
{
	cleanup_free char *copy = xstrdup(value);
	char *rest = copy;
	struct step step = { 0 };
	uint64_t start, length;
	int kind, end, number;

	kind = find(kinds, STEP_KINDS, take_word(&rest));
	if (kind < 0 || !parse_ms(take_word(&rest), UINT64_MAX, &start) ||
	    !parse_ms(take_word(&rest), UINT32_MAX, &length))
		return false;
	end = find(ends, STEP_ENDS, take_word(&rest));
	if (end < 0 || !parse_subject(take_word(&rest), (enum step_kind)kind, &number))
		return false;
	step.t = (struct timing){ start, (uint32_t)length, (int16_t)number, (uint8_t)kind,
				  (uint8_t)end };
	str_copy(step.text, sizeof(step.text), rest);
	*ret = step;
	return true;
}
