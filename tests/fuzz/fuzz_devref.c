/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz.h"

#include "facts/devref.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct device none = { .node = "/dev/none" };
	char *text = fuzz_string(data, size);
	struct devref ref, again;
	char buf[300];

	if (devref_parse(text, &ref) == 0) {
		MUST(ref.kind != DEVREF_NONE && ref.value[0]);
		MUST(devref_parse(devref_format(&ref, buf, sizeof(buf)), &again) == 0);
		MUST(again.kind == ref.kind && str_eq(again.value, ref.value));
		MUST(!devref_matches(&ref, &none, 0) || str_eq(ref.value, none.node));
	}
	free(text);
	return 0;
}
