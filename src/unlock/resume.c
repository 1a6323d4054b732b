/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unlock/resume.h"

#include "base/util.h"
#include "config/cmdline.h"

bool resume_possible(const char *text)
{
	static const char *const marks[] = {
		/* systemd, which writes here where it hibernated to
		 * (systemd-hibernate-resume-generator). */
		"/sys/firmware/efi/efivars/HibernateLocation-8cf2644b-4b0b-428f-9387-6d876050dc67",
	};
	struct cmdline cmdline;
	bool asked, never;

	cmdline_parse(text, &cmdline);
	asked = cmdline_get(&cmdline, "resume") != NULL;
	never = cmdline_get(&cmdline, "noresume") != NULL;
	cmdline_free(&cmdline);
	for (size_t i = 0; i < ARRAY_SIZE(marks) && !asked; i++)
		asked = access(marks[i], F_OK) == 0;
	return asked && !never;
}
