/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "intact/planned.h"

#include "base/texts.h"
#include "image/decide.h"
#include "image/select.h"
#include "intact/survey.h"
#include "intact/survey_tpm.h"
#include "system/drivers.h"
#include "system/module.h"

static void open_kernel(struct image_kernel *kernel)
{
	kernel->error = modules_open(kernel->dir, &kernel->modules);
	kernel->resolve = modules_resolve;
	kernel->base = modules_base;
	kernel->n_base = modules_base_n;
	kernel->helper = modules_crypto_user;
}

void planned_make(struct planned *planned, const char *resume)
{
	survey_read(&planned->host, resume, &planned->plan.findings);
	plan_select(&planned->plan, &planned->host);
	survey_tpm(&planned->host, &planned->plan);
	survey_volumes(&planned->host, &planned->plan);
	open_kernel(&planned->kernel);
	drivers_of(planned->host.sysroot, "/class/tpm/tpm0/device", &planned->kernel.tpm,
		   &planned->kernel.n_tpm);
	plan_decide(&planned->plan, &planned->host, &planned->kernel);
}

void planned_free(struct planned *planned)
{
	modules_close(planned->kernel.modules);
	texts_free(planned->kernel.tpm, planned->kernel.n_tpm);
	plan_free(&planned->plan);
	survey_free(&planned->host);
}
