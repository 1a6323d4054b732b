/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A header's encryption, a newline, its integrity type. */
#include "fuzz.h"

#include "facts/cipher.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *encryption = fuzz_string(data, size), *integrity = strchr(encryption, '\n');
	bool found[MODPLAN_MAX] = { false };
	struct modplan plan = { .n = 0 };
	char dm_cipher[160] = "";

	if (integrity)
		*integrity++ = '\0';
	MUST(modplan_tag_size(encryption, integrity) <= 128);
	if (modplan_build(encryption, integrity, &plan, dm_cipher, sizeof(dm_cipher)) == 0) {
		MUST(plan.n > 0 && plan.n <= MODPLAN_MAX);
		MUST(dm_cipher[0] && !strpbrk(dm_cipher, " \t\n\"'"));
		for (size_t i = 0; i < plan.n; i++) {
			MUST(plan.names[i][0] && !strpbrk(plan.names[i], " /\n:"));
			for (size_t j = 0; j < i; j++)
				MUST(!str_eq(plan.names[i], plan.names[j]));
		}
		for (size_t i = 0; i < MODPLAN_MAX; i++)
			found[i] = size > 0 && (data[i % size] & 1);
		(void)modplan_missing(&plan, found);
		for (size_t i = 0; i < MODPLAN_MAX; i++)
			found[i] = true;
		MUST(modplan_missing(&plan, found) == NULL);
	} else {
		MUST(plan.n == 0 && !dm_cipher[0]);
	}
	free(encryption);
	return 0;
}
