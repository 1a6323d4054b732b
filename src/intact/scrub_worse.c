/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "intact/scrub_worse.h"

#include "base/util.h"

enum exit_code scrub_worse(enum exit_code a, enum exit_code b)
{
	static const enum exit_code mildest_first[] = { EXIT_CODE_OK, EXIT_CODE_BUSY,
							EXIT_CODE_STOPPED };

	if (a == EXIT_CODE_INTEGRITY || b == EXIT_CODE_INTEGRITY)
		return EXIT_CODE_INTEGRITY;
	for (size_t i = 0; i < ARRAY_SIZE(mildest_first); i++)
		if (a == mildest_first[i] || b == mildest_first[i])
			return a == mildest_first[i] ? b : a;
	return a;
}
