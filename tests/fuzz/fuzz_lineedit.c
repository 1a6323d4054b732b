/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz.h"

#include "ask/lineedit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lineedit le = { 0 };
	struct secret s = { 0 };

	for (size_t i = 0; i < size; i++) {
		/* long lines are rare in random input: a run of one byte makes them */
		unsigned times = data[i] == 0xfe ? 509 : 1;

		while (times-- > 0) {
			enum lineedit_result r = lineedit_byte(&le, &s, data[i]);

			MUST(s.len <= SECRET_MAX);
			for (size_t j = s.len; j < SECRET_MAX; j++)
				MUST(s.bytes[j] == 0);
			if (r == LINEEDIT_MORE)
				continue;
			MUST(le.excess == 0 && !le.quoted);
			MUST(r == LINEEDIT_DONE || s.len == 0);
			secret_wipe(&s);
		}
	}
	return 0;
}
