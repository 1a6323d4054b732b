/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "facts/dmuuid.h"

#include "base/parse.h"
#include "base/util.h"

static const struct {
	const char *prefix;
	enum dmuuid_kind kind;
} kinds[] = {
	{ "CRYPT-LUKS2-", DMUUID_LUKS2 },    { "CRYPT-LUKS1-", DMUUID_LUKS1 },
	{ "CRYPT-PLAIN-", DMUUID_PLAIN },    { "CRYPT-TEMP-", DMUUID_PLAIN },
	{ "CRYPT-SUBDEV-", DMUUID_DIF },     { "CRYPT-INTEGRITY-", DMUUID_STANDALONE },
	{ DMUUID_HELD_PREFIX, DMUUID_HELD },
};

/* "0123456789abcdef0123456789abcdef-NAME": libcryptsetup removes the dashes of the UUID. */
static bool parse_luks_uuid(const char *s, char luks_uuid[static 40])
{
	char *out = luks_uuid;
	size_t len = 0;

	while (hex_value(s[len]) >= 0)
		len++;
	if (len != 32 || s[len] != '-')
		return false;
	for (unsigned i = 0; i < 32; i++) {
		if (i == 8 || i == 12 || i == 16 || i == 20)
			*out++ = '-';
		*out++ = s[i];
	}
	*out = '\0';
	return true;
}

enum dmuuid_kind dmuuid_parse(const char *dm_uuid, char luks_uuid[static 40])
{
	luks_uuid[0] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		const char *rest = str_after(dm_uuid, kinds[i].prefix);
		bool has_uuid = rest && kinds[i].kind != DMUUID_PLAIN &&
				parse_luks_uuid(rest, luks_uuid);

		/* Before cryptsetup 2.7, NAME_dif was "CRYPT-INTEGRITY-<uuid>-NAME_dif". A device
		 * of integritysetup is "CRYPT-INTEGRITY-NAME", because dm-integrity has no UUID. */
		if (has_uuid && kinds[i].kind == DMUUID_STANDALONE)
			return DMUUID_DIF;
		if (rest)
			return kinds[i].kind;
	}
	return DMUUID_OTHER;
}
