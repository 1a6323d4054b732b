/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ask/consoles.h"

#include "ask/console.h"
#include "base/util.h"

#include <ctype.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>

#define CLASS "/sys/class/tty"
/* The last console, where the kernel does not list them. */
#define FALLBACK "console"
/* Virtual terminals are 4:1 to 4:63, and 4:0 is the one that is seen. */
#define VT_MAJOR 4
#define VT_MAX 63

static bool is_name(const char *word, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)word[i]) && word[i] != '_' && word[i] != '-')
			return false;
	return len > 0 && len < CONSOLE_NAME_MAX;
}

static bool has(char names[CONSOLES_MAX][CONSOLE_NAME_MAX], size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(names[i], name))
			return true;
	return false;
}

size_t consoles_parse(const char *list, char names[CONSOLES_MAX][CONSOLE_NAME_MAX])
{
	size_t n = 0;

	for (const char *word = list; *word && n < CONSOLES_MAX;) {
		size_t len = strcspn(word, " \t\n");

		if (is_name(word, len)) {
			snprintf(names[n], CONSOLE_NAME_MAX, "%.*s", (int)len, word);
			n += !has(names, n, names[n]);
		}
		word += len + strspn(word + len, " \t\n");
	}
	return n;
}

/* --- which terminal is which ------------------------------------------------------------------ */

/* The terminal's own number, also when it was opened as /dev/console. 0: it is none. */
static dev_t number_of_file(int fd)
{
	unsigned number;

	return isatty(fd) && ioctl(fd, TIOCGDEV, &number) == 0 ?
		       makedev((number >> 8) & 0xfff, (number & 0xff) | (number >> 12 & 0xfff00)) :
		       0;
}

static dev_t number_of_name(const char *name)
{
	cleanup_free char *path = xasprintf(CLASS "/%s/dev", name);
	unsigned first, second;
	char line[32];

	if (read_line(path, line, sizeof(line)) < 0 || sscanf(line, "%u:%u", &first, &second) != 2)
		return 0;
	return makedev(first, second);
}

static bool is_vt(dev_t number)
{
	return major(number) == VT_MAJOR && minor(number) <= VT_MAX;
}

static bool is_same(dev_t a, dev_t b)
{
	return a && b && (a == b || (is_vt(a) && is_vt(b) && (minor(a) == 0 || minor(b) == 0)));
}

/* --- the prompts ------------------------------------------------------------------------------ */

static void add(struct prompt *set, const struct console_spec *spec, bool stand_in)
{
	struct prompter *p;

	if (console_prompter(spec, &p) == 0)
		prompt_add(set, p, stand_in);
}

static void add_named(struct prompt *set, const char *name, bool shows_stderr, bool stand_in)
{
	cleanup_free char *path = xasprintf("/dev/%s", name);
	const struct console_spec spec = { path, name, shows_stderr };

	add(set, &spec, stand_in);
}

void consoles_add(struct prompt *set, bool from_stdin, bool stand_in)
{
	char names[CONSOLES_MAX][CONSOLE_NAME_MAX], list[1024] = "";
	dev_t input = from_stdin ? number_of_file(STDIN_FILENO) : 0;
	dev_t errors = number_of_file(STDERR_FILENO);
	const char *own = NULL;
	size_t n;

	(void)read_line(CLASS "/console/active", list, sizeof(list));
	n = consoles_parse(list, names);
	for (size_t i = 0; i < n; i++)
		if (is_same(number_of_name(names[i]), input))
			own = names[i];
	if (from_stdin) {
		const struct console_spec spec = { NULL, own, !input || is_same(input, errors) };

		add(set, &spec, stand_in);
		if (!own)
			return;
	}
	for (size_t i = 0; i < n; i++)
		if (names[i] != own)
			add_named(set, names[i], is_same(number_of_name(names[i]), errors),
				  stand_in);
	if (n == 0)
		add_named(set, FALLBACK, errors != 0, stand_in);
}
