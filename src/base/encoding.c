/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/encoding.h"

#include "base/parse.h"
#include "base/util.h"

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int base64_decode(const char *text, unsigned char *ret, size_t max)
{
	size_t len = strspn(text, digits), padding = strspn(text + len, "="), n = 0;
	uint32_t bits = 0;

	if (text[len + padding] || padding > 2 || (len + padding) % 4)
		return -EINVAL;
	if ((len + padding) / 4 * 3 - padding > max)
		return -E2BIG;
	for (size_t i = 0; i < len; i++) {
		bits = bits << 6 | (uint32_t)(strchr(digits, text[i]) - digits);
		/* Every digit but the first of four completes a byte. */
		if (i % 4)
			ret[n++] = (unsigned char)(bits >> (6 - 2 * (i % 4)));
	}
	/* What is left of the last digit's bits. */
	if (padding && bits & (padding == 2 ? 15 : 3))
		return -EINVAL;
	return (int)n;
}

int hex_decode(const char *text, unsigned char *ret, size_t max)
{
	size_t len = strlen(text);

	if (len % 2)
		return -EINVAL;
	if (len / 2 > max)
		return -E2BIG;
	for (size_t i = 0; i < len; i += 2) {
		int high = hex_value(text[i]), low = hex_value(text[i + 1]);

		if (high < 0 || low < 0)
			return -EINVAL;
		ret[i / 2] = (unsigned char)(high << 4 | low);
	}
	return (int)(len / 2);
}

bool base64_add(struct secret *to, const unsigned char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i += 3) {
		size_t n = len - i < 3 ? len - i : 3;
		uint32_t bits = (uint32_t)bytes[i] << 16 |
				(n > 1 ? (uint32_t)bytes[i + 1] << 8 : 0) |
				(n > 2 ? bytes[i + 2] : 0);

		for (size_t d = 0; d < 4; d++) {
			char c = d > n ? '=' : digits[bits >> (18 - 6 * d) & 63];

			if (!secret_add(to, (unsigned char)c))
				return false;
		}
	}
	return true;
}
