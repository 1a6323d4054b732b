/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /etc/integritytab, a line "\f\n", then a line of dm-integrity's table, "\f\n", one of its status,
 * "\f\n", and a byte whose bits are those of a superblock. */
#include "fuzz.h"

#include "config/integritytab.h"

static void write_again(const struct standalone *s)
{
	cleanup_free char *words = integritytab_format(s, s->keyfile[0] ? s->keyfile : NULL);
	/* A byte order mark counts only at the very beginning. */
	cleanup_free char *line = xasprintf("\n%s", words);
	struct integritytab again = { 0 };
	struct findings findings = { 0 };

	integritytab_parse("/again", line, strlen(line), SEVERITY_WARNING, &again, &findings);
	MUST(again.n == 1 && findings.n == 0);
	MUST(str_eq(again.list[0].name, s->name) && standalone_same(&again.list[0], s));
	integritytab_free(&again);
	findings_free(&findings);
}

enum { RECALCULATING = 1 << 0, INLINE = 1 << 1, KEYED = 1 << 2, META = 1 << 3 };

/* The line that the kernel is given says what the line of integritytab says. */
static void check_table(const struct standalone *s, unsigned bits)
{
	const struct superblock sb = { .tag_size = 4,
				       .block_size = 512,
				       .recalculating = bits & RECALCULATING,
				       .inline_tags = bits & INLINE,
				       .discards_keyed = bits & KEYED };
	const char *key = s->keyfile[0] ? "00ff" : NULL, *meta = bits & META ? "254:2" : NULL;
	char line[STANDALONE_TABLE_MAX], shorter[16];
	struct standalone_table t;

	MUST(standalone_table(s, &sb, key, "254:1", meta, line, sizeof(line)));
	MUST(standalone_read_table(line, &t) && str_eq(t.data, "254:1"));
	MUST(str_eq(t.meta, meta ? meta : "") && t.hash == s->hash && !t.journal_keys);
	MUST(t.mode == (sb.inline_tags ? 'I' : s->mode) && t.discards == s->discards);
	MUST(!standalone_table(s, &sb, key, "254:1", meta, shorter, sizeof(shorter)));
}

/* A name and the kernel's name lead to one algorithm. */
static void check_hashes(void)
{
	size_t n;
	const struct standalone_hash *all = standalone_hashes(&n);

	for (size_t i = 0; i < n; i++) {
		MUST(standalone_hash(all[i].name) == &all[i]);
		MUST(standalone_hash_of(all[i].kernel, strlen(all[i].kernel)) == &all[i]);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_string(data, size), *rest = text;
	const char *tab = fuzz_piece(&rest, "\f\n"), *table = fuzz_piece(&rest, "\f\n");
	const char *status = fuzz_piece(&rest, "\f\n");
	struct integritytab all = { 0 };
	struct findings findings = { 0 };
	struct standalone_table t = { 0 };
	uint64_t mismatches;

	integritytab_parse("/tab", tab, strlen(tab), SEVERITY_WARNING, &all, &findings);
	MUST(all.n <= INTEGRITYTAB_MAX && findings.n <= INTEGRITYTAB_MAX + 1);
	for (size_t i = 0; i < all.n; i++) {
		MUST(integritytab_named(&all, all.list[i].name) == &all.list[i]);
		MUST(all.list[i].hash->keyed == !!all.list[i].keyfile[0]);
		write_again(&all.list[i]);
		check_table(&all.list[i], (unsigned char)*rest);
	}
	integritytab_free(&all);
	findings_free(&findings);
	if (standalone_read_table(table, &t))
		MUST(t.data[0] && strchr("JBDRI", t.mode));
	(void)standalone_read_status(status, &mismatches);
	(void)standalone_read_unfinished(status, &mismatches);
	check_hashes();
	free(text);
	return 0;
}
