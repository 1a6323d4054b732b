/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "facts/header.h"

#include "base/util.h"

#include <ctype.h>

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
