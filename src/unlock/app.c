/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unlock/app.h"

#include "ask/places.h"
#include "base/util.h"
#include "system/block.h"
#include "system/degraded.h"
#include "system/device.h"
#include "system/machine.h"
#include "unlock/cache.h"
#include "unlock/missing.h"
#include "unlock/report.h"

static uint64_t op_now(void *ctx)
{
	(void)ctx;
	return now_ms();
}

static void op_say(void *ctx, enum severity severity, const char *name, const char *text)
{
	(void)ctx;
	report_say(severity, name, text);
}

static dev_t op_resolve(void *ctx, const char *path)
{
	(void)ctx;
	return device_resolve(path);
}

static void op_refresh(void *ctx, struct device *dev)
{
	(void)ctx;
	device_refresh(dev);
}

static bool op_mapped(void *ctx, const char *name)
{
	char device[BLOCK_NAME_MAX];

	(void)ctx;
	return block_by_mapping("", name, device) == 0;
}

static void op_list_devices(void *ctx, void (*seen)(void *arg, const struct device *), void *arg)
{
	const struct app *app = ctx;

	prober_list(app->prober, seen, arg);
}

static void op_above(void *ctx, const char *mapping, struct above *ret)
{
	(void)ctx;
	degraded_above("", mapping, ret);
}

static bool op_start_degraded(void *ctx, bool above)
{
	const struct app *app = ctx;

	return missing_start(app->prober, above);
}

static bool op_is_starting(void *ctx)
{
	(void)ctx;
	return missing_is_starting();
}

static void op_let_start(void *ctx, const char *mapping)
{
	const struct app *app = ctx;
	cleanup_free char *folder = xasprintf("%s/.degraded", app->run_dir);

	degraded_let_start("", folder, mapping);
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

static bool op_cached(void *ctx, unsigned vol)
{
	const struct app *app = ctx;

	return cache_has(&app->config->volumes[vol]);
}

static void op_remember(void *ctx, unsigned vol, const struct secret *passphrase)
{
	const struct app *app = ctx;

	cache_add(&app->config->volumes[vol], passphrase);
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

/* A disk, a header or a key may be on the volume. Its mapping is looked at only now: what is open
 * is checked, and stays open. */
static void look_inside(struct app *app, const struct result *result)
{
	char device[BLOCK_NAME_MAX], node[64];

	if (engine_disks_found(app->engine) && engine_keys_found(app->engine))
		return;
	if (block_by_mapping("", result->mapping ? result->mapping : result->name, device) == 0 &&
	    block_node(device, node))
		prober_look(app->prober, node);
}

static void op_report(void *ctx, const struct result *result)
{
	struct app *app = ctx;

	for (size_t i = 0; i < app->config->n_volumes; i++)
		if (str_eq(app->config->volumes[i].name, result->name)) {
			app->open[i] = result->outcome == OUTCOME_OPEN ||
				       result->outcome == OUTCOME_WAS_OPEN;
			app->withheld[i] = result->withheld;
		}
	if (result->outcome == OUTCOME_OPEN || result->outcome == OUTCOME_WAS_OPEN)
		look_inside(app, result);
	prompt_settled(app->prompt, result->name);
	report_result(app->run_dir, result, now_ms());
}

const struct ops app_ops = {
	.now = op_now,
	.say = op_say,
	.resolve = op_resolve,
	.refresh = op_refresh,
	.mapped = op_mapped,
	.list_devices = op_list_devices,
	.start_degraded = op_start_degraded,
	.is_starting = op_is_starting,
	.above = op_above,
	.let_start = op_let_start,
	.machine = op_machine,
	.job_start = op_job_start,
	.cached = op_cached,
	.remember = op_remember,
	.job_kill = op_job_kill,
	.prompt_open = op_prompt_open,
	.prompt_close = op_prompt_close,
	.report = op_report,
};
