/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unlock/cache.h"

#include "base/util.h"
#include "facts/passwords.h"
#include "system/keyring.h"

#include <fcntl.h>
#include <sys/stat.h>

#define ASK_FOLDER "/run/systemd/ask-password"
/* A key with more passwords was not filled by a person. Each costs a key derivation. */
#define PASSWORDS_TRIED 16

/* The keys of a volume, the most special first; NULL: none. */
static void names_of(const struct volume *v, const char *ret[static 2])
{
	ret[0] = v->cache == CACHE_NO ? NULL : v->key_name;
	ret[1] = v->cache == CACHE_NO ? NULL : PASSWORDS_KEY;
}

bool cache_has(const struct volume *v)
{
	const char *names[2];

	names_of(v, names);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i] && keyring_find(names[i]) >= 0)
			return true;
	return false;
}

/* --- adding --- */

/* Every program of systemd that waits for a passphrase watches the folder and then looks into the
 * keyring. */
static void tell_systemd(void)
{
	(void)utimensat(AT_FDCWD, ASK_FOLDER, NULL, 0);
}

/* What is in the key already, or nothing. */
static int read_list(const char *name, struct key_content *ret)
{
	int key = keyring_find(name);

	if (key >= 0)
		return keyring_read(key, ret);
	/* One that has expired or was revoked is replaced. */
	return key_content_new(ret);
}

/* Adds a passphrase to the list in a key, which is then kept for its full time. */
static int add_to_list(const char *name, const struct secret *passphrase, unsigned seconds)
{
	struct key_content list = { 0 };
	int r = read_list(name, &list);

	if (r == 0 && !passwords_have(list.bytes, list.len, passphrase->bytes, passphrase->len)) {
		size_t gap = list.len > 0 && list.bytes[list.len - 1] ? 1 : 0;

		r = -EFBIG;
		if (list.len + gap + passphrase->len <= KEY_CONTENT_MAX) {
			list.len += gap; /* the NUL is there */
			memcpy(list.bytes + list.len, passphrase->bytes, passphrase->len);
			list.len += passphrase->len;
			r = keyring_write(name, &list, seconds);
		}
	}
	key_content_free(&list);
	return r;
}

/* Only this passphrase: decrypt_keyctl takes the whole content for one. */
static void replace(const char *name, const struct secret *passphrase, unsigned seconds)
{
	struct key_content content = { 0 };

	if (key_content_new(&content) < 0)
		return;
	memcpy(content.bytes, passphrase->bytes, passphrase->len);
	content.len = passphrase->len;
	(void)keyring_write(name, &content, seconds);
	key_content_free(&content);
}

void cache_add(const struct volume *v, const struct secret *passphrase)
{
	/* One with a NUL cannot be in a list. */
	if (v->cache != CACHE_YES || passphrase->len == 0 ||
	    memchr(passphrase->bytes, '\0', passphrase->len))
		return;
	if (v->key_name)
		replace(v->key_name, passphrase, PASSWORDS_KEYCTL_SECONDS);
	if (add_to_list(PASSWORDS_KEY, passphrase, PASSWORDS_SECONDS) == 0)
		tell_systemd();
}

/* --- trying --- */

static bool is_known(const struct secret *known, const unsigned char *password, size_t len)
{
	return known && known->len == len && memcmp(known->bytes, password, len) == 0;
}

void cache_each(const struct volume *v, const struct secret *known,
		bool (*try_it)(void *arg, const struct secret *password), void *arg)
{
	struct secret *secret = secret_new();
	const char *names[2];
	bool done = !secret;
	unsigned tried = 0;

	names_of(v, names);
	for (size_t i = 0; i < ARRAY_SIZE(names) && !done; i++) {
		struct key_content list = { 0 };
		int key = names[i] ? keyring_find(names[i]) : -ENOKEY;
		const unsigned char *password = NULL;
		size_t at = 0, len;

		if (key >= 0 && keyring_read(key, &list) == 0)
			while (!done && tried < PASSWORDS_TRIED &&
			       (password = passwords_next(list.bytes, list.len, &at, &len))) {
				if (len > SECRET_MAX || is_known(known, password, len))
					continue;
				memcpy(secret->bytes, password, len);
				secret->len = len;
				done = try_it(arg, secret);
				tried++;
			}
		key_content_free(&list);
	}
	secret_free(secret);
}
