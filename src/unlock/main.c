/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * unlock: intact-unlock's main(): reads options and configuration, then turns file descriptors into
 * engine events until every volume is open or has a reason.
 */
#include "ask/places.h"
#include "base/util.h"
#include "base/version.h"
#include "config/cmdline.h"
#include "policy/engine.h"
#include "system/device.h"
#include "system/machine.h"
#include "system/module.h"
#include "unlock/early.h"
#include "unlock/report.h"
#include "unlock/resume.h"
#include "unlock/worker.h"

#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/utsname.h>

#define CONFIG_PATH "/etc/intact/crypttab"
#define CONFIG_MAX (1 << 20)
#define UDEV_CONTROL "/run/udev/control"

struct options {
	const char *config, *cmdline, *run_dir;
	unsigned places; /* set of enum place, 0: not given */
	/* Set by getopt_long(). */
	int list;
	int early;    /* work ahead of the boot script that will wait */
	int withdraw; /* end the one that does */
	int reasons;  /* only repeat them */
	int await;    /* only wait */
};

struct app {
	const struct config *config;
	const char *run_dir;
	struct engine *engine;
	struct worker **workers; /* one a volume, NULL when none runs */
	struct prompt *prompt;
	bool attended; /* a boot script waits for us; false: we work ahead of it */
	int monitor;
	int signals;
	int found; /* early_hold's, or -1 */
};

/* --- struct ops
 * ----------------------------------------------------------------------------------- */

static uint64_t op_now(void *ctx)
{
	(void)ctx;
	return now_ms();
}

static void op_say(void *ctx, enum severity severity, const char *name, const char *text)
{
	struct app *app = ctx;

	prompt_before_message(app->prompt, text);
	report_say(severity, name, text);
	prompt_after_message(app->prompt);
}

static dev_t op_resolve(void *ctx, const char *path)
{
	(void)ctx;
	return device_resolve(path);
}

static void op_list_devices(void *ctx, void (*seen)(void *arg, const struct device *), void *arg)
{
	(void)ctx;
	(void)device_scan(seen, arg);
}

static void op_machine(void *ctx, struct budget *ret)
{
	(void)ctx;
	machine_read(ret);
}

static int op_job_start(void *ctx, unsigned vol, const struct job_request *request)
{
	struct app *app = ctx;

	if (!app->workers[vol]) {
		int r = worker_start(&app->config->volumes[vol], &app->workers[vol]);

		if (r < 0)
			return r;
	}
	return worker_send(app->workers[vol], request);
}

static void op_job_kill(void *ctx, unsigned vol)
{
	struct app *app = ctx;

	app->workers[vol] = worker_kill(app->workers[vol]);
}

static int op_prompt_open(void *ctx, const struct prompt_request *request)
{
	struct app *app = ctx;

	return prompt_open(app->prompt, request);
}

static void op_prompt_close(void *ctx)
{
	struct app *app = ctx;

	prompt_withdraw(app->prompt);
}

static void op_report(void *ctx, const struct result *result)
{
	struct app *app = ctx;

	prompt_settled(app->prompt, result->name);
	prompt_before_message(app->prompt, result->text);
	report_result(app->run_dir, result, now_ms());
	prompt_after_message(app->prompt);
}

static const struct ops ops = {
	.now = op_now,
	.say = op_say,
	.resolve = op_resolve,
	.list_devices = op_list_devices,
	.machine = op_machine,
	.job_start = op_job_start,
	.job_kill = op_job_kill,
	.prompt_open = op_prompt_open,
	.prompt_close = op_prompt_close,
	.report = op_report,
};

/* --- the loop
 * --------------------------------------------------------------------------------------- */

static void device_seen(void *arg, const struct device *dev)
{
	struct app *app = arg;

	engine_device(app->engine, dev);
}

/* Whether nothing but us writes on the console: "quiet" as initramfs-tools, dracut and the kernel
 * understand it. */
static bool boot_is_quiet(void)
{
	cleanup_free char *text = NULL;
	struct cmdline cmdline;
	bool quiet;

	if (read_file("/proc/cmdline", CONFIG_MAX, &text, NULL) < 0)
		return false;
	cmdline_parse(text, &cmdline);
	quiet = cmdline_get(&cmdline, "quiet") != NULL;
	cmdline_free(&cmdline);
	return quiet;
}

/* The boot has come to where volumes are needed: from now on a disk that is missing is a failure.
 */
static void attend(struct app *app)
{
	if (app->attended)
		return;
	app->attended = true;
	engine_start(app->engine);
	(void)device_scan(device_seen, app);
	/* What has been printed meanwhile stands below the prompt. */
	if (!boot_is_quiet()) {
		prompt_before_message(app->prompt, "");
		prompt_after_message(app->prompt);
	}
}

/* Volumes whose disk is named by a link in /dev, which comes after the disk. */
static void look_at_links(struct app *app)
{
	for (size_t i = 0; i < app->config->n_volumes; i++) {
		const struct devref *source = &app->config->volumes[i].source;
		struct device dev;

		if (source->kind == DEVREF_PATH && device_probe_link(source->value, &dev) == 0)
			engine_device(app->engine, &dev);
	}
}

static void read_uevents(struct app *app)
{
	char node[64];
	bool gone = false, udev = false;
	int r;

	while ((r = device_monitor_read(app->monitor, node, &gone, &udev)) >= 0) {
		struct device dev;

		if (r == 0)
			continue;
		/* A mapping made without udevd is one that its rules never hear of. Once it runs,
		 * all that is there is announced again (udevadm trigger). */
		if (!app->attended && access(UDEV_CONTROL, F_OK) < 0)
			continue;
		if (gone)
			engine_device_gone(app->engine, node);
		else if (device_probe(node, &dev) == 0)
			engine_device(app->engine, &dev);
	}
	if (r == -ENOBUFS)
		(void)device_scan(device_seen, app);
	else if (udev && !engine_disks_found(app->engine))
		look_at_links(app);
}

static void read_signal(struct app *app)
{
	struct signalfd_siginfo info;

	if (read(app->signals, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo == EARLY_SIGNAL)
		attend(app);
	else
		engine_interrupt(app->engine,
				 info.ssi_signo == SIGINT ? "interrupted" : "stopped by a signal");
}

static void read_worker(struct app *app, unsigned vol)
{
	struct job_result result;

	worker_receive(app->workers[vol], &result);
	engine_job_done(app->engine, vol, &result);
}

/* Milliseconds for poll(); -1: for ever. */
static int poll_timeout(const struct app *app)
{
	uint64_t deadline = engine_deadline(app->engine), now = now_ms();

	if (deadline == UINT64_MAX)
		return -1;
	if (deadline <= now)
		return 0;
	return deadline - now > 3600000 ? 3600000 : (int)(deadline - now);
}

enum { POLL_MONITOR, POLL_SIGNALS, POLL_PROMPT, POLL_WORKERS = POLL_PROMPT + PROMPTERS_MAX };

/* Waits for whatever comes first, and hands it to the engine. */
static void step(struct app *app, struct pollfd *fds)
{
	size_t n = app->config->n_volumes;
	enum prompt_end end;

	fds[POLL_MONITOR] = (struct pollfd){ .fd = app->monitor, .events = POLLIN };
	fds[POLL_SIGNALS] = (struct pollfd){ .fd = app->signals, .events = POLLIN };
	prompt_poll(app->prompt, &fds[POLL_PROMPT]);
	for (size_t i = 0; i < n; i++) {
		fds[POLL_WORKERS + i].fd = app->workers[i] ? worker_fd(app->workers[i]) : -1;
		fds[POLL_WORKERS + i].events = POLLIN;
	}
	if (poll(fds, POLL_WORKERS + n, poll_timeout(app)) < 0)
		return;
	/* First, since what follows may end this prompt and begin another, for which nothing has
	 * arrived yet. */
	if (prompt_input(app->prompt, &fds[POLL_PROMPT], &end))
		engine_prompt_done(app->engine, end);
	/* An event may end a worker: what is no longer there is not read. */
	for (size_t i = 0; i < n; i++)
		if (fds[POLL_WORKERS + i].revents && app->workers[i] &&
		    worker_fd(app->workers[i]) == fds[POLL_WORKERS + i].fd)
			read_worker(app, (unsigned)i);
	if (fds[POLL_MONITOR].revents)
		read_uevents(app);
	if (fds[POLL_SIGNALS].revents)
		read_signal(app);
	engine_tick(app->engine);
}

/* While others have nothing to do, they may wait instead of looking again and again, which takes
 * time from the key derivation. */
static void tell_found(struct app *app)
{
	bool found = engine_disks_found(app->engine);

	if (found && app->found < 0) {
		app->found = early_hold(app->run_dir);
	} else if (!found && app->found >= 0) {
		early_release(app->run_dir, app->found);
		app->found = -1;
	}
}

static int open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, EARLY_SIGNAL);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGQUIT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* A new kernel with an old image, or the other way round: what is missing then is told apart from
 * what is broken. */
static void say_other_kernel(void)
{
	cleanup_free char *other = modules_other_kernel(), *text = NULL;
	struct utsname uts;

	if (!other || uname(&uts) < 0)
		return;
	text = xasprintf(
		"this initramfs image has modules for kernel %s, but kernel %s is running: drivers and ciphers may be missing.\n"
		"Boot the kernel that the image was made for, or make an image for this one.",
		other, uts.release);
	report_say(SEVERITY_WARNING, NULL, text);
}

static enum exit_code unlock_all(const struct config *config, const struct options *options)
{
	struct app app = { .config = config,
			   .run_dir = options->run_dir,
			   .monitor = -1,
			   .signals = -1,
			   .found = -1 };
	cleanup_free struct pollfd *fds = xcalloc(POLL_WORKERS + config->n_volumes, sizeof(*fds));
	enum exit_code code;

	app.workers = xcalloc(config->n_volumes + 1, sizeof(struct worker *));
	app.engine = engine_new(config, &ops, &app);
	if (!app.engine) {
		report_say(SEVERITY_ERROR, NULL, "out of memory");
		return EXIT_CODE_MEMORY;
	}
	(void)setpriority(PRIO_PROCESS, 0, PRIORITY_AHEAD);
	say_other_kernel();
	app.signals = open_signals();
	app.prompt = places_open(options->places);
	/* Before the scan, so that no disk is missed between the two. */
	if (device_monitor_open(true, &app.monitor) < 0)
		report_say(
			SEVERITY_WARNING, NULL,
			"the kernel's device events cannot be received; disks that appear late are not seen");
	worker_preload();
	if (!options->early)
		attend(&app);
	while (!engine_finished(app.engine)) {
		tell_found(&app);
		step(&app, fds);
	}
	if (app.found >= 0)
		early_release(app.run_dir, app.found);
	code = engine_exit_code(app.engine);
	prompt_free(app.prompt);
	engine_free(app.engine);
	free(app.workers);
	if (app.monitor >= 0)
		close(app.monitor);
	if (app.signals >= 0)
		close(app.signals);
	return code;
}

/* --- configuration
 * ------------------------------------------------------------------------------------ */

static const char help[] =
	"Usage: intact-unlock [OPTION]…\n"
	"Opens the integrity-protected LUKS2 volumes an initramfs needs; see intact-unlock(8).\n"
	"\n"
	"  --config FILE   volumes to open, in crypttab format (default " CONFIG_PATH ")\n"
	"  --cmdline FILE  kernel command line to read (default /proc/cmdline)\n"
	"  --run-dir DIR   where reports go (default " REPORT_DIR ")\n"
	"  --ask LIST      where to ask for passphrases: console, systemd, plymouth, fifo, with commas between\n"
	"                  (default: what fits standard input and the init system)\n"
	"  --early         return at once and go on in the background; who calls intact-unlock later waits for that one\n"
	"  --withdraw      end the one in the background\n"
	"  --await         wait for the one that has found its disks, if there is one\n"
	"  --reasons       say once more why volumes could not be opened; open nothing\n"
	"  --list          print the volumes and the mistakes found in the configuration; open nothing\n"
	"  --help, --version\n"
	"\n"
	"Exit status: 0 ok, 1 error, 2 no passphrase fits, 3 out of memory, 4 wrong device, 5 busy, 6 timed out,\n"
	"7 refused: not the disk it should be, 8 integrity failure found\n";

/* Returns false when the program is done, with *ret_code. */
static bool parse_options(int argc, char **argv, struct options *ret, enum exit_code *ret_code)
{
	const struct option long_options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "cmdline", required_argument, NULL, 'k' },
		{ "run-dir", required_argument, NULL, 'r' },
		{ "ask", required_argument, NULL, 'a' },
		{ "early", no_argument, &ret->early, 1 },
		{ "withdraw", no_argument, &ret->withdraw, 1 },
		{ "await", no_argument, &ret->await, 1 },
		{ "reasons", no_argument, &ret->reasons, 1 },
		{ "list", no_argument, &ret->list, 1 },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	int opt;

	*ret_code = EXIT_CODE_OK;
	while ((opt = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		switch (opt) {
		case 'c':
			ret->config = optarg;
			break;
		case 'k':
			ret->cmdline = optarg;
			break;
		case 'r':
			ret->run_dir = optarg;
			break;
		case 'a':
			if (places_parse(optarg, &ret->places) == 0)
				break;
			fprintf(stderr,
				"intact-unlock: --ask: '%s' is not a list of console, systemd, plymouth, fifo\n",
				optarg);
			*ret_code = EXIT_CODE_GENERAL;
			return false;
		case 0:
			break;
		case 'h':
			fputs(help, stdout);
			return false;
		case 'V':
			puts("intact-unlock " INTACT_VERSION);
			return false;
		default:
			*ret_code = EXIT_CODE_GENERAL;
			return false;
		}
	}
	if (optind < argc) {
		fprintf(stderr,
			"intact-unlock: unexpected argument '%s'; see intact-unlock --help\n",
			argv[optind]);
		*ret_code = EXIT_CODE_GENERAL;
		return false;
	}
	return true;
}

static void read_config(const struct options *options, struct config *config)
{
	cleanup_free char *text = NULL, *cmdline = NULL;
	struct config_file file = { .path = options->config };
	bool resume;
	int r;

	r = read_file(options->config, CONFIG_MAX, &text, &file.len);
	file.text = text;
	(void)read_file(options->cmdline, CONFIG_MAX, &cmdline, NULL);
	config_build(&file, r == 0 ? 1 : 0, cmdline, config);
	resume = resume_possible(cmdline ? cmdline : "");
	for (size_t i = 0; i < config->n_volumes; i++)
		config->volumes[i].untouched = resume;
	if (r < 0 && r != -ENOENT)
		findings_add(&config->findings, SEVERITY_ERROR,
			     "%s cannot be read (error %d): only the kernel command line counts",
			     options->config, -r);
}

static void say_findings(const struct config *config)
{
	for (size_t i = 0; i < config->findings.n; i++)
		report_say(config->findings.list[i].severity, NULL, config->findings.list[i].text);
}

static void list_volumes(const struct config *config)
{
	char ref[300];

	for (size_t i = 0; i < config->n_volumes; i++) {
		const struct volume *v = &config->volumes[i];

		printf("%s %s (%s)\n", v->name, devref_format(&v->source, ref, sizeof(ref)),
		       v->origin);
	}
}

/* Is it of use to begin before the boot script waits? Where plymouth is going to take the screen,
 * the prompt must be its. */
static bool may_work_ahead(void)
{
	static const char *const daemons[] = { "/usr/sbin/plymouthd", "/sbin/plymouthd",
					       "/usr/bin/plymouthd" };

	for (size_t i = 0; i < ARRAY_SIZE(daemons); i++)
		if (access(daemons[i], F_OK) == 0)
			return false;
	return true;
}

/* Returns false when there is nothing to do in this process. */
static bool work_ahead(const struct options *options, int *ret_fd)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, EARLY_SIGNAL);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return may_work_ahead() && early_begin(options->run_dir, ret_fd) == 0;
}

int main(int argc, char **argv)
{
	struct options options = { .config = CONFIG_PATH,
				   .cmdline = "/proc/cmdline",
				   .run_dir = REPORT_DIR };
	struct config config = { 0 };
	enum exit_code code = EXIT_CODE_OK;
	int early = -1;

	if (!parse_options(argc, argv, &options, &code))
		return (int)code;
	if (options.withdraw)
		early_withdraw(options.run_dir);
	if (options.await)
		early_await(options.run_dir);
	if (options.reasons)
		report_reasons(options.run_dir);
	if (options.withdraw || options.reasons || options.await ||
	    (!options.early && !options.list && early_attend(options.run_dir, &code)))
		return (int)code;
	/* No core dump, and no other process of the same user looks in. */
	prctl(PR_SET_DUMPABLE, 0);
	read_config(&options, &config);
	/* What is wrong with the configuration is said once, by the one that works with it. */
	if (!options.early ||
	    (config.n_volumes > 0 && !config.disabled && work_ahead(&options, &early))) {
		say_findings(&config);
		if (options.list)
			list_volumes(&config);
		else if (!config.disabled && config.n_volumes > 0)
			code = unlock_all(&config, &options);
	}
	config_free(&config);
	if (early >= 0)
		early_end(early, code);
	return (int)code;
}
