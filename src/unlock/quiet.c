/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unlock/quiet.h"

#include "base/util.h"
#include "config/cmdline.h"

#define CMDLINE_MAX (1 << 20)

bool boot_is_quiet(void)
{
	cleanup_free char *text = NULL;
	struct cmdline cmdline;
	bool quiet;

	if (read_file("/proc/cmdline", CMDLINE_MAX, &text, NULL) < 0)
		return false;
	cmdline_parse(text, &cmdline);
	quiet = cmdline_get(&cmdline, "quiet") != NULL;
	cmdline_free(&cmdline);
	return quiet;
}
