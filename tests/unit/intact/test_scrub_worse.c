/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `intact scrub` of several volumes returns. */
#include "intact/scrub_worse.h"

#include "base/util.h"
#include "test.h"

TEST(worst_of_several)
{
	static const struct {
		enum exit_code a, b, worse;
	} rows[] = {
		{ EXIT_CODE_OK, EXIT_CODE_OK, EXIT_CODE_OK },
		{ EXIT_CODE_OK, EXIT_CODE_BUSY, EXIT_CODE_BUSY },
		{ EXIT_CODE_OK, EXIT_CODE_STOPPED, EXIT_CODE_STOPPED },
		{ EXIT_CODE_BUSY, EXIT_CODE_STOPPED, EXIT_CODE_STOPPED },
		{ EXIT_CODE_BUSY, EXIT_CODE_DEVICE, EXIT_CODE_DEVICE },
		{ EXIT_CODE_STOPPED, EXIT_CODE_DEVICE, EXIT_CODE_DEVICE },
		{ EXIT_CODE_STOPPED, EXIT_CODE_GENERAL, EXIT_CODE_GENERAL },
		{ EXIT_CODE_STOPPED, EXIT_CODE_INTEGRITY, EXIT_CODE_INTEGRITY },
		{ EXIT_CODE_BUSY, EXIT_CODE_INTEGRITY, EXIT_CODE_INTEGRITY },
		{ EXIT_CODE_DEVICE, EXIT_CODE_INTEGRITY, EXIT_CODE_INTEGRITY },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CHECK_INT(scrub_worse(rows[i].a, rows[i].b), rows[i].worse);
		CHECK_INT(scrub_worse(rows[i].b, rows[i].a), rows[i].worse);
	}
	/* Of two failures the first is the one that is told. */
	CHECK_INT(scrub_worse(EXIT_CODE_MEMORY, EXIT_CODE_DEVICE), EXIT_CODE_MEMORY);
}

TEST_MAIN(worst_of_several)
