/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/encoding.h"
#include "base/util.h"

#include "test.h"

static bool decodes(const char *text, const char *bytes, size_t len)
{
	unsigned char got[64];

	return base64_decode(text, got, sizeof(got)) == (int)len && memcmp(got, bytes, len) == 0;
}

TEST(base64)
{
	unsigned char got[4];

	CHECK(decodes("", "", 0));
	CHECK(decodes("Zg==", "f", 1));
	CHECK(decodes("Zm8=", "fo", 2));
	CHECK(decodes("Zm9v", "foo", 3));
	CHECK(decodes("Zm9vYg==", "foob", 4));
	CHECK(decodes("AP+/", "\0\xff\xbf", 3));
	CHECK(base64_decode("Zg=", got, 4) == -EINVAL);
	CHECK(base64_decode("Zg", got, 4) == -EINVAL);
	CHECK(base64_decode("Zm9v Zg==", got, 4) == -EINVAL);
	CHECK(base64_decode("Zh==", got, 4) == -EINVAL); /* bits after the last byte */
	CHECK(base64_decode("Zm9=", got, 4) == -EINVAL);
	CHECK(base64_decode("====", got, 4) == -EINVAL);
	CHECK(base64_decode("Zm-v", got, 4) == -EINVAL);
	CHECK(base64_decode("Zm9vYmE=", got, 4) == -E2BIG);
}

TEST(hex)
{
	unsigned char got[2];

	CHECK(hex_decode("", got, 2) == 0);
	CHECK(hex_decode("0aFf", got, 2) == 2 && got[0] == 10 && got[1] == 255);
	CHECK(hex_decode("0", got, 2) == -EINVAL);
	CHECK(hex_decode("0g", got, 2) == -EINVAL);
	CHECK(hex_decode("000000", got, 2) == -E2BIG);
}

static bool encodes(const char *bytes, size_t len, const char *text)
{
	struct secret *s = secret_new();
	bool good = base64_add(s, (const unsigned char *)bytes, len) && s->len == strlen(text) &&
		    memcmp(s->bytes, text, s->len) == 0;

	secret_free(s);
	return good;
}

TEST(base64_back)
{
	static const unsigned char long_one[SECRET_MAX];
	struct secret *s = secret_new();

	CHECK(encodes("", 0, ""));
	CHECK(encodes("f", 1, "Zg=="));
	CHECK(encodes("fo", 2, "Zm8="));
	CHECK(encodes("foo", 3, "Zm9v"));
	CHECK(encodes("\0\xff\xbf\xfe", 4, "AP+//g=="));
	CHECK(!base64_add(s, long_one, sizeof(long_one)));
	secret_free(s);
}

TEST_MAIN(base64, hex, base64_back)
