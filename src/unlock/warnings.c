/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unlock/warnings.h"

#include "base/secret.h"
#include "base/util.h"
#include "system/module.h"
#include "unlock/report.h"

#include <sys/utsname.h>

void warnings_other_kernel(void)
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

void warnings_unlocked_secrets(void)
{
	if (!secrets_are_locked())
		report_say(
			SEVERITY_WARNING, NULL,
			"the kernel refused to lock the memory for passphrases (mlock), which may be written to swap if there is any.\n"
			"Raise the limit of locked memory (ulimit -l) of the process that starts intact-unlock.");
}
