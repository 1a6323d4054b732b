/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "intact/reported.h"

#include "base/escape.h"
#include "base/json.h"
#include "base/util.h"
#include "facts/record.h"

#include <stdio.h>

#define BAR 30
/* The record of the check of the mounted root; see unlock/report.c. */
#define ROOT ".root"

/* One record, taken apart. */
struct told {
	const char *name;
	const char *content;
	struct steps steps;
};

static char *value(const struct told *t, const char *key)
{
	return str_printable(record_value(t->content, key));
}

/* "12.034" -> 12034; 0 when it is not there. */
static uint64_t ms_of(const char *seconds)
{
	char *end;
	uint64_t ms = strtoull(seconds, &end, 10) * 1000;

	return *end == '.' ? ms + strtoul(end + 1, NULL, 10) : ms;
}

static bool has_failed(const struct told *t)
{
	cleanup_free char *outcome = value(t, "outcome");

	return str_eq(outcome, "failed");
}

/* --- words ------------------------------------------------------------------------------------ */

static const char *source_words(enum source source)
{
	static const char *const words[] = {
		[SOURCE_TOKEN] = "keyring token",
		[SOURCE_TPM2] = "TPM2",
		[SOURCE_KEYFILE] = "key file",
		[SOURCE_EMPTY] = "empty passphrase",
		[SOURCE_SHARED] = "passphrase of another volume",
		[SOURCE_CACHED] = "passwords in the keyring",
		[SOURCE_TPM2_PIN] = "TPM2 with PIN",
		[SOURCE_PROMPT] = "passphrase",
	};

	return words[source];
}

/* Parts of another step are indented. */
static void label(const struct timing *t, char *buf, size_t size)
{
	static const char *const words[STEP_KINDS] = {
		[STEP_NONE] = "?",
		[STEP_DISK] = "wait for disk",
		[STEP_HEADER_DISK] = "wait for header's disk",
		[STEP_HEADER] = "read header",
		[STEP_MODULES] = "load modules",
		[STEP_PROMPT] = "prompt",
		[STEP_MEMORY] = "wait for memory",
		[STEP_TRY] = "try",
		[STEP_TPM] = "  TPM",
		[STEP_KEYSLOT] = "  keyslot",
		[STEP_FRESH] = "  freshness",
		[STEP_MAPPING] = "  mapping",
		[STEP_CHECK] = "check",
		[STEP_READBACK] = "  read back",
		[STEP_UDEV] = "  udev",
		[STEP_CLOSE] = "close",
		[STEP_ROOT] = "check mounted root",
	};

	buf[0] = '\0';
	str_append(buf, size, "%s", words[t->kind]);
	if (t->kind == STEP_TRY && t->number >= 0)
		str_append(buf, size, " %s", source_words((enum source)t->number));
	else if (t->number >= 0)
		str_append(buf, size, " %d", t->number);
}

static const char *end_words(enum step_end end)
{
	static const char *const words[STEP_ENDS] = {
		[STEP_RUNS] = "not finished",	    [STEP_OK] = "",
		[STEP_WRONG] = "opens no keyslot",  [STEP_NO_KEY] = "no key",
		[STEP_LEFT] = "could not be tried", [STEP_STOPPED] = "not needed any more",
		[STEP_FAILED] = "failed",	    [STEP_REFUSED] = "refused",
	};

	return words[end];
}

/* "waiting for its disk": where it failed. */
static const char *stage_words(enum step_kind stage)
{
	static const char *const words[STEP_KINDS] = {
		[STEP_NONE] = "",
		[STEP_DISK] = "waiting for its disk",
		[STEP_HEADER_DISK] = "waiting for the disk of its header",
		[STEP_HEADER] = "reading its header",
		[STEP_MODULES] = "loading kernel modules",
		[STEP_PROMPT] = "asking for a passphrase",
		[STEP_MEMORY] = "waiting for memory",
		[STEP_TRY] = "trying keys and passphrases",
		[STEP_TPM] = "asking the TPM",
		[STEP_KEYSLOT] = "deriving the key of a keyslot",
		[STEP_FRESH] = "checking its record of freshness",
		[STEP_MAPPING] = "making its mapping",
		[STEP_CHECK] = "checking what was opened",
		[STEP_READBACK] = "reading its first sectors",
		[STEP_UDEV] = "waiting for udev",
		[STEP_CLOSE] = "closing it",
		[STEP_ROOT] = "checking what the mounted root is on",
	};

	return words[stage];
}

/* --- text ------------------------------------------------------------------------------------- */

static const char *titled(const struct told *t)
{
	return str_eq(t->name, ROOT) ? "mounted root" : t->name;
}

static void print_outcome(const struct told *t)
{
	cleanup_free char *outcome = value(t, "outcome"), *seconds = value(t, "seconds");

	printf("%s: ", titled(t));
	if (str_eq(t->name, ROOT) && str_eq(outcome, "open"))
		printf("is on the checked volumes");
	else if (str_eq(outcome, "open"))
		printf("opened");
	else if (str_eq(outcome, "was-open"))
		printf("was open already, and was checked");
	else if (str_eq(outcome, "left"))
		printf("left alone");
	else
		printf("not opened");
	printf(", %s s after the kernel started\n", *seconds ? seconds : "?");
}

static void print_line(const char *head, const char *text)
{
	if (*text)
		printf("  %-9s %s\n", head, text);
}

static void print_disk(const struct told *t)
{
	cleanup_free char *device = value(t, "device"), *integrity = value(t, "integrity"),
			  *cipher = value(t, "cipher"), *keyslot = value(t, "keyslot"),
			  *implementation = value(t, "implementation"), *line = NULL;

	line = xasprintf("%s%s%s%s%s", device, *integrity ? ", " : "", integrity,
			 *keyslot ? ", keyslot " : "", keyslot);
	print_line("disk", line);
	print_line("cipher", cipher);
	print_line("driver", implementation);
}

static void print_failure(const struct told *t)
{
	cleanup_free char *stage = value(t, "stage"), *reason = value(t, "reason"),
			  *next = value(t, "next");

	if (has_failed(t))
		print_line("while", stage_words(step_kind_parse(stage)));
	print_line("why", reason);
	print_line("next", next);
}

/* What was tried, in the order in which it was. */
static void print_tries(const struct told *t)
{
	cleanup_free char *typed = value(t, "typed");

	for (size_t i = 0; i < t->steps.n; i++) {
		const struct step *s = &t->steps.list[i];
		cleanup_free char *text = str_printable(xstrdup(s->text));
		cleanup_free char *line = NULL;

		if (s->t.kind != STEP_TRY || s->t.number < 0)
			continue;
		line = xasprintf("%s: %s%s%s%s", source_words((enum source)s->t.number),
				 s->t.end == STEP_OK ? "opens it" :
						       end_words((enum step_end)s->t.end),
				 *text ? " (" : "", text, *text ? ")" : "");
		print_line("tried", line);
	}
	if (*typed)
		printf("  %-9s %s time%s\n", "typed", typed, str_eq(typed, "1") ? "" : "s");
}

/* A step from a to b in the time from start to end. */
static void bar(uint64_t start, uint64_t end, uint64_t a, uint64_t b, char buf[static BAR + 1])
{
	uint64_t all = end > start ? end - start : 1;
	size_t from = (size_t)((a - start) * BAR / all), to = (size_t)((b - start) * BAR / all);

	from = from < BAR ? from : BAR - 1;
	to = to > from ? to : from + 1;
	memset(buf, ' ', BAR);
	memset(buf + from, '#', (to < BAR ? to : BAR) - from);
	buf[BAR] = '\0';
}

static void print_bars(const struct told *t)
{
	const struct steps *s = &t->steps;
	uint64_t start = UINT64_MAX, end = 0;
	cleanup_free char *lost = value(t, "steps_lost");

	for (size_t i = 0; i < s->n; i++) {
		uint64_t until = s->list[i].t.start + s->list[i].t.length;

		start = s->list[i].t.start < start ? s->list[i].t.start : start;
		end = until > end ? until : end;
	}
	for (size_t i = 0; i < s->n; i++) {
		const struct timing *step = &s->list[i].t;
		const char *words = end_words((enum step_end)step->end);
		char name[64], line[BAR + 1];

		label(step, name, sizeof(name));
		bar(start, end, step->start, step->start + step->length, line);
		printf("  %-32s |%s| %4u.%03u s%s%s\n", name, line, step->length / 1000,
		       step->length % 1000, *words ? "  " : "", words);
	}
	if (*lost)
		printf("  (%s more steps were not kept)\n", lost);
}

static void print_text(const struct told *t)
{
	print_outcome(t);
	if (!str_eq(t->name, ROOT))
		print_disk(t);
	print_failure(t);
	print_tries(t);
	print_bars(t);
}

/* --- blame ------------------------------------------------------------------------------------ */

struct blamed {
	const char *name;
	const struct timing *t;
	size_t order;
};

/* Does the step consist of others, which are listed themselves? */
static bool is_sum(const struct steps *s, size_t i)
{
	const struct timing *t = &s->list[i].t;

	if ((t->kind != STEP_TRY && t->kind != STEP_CHECK) || i + 1 == s->n)
		return false;
	return s->list[i + 1].t.kind > t->kind && s->list[i + 1].t.kind < STEP_CLOSE &&
	       s->list[i + 1].t.kind != STEP_CHECK;
}

static int longer_first(const void *a, const void *b)
{
	const struct blamed *first = a, *second = b;
	const struct timing *x = first->t, *y = second->t;

	if (x->length != y->length)
		return x->length < y->length ? 1 : -1;
	if (x->start != y->start)
		return x->start > y->start ? 1 : -1;
	return first->order > second->order ? 1 : -1;
}

static void print_blame(const struct told *told, size_t n)
{
	struct blamed *all = NULL;
	size_t n_all = 0;

	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < told[i].steps.n; j++) {
			if (is_sum(&told[i].steps, j))
				continue;

			struct blamed one = { titled(&told[i]), &told[i].steps.list[j].t, n_all };

			*(struct blamed *)array_add(&all, &n_all, sizeof(*all)) = one;
		}
	if (n_all)
		qsort(all, n_all, sizeof(*all), longer_first);
	for (size_t i = 0; i < n_all; i++) {
		char name[64];

		label(all[i].t, name, sizeof(name));
		printf("%4u.%03us %s: %s\n", all[i].t->length / 1000, all[i].t->length % 1000,
		       all[i].name, name + strspn(name, " "));
	}
	free(all);
}

/* --- JSON ------------------------------------------------------------------------------------- */

static const char *const texts[] = { "outcome",	 "mapping",	   "device", "uuid",   "integrity",
				     "cipher",	 "volume_key",	   "pinned", "mode",   "fresh",
				     "promised", "implementation", "stage",  "reason", "next" };
static const char *const numbers[] = { "format",  "code",	"sector_size", "tag_size",
				       "keyslot", "mismatches", "typed",       "steps_lost" };

static void json_step(const struct step *s)
{
	cleanup_free char *text = json_string(s->text);

	printf("{\"kind\": \"%s\", \"start\": %llu.%03u, \"length\": %u.%03u, \"end\": \"%s\"",
	       step_kind_name((enum step_kind)s->t.kind), (unsigned long long)(s->t.start / 1000),
	       (unsigned)(s->t.start % 1000), s->t.length / 1000, s->t.length % 1000,
	       step_end_name((enum step_end)s->t.end));
	if (s->t.kind == STEP_TRY && s->t.number >= 0)
		printf(", \"source\": \"%s\"", source_name((enum source)s->t.number));
	else if (s->t.number >= 0)
		printf(", \"number\": %d", s->t.number);
	printf(", \"text\": %s}", text);
}

static void json_record(const struct told *t)
{
	cleanup_free char *name = json_string(t->name), *seconds = value(t, "seconds");
	uint64_t ms = ms_of(seconds);

	printf("{\"volume\": %s", name);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		cleanup_free char *text = value(t, texts[i]), *quoted = json_string(text);

		if (*text)
			printf(", \"%s\": %s", texts[i], quoted);
	}
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		cleanup_free char *text = value(t, numbers[i]);

		if (*text)
			printf(", \"%s\": %llu", numbers[i], strtoull(text, NULL, 10));
	}
	printf(", \"seconds\": %llu.%03u, \"steps\": [", (unsigned long long)(ms / 1000),
	       (unsigned)(ms % 1000));
	for (size_t i = 0; i < t->steps.n; i++) {
		fputs(i ? ",\n  " : "\n  ", stdout);
		json_step(&t->steps.list[i]);
	}
	fputs("]}", stdout);
}

static void print_json(const struct told *told, size_t n, int boot)
{
	bool first = true;

	printf("{\"boot\": %d, \"volumes\": [", boot);
	for (size_t i = 0; i < n; i++) {
		if (str_eq(told[i].name, ROOT))
			continue;
		fputs(first ? "\n " : ",\n ", stdout);
		json_record(&told[i]);
		first = false;
	}
	fputs("]", stdout);
	for (size_t i = 0; i < n; i++)
		if (str_eq(told[i].name, ROOT)) {
			fputs(",\n\"root\": ", stdout);
			json_record(&told[i]);
		}
	puts("}");
}

/* --- all -------------------------------------------------------------------------------------- */

static int by_end(const void *a, const void *b)
{
	const struct logged_record *x = a, *y = b;
	cleanup_free char *s = record_value(x->content, "seconds"),
			  *t = record_value(y->content, "seconds");
	uint64_t p = ms_of(s), q = ms_of(t);

	return p != q ? (p > q ? 1 : -1) : strcmp(x->name, y->name);
}

void reported_print(struct logged_record *records, size_t n, int boot, enum reported_form form)
{
	cleanup_free struct told *told = xcalloc(n + 1, sizeof(*told));

	if (n)
		qsort(records, n, sizeof(*records), by_end);
	for (size_t i = 0; i < n; i++) {
		str_printable(records[i].name);
		told[i].name = records[i].name;
		told[i].content = records[i].content;
		record_steps(told[i].content, &told[i].steps);
	}
	if (form == REPORTED_JSON)
		print_json(told, n, boot);
	else if (form == REPORTED_BLAME)
		print_blame(told, n);
	else
		for (size_t i = 0; i < n; i++) {
			if (i)
				putchar('\n');
			print_text(&told[i]);
		}
}

int reported_code(const struct logged_record *records, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct told t = { .content = records[i].content };
		cleanup_free char *code = value(&t, "code");
		long number = strtol(code, NULL, 10);

		if (has_failed(&t))
			return number > 0 && number < 128 ? (int)number : 1;
	}
	return 0;
}
