/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "facts/header.h"

#include "base/util.h"

#include <ctype.h>

bool header_authenticates(const struct header *h)
{
	return h->integrity[0] && !str_eq(h->integrity, "none");
}

bool header_reencrypting(const struct header *h)
{
	return strstr(h->requirement, "reencrypt") != NULL;
}

bool header_uuid_valid(const char *uuid)
{
	static const char shape[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

	for (size_t i = 0; i < sizeof(shape); i++)
		if (shape[i] == 'x' ? !isxdigit((unsigned char)uuid[i]) : uuid[i] != shape[i])
			return false;
	return true;
}

bool header_area_in_library(const char *encryption)
{
	return str_after(encryption, "aes-xts-") || str_after(encryption, "aes-cbc-");
}

enum header_kind header_kind(const struct header_reading *reading)
{
	if (!reading->load_err)
		return reading->luks1 ? HEADER_LUKS1 : HEADER_LUKS2;
	if (reading->read_err)
		return HEADER_UNREADABLE;
	return reading->magic ? HEADER_LUKS2_BROKEN : HEADER_NOT_LUKS;
}

bool header_is_mapping(const char *luks_uuid, const char *dm_uuid)
{
	const char *p = str_after(dm_uuid, "CRYPT-LUKS2-");

	if (!p || !luks_uuid[0])
		return false;
	for (; *luks_uuid; luks_uuid++) {
		if (*luks_uuid == '-')
			continue;
		if (tolower((unsigned char)*luks_uuid) != *p++)
			return false;
	}
	return *p == '-';
}
