/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "intact/report.h"

#include "base/texts.h"
#include "base/util.h"
#include "facts/record.h"
#include "intact/fail.h"
#include "intact/reported.h"
#include "system/journal.h"

#include <getopt.h>
#include <stdio.h>

#define RUN_DIR "/run/intact"
#define RECORD_MAX (1 << 16)
#define BOOTS_MAX 10000

struct options {
	const char *run_dir;
	int boot;
	enum reported_form form;
};

static void usage(FILE *file)
{
	fputs("Usage: intact report [OPTION]...\n"
	      "Shows how the last boot opened its volumes: what was tried, how long each step took,\n"
	      "what failed and why.\n"
	      "\n"
	      "  --boot=-N      the boot N before this one, from systemd's journal\n"
	      "  --blame        all steps, the longest first\n"
	      "  --json         as JSON, for programs\n"
	      "  --run-dir DIR  where the records of this boot are (default " RUN_DIR ")\n"
	      "  --help         show this text\n"
	      "\n"
	      "Exit status: 0 all volumes are open; 1 general failure, or nothing is known of that\n"
	      "boot; else that of intact-unlock(8) for the first volume that is not open.\n",
	      file);
}

/* --- this boot -------------------------------------------------------------------------------- */

static void add(const char *dir, const char *name, struct logged_record **records, size_t *n)
{
	cleanup_free char *path = xasprintf("%s/%s", dir, name), *text = NULL, *outcome = NULL;
	struct logged_record *r;

	if (read_file(path, RECORD_MAX, &text, NULL) < 0)
		return;
	outcome = record_value(text, "outcome");
	if (!*outcome)
		return;
	r = array_add(records, n, sizeof(*r));
	r->name = xstrdup(name);
	r->content = steal_pointer(&text);
}

static enum exit_code from_files(const struct options *o, struct logged_record **records, size_t *n)
{
	char **names;
	size_t n_names;

	texts_folder(o->run_dir, &names, &n_names);
	for (size_t i = 0; i < n_names; i++)
		add(o->run_dir, names[i], records, n);
	texts_free(names, n_names);
	add(o->run_dir, ".root", records, n);
	if (*n)
		return EXIT_CODE_OK;
	return fail(EXIT_CODE_GENERAL,
		    "%s has no record: in this boot intact opened nothing. Is it in the image? "
		    "`intact check` tells",
		    o->run_dir);
}

/* --- boots before ----------------------------------------------------------------------------- */

static enum exit_code from_journal(const struct options *o, struct logged_record **records,
				   size_t *n)
{
	cleanup_free char *text = NULL;
	int r = journal_read(o->boot, &text);

	if (r == -ENOENT)
		return fail(
			EXIT_CODE_GENERAL,
			"boots before this one are only known from systemd's journal, and there "
			"is no journalctl");
	if (r == -ENODATA)
		return fail(EXIT_CODE_GENERAL,
			    "journalctl knows nothing of boot %d. `journalctl --list-boots` shows "
			    "which boots it has",
			    o->boot);
	if (r < 0)
		return fail(EXIT_CODE_GENERAL, "journalctl cannot be run: %s", strerror(-r));
	record_log_read(text, records, n);
	if (*n)
		return EXIT_CODE_OK;
	return fail(EXIT_CODE_GENERAL,
		    "the journal of boot %d has no record of intact that you may read%s", o->boot,
		    geteuid() ? ": try as root" : "");
}

/* --- options ---------------------------------------------------------------------------------- */

/* "-1", or "1", which people write too; 0 is this boot. */
static bool parse_boot(const char *text, int *ret)
{
	const char *digits = text + (*text == '-');
	size_t len = strspn(digits, "0123456789");

	if (len == 0 || len > 4 || digits[len])
		return false;
	*ret = -atoi(digits);
	return *ret >= -BOOTS_MAX;
}

/* -1: go on; else an exit code. */
static int parse(int argc, char **argv, struct options *ret)
{
	static const struct option options[] = { { "boot", required_argument, NULL, 'b' },
						 { "blame", no_argument, NULL, 'l' },
						 { "json", no_argument, NULL, 'j' },
						 { "run-dir", required_argument, NULL, 'r' },
						 { "help", no_argument, NULL, 'h' },
						 { 0 } };
	int c;

	optind = 1;
	while ((c = getopt_long(argc, argv, "b:h", options, NULL)) != -1) {
		switch (c) {
		case 'b':
			if (!parse_boot(optarg, &ret->boot))
				return (int)fail(EXIT_CODE_GENERAL,
						 "--boot=%s: give 0 for this boot, -1 for the one "
						 "before, and so on",
						 optarg);
			break;
		case 'l':
			ret->form = REPORTED_BLAME;
			break;
		case 'j':
			ret->form = REPORTED_JSON;
			break;
		case 'r':
			ret->run_dir = optarg;
			break;
		default:
			usage(c == 'h' ? stdout : stderr);
			return c == 'h' ? EXIT_CODE_OK : EXIT_CODE_GENERAL;
		}
	}
	if (optind < argc) {
		usage(stderr);
		return EXIT_CODE_GENERAL;
	}
	return -1;
}

int report_main(int argc, char **argv)
{
	struct options o = { .run_dir = RUN_DIR };
	struct logged_record *records = NULL;
	size_t n = 0;
	int code = parse(argc, argv, &o);

	if (code >= 0)
		return code;
	code = o.boot ? (int)from_journal(&o, &records, &n) : (int)from_files(&o, &records, &n);
	if (code == EXIT_CODE_OK) {
		reported_print(records, n, o.boot, o.form);
		code = reported_code(records, n);
	}
	record_log_free(records, n);
	return code;
}
