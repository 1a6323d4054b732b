/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /etc/integritytab, a line "\f\n", then a line of dm-integrity's table, "\f\n", and of its status.
 */
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_string(data, size), *rest = text;
	const char *tab = fuzz_piece(&rest, "\f\n"), *table = fuzz_piece(&rest, "\f\n");
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
	}
	integritytab_free(&all);
	findings_free(&findings);
	if (standalone_read_table(table, &t))
		MUST(t.data[0] && strchr("JBDRI", t.mode));
	(void)standalone_read_status(rest, &mismatches);
	free(text);
	return 0;
}
