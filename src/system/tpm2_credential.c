/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/tpm2_credential.h"

#include "base/bytes.h"
#include "base/encoding.h"
#include "base/util.h"
#include "system/sha256.h"

#include <mbedtls/aes.h>

/* The header, up to a multiple of 8 bytes: what it was encrypted with, four sizes, and the IV. */
#define ID_SIZE 16
#define IV_AT 32
#define IV_SIZE 12
#define HEADER_SIZE 48
#define TAG_SIZE 16
/* What is encrypted begins with two times, the length of the name, and the name. */
#define NAME_LEN_AT 16
#define NAME_AT 20

static const unsigned char by_empty_key[ID_SIZE] = {
	0x05, 0x84, 0x69, 0xda, 0xf6, 0xf5, 0x43, 0x24,
	0x80, 0x05, 0x49, 0xda, 0x0f, 0x8e, 0xa2, 0xfb,
};

/* The bytes that base64 in lines stands for. NULL: it is something else. */
static unsigned char *decode(const char *file, size_t *ret_len)
{
	cleanup_free char *digits = xcalloc(1, strlen(file) + 1);
	unsigned char *bytes;
	size_t n = 0;
	int len;

	for (const char *c = file; *c; c++)
		if (!strchr(" \t\r\n", *c))
			digits[n++] = *c;
	bytes = xcalloc(1, n + 1);
	len = base64_decode(digits, bytes, n);
	if (len < 0) {
		free(bytes);
		return NULL;
	}
	*ret_len = (size_t)len;
	return bytes;
}

static bool has_empty_key(const unsigned char *bytes, size_t len)
{
	return len > HEADER_SIZE + TAG_SIZE && memcmp(bytes, by_empty_key, ID_SIZE) == 0 &&
	       get_le(bytes + ID_SIZE, 4) == SHA256_SIZE && get_le(bytes + ID_SIZE + 4, 4) == 1 &&
	       get_le(bytes + ID_SIZE + 8, 4) == IV_SIZE &&
	       get_le(bytes + ID_SIZE + 12, 4) == TAG_SIZE;
}

/* In place. The key is the hash of nothing. GCM without its tag is counter mode, in which the
 * first block of data has the number 2 (SP 800-38D, 7.2). */
static bool decrypt(const unsigned char *iv, unsigned char *bytes, size_t len)
{
	unsigned char key[SHA256_SIZE], counter[16] = { [15] = 2 }, stream[16];
	mbedtls_aes_context aes;
	size_t offset = 0;
	bool ok;

	memcpy(counter, iv, IV_SIZE);
	mbedtls_aes_init(&aes);
	ok = sha256("", 0, key) && mbedtls_aes_setkey_enc(&aes, key, 256) == 0 &&
	     mbedtls_aes_crypt_ctr(&aes, len, &offset, counter, stream, bytes, bytes) == 0;
	mbedtls_aes_free(&aes);
	return ok;
}

/* What follows the name, if it is text. */
static char *text_of(const unsigned char *bytes, size_t len)
{
	size_t begin = len >= NAME_AT ? (size_t)get_le(bytes + NAME_LEN_AT, 4) : len;
	char *text;

	if (begin >= len)
		return NULL;
	begin = (NAME_AT + begin + 7) / 8 * 8;
	if (begin >= len || memchr(bytes + begin, '\0', len - begin))
		return NULL;
	text = xcalloc(1, len - begin + 1);
	memcpy(text, bytes + begin, len - begin);
	return text;
}

char *tpm2_credential_text(const char *file)
{
	size_t len = 0, n;
	cleanup_free unsigned char *bytes = decode(file, &len);

	if (!bytes || !has_empty_key(bytes, len))
		return NULL;
	n = len - HEADER_SIZE - TAG_SIZE;
	if (!decrypt(bytes + IV_AT, bytes + HEADER_SIZE, n))
		return NULL;
	return text_of(bytes + HEADER_SIZE, n);
}
