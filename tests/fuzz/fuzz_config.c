/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * crypttab and configuration: the input is a crypttab, then after a line "\f\n" a second file, then
 * after another the kernel command line.
 */
#include "fuzz.h"

#include "base/escape.h"
#include "config/config.h"
#include "config/crypttab.h"

/* A field that crypttab_parse returned must survive being written and read again. */
static void escape_round_trip(const struct crypttab_entry *e)
{
	char *name = crypttab_escape(e->name), *source = crypttab_escape(e->source);
	char *keyfile = crypttab_escape(e->keyfile ? e->keyfile : "none");
	char *options = crypttab_escape(*e->options ? e->options : "luks");
	char *line = xasprintf("%s %s %s %s\n", name, source, keyfile, options);
	struct crypttab again;

	if (*e->name && *e->source) {
		crypttab_parse(line, strlen(line), &again);
		MUST(again.n_entries == 1 && again.n_errors == 0);
		MUST(str_eq(again.entries[0].name, e->name));
		MUST(str_eq(again.entries[0].source, e->source));
		MUST((again.entries[0].keyfile == NULL) == (e->keyfile == NULL) ||
		     str_eq(e->keyfile, "none") || str_eq(e->keyfile, "-"));
		MUST(str_eq(again.entries[0].options, *e->options ? e->options : "luks"));
		crypttab_free(&again);
	}
	free(name);
	free(source);
	free(keyfile);
	free(options);
	free(line);
}

static void check_volume(const struct config *config, size_t i)
{
	const struct volume *v = &config->volumes[i];

	MUST(config_name_problem(v->name) == NULL);
	MUST(v->source.kind != DEVREF_NONE && v->source.value[0]);
	MUST((v->expect == EXPECT_NAMED) == (v->integrity != NULL));
	MUST(v->expect != EXPECT_NAMED || !str_eq(v->integrity, "none"));
	MUST(!v->keyfile || *v->keyfile->path == '/' || v->keyfile->kind == PLACE_DEVICE);
	MUST(v->keyslot >= KEYSLOT_ANY && v->keyslot < 32);
	MUST(v->device_wait > 0 && v->prompt_wait > 0);
	MUST(v->from_file || v->on_cmdline);
	MUST(!v->other_format);
	for (size_t j = 0; j < i; j++)
		MUST(!config_names_clash(v->name, config->volumes[j].name));
	MUST(!str_has_control(v->source.value));
	MUST(!v->keyfile ||
	     (!str_has_control(v->keyfile->path) && !str_has_control(v->keyfile->device.value)));
	MUST(!v->key_name || !str_has_control(v->key_name));
	MUST(!str_has_control(v->origin));
}

/* No command line may weaken what the files alone promise. */
static void check_promises(const struct config_file *files, size_t n, const struct config *config)
{
	struct config alone;

	config_build(files, n, NULL, &alone);
	for (size_t i = 0; i < alone.n_volumes; i++) {
		const struct volume *promised = &alone.volumes[i];
		bool kept = promised->expect == EXPECT_NOTHING;

		for (size_t j = 0; j < config->n_volumes && !kept; j++)
			kept = str_eq(config->volumes[j].origin, promised->origin) &&
			       config->volumes[j].expect >= promised->expect &&
			       str_eq(config->volumes[j].source.value, promised->source.value) &&
			       (!promised->integrity ||
				str_eq(config->volumes[j].integrity, promised->integrity));
		MUST(kept);
	}
	config_free(&alone);
}

/* Nothing that a terminal obeys, and no second line. */
static void check_printable(const char *text)
{
	char *printable = str_printable(xstrdup(text));

	MUST(str_eq(text, printable));
	MUST(!str_has_control(text));
	free(printable);
}

static size_t part(const char **text, size_t *left)
{
	const char *end = *left ? memmem(*text, *left, "\f\n", 2) : NULL;

	return end ? (size_t)(end - *text) : *left;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct config_file files[2] = { { "/a", "", 0 }, { "/b", "", 0 } };
	struct crypttab tab;
	struct config config;
	char *cmdline;

	for (size_t i = 0; i < 2; i++) {
		size_t len = part(&text, &size);

		files[i].text = text;
		files[i].len = len;
		text += len;
		size -= len;
		if (size) {
			text += 2;
			size -= 2;
		}
	}
	cmdline = fuzz_string((const uint8_t *)text, size);

	crypttab_parse(files[0].text, files[0].len, &tab);
	for (size_t i = 0; i < tab.n_entries; i++)
		escape_round_trip(&tab.entries[i]);
	crypttab_free(&tab);

	config_build(files, 2, cmdline, &config);
	for (size_t i = 0; i < config.n_volumes; i++)
		check_volume(&config, i);
	for (size_t i = 0; i < config.findings.n; i++)
		check_printable(config.findings.list[i].text);
	check_promises(files, 2, &config);
	config_free(&config);
	free(cmdline);
	return 0;
}
