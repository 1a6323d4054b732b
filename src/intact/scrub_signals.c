/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "intact/scrub_signals.h"

#include "base/util.h"

#include <signal.h>
#include <stdio.h>

static const int all[] = { SIGINT, SIGTERM, SIGHUP };

/* Made before a signal can come. */
static char last_words[256];
static int last_fd, last_code;

static void end(int number)
{
	(void)number;
	(void)write(last_fd, last_words, strlen(last_words));
	_exit(last_code);
}

static void mask(int how)
{
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		sigaddset(&set, all[i]);
	sigprocmask(how, &set, NULL);
}

void scrub_signals_hold(void)
{
	mask(SIG_BLOCK);
}

void scrub_signals_end(bool json, enum exit_code code)
{
	const struct sigaction action = { .sa_handler = end };

	(void)fflush(stdout);
	last_fd = json ? STDOUT_FILENO : STDERR_FILENO;
	last_code = (int)code;
	if (json)
		snprintf(last_words, sizeof(last_words), "{\"event\":\"end\",\"exit\":%d}\n",
			 last_code);
	else
		snprintf(last_words, sizeof(last_words),
			 "\nintact: stopped while names were looked up; "
			 "intact scrub --status looks them up again\n");
	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		(void)sigaction(all[i], &action, NULL);
	mask(SIG_UNBLOCK);
}
