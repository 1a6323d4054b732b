/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ask/places.h"

#include "ask/console.h"
#include "ask/fifo.h"
#include "ask/plymouth.h"
#include "ask/systemd.h"
#include "base/util.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#define CONSOLE_PATH "/dev/console"
/* Exists when systemd is the init system: sd_booted(3). */
#define SYSTEMD_PATH "/run/systemd/system"

static enum input standard_input(void)
{
	struct stat st;

	if (fstat(STDIN_FILENO, &st) < 0 || (S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3)))
		return INPUT_NONE;
	return isatty(STDIN_FILENO) ? INPUT_TERMINAL : INPUT_STREAM;
}

struct prompt *prompters_open(unsigned places)
{
	enum input input = standard_input();
	bool chosen = places != 0;
	struct prompt *set = prompt_new();
	struct prompter *p;

	if (!chosen)
		places = prompt_places(input, access(SYSTEMD_PATH, F_OK) == 0);
	if (places & PLACE_SYSTEMD && askpass_prompter(ASKPASS_FOLDER, ASKPASS_PLYMOUTH, &p) == 0)
		prompt_add(set, p, false);
	if (places & PLACE_PLYMOUTH && plymouth_prompter(NULL, &p) == 0)
		prompt_add(set, p, false);
	if (places & PLACE_FIFO && passfifo_prompter("", &p) == 0)
		prompt_add(set, p, false);
	/* The console is last: whether it is needed depends on the others. */
	if (places & PLACE_CONSOLE &&
	    tty_prompter(input == INPUT_NONE ? CONSOLE_PATH : NULL, &p) == 0)
		prompt_add(set, p, !chosen);
	return set;
}
