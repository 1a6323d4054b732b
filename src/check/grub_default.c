/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What GRUB decides when nobody chooses: conditions of grub.cfg, and the way through its menus to
 * the default. */
#include "check/entry.h"
#include "check/grub.h"

#include <stdio.h>

/* --- conditions ---------------------------------------------------------------------------------
 */

bool grub_is_known(const char *name)
{
	/* What grub-mkconfig's scripts and distributions keep in grubenv. */
	static const char *const names[] = {
		"next_entry",	"prev_entry",	"saved_entry",	      "prev_saved_entry",
		"boot_counter", "boot_success", "boot_indeterminate", "boot_once",
		"recordfail",	"initrdfail",	"menu_auto_hide",     "menu_show_once",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (str_eq(names[i], name))
			return true;
	return false;
}

struct words {
	char *const *list;
	size_t n;
};

static bool is_word(const struct words *w, size_t i, const char *text)
{
	return i < w->n && str_eq(w->list[i], text);
}

static bool ends_term(const struct words *w, size_t i)
{
	return i >= w->n || is_word(w, i, "-a") || is_word(w, i, "-o");
}

/* Takes one term off: "-n x", "x = y", "x". */
static enum grub_answer take_term(struct words *w)
{
	bool negated = is_word(w, 0, "!") && w->n > 1, yes;
	size_t used = 1;

	w->list += negated;
	w->n -= negated;
	if ((is_word(w, 0, "-n") || is_word(w, 0, "-z")) && w->n > 1 && ends_term(w, 2)) {
		yes = !*w->list[1] == str_eq(w->list[0], "-z");
		used = 2;
	} else if ((is_word(w, 1, "=") || is_word(w, 1, "==") || is_word(w, 1, "!=")) && w->n > 2) {
		yes = str_eq(w->list[0], w->list[2]) != str_eq(w->list[1], "!=");
		used = 3;
	} else if (w->n && ends_term(w, 1)) {
		yes = *w->list[0];
	} else {
		return GRUB_MAYBE;
	}
	w->list += used;
	w->n -= used;
	return yes != negated ? GRUB_YES : GRUB_NO;
}

/* Terms with "-a" between them, and such rows with "-o" between them. */
static enum grub_answer take_terms(struct words *w)
{
	bool any = false, all = true;

	for (;;) {
		enum grub_answer term = take_term(w);

		if (term == GRUB_MAYBE || !ends_term(w, 0))
			return GRUB_MAYBE;
		all &= term == GRUB_YES;
		if (!w->n || is_word(w, 0, "-o")) {
			any |= all;
			all = true;
		}
		if (!w->n)
			return any ? GRUB_YES : GRUB_NO;
		w->list++;
		w->n--;
	}
}

enum grub_answer grub_test(char *const *words, size_t n)
{
	struct words w = { words, n };
	bool bracket = is_word(&w, 0, "[") && str_eq(words[n - 1], "]") && n > 1;

	if (!bracket && !is_word(&w, 0, "test"))
		return GRUB_MAYBE;
	w.list++;
	w.n -= bracket ? 2 : 1;
	return w.n ? take_terms(&w) : GRUB_NO;
}

/* --- entries of files ---------------------------------------------------------------------------
 */

/* The place "3>1" with its first number raised by n. */
static char *moved(const char *place, size_t n)
{
	return xasprintf("%zu%s", (size_t)strtoul(place, NULL, 10) + n, strchrnul(place, '>'));
}

void grub_insert(struct boot_entries *entries, struct boot_entries *files)
{
	size_t n = files->n;

	for (size_t i = entries->more_at; i < entries->n; i++) {
		struct boot_entry *e = &entries->list[i];
		char *place = strtoul(e->place, NULL, 10) < entries->more_place ?
				      xstrdup(e->place) :
				      moved(e->place, n);

		free(e->place);
		e->place = place;
	}
	for (size_t i = 0; i < n; i++) {
		free(files->list[i].place);
		files->list[i].place = xasprintf("%zu", entries->more_place + i);
	}
	entries_insert(entries, entries->more_at, files);
}

/* --- the default --------------------------------------------------------------------------------
 */

/* The number of an entry in the menu with this place ("" is the outermost); NULL: it is in another
 * one. */
static const char *number_in(const struct boot_entry *e, const char *menu)
{
	const char *rest = e->place ? str_after(e->place, menu) : NULL;

	if (rest && *menu)
		rest = str_after(rest, ">");
	return rest && !strchr(rest, '>') ? rest : NULL;
}

/* The first step of a way ends at a '>' that stands alone. */
static const char *end_of_step(const char *way)
{
	while (*way && (*way != '>' || way[1] == '>'))
		way += *way == '>' ? 2 : 1;
	return way;
}

/* Is text the first step of the way? A '>' in it is written twice there. */
static bool is_step(const char *text, const char *way)
{
	const char *end = end_of_step(way);

	for (; way < end && *text == *way; text++)
		way += *way == '>' ? 2 : 1;
	return way == end && !*text;
}

static struct boot_entry *with_number(struct boot_entries *entries, const char *menu,
				      unsigned long number)
{
	for (size_t i = 0; i < entries->n; i++) {
		const char *at = number_in(&entries->list[i], menu);

		if (at && strtoul(at, NULL, 10) == number)
			return &entries->list[i];
	}
	return NULL;
}

static struct boot_entry *with_name(struct boot_entries *entries, const char *menu, const char *way)
{
	for (size_t i = 0; *way && i < entries->n; i++) {
		struct boot_entry *e = &entries->list[i];

		if (number_in(e, menu) &&
		    (is_step(e->title, way) || (e->id && is_step(e->id, way))))
			return e;
	}
	return NULL;
}

/* Some versions of GRUB take "6.1 kernel" for the number 6. */
static struct boot_entry *first_step(struct boot_entries *entries, const char *menu,
				     const char *way)
{
	struct boot_entry *found = NULL;
	bool digit = *way >= '0' && *way <= '9';
	char *end = NULL;
	unsigned long number = digit ? strtoul(way, &end, 0) : 0;

	if (!end || end != end_of_step(way))
		found = with_name(entries, menu, way);
	if (!found && digit)
		found = with_number(entries, menu, number);
	return found ? found : with_number(entries, menu, 0);
}

struct boot_entry *grub_default(struct boot_entries *entries)
{
	const char *way = entries->wanted ? entries->wanted : "", *menu = "";
	struct boot_entry *e = first_step(entries, menu, way);

	/* A menu has a longer place than the one that it is in: this ends. */
	while (e && e->menu) {
		way = end_of_step(way);
		way += *way == '>';
		menu = e->place;
		e = first_step(entries, menu, way);
	}
	return e;
}
