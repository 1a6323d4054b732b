/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "intact/survey_tpm.h"

#include "base/texts.h"
#include "base/util.h"
#include "intact/survey.h"

/* Where systemd and intact-unlock look for them, as far as an image keeps them. /run is made anew
 * at boot. */
static const char *const usual[] = {
	"/etc/systemd/tpm2-pcr-signature.json",
	"/usr/local/lib/systemd/tpm2-pcr-signature.json",
	"/usr/lib/systemd/tpm2-pcr-signature.json",
	"/var/lib/systemd/pcrlock.json",
};

static void add_file(struct host *host, const char *path)
{
	for (size_t i = 0; i < host->n_tpm_files; i++)
		if (str_eq(host->tpm_files[i], path))
			return;
	if (survey_has_file(host, path))
		texts_add(&host->tpm_files, &host->n_tpm_files, path);
}

void survey_tpm(struct host *host, const struct plan *plan)
{
	for (size_t i = 0; i < ARRAY_SIZE(usual); i++)
		add_file(host, usual[i]);
	for (size_t i = 0; i < plan->n_wanted; i++) {
		const struct volume *v = wanted_volume(&plan->wanted[i]);

		if (v && v->tpm2.signature)
			add_file(host, v->tpm2.signature);
		if (v && v->tpm2.pcrlock)
			add_file(host, v->tpm2.pcrlock);
	}
}
