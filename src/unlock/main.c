/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * main: intact-unlock's main(): options, modes and configuration.
 */
#include "ask/places.h"
#include "base/escape.h"
#include "base/util.h"
#include "base/version.h"
#include "config/cmdline.h"
#include "config/config.h"
#include "config/integritytab.h"
#include "unlock/early.h"
#include "unlock/handover.h"
#include "unlock/held.h"
#include "unlock/hibernation.h"
#include "unlock/keyfiles.h"
#include "unlock/loop.h"
#include "unlock/parameters.h"
#include "unlock/report.h"
#include "unlock/resume.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>

#define CONFIG_PATH "/etc/intact/crypttab"
#define INTEGRITYTAB_PATH "/etc/intact/integritytab"
#define CONFIG_MAX (1 << 20)

struct options {
	const char *config, *integritytab, *cmdline, *run_dir, *root;
	unsigned places; /* set of enum place; 0: not given */
	const struct mode *mode;
};

/* --- configuration ---------------------------------------------------------------------------- */

/* root=/dev/mapper/NAME, resume=/dev/mapper/NAME and the like: the boot finds the volume by its
 * name only. */
static void find_names(const char *text, struct config *config)
{
	struct cmdline cmdline;

	cmdline_parse(text, &cmdline);
	for (size_t i = 0; i < cmdline.n_params; i++) {
		const char *value = cmdline.params[i].value;
		const char *name = value ? str_after(value, "/dev/mapper/") : NULL;
		struct volume *v = name ? config_find_name(config, name) : NULL;

		if (v)
			v->by_name = true;
	}
	cmdline_free(&cmdline);
}

static char *read_parameters(const struct options *options)
{
	char *text = NULL;

	if (!options->cmdline)
		return parameters_read("");
	return read_file(options->cmdline, CONFIG_MAX, &text, NULL) < 0 ? xstrdup("") : text;
}

static void read_config(const struct options *options, struct config *ret)
{
	cleanup_free char *text = NULL, *cmdline = read_parameters(options);
	struct config_file file = { .path = options->config };
	bool resume;
	int r;

	secrets_leave_no_core();
	r = read_file(options->config, CONFIG_MAX, &text, &file.len);
	file.text = text;
	config_build(&file, r == 0 ? 1 : 0, cmdline, ret);
	find_names(cmdline, ret);
	keyfiles_find(ret);
	resume = resume_possible(cmdline);
	for (size_t i = 0; i < ret->n_volumes; i++)
		ret->volumes[i].untouched = resume;
	if (r < 0 && r != -ENOENT) {
		ret->promise_lost = true;
		findings_add(&ret->findings, SEVERITY_ERROR,
			     "%s cannot be read (%s): only the kernel command line is used",
			     options->config, strerror(-r));
	}
}

/* What the volumes may stand on. Nothing on the command line changes it. */
static void read_integritytab(const struct options *options, struct integritytab *ret,
			      struct findings *findings)
{
	cleanup_free char *text = NULL;
	size_t len;
	int r = read_file(options->integritytab, CONFIG_MAX, &text, &len);

	if (r == 0)
		integritytab_parse(options->integritytab, text, len, SEVERITY_WARNING, ret,
				   findings);
	else if (r != -ENOENT)
		findings_add(findings, SEVERITY_ERROR, "%s cannot be read: %s",
			     options->integritytab, strerror(-r));
}

/* All that the image asks for. */
struct task {
	struct config config;
	struct integritytab integritytab;
};

static void read_task(const struct options *options, struct task *ret)
{
	read_config(options, &ret->config);
	read_integritytab(options, &ret->integritytab, &ret->config.findings);
	integritytab_leave_out_clashes(&ret->integritytab, &ret->config);
}

static void task_free(struct task *task)
{
	config_free(&task->config);
	integritytab_free(&task->integritytab);
}

/* Whether there is anything to open. */
static bool has_work(const struct task *task)
{
	return task->config.n_volumes > 0 || task->integritytab.n > 0;
}

/* --- modes ------------------------------------------------------------------------------------ */

static enum exit_code unlock(const struct task *task, const struct options *options, bool early)
{
	const struct loop_options how = { options->run_dir, options->places, early,
					  &task->integritytab };

	enum exit_code code;

	if (!has_work(task))
		report_findings(&task->config);
	code = has_work(task) ? loop_run(&task->config, &how) : EXIT_CODE_OK;
	return code == EXIT_CODE_OK && task->config.promise_lost ? EXIT_CODE_GENERAL : code;
}

static enum exit_code mode_unlock(const struct options *options)
{
	struct task task = { 0 };
	enum exit_code code;
	int instance;

	if (early_attend(options->run_dir, &code))
		return code;
	read_task(options, &task);
	hibernation_hold(&task.config);
	instance = has_work(&task) ? early_enter(options->run_dir) : -1;
	code = unlock(&task, options, false);
	early_leave(options->run_dir, instance);
	task_free(&task);
	return code;
}

/* Mistakes in the configuration are reported once, by the instance that unlocks: without work the
 * early one is silent. */
static enum exit_code mode_early(const struct options *options)
{
	struct task task = { 0 };
	enum exit_code code = EXIT_CODE_OK;
	sigset_t set;
	int fd;

	read_task(options, &task);
	hibernation_hold(&task.config);
	sigemptyset(&set);
	sigaddset(&set, EARLY_SIGNAL);
	sigprocmask(SIG_BLOCK, &set, NULL);
	if (has_work(&task) && early_is_useful() && early_begin(options->run_dir, &fd) == 0) {
		code = unlock(&task, options, true);
		early_end(options->run_dir, fd, code);
	}
	task_free(&task);
	return code;
}

static enum exit_code mode_withdraw(const struct options *options)
{
	early_withdraw(options->run_dir);
	return EXIT_CODE_OK;
}

static enum exit_code mode_await(const struct options *options)
{
	early_await(options->run_dir);
	return EXIT_CODE_OK;
}

static enum exit_code mode_reasons(const struct options *options)
{
	report_reasons(options->run_dir);
	return EXIT_CODE_OK;
}

static enum exit_code mode_check_root(const struct options *options)
{
	struct task task = { 0 };
	enum exit_code code;

	read_task(options, &task);
	code = handover_check(&task.config, "", options->run_dir, options->root);
	task_free(&task);
	return code;
}

static enum exit_code mode_hand_over(const struct options *options)
{
	enum exit_code code = mode_check_root(options);

	if (code == EXIT_CODE_OK) {
		held_release();
		hibernation_release();
	}
	return code;
}

static enum exit_code mode_resume(const struct options *options)
{
	cleanup_free char *text = read_parameters(options);
	struct task task = { 0 };

	read_task(options, &task);
	hibernation_resume(&task.config, options->run_dir, text);
	task_free(&task);
	return EXIT_CODE_OK;
}

static enum exit_code mode_list(const struct options *options)
{
	struct task task = { 0 };
	const struct config *config = &task.config;
	char ref[300];

	read_task(options, &task);
	report_findings(config);
	for (size_t i = 0; i < config->n_volumes; i++) {
		const struct volume *v = &config->volumes[i];
		cleanup_free char *line = xasprintf("%s %s (%s)", v->name,
						    devref_format(&v->source, ref, sizeof(ref)),
						    v->origin);
		cleanup_free char *off = xasprintf("is switched off (%s)", v->off ? v->off : "");

		if (v->off)
			report_say(SEVERITY_NOTE, v->name, off);
		else
			puts(str_printable(line));
	}
	for (size_t i = 0; i < task.integritytab.n; i++) {
		const struct standalone *s = &task.integritytab.list[i];
		cleanup_free char *line = xasprintf("%s %s (%s)", s->name, s->source_text,
						    s->origin);

		puts(str_printable(line));
	}
	task_free(&task);
	return EXIT_CODE_OK;
}

/* What the program does, by option; the first row is for none of them. */
static const struct mode {
	const char *option;
	enum exit_code (*run)(const struct options *options);
	const char *description; /* at most two lines */
} modes[] = {
	{ NULL, mode_unlock, NULL },
	{ "early", mode_early,
	  "start in the background and return at once; a later intact-unlock waits for\n"
	  "this early instance and returns its exit status" },
	{ "withdraw", mode_withdraw, "end every intact-unlock that waits, and its prompt" },
	{ "await", mode_await, "if an intact-unlock has found all its disks, wait until it ends" },
	{ "check-root", mode_check_root,
	  "check that the mounted root is on the volumes, and on nothing else" },
	{ "hand-over", mode_hand_over,
	  "the same, at the end of the initramfs: other programs may open the volumes that\n"
	  "could not be opened" },
	{ "resume", mode_resume,
	  "resume a hibernated system from the volumes, where the image says that it is there" },
	{ "reasons", mode_reasons, "print again why volumes could not be opened; open nothing" },
	{ "list", mode_list,
	  "print the volumes and the mistakes in the configuration; open nothing" },
};

/* --- options ---------------------------------------------------------------------------------- */

static const char usage_head[] =
	"Usage: intact-unlock [OPTION]…\n"
	"Opens the integrity-protected LUKS2 volumes that an initramfs needs, and the dm-integrity\n"
	"devices below them; see intact-unlock(8).\n"
	"\n"
	"  --config FILE   volumes to open, in crypttab format (default " CONFIG_PATH ")\n"
	"  --integritytab FILE\n"
	"                  dm-integrity devices below them, in integritytab format\n"
	"                  (default " INTEGRITYTAB_PATH ")\n"
	"  --cmdline FILE  kernel command line to read (default /proc/cmdline)\n"
	"  --run-dir DIR   where reports are written (default " REPORT_DIR ")\n"
	"  --root DIR      where the root is mounted (default /sysroot)\n"
	"  --ask LIST      where to ask for passphrases: console, systemd, plymouth, fifo,\n"
	"                  separated by commas (default: depends on standard input and the\n"
	"                  init system)\n";

static const char usage_tail[] =
	"  --help, --version\n"
	"\n"
	"Only one of the options without a value can be given.\n"
	"\n"
	"Exit status: 0 ok, 1 error, 2 no passphrase fits, 3 out of memory, 4 wrong device,\n"
	"5 busy, 6 timed out, 7 refused: not the disk it should be, 8 integrity failure found\n";

static void print_usage(void)
{
	fputs(usage_head, stdout);
	for (size_t i = 1; i < ARRAY_SIZE(modes); i++) {
		const char *first = modes[i].description, *second = strchr(first, '\n');
		int len = second ? (int)(second - first) : (int)strlen(first);

		printf("  --%-14s%.*s\n", modes[i].option, len, first);
		if (second)
			printf("%18s%s\n", "", second + 1);
	}
	fputs(usage_tail, stdout);
}

enum {
	OPTION_CONFIG = 256,
	OPTION_INTEGRITYTAB,
	OPTION_CMDLINE,
	OPTION_RUN_DIR,
	OPTION_ROOT,
	OPTION_ASK,
	OPTION_HELP,
	OPTION_VERSION
};

/* The values of getopt_long() from 1 on are numbers of modes. */
static void list_options(struct option *ret)
{
	static const struct option values[] = {
		{ "config", required_argument, NULL, OPTION_CONFIG },
		{ "integritytab", required_argument, NULL, OPTION_INTEGRITYTAB },
		{ "cmdline", required_argument, NULL, OPTION_CMDLINE },
		{ "run-dir", required_argument, NULL, OPTION_RUN_DIR },
		{ "root", required_argument, NULL, OPTION_ROOT },
		{ "ask", required_argument, NULL, OPTION_ASK },
		{ "help", no_argument, NULL, OPTION_HELP },
		{ "version", no_argument, NULL, OPTION_VERSION },
		{ NULL, 0, NULL, 0 },
	};

	for (size_t i = 1; i < ARRAY_SIZE(modes); i++)
		*ret++ = (struct option){ modes[i].option, no_argument, NULL, (int)i };
	memcpy(ret, values, sizeof(values));
}

static int set_mode(struct options *options, const struct mode *mode)
{
	if (options->mode != modes && options->mode != mode) {
		fprintf(stderr, "intact-unlock: --%s and --%s cannot be given together\n",
			options->mode->option, mode->option);
		return -EINVAL;
	}
	options->mode = mode;
	return 0;
}

static int set_places(struct options *options, const char *list)
{
	int r = places_parse(list, &options->places);

	if (r < 0)
		fprintf(stderr,
			"intact-unlock: --ask: '%s' is not a list of console, systemd, plymouth, fifo\n",
			list);
	return r;
}

/* 1: the program goes on. 0: it is done. A negative errno: an option is wrong, which was printed.
 */
static int parse_options(int argc, char **argv, struct options *ret)
{
	struct option all[32] = { { 0 } };
	int opt, r = 0;

	list_options(all);
	while (r == 0 && (opt = getopt_long(argc, argv, "", all, NULL)) != -1) {
		if (opt > 0 && (size_t)opt < ARRAY_SIZE(modes)) {
			r = set_mode(ret, &modes[opt]);
			continue;
		}
		switch (opt) {
		case OPTION_CONFIG:
			ret->config = optarg;
			break;
		case OPTION_INTEGRITYTAB:
			ret->integritytab = optarg;
			break;
		case OPTION_CMDLINE:
			ret->cmdline = optarg;
			break;
		case OPTION_RUN_DIR:
			ret->run_dir = optarg;
			break;
		case OPTION_ROOT:
			ret->root = optarg;
			break;
		case OPTION_ASK:
			r = set_places(ret, optarg);
			break;
		case OPTION_HELP:
			print_usage();
			return 0;
		case OPTION_VERSION:
			puts("intact-unlock " INTACT_VERSION);
			return 0;
		default:
			return -EINVAL;
		}
	}
	if (r == 0 && optind < argc) {
		fprintf(stderr,
			"intact-unlock: unexpected argument '%s'; see intact-unlock --help\n",
			argv[optind]);
		r = -EINVAL;
	}
	return r < 0 ? r : 1;
}

int main(int argc, char **argv)
{
	struct options options = { .config = CONFIG_PATH,
				   .integritytab = INTEGRITYTAB_PATH,
				   .run_dir = REPORT_DIR,
				   .root = "/sysroot",
				   .mode = modes };
	int r;

	keep_standard_files();
	r = parse_options(argc, argv, &options);
	if (r <= 0)
		return r < 0 ? EXIT_CODE_GENERAL : EXIT_CODE_OK;
	return (int)options.mode->run(&options);
}
