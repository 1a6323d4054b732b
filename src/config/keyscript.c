/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/keyscript.h"

#include "base/escape.h"
#include "base/parse.h"
#include "base/util.h"
#include "config/keyfile.h"

enum meaning {
	MEANS_PROMPT,	/* the field is the text of a prompt */
	MEANS_FILE,	/* the field is a key file in the image */
	MEANS_DEVICE,	/* DEVICE:PATH, perhaps with :SECONDS */
	MEANS_KEY_NAME, /* the field is the name of a key in the kernel's keyring */
	MEANS_NOTHING,	/* nothing that intact can do */
};

/* Those of Debian's cryptsetup 2.8, and cat. */
static const struct script {
	const char *name;
	enum meaning meaning;
	const char *needs; /* with MEANS_NOTHING */
} scripts[] = {
	{ "askpass", MEANS_PROMPT, NULL },
	{ "cat", MEANS_FILE, NULL },
	{ "passdev", MEANS_DEVICE, NULL },
	{ "decrypt_keyctl", MEANS_KEY_NAME, NULL },
	{ "decrypt_derived", MEANS_NOTHING,
	  "it takes the volume key of another volume for a passphrase, and the kernel does not give "
	  "the volume key of a LUKS2 volume" },
	{ "decrypt_gnupg", MEANS_NOTHING, "it needs GnuPG" },
	{ "decrypt_gnupg-sc", MEANS_NOTHING, "it needs GnuPG and a smart card" },
	{ "decrypt_opensc", MEANS_NOTHING, "it needs OpenSC and a smart card" },
	{ "decrypt_openct", MEANS_NOTHING, "it needs OpenCT and a smart card" },
	{ "decrypt_ssl", MEANS_NOTHING, "it needs OpenSSL" },
};

/* By its name, or by a path where Debian installs it: a script of the same name elsewhere is
 * another one. NULL: none of these. */
static const struct script *find(const char *value)
{
	static const char *const folders[] = { "/lib/cryptsetup/scripts/",
					       "/usr/lib/cryptsetup/scripts/",
					       "/lib/cryptsetup/",
					       "/usr/lib/cryptsetup/",
					       "/bin/",
					       "/usr/bin/" };
	const char *name = *value == '/' ? NULL : value;

	for (size_t i = 0; i < ARRAY_SIZE(folders) && !name; i++)
		name = str_after(value, folders[i]);
	for (size_t i = 0; name && i < ARRAY_SIZE(scripts); i++)
		if (str_eq(scripts[i].name, name))
			return &scripts[i];
	return NULL;
}

static enum meaning meaning_of(const char *value)
{
	const struct script *s = find(value);

	return s ? s->meaning : MEANS_NOTHING;
}

bool keyscript_reads_image(const char *script)
{
	return script && meaning_of(script) == MEANS_FILE;
}

bool keyscript_names_key(const char *script)
{
	return script && meaning_of(script) == MEANS_KEY_NAME;
}

/* DEVICE:PATH[:SECONDS] as PATH:DEVICE. NULL: it is something else. */
static char *on_device(const char *field)
{
	const char *colon = strchr(field, ':'), *path = colon ? colon + 1 : "";
	size_t len = strcspn(path, ":");

	/* passdev adds the '/' itself where there is none. */
	if (!len)
		return NULL;
	return xasprintf("%s%.*s:%.*s", *path == '/' ? "" : "/", (int)len, path,
			 (int)(colon - field), field);
}

/* passdev waits for its device that long. */
static void set_wait(struct volume *v, const char *field)
{
	const char *path = strchr(field, ':'), *seconds = path ? strchr(path + 1, ':') : NULL;
	uint64_t value;

	if (seconds && parse_u64(seconds + 1, INT32_MAX, &value) == 0 && value > 0)
		v->keyfile_wait = value * 1000;
}

char *keyscript_keyfile(const char *script, const char *field)
{
	if (!field)
		return NULL;
	if (!script)
		return xstrdup(field);
	switch (meaning_of(script)) {
	case MEANS_FILE:
		return xstrdup(field);
	case MEANS_DEVICE:
		return on_device(field);
	case MEANS_PROMPT:
	case MEANS_KEY_NAME:
	case MEANS_NOTHING:
		break;
	}
	return NULL;
}

static const char *instead(const struct volume *v)
{
	return v->headless ? "The passphrase would be asked for instead, but the option headless "
			     "forbids that: the volume will not be opened." :
			     "The passphrase is asked for instead.";
}

static void cannot_run(const struct volume *v, const char *where, struct config *config)
{
	const struct script *s = find(v->keyscript);

	findings_add(&config->findings, config_foreign_severity(v),
		     "%s: keyscript \"%.100s\" of %s cannot be used: %s. %s", where, v->keyscript,
		     v->name,
		     s ? s->needs :
			 "intact runs no scripts, since what it cannot check could open any disk",
		     instead(v));
}

static void bad_field(const struct volume *v, const char *field, const char *should,
		      const char *where, struct config *config)
{
	findings_add(&config->findings, config_foreign_severity(v),
		     "%s: with keyscript \"%.100s\" the third field of %s must be %s, but it is "
		     "\"%.100s\". %s",
		     where, v->keyscript, v->name, should, field, instead(v));
}

static void set_key_name(struct volume *v, const char *field, const char *where,
			 struct config *config)
{
	if (field && (strlen(field) > KEYSCRIPT_NAME_MAX || str_has_control(field))) {
		bad_field(v, field, "the name of a key, of at most 200 printable bytes", where,
			  config);
		return;
	}
	free(v->key_name);
	v->key_name = field ? xasprintf("cryptsetup:%s", field) : NULL;
}

static void set_file(struct volume *v, const char *field, const char *where, struct config *config)
{
	cleanup_free char *file = keyscript_keyfile(v->keyscript, field);

	if (file && meaning_of(v->keyscript) == MEANS_DEVICE)
		set_wait(v, field);
	if (file)
		keyfile_set(v, file, where, config);
	else
		bad_field(v, field ? field : "none",
			  meaning_of(v->keyscript) == MEANS_FILE ? "a key file" :
								   "DEVICE:PATH or "
								   "DEVICE:PATH:SECONDS",
			  where, config);
}

void keyscript_set_key(struct volume *v, const char *field, const char *where,
		       struct config *config)
{
	if (!v->keyscript) {
		if (field)
			keyfile_set(v, field, where, config);
		return;
	}
	switch (meaning_of(v->keyscript)) {
	case MEANS_PROMPT:
		break;
	case MEANS_FILE:
	case MEANS_DEVICE:
		set_file(v, field, where, config);
		break;
	case MEANS_KEY_NAME:
		set_key_name(v, field, where, config);
		break;
	case MEANS_NOTHING:
		cannot_run(v, where, config);
		break;
	}
}
