/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/luks_token.h"

#include "base/escape.h"
#include "base/util.h"

#include <libcryptsetup.h>

static int remove_others(struct crypt_device *cd, const char *type, int kept)
{
	int r = 0;

	for (int i = 0; i < crypt_token_max(CRYPT_LUKS2) && r >= 0; i++) {
		const char *is = NULL;

		if (i != kept && crypt_token_status(cd, i, &is) > CRYPT_TOKEN_INACTIVE && is &&
		    str_eq(is, type))
			r = crypt_token_json_set(cd, i, NULL);
	}
	return r;
}

int luks_token_write(const struct luks *luks, const char *type, int token, const char *json)
{
	struct crypt_device *cd = NULL;
	int r = luks_reopen(luks, &cd), kept = -1;

	if (r == 0 && json)
		r = kept = crypt_token_json_set(cd, token < 0 ? CRYPT_ANY_TOKEN : token, json);
	if (r >= 0)
		r = remove_others(cd, type, kept);
	crypt_free(cd);
	return r < 0 ? r : 0;
}

int luks_token_writable(const struct luks *luks)
{
	struct crypt_device *cd = NULL;
	int r = luks_reopen(luks, &cd);

	crypt_free(cd);
	return r;
}

void luks_token_types(const struct luks *luks, char *buf, size_t size)
{
	struct crypt_device *cd = NULL;

	buf[0] = '\0';
	if (luks_reopen(luks, &cd) == 0)
		for (int i = 0; i < crypt_token_max(CRYPT_LUKS2); i++) {
			const char *type = NULL;

			if (crypt_token_status(cd, i, &type) > CRYPT_TOKEN_INACTIVE && type)
				str_append(buf, size, "%s%.64s", buf[0] ? ", " : "", type);
		}
	crypt_free(cd);
	(void)str_printable(buf);
}
