/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz.h"

#include "config/cmdline.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_string(data, size);
	struct cmdline cmdline;

	cmdline_parse(text, &cmdline);
	for (size_t i = 0; i < cmdline.n_params; i++) {
		const struct cmdline_param *p = &cmdline.params[i];
		const char *value = cmdline_get(&cmdline, p->key);

		MUST(value != NULL);
		MUST(!str_eq(p->key, "--") || p->value || strchr(text, '"'));
		MUST(cmdline_key_eq(p->key, p->key));
	}
	cmdline_free(&cmdline);
	free(text);
	return 0;
}
