/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "system/journal.h"

#include "base/util.h"
#include "system/program.h"

#include <stdio.h>

/* A record has a few KiB, and a boot a few records. */
#define JOURNAL_MAX (4U << 20)

int journal_read(int boot, char **ret)
{
	char which[32];
	const char *const arguments[PROGRAM_ARGUMENTS_MAX] = { "journalctl",
							       "--quiet",
							       "--no-pager",
							       "--output=cat",
							       which,
							       "_TRANSPORT=kernel",
							       "SYSLOG_IDENTIFIER=intact",
							       NULL };
	cleanup_free char *text = NULL;
	int r;

	if (!program_exists("", arguments[0]))
		return -ENOENT;
	(void)snprintf(which, sizeof(which), "--boot=%d", boot);
	r = program_output(arguments, JOURNAL_MAX, &text);
	if (r < 0)
		return r;
	if (r > 0)
		return -ENODATA;
	*ret = steal_pointer(&text);
	return 0;
}
