/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz.h"

#include "facts/passwords.h"

/* A key of the kernel's keyring, which another program has filled. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const unsigned char *p, *end = data;
	size_t at = 0, len = 0;

	while ((p = passwords_next(data, size, &at, &len))) {
		/* In turn, whole, and never beyond the end. */
		MUST(p >= end && len > 0 && p + len <= data + size);
		MUST(memchr(p, '\0', len) == NULL);
		MUST(p == data || p[-1] == '\0');
		MUST(p + len == data + size || p[len] == '\0');
		MUST(passwords_have(data, size, p, len));
		end = p + len;
	}
	MUST(at >= size);
	MUST(!passwords_have(data, size, data, 0));
	return 0;
}
