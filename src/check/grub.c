/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The part of GRUB's shell that grub-mkconfig and people write: commands with quoted words, menus
 * in menus, "set", "if". A branch is left out if the variables of grubenv say so; what else GRUB
 * asks for is not known here, and then every branch is read as if it were taken.
 */
#include "check/grub.h"
#include "base/texts.h"
#include "check/entry.h"

#include <stdio.h>

#define WORDS_MAX 512
#define WORD_MAX 4096
#define DEPTH_MAX 16
#define BRANCHES_MAX 32

struct variable {
	char *name, *value;
};

/* An "if" that is being read. */
struct branch {
	enum grub_answer now; /* of the condition of this branch */
	bool past;	      /* an earlier branch is certainly the one that is taken */
};

struct grub {
	const char *at;
	const char *environment;
	struct boot_entries *entries;
	/* One command. */
	char **words;
	size_t n_words;
	char end;     /* what ended it: a newline, ';', '{', '}' or NUL */
	bool unknown; /* its words have a variable whose value is not known */
	struct variable *variables;
	size_t n_variables;
	struct branch branches[BRANCHES_MAX];
	size_t n_branches; /* more than BRANCHES_MAX are not looked at */
	/* The menus around, each with the number of its next entry. */
	unsigned depth, next[DEPTH_MAX];
	/* A brace that no menu opened (a function), and the entry that is being read. */
	unsigned other;
	size_t entry; /* position + 1; 0: none */
};

char *grub_variable(const char *environment, const char *name)
{
	size_t len = strlen(name);

	for (const char *at = environment; at && *at; at += strcspn(at, "\n"), at += *at == '\n')
		if (strncmp(at, name, len) == 0 && at[len] == '=')
			return xstrndup(at + len + 1, strcspn(at + len + 1, "\n"));
	return NULL;
}

/* --- words --------------------------------------------------------------------------------------
 */

static char *value_of(const struct grub *g, const char *name)
{
	for (size_t i = g->n_variables; i-- > 0;)
		if (str_eq(g->variables[i].name, name))
			return xstrdup(g->variables[i].value);
	return grub_variable(g->environment, name);
}

static void append(char *word, size_t *len, const char *text, size_t n)
{
	if (n > WORD_MAX - 1 - *len)
		n = WORD_MAX - 1 - *len;
	memcpy(word + *len, text, n);
	*len += n;
}

/* A variable that is not known stays away, as in GRUB. */
static void expand(struct grub *g, char *word, size_t *len)
{
	bool braces = *++g->at == '{';
	cleanup_free char *name = NULL, *value = NULL;
	size_t n;

	g->at += braces;
	n = strspn(g->at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_?");
	name = xstrndup(g->at, n);
	g->at += n;
	if (braces && *g->at == '}')
		g->at++;
	value = value_of(g, name);
	g->unknown |= !grub_is_known(name);
	if (value)
		append(word, len, value, strlen(value));
}

static void take_quoted(struct grub *g, char *word, size_t *len)
{
	char quote = *g->at++;

	while (*g->at && *g->at != quote) {
		if (quote == '"' && *g->at == '$') {
			expand(g, word, len);
			continue;
		}
		if (quote == '"' && *g->at == '\\' && g->at[1])
			g->at++;
		append(word, len, g->at++, 1);
	}
	if (*g->at)
		g->at++;
}

static void take_word(struct grub *g)
{
	char word[WORD_MAX];
	size_t len = 0;

	while (*g->at && !strchr(" \t\r\n;{}", *g->at)) {
		if (*g->at == '\'' || *g->at == '"') {
			take_quoted(g, word, &len);
		} else if (*g->at == '$') {
			expand(g, word, &len);
		} else {
			if (*g->at == '\\' && g->at[1])
				g->at++;
			append(word, &len, g->at++, 1);
		}
	}
	word[len] = '\0';
	if (g->n_words < WORDS_MAX)
		texts_add(&g->words, &g->n_words, word);
}

/* The next command, and what ends it; false: the text has ended. */
static bool take_command(struct grub *g)
{
	texts_free(g->words, g->n_words);
	g->words = NULL;
	g->n_words = 0;
	g->unknown = false;
	if (!*g->at)
		return false;
	for (;;) {
		g->at += strspn(g->at, " \t\r");
		if (g->at[0] == '\\' && g->at[1] == '\n')
			g->at += 2;
		else if (*g->at == '#' && !g->n_words)
			g->at += strcspn(g->at, "\n");
		else if (!*g->at || strchr("\n;{}", *g->at))
			break;
		else
			take_word(g);
	}
	g->end = *g->at;
	g->at += *g->at != '\0';
	return true;
}

/* --- commands -----------------------------------------------------------------------------------
 */

static void set(struct grub *g, const char *word)
{
	size_t len = strcspn(word, "=");
	struct variable *v;

	if (!word[len] || g->n_variables >= WORDS_MAX)
		return;
	v = array_add(&g->variables, &g->n_variables, sizeof(*v));
	v->name = xstrndup(word, len);
	v->value = xstrdup(word + len + 1);
	/* Of several branches, the one that names an entry. */
	if (str_eq(v->name, "default") && *v->value) {
		free(g->entries->wanted);
		g->entries->wanted = xstrdup(v->value);
	}
}

/* The place of the next entry of the menu that is being read. */
static char *next_place(struct grub *g)
{
	char text[DEPTH_MAX * 12] = "";

	for (unsigned i = 0; i <= g->depth; i++)
		str_append(text, sizeof(text), "%s%u", i ? ">" : "",
			   g->next[i] - (i < g->depth ? 1 : 0));
	g->next[g->depth]++;
	return xstrdup(text);
}

/* "menuentry TITLE … --id ID {", or "submenu": the variable menuentry_id_option may stand for
 * --id. false: there is no room for it. */
static bool add_entry(struct grub *g, bool menu)
{
	struct boot_entry *entry = entries_add(g->entries);
	cleanup_free char *place = next_place(g);

	if (!entry)
		return false;
	entry->menu = menu;
	entry->place = steal_pointer(&place);
	for (size_t i = 1; i < g->n_words; i++) {
		if (str_eq(g->words[i], "--id") && i + 1 < g->n_words) {
			free(entry->id);
			entry->id = xstrdup(g->words[++i]);
		} else if (str_after(g->words[i], "--id=")) {
			free(entry->id);
			entry->id = xstrdup(str_after(g->words[i], "--id="));
		} else if (str_after(g->words[i], "--")) {
			i += !strchr(g->words[i], '=') && !str_eq(g->words[i], "--unrestricted");
		} else if (!*entry->title) {
			free(entry->title);
			entry->title = xstrdup(g->words[i]);
		}
	}
	entry->other = entry->id && str_after(entry->id, "osprober-");
	return true;
}

static bool starts(const char *word, const char *name)
{
	const char *rest = str_after(word, name);

	return rest && (!*rest || str_eq(rest, "efi") || str_eq(rest, "16"));
}

/* Xen and tboot are started first, and what they start are modules: a kernel, which has a root, and
 * then its image. Other kernels have modules, too. */
static void take_module(const struct grub *g, struct boot_entry *entry)
{
	size_t first = 1;
	bool has_root = false;

	while (first < g->n_words && str_after(g->words[first], "--"))
		first++;
	for (size_t i = first; i < g->n_words; i++)
		has_root |= str_after(g->words[i], "root=") != NULL;
	if (first < g->n_words && entry->kernel && !entry->n_images)
		(void)entry_add_image(entry, g->words[first]);
	if (!has_root || entry->kernel)
		return;
	entry->kernel = xstrdup(g->words[first]);
	for (size_t i = first + 1; i < g->n_words; i++)
		if (!str_eq(g->words[i], "placeholder"))
			(void)entry_add_option(entry, g->words[i]);
}

static void entry_command(struct grub *g, struct boot_entry *entry)
{
	const char *last = g->words[g->n_words - 1];

	if (starts(g->words[0], "linux") && g->n_words > 1) {
		free(entry->kernel);
		entry->kernel = xstrdup(g->words[1]);
		for (size_t i = 2; i < g->n_words; i++)
			(void)entry_add_option(entry, g->words[i]);
	} else if (starts(g->words[0], "initrd")) {
		for (size_t i = 1; i < g->n_words; i++)
			(void)entry_add_image(entry, g->words[i]);
	} else if (str_eq(g->words[0], "module") || str_eq(g->words[0], "module2")) {
		take_module(g, entry);
	} else if (str_eq(g->words[0], "loopback")) {
		entry->other = true;
	} else if (str_eq(g->words[0], "search")) {
		for (size_t i = 1; i < g->n_words; i++)
			if (str_eq(g->words[i], "--fs-uuid") || str_eq(g->words[i], "-u")) {
				free(entry->uuid);
				entry->uuid = xstrdup(last);
			}
	}
}

static void close_brace(struct grub *g)
{
	if (g->other)
		g->other--;
	else if (g->entry)
		g->entry = 0;
	else if (g->depth)
		g->depth--;
}

static void open_brace(struct grub *g, const char *first)
{
	if (g->entry || g->other) {
		g->other++;
	} else if (str_eq(first, "menuentry") && add_entry(g, false)) {
		g->entry = g->entries->n;
	} else if (str_eq(first, "submenu") && g->depth + 1 < DEPTH_MAX && add_entry(g, true)) {
		g->next[++g->depth] = 0;
	} else {
		g->other++;
	}
}

/* --- branches -----------------------------------------------------------------------------------
 */

static void drop_words(struct grub *g, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(g->words[i]);
	g->n_words -= n;
	memmove(g->words, g->words + n, g->n_words * sizeof(*g->words));
}

/* The condition of this command. */
static enum grub_answer answer(const struct grub *g)
{
	return g->unknown ? GRUB_MAYBE : grub_test(g->words + 1, g->n_words - 1);
}

static void next_branch(struct grub *g, enum grub_answer now)
{
	struct branch *b = g->n_branches && g->n_branches <= BRANCHES_MAX ?
				   &g->branches[g->n_branches - 1] :
				   NULL;

	if (!b)
		return;
	b->past |= b->now == GRUB_YES;
	b->now = b->past ? GRUB_NO : now;
}

static void open_branch(struct grub *g)
{
	if (g->n_branches++ < BRANCHES_MAX)
		g->branches[g->n_branches - 1] = (struct branch){ .now = answer(g) };
}

/* Is what is read now certainly in no branch that is taken? */
static bool is_left_out(const struct grub *g)
{
	bool out = false;

	for (size_t i = 0; i < g->n_branches && i < BRANCHES_MAX; i++)
		out |= g->branches[i].now == GRUB_NO;
	return out;
}

/* The words before a command that say whether it is run: "then set …". */
static void take_keywords(struct grub *g)
{
	while (g->n_words) {
		size_t words = 1;

		if (str_eq(g->words[0], "if")) {
			open_branch(g);
			words = g->n_words;
		} else if (str_eq(g->words[0], "elif")) {
			next_branch(g, answer(g));
			words = g->n_words;
		} else if (str_eq(g->words[0], "else")) {
			next_branch(g, GRUB_YES);
		} else if (str_eq(g->words[0], "fi")) {
			g->n_branches -= g->n_branches > 0;
		} else if (!str_eq(g->words[0], "then")) {
			return;
		}
		drop_words(g, words);
	}
}

/* blscfg: the entries of files come here. */
static void note_files(struct grub *g)
{
	if (g->entries->more)
		return;
	g->entries->more = true;
	g->entries->more_at = g->entries->n;
	g->entries->more_place = g->next[0];
}

static void run(struct grub *g)
{
	const char *first;
	bool out;

	take_keywords(g);
	first = g->n_words ? g->words[0] : "";
	out = is_left_out(g);
	if (g->end == '{')
		open_brace(g, out ? "" : first);
	else if (out)
		;
	else if (g->entry && !g->other && g->n_words)
		entry_command(g, &g->entries->list[g->entry - 1]);
	else if (str_eq(first, "set") && g->n_words > 1)
		set(g, g->words[1]);
	else if (str_eq(first, "blscfg"))
		note_files(g);
	if (g->end == '}')
		close_brace(g);
}

void grub_read(const char *text, const char *environment, struct boot_entries *ret)
{
	struct grub g = { .at = text, .environment = environment, .entries = ret };

	ret->rule = DEFAULT_GRUB;
	set(&g, "menuentry_id_option=--id");
	while (take_command(&g))
		run(&g);
	for (size_t i = 0; i < g.n_variables; i++) {
		free(g.variables[i].name);
		free(g.variables[i].value);
	}
	free(g.variables);
}
