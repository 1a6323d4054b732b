/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * intact: the administrator's tool; a table of its commands.
 */
#include "base/exitcode.h"
#include "base/util.h"
#include "base/version.h"
#include "intact/advise.h"
#include "intact/bump.h"
#include "intact/check.h"
#include "intact/format.h"
#include "intact/needs.h"
#include "intact/pin.h"
#include "intact/report.h"
#include "intact/scrub.h"
#include "intact/status.h"

#include <stdio.h>

struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *description;
};

static const struct command commands[] = {
	{ "advise", advise_main, "how fast this machine is with each kind of protection" },
	{ "check", check_main, "will the next boot work?" },
	{ "format", format_main, "make a disk an integrity-protected volume" },
	{ "needs", needs_main, "list what an initramfs image must contain" },
	{ "bump", bump_main, "count on in the TPM: older copies of open disks are refused then" },
	{ "pin", pin_main, "accept a changed disk: the images demand what it is now" },
	{ "report", report_main, "how the last boot opened its volumes, and what failed" },
	{ "scrub", scrub_main, "find sectors that are not what was written there" },
	{ "status", status_main, "how an open volume is protected, and what is wrong with it" },
};

static void usage(FILE *out)
{
	fputs("Usage: intact COMMAND [OPTION]…\n\n", out);
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].description);
	fputs("\nintact COMMAND --help shows its options; see also intact(8) and intact-unlock(8).\n",
	      out);
}

int main(int argc, char **argv)
{
	keep_standard_files();
	if (argc < 2) {
		usage(stderr);
		return EXIT_CODE_GENERAL;
	}
	if (str_eq(argv[1], "--help") || str_eq(argv[1], "help")) {
		usage(stdout);
		return EXIT_CODE_OK;
	}
	if (str_eq(argv[1], "--version")) {
		puts("intact " INTACT_VERSION);
		return EXIT_CODE_OK;
	}
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (str_eq(argv[1], commands[i].name))
			return commands[i].run(argc - 1, argv + 1);
	fprintf(stderr, "intact: unknown command '%s'; intact --help lists the commands\n",
		argv[1]);
	return EXIT_CODE_GENERAL;
}
