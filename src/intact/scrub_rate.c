/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "intact/scrub_rate.h"

#include "base/parse.h"
#include "base/util.h"

#define RATE_MAX UINT64_C(1000000000000)

bool scrub_rate(const char *text, uint64_t *ret)
{
	static const char units[] = "KMGT";
	size_t len = strlen(text);
	const char *unit = len ? strchr(units, text[len - 1]) : NULL;
	cleanup_free char *number = xstrndup(text, unit && *unit ? len - 1 : len);
	uint64_t factor = 1, value;

	for (const char *p = units; unit && *unit && p <= unit; p++)
		factor *= 1000;
	if (parse_u64(number, 1000000, &value) < 0 && factor > 1)
		return false;
	if (parse_u64(number, UINT64_MAX / factor / 2, &value) < 0 || value * factor < 1000000)
		return false;
	/* More is no limit, and would be too much for the numbers that are reckoned with. */
	*ret = value * factor < RATE_MAX ? value * factor : RATE_MAX;
	return true;
}
