/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The report of a volume whose every text is the disk's. */
#include "fuzz.h"

#include "facts/cryptolist.h"
#include "facts/record.h"
#include "facts/record_log.h"

static const char *const keys[] = {
	"volume=",   "outcome=",     "code=",	    "device=",	       "uuid=",	   "integrity=",
	"cipher=",   "sector_size=", "tag_size=",   "keyslot=",	       "seconds=", "reason=",
	"promised=", "pinned=",	     "volume_key=", "fresh=",	       "format=",  "stage=",
	"typed=",    "next=",	     "steps_lost=", "implementation=",
};

/* Each line begins with a key, and no key comes twice: no text reaches into another line. */
static void check_lines(const char *text)
{
	unsigned seen = 0;

	while (*text) {
		unsigned key = 0;

		if (str_after(text, "step=")) {
			text = strchr(text, '\n') + 1;
			continue;
		}
		while (key < ARRAY_SIZE(keys) && !str_after(text, keys[key]))
			key++;
		MUST(key < ARRAY_SIZE(keys) && !(seen & 1U << key));
		seen |= 1U << key;
		text = strchr(text, '\n');
		MUST(text);
		text++;
	}
	MUST(seen & 1 << 1 && seen & 1 << 2);
}

/* What is read back is the whole line, for each key that is there. */
static void check_values(const char *text)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		char *key = xstrndup(keys[i], strlen(keys[i]) - 1),
		     *value = record_value(text, key);
		char *line = xasprintf("%s%s\n", keys[i], value);

		MUST(!value[0] || strstr(text, line));
		free(line);
		free(value);
		free(key);
	}
}

static void make_steps(struct fuzz_input *in, struct steps *steps)
{
	struct timings timings = { 0 };
	uint64_t now = 0;

	for (unsigned n = (unsigned)fuzz_below(in, 60); n > 0; n--) {
		enum step_kind kind = (enum step_kind)(1 + fuzz_below(in, STEP_KINDS - 1));
		int number = (int)fuzz_below(in, 8);
		char text[300];

		fuzz_text(in, NULL, 0, text, sizeof(text));
		now += fuzz_below(in, 100000);
		timings_add(&timings, kind, number, STEP_LEFT, fuzz_number(in) % 1000000000, now);
		steps_begin(steps, kind, kind == STEP_TRY ? number : number - 1, now, text);
		if (fuzz_bool(in))
			steps_end(steps, kind, (enum step_end)(1 + fuzz_below(in, 7)), now, NULL);
	}
	steps_take(steps, &timings);
	steps_end_all(steps, STEP_STOPPED, now);
}

/* All that was written is read again, in the same order. */
static void check_steps(const char *text, const struct steps *steps)
{
	struct steps again;

	record_steps(text, &again);
	MUST(again.n == steps->n);
	for (size_t i = 0; i < again.n; i++)
		MUST(memcmp(&again.list[i].t, &steps->list[i].t, sizeof(again.list[i].t)) == 0);
}

static char log_text[1 << 18];

static void log_line(const char *line)
{
	MUST(strlen(line) <= RECORD_LOG_LINE);
	str_append(log_text, sizeof(log_text), "%s\n", line);
}

/* What goes through the kernel's log comes back with as many lines. */
static void check_log(const char *text)
{
	struct logged_record *records;
	size_t n, before = 0, after = 0;

	log_text[0] = '\0';
	record_log_write("root", text, log_line);
	record_log_read(log_text, &records, &n);
	MUST(n == 1 && str_eq(records[0].name, "root"));
	for (const char *p = text; (p = strchr(p, '\n')); p++)
		before++;
	for (const char *p = records[0].content; (p = strchr(p, '\n')); p++)
		after++;
	MUST(before == after);
	record_log_free(records, n);
}

/* A record that another program wrote: what is a step is one in any case. */
static void check_foreign(const uint8_t *data, size_t size)
{
	char *text = xstrndup((const char *)data, size);
	struct logged_record *records;
	struct steps steps;
	char driver[64];
	size_t n;

	/* /proc/crypto, which the record quotes. */
	MUST(cryptolist_driver(text, "aes", driver, sizeof(driver)) || !driver[0]);
	record_log_read(text, &records, &n);
	record_log_free(records, n);
	record_steps(text, &steps);
	for (size_t i = 0; i < steps.n; i++) {
		char *value = step_format(&steps.list[i]);
		struct step again;

		MUST(step_parse(value, &again) && again.t.start == steps.list[i].t.start);
		free(value);
	}
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	char name[64], node[64], reason[64], *text;
	struct steps steps = { 0 };
	struct header h = { .sector_size = (unsigned)fuzz_number(&in),
			    .tag_size = (unsigned)fuzz_number(&in) };
	struct result result = { .outcome = (enum outcome)fuzz_below(&in, 4),
				 .code = (enum exit_code)fuzz_below(&in, 9),
				 .name = name,
				 .node = node,
				 .keyslot = (int)fuzz_below(&in, 33) - 1,
				 .text = reason };

	if (fuzz_bool(&in))
		result.header = &h;
	fuzz_text(&in, NULL, 0, name, sizeof(name));
	fuzz_text(&in, NULL, 0, node, sizeof(node));
	fuzz_text(&in, NULL, 0, reason, sizeof(reason));
	fuzz_text(&in, NULL, 0, h.uuid, sizeof(h.uuid));
	fuzz_text(&in, NULL, 0, h.integrity, sizeof(h.integrity));
	fuzz_text(&in, NULL, 0, h.dm_cipher, sizeof(h.dm_cipher));
	result.unpinned = fuzz_bool(&in);
	if (fuzz_bool(&in))
		result.promised = reason;
	result.fresh = (enum fresh_outcome)fuzz_below(&in, 5);
	make_steps(&in, &steps);
	result.steps = &steps;
	result.stage = (enum step_kind)fuzz_below(&in, STEP_KINDS);
	result.typed = (unsigned)fuzz_below(&in, 3);
	text = record_format(&result, fuzz_number(&in));
	check_steps(text, &steps);
	check_log(text);
	check_foreign(data, size);
	check_lines(text);
	check_values(text);
	free(text);
	return 0;
}
