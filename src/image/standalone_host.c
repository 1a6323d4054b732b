/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image/standalone_host.h"

void standalone_host_free(struct standalone_host *host)
{
	integritytab_free(&host->tab);
	findings_free(&host->findings);
	free(host->lines);
	free(host->seen);
	*host = (struct standalone_host){ 0 };
}
