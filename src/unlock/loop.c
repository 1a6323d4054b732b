/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unlock/loop.h"

#include "ask/places.h"
#include "base/texts.h"
#include "base/util.h"
#include "system/machine.h"
#include "system/multipath.h"
#include "system/uevent.h"
#include "unlock/app.h"
#include "unlock/early.h"
#include "unlock/held.h"
#include "unlock/keyfiles.h"
#include "unlock/loading.h"
#include "unlock/quiet.h"
#include "unlock/report.h"
#include "unlock/warnings.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/signalfd.h>

/* For so long after the boot script began to wait. */
#define COME_MS 60000
#define UDEV_CONTROL "/run/udev/control"
/* One file for each device that udev has handled: "b254:0" for a block device. */
#define UDEV_DATA "/run/udev/data"
#define SYSTEMD "/run/systemd/system"
/* A job that takes longer has its disk asked whether it still answers. */
#define JOB_PATIENCE_MS 2000
#define JOB_AGAIN_MS 1000

static void integrity_reported(void *arg, const struct result *result)
{
	const struct app *app = arg;

	report_result(app->run_dir, result, now_ms());
	/* What stands on it comes only now. */
	if (result->outcome == OUTCOME_OPEN)
		engine_disks_come(app->engine);
}

static void integrity_recorded(void *arg, const struct result *result)
{
	const struct app *app = arg;

	report_record(app->run_dir, result, now_ms());
}

/* --- the loop --------------------------------------------------------------------------------- */

static void device_found(void *arg, const struct device *found)
{
	struct app *app = arg;
	struct device dev = *found;

	/* udev calls no disk a path before the driver of multipath maps is loaded, and
	 * initramfs-tools loads it in the boot script that makes them. */
	dev.undecided = dev.undecided || (!app->attended && app->multipath);
	app->undecided = app->undecided || found->undecided;
	integrities_device(app->integrities, &dev);
	engine_device(app->engine, &dev);
}

static void device_silent(void *arg, const char *node)
{
	struct app *app = arg;
	cleanup_free char *text = NULL;

	if (engine_disks_found(app->engine))
		return;
	text = xasprintf("%s does not answer. Other disks are not delayed by that.", node);
	report_say(SEVERITY_WARNING, NULL, text);
}

/* A job that takes long may be a long key derivation, or wait for a disk that does not answer. */
static void look_after_worker(struct app *app, const struct worker *w)
{
	uint64_t since;
	const char *node = worker_busy(w, &since), *header = worker_header(w);

	if (!node || now_ms() < since + JOB_PATIENCE_MS)
		return;
	if (*header && prober_is_silent(app->prober, header))
		node = header;
	engine_device_silent(app->engine, node, prober_is_silent(app->prober, node));
}

/* A boot script waits now: from here on a missing disk is a failure. */
static void attend(struct app *app)
{
	if (app->attended)
		return;
	app->attended = true;
	app->wait_until = now_ms() + COME_MS;
	integrities_start(app->integrities);
	engine_start(app->engine);
	prober_look_all(app->prober);
	/* Other programs may have printed below the prompt: show it again. */
	if (!boot_is_quiet())
		prompt_again(app->prompt);
}

/* Whether anything still waits for its disk. */
static bool all_found(const struct app *app)
{
	return engine_disks_found(app->engine) &&
	       !integrities_pending(app->integrities, app->config->n_volumes == 0);
}

/* Volumes whose disk is named by a link in /dev, which udev makes after the disk is announced. */
static void look_at_links(struct app *app)
{
	for (size_t i = 0; i < app->config->n_volumes; i++) {
		const struct volume *v = &app->config->volumes[i];

		prober_look_link(app->prober, &v->source);
		prober_look_link(app->prober, &v->header.device);
		if (v->keyfile)
			prober_look_link(app->prober, &v->keyfile->device);
	}
	for (size_t i = 0; i < app->integritytab->n; i++) {
		const struct standalone *s = &app->integritytab->list[i];

		prober_look_link(app->prober, &s->source);
		prober_look_link(app->prober, &s->data);
	}
}

/* On a slow machine udev may need long for the disks, and is no reason to give one up or to start
 * an array without it. */
static void wait_anew(struct app *app)
{
	if (!app->attended || now_ms() >= app->wait_until)
		return;
	engine_disks_come(app->engine);
	integrities_start(app->integrities);
}

/* In an image with systemd, intact-unlock begins to wait before udev looks for hardware. */
static bool udev_is_to_come(struct app *app)
{
	char **names;
	size_t n;

	if (app->udev_came || access(SYSTEMD, F_OK) < 0)
		return false;
	texts_folder(UDEV_DATA, &names, &n);
	for (size_t i = 0; i < n; i++)
		app->udev_came = app->udev_came || names[i][0] == 'b';
	texts_free(names, n);
	return !app->udev_came;
}

static void read_uevents(struct app *app)
{
	char node[64];
	bool gone = false, udev = false;
	int r;

	while ((r = uevent_read_block(app->monitor, node, &gone, &udev)) >= 0) {
		if (r == 0)
			continue;
		/* udev's rules would never see a mapping that was made before udevd runs. Once it
		 * runs, all devices are announced again (udevadm trigger). */
		if (!app->attended && access(UDEV_CONTROL, F_OK) < 0)
			continue;
		if (!gone) {
			prober_look(app->prober, node);
			continue;
		}
		prober_gone(app->prober, node);
		integrities_gone(app->integrities, node);
		engine_device_gone(app->engine, node);
	}
	if (r == -ENOBUFS || (udev && app->undecided)) {
		app->undecided = false;
		prober_look_all(app->prober);
	} else if (udev && (!all_found(app) || !engine_keys_found(app->engine))) {
		look_at_links(app);
	}
	if (udev)
		wait_anew(app);
	engine_use_changed(app->engine);
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

/* When look_after_worker() is to be called next. */
static uint64_t worker_deadline(const struct worker *w, uint64_t now)
{
	uint64_t since;

	if (!worker_busy(w, &since))
		return UINT64_MAX;
	return since + JOB_PATIENCE_MS > now ? since + JOB_PATIENCE_MS : now + JOB_AGAIN_MS;
}

/* Milliseconds for poll(); -1: without limit. */
static int poll_timeout(const struct app *app)
{
	uint64_t deadline = engine_deadline(app->engine), now = now_ms();
	const uint64_t others[] = { prober_deadline(app->prober),
				    integrities_deadline(app->integrities) };

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		deadline = others[i] < deadline ? others[i] : deadline;
	for (size_t i = 0; i < app->config->n_volumes; i++) {
		uint64_t due = app->workers[i] ? worker_deadline(app->workers[i], now) : UINT64_MAX;

		deadline = due < deadline ? due : deadline;
	}
	if (deadline == UINT64_MAX)
		return -1;
	if (deadline <= now)
		return 0;
	return deadline - now > 3600000 ? 3600000 : (int)(deadline - now);
}

enum {
	POLL_MONITOR,
	POLL_SIGNALS,
	POLL_PROMPT,
	POLL_PROBES = POLL_PROMPT + PROMPTERS_MAX,
	POLL_INTEGRITIES = POLL_PROBES + PROBES_MAX,
	POLL_WORKERS = POLL_INTEGRITIES + INTEGRITIES_MAX
};

/* Waits for the next events, and hands them to the engine. */
static void step(struct app *app, struct pollfd *fds)
{
	size_t n = app->config->n_volumes;
	enum prompt_end end;

	fds[POLL_MONITOR] = (struct pollfd){ .fd = app->monitor, .events = POLLIN };
	fds[POLL_SIGNALS] = (struct pollfd){ .fd = app->signals, .events = POLLIN };
	prompt_poll(app->prompt, &fds[POLL_PROMPT]);
	prober_poll(app->prober, &fds[POLL_PROBES]);
	integrities_poll(app->integrities, &fds[POLL_INTEGRITIES]);
	for (size_t i = 0; i < n; i++) {
		fds[POLL_WORKERS + i].fd = app->workers[i] ? worker_fd(app->workers[i]) : -1;
		fds[POLL_WORKERS + i].events = POLLIN;
	}
	if (poll(fds, POLL_WORKERS + n, poll_timeout(app)) < 0)
		return;
	/* First: the events below may end this prompt and open another one, for which poll() has
	 * seen no input yet. */
	if (prompt_input(app->prompt, &fds[POLL_PROMPT], &end))
		engine_prompt_done(app->engine, end);
	/* An event may end other workers, which must not be read then. */
	for (size_t i = 0; i < n; i++)
		if (fds[POLL_WORKERS + i].revents && app->workers[i] &&
		    worker_fd(app->workers[i]) == fds[POLL_WORKERS + i].fd)
			read_worker(app, (unsigned)i);
	prober_step(app->prober, &fds[POLL_PROBES]);
	integrities_step(app->integrities, &fds[POLL_INTEGRITIES]);
	for (size_t i = 0; i < n; i++)
		if (app->workers[i])
			look_after_worker(app, app->workers[i]);
	if (fds[POLL_MONITOR].revents)
		read_uevents(app);
	if (fds[POLL_SIGNALS].revents)
		read_signal(app);
	if (udev_is_to_come(app))
		wait_anew(app);
	engine_tick(app->engine);
}

/* Once all disks are found, a boot script can wait (--await) instead of checking again and again,
 * which would take time from the key derivation. */
static void announce_found(struct app *app)
{
	bool found = all_found(app);

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

static bool is_finished(const struct app *app)
{
	return engine_finished(app->engine) &&
	       !integrities_pending(app->integrities, app->config->n_volumes == 0);
}

/* What fails below fails the boot only where no volume says more. */
static enum exit_code exit_code_of(const struct app *app)
{
	return app->config->n_volumes > 0 ? engine_exit_code(app->engine) :
					    integrities_exit_code(app->integrities);
}

/* First of all: only then no message can be held by a terminal that hangs. */
static void open_places(struct app *app, unsigned places)
{
	app->prompt = places_open(places);
	report_on(app->prompt);
	report_findings(app->config);
	warnings_other_kernel();
	warnings_unlocked_secrets();
	for (size_t i = 0; i < app->config->n_volumes; i++)
		if (!app->config->volumes[i].off)
			prompt_expects(app->prompt, app->config->volumes[i].name);
}

/* The end of what must be done while the volumes are known to be open or not. */
static void finish_volumes(struct app *app, enum exit_code code)
{
	if (code == EXIT_CODE_OK)
		held_take(app->config, app->withheld);
	keyfiles_erase(app->config, app->open);
}

enum exit_code loop_run(const struct config *config, const struct loop_options *options)
{
	struct app app = { .config = config,
			   .integritytab = options->integritytab,
			   .run_dir = options->run_dir,
			   .multipath = multipath_makes_maps(""),
			   .monitor = -1,
			   .signals = -1,
			   .found = -1 };
	cleanup_free struct pollfd *fds = xcalloc(POLL_WORKERS + config->n_volumes, sizeof(*fds));
	enum exit_code code;

	app.workers = xcalloc(config->n_volumes + 1, sizeof(struct worker *));
	app.open = xcalloc(config->n_volumes + 1, sizeof(bool));
	app.withheld = xcalloc(config->n_volumes + 1, sizeof(bool));
	app.engine = engine_new(config, &app_ops, &app);
	if (!app.engine) {
		report_say(SEVERITY_ERROR, NULL, "out of memory");
		return EXIT_CODE_MEMORY;
	}
	(void)setpriority(PRIO_PROCESS, 0, PRIORITY_AHEAD);
	app.signals = open_signals();
	open_places(&app, options->places);
	app.integrities = integrities_new(options->integritytab,
					  &(struct integrities_events){ app_ops.say,
									integrity_reported,
									integrity_recorded, &app });
	app.prober = prober_new(&(struct prober_events){ device_found, device_silent, &app });
	held_release();
	/* Before the scan, so that no disk between the two is missed. */
	if (uevent_open(true, &app.monitor) < 0)
		report_say(
			SEVERITY_WARNING, NULL,
			"the kernel's device events cannot be received; disks that appear later will not be found");
	loading_begin();
	if (!options->early)
		attend(&app);
	while (!is_finished(&app)) {
		announce_found(&app);
		step(&app, fds);
	}
	if (app.found >= 0)
		early_finish(app.run_dir);
	integrities_count(app.integrities);
	code = exit_code_of(&app);
	integrities_free(app.integrities);
	finish_volumes(&app, code);
	prober_free(app.prober);
	report_on(NULL);
	prompt_free(app.prompt);
	engine_free(app.engine);
	free(app.workers);
	free(app.open);
	free(app.withheld);
	if (app.monitor >= 0)
		close(app.monitor);
	if (app.signals >= 0)
		close(app.signals);
	return code;
}
