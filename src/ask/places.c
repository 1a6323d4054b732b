/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ask/places.h"

#include "ask/consoles.h"
#include "ask/fifo.h"
#include "ask/plymouth.h"
#include "ask/systemd.h"
#include "base/util.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

/* Exists when systemd is the init system: sd_booted(3). */
#define SYSTEMD_PATH "/run/systemd/system"

unsigned places_default(enum input input, bool systemd)
{
	if (input == INPUT_STREAM)
		return PLACE_CONSOLE;
	if (!systemd)
		return PLACE_CONSOLE | PLACE_PLYMOUTH | PLACE_FIFO;
	return input == INPUT_TERMINAL ? PLACE_CONSOLE : PLACE_SYSTEMD;
}

int places_parse(const char *list, unsigned *ret)
{
	static const struct {
		const char *name;
		enum place place;
	} names[] = {
		{ "console", PLACE_CONSOLE },
		{ "systemd", PLACE_SYSTEMD },
		{ "plymouth", PLACE_PLYMOUTH },
		{ "fifo", PLACE_FIFO },
	};
	unsigned places = 0;

	for (const char *word = list;;) {
		size_t len = strcspn(word, ","), i;

		for (i = 0; i < ARRAY_SIZE(names); i++)
			if (strlen(names[i].name) == len && strncmp(word, names[i].name, len) == 0)
				break;
		if (i == ARRAY_SIZE(names))
			return -EINVAL;
		places |= names[i].place;
		if (word[len] == '\0')
			break;
		word += len + 1;
	}
	*ret = places;
	return 0;
}

static enum input standard_input(void)
{
	struct stat st;

	if (fstat(STDIN_FILENO, &st) < 0 || (S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3)))
		return INPUT_NONE;
	return isatty(STDIN_FILENO) ? INPUT_TERMINAL : INPUT_STREAM;
}

struct prompt *places_open(unsigned places)
{
	enum input input = standard_input();
	bool chosen = places != 0;
	struct prompt *set = prompt_new();
	struct prompter *p;

	if (!chosen)
		places = places_default(input, access(SYSTEMD_PATH, F_OK) == 0);
	if (places & PLACE_SYSTEMD &&
	    systemd_prompter(SYSTEMD_ASK_FOLDER, SYSTEMD_PLYMOUTH_PID, &p) == 0)
		prompt_add(set, p, false);
	if (places & PLACE_SYSTEMD && !(places & PLACE_PLYMOUTH) &&
	    plymouth_messages(NULL, &p) == 0)
		prompt_add(set, p, false);
	if (places & PLACE_PLYMOUTH && plymouth_prompter(NULL, &p) == 0)
		prompt_add(set, p, false);
	if (places & PLACE_FIFO && fifo_prompter("", &p) == 0)
		prompt_add(set, p, false);
	/* The consoles are last: whether they are needed depends on the others. */
	if (places & PLACE_CONSOLE)
		consoles_add(set, input != INPUT_NONE, !chosen);
	return set;
}
