/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The report of a volume whose every text is the disk's. */
#include "fuzz.h"

#include "facts/record.h"

static const char *const keys[] = {
	"volume=",   "outcome=",     "code=",	    "device=",	"uuid=",    "integrity=",
	"cipher=",   "sector_size=", "tag_size=",   "keyslot=", "seconds=", "reason=",
	"promised=", "pinned=",	     "volume_key=", "fresh=",
};

/* Each line begins with a key, and no key comes twice: no text reaches into another line. */
static void check_lines(const char *text)
{
	unsigned seen = 0;

	while (*text) {
		unsigned key = 0;

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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	char name[64], node[64], reason[64], *text;
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
	text = record_format(&result, fuzz_number(&in));
	check_lines(text);
	check_values(text);
	free(text);
	return 0;
}
