/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image/tpm.h"

#include "base/texts.h"

static bool is_opened(const struct wanted *w)
{
	return w->verdict != WANTED_LEFT_OUT && w->verdict != WANTED_REFUSED;
}

static bool wants_files(const struct wanted *w)
{
	const struct header *h = &w->disk.header;

	for (size_t i = 0; is_opened(w) && i < h->tpm2_tokens; i++)
		if (h->tpm2_token[i].files)
			return true;
	return false;
}

void plan_tpm_files(struct plan *plan, const struct host *host)
{
	bool wanted = false;

	for (size_t i = 0; i < plan->n_wanted; i++)
		wanted = wanted || wants_files(&plan->wanted[i]);
	for (size_t i = 0; wanted && i < host->n_tpm_files; i++) {
		const char *path = host->tpm_files[i];
		cleanup_free char *line = xasprintf("file %s%s %s 0600", host->root, path, path);

		if (strpbrk(line + 5, "\t\n\\\"'#"))
			findings_add(&plan->findings, SEVERITY_WARNING,
				     "%s is not copied into the image: its name contains quotes; "
				     "rename the file",
				     path);
		else
			texts_add(&plan->lines, &plan->n_lines, line);
	}
}
