/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A dm UUID, a newline, the UUID of a LUKS header. */
#include "fuzz.h"

#include "facts/dmuuid.h"
#include "facts/header.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_string(data, size), *luks = text, *dm = fuzz_piece(&luks, "\n");
	char found[40];
	enum dmuuid_kind kind = dmuuid_parse(dm, found);

	MUST(found[0] == '\0' || strlen(found) == 36);
	MUST(kind == DMUUID_LUKS1 || kind == DMUUID_LUKS2 || kind == DMUUID_DIF || !found[0]);
	/* Both readers of a dm UUID agree. */
	if (header_is_mapping(luks, dm)) {
		MUST(kind == DMUUID_LUKS2);
		MUST(!header_is_mapping(luks, "CRYPT-LUKS2-") && !header_is_mapping("", dm));
	}
	if (found[0] && kind == DMUUID_LUKS2 && !strpbrk(found, "ABCDEF"))
		MUST(header_is_mapping(found, dm));
	free(text);
	return 0;
}
