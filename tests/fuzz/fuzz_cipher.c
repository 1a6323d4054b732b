/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A header's encryption, a newline, its integrity type. */
#include "fuzz.h"

#include "facts/cipher.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *encryption = fuzz_string(data, size), *integrity = strchr(encryption, '\n');
	bool found[CIPHER_NAMES_MAX] = { false };
	struct cipher cipher = { .n = 0 };

	if (integrity)
		*integrity++ = '\0';
	MUST(cipher_tag_size(encryption, integrity) <= 128);
	if (cipher_read(encryption, integrity, &cipher) == 0) {
		MUST(cipher.n > 0 && cipher.n <= CIPHER_NAMES_MAX);
		MUST(cipher.dm[0] && !strpbrk(cipher.dm, " \t\n\"'"));
		for (size_t i = 0; i < cipher.n; i++) {
			MUST(cipher.names[i][0] && !strpbrk(cipher.names[i], " /\n:"));
			for (size_t j = 0; j < i; j++)
				MUST(!str_eq(cipher.names[i], cipher.names[j]));
		}
		for (size_t i = 0; i < CIPHER_NAMES_MAX; i++)
			found[i] = size > 0 && (data[i % size] & 1);
		(void)cipher_missing(&cipher, found);
		for (size_t i = 0; i < CIPHER_NAMES_MAX; i++)
			found[i] = true;
		MUST(cipher_missing(&cipher, found) == NULL);
	} else {
		MUST(cipher.n == 0 && !cipher.dm[0]);
	}
	free(encryption);
	return 0;
}
