/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/config.h"

#include "base/util.h"
#include "config/crypttab.h"
#include "config/dialects.h"

#include <stddef.h>
#include <stdio.h>
#include <strings.h>

#define LUKS2_KEYSLOTS 32

struct volume *config_add_volume(struct config *config, const char *name, const char *origin)
{
	struct volume *v = array_add(&config->volumes, &config->n_volumes, sizeof(*v));

	v->name = xstrdup(name);
	v->origin = xstrdup(origin);
	v->keyslot = KEYSLOT_ANY;
	v->tries = TRIES_DEFAULT;
	v->device_wait = DEVICE_WAIT_DEFAULT;
	v->prompt_wait = WAIT_FOREVER;
	return v;
}

static void volume_clear(struct volume *v)
{
	free(v->name);
	free(v->header);
	free(v->keyfile);
	free(v->integrity);
	free(v->origin);
	*v = (struct volume){ 0 };
}

void config_free(struct config *config)
{
	for (size_t i = 0; i < config->n_volumes; i++)
		volume_clear(&config->volumes[i]);
	free(config->volumes);
	findings_free(&config->findings);
	*config = (struct config){ 0 };
}

const char *config_name_problem(const char *name)
{
	if (!*name)
		return "is empty";
	if (strlen(name) > NAME_MAX_LEN)
		return "is longer than 123 bytes";
	if (strchr(name, '/'))
		return "contains a '/'";
	if (str_eq(name, "control") || str_eq(name, ".") || str_eq(name, ".."))
		return "is reserved";
	for (; *name; name++)
		if ((unsigned char)*name < 0x20 || *name == 0x7f)
			return "contains a control character";
	return NULL;
}

/* --- one options field ------------------------------------------------------------------------
 *
 * crypttab(5) of systemd 258 and of Debian's cryptsetup 2.8, and the words that Arch's encrypt hook
 * knows.
 */

enum value { VALUE_NONE, VALUE_NEEDED, VALUE_OPTIONAL };

/* One option of one entry while it is read. */
struct word {
	struct volume *v;
	struct config *config;
	const char *where;
	const char *text;  /* the whole word, "tries=3" */
	const char *value; /* "3"; NULL when there is no '=' */
	size_t field; /* what the option sets: an offset in struct volume, or an enum dm_option */
};

static enum severity foreign_severity(const struct volume *v)
{
	return v->expect == EXPECT_NOTHING ? SEVERITY_NOTE : SEVERITY_WARNING;
}

static void ignored(const struct word *w, const char *why)
{
	findings_add(&w->config->findings, SEVERITY_WARNING,
		     "%s: option \"%.100s\" of %s is ignored: %s.", w->where, w->text, w->v->name,
		     why);
}

static void *field_of(const struct word *w)
{
	return (char *)w->v + w->field;
}

static void set_flag(const struct word *w)
{
	bool value = true;

	if (w->value && parse_bool(w->value, &value) < 0)
		ignored(w, "write yes or no behind the '='");
	else
		*(bool *)field_of(w) = value;
}

static void set_dm_option(const struct word *w)
{
	w->v->options |= (unsigned)w->field;
}

static bool number(const struct word *w, uint64_t max, uint64_t *ret)
{
	int r = parse_u64(w->value, max, ret);

	if (r == -ERANGE) {
		char why[80];

		(void)snprintf(why, sizeof(why), "the largest possible value is %llu",
			       (unsigned long long)max);
		ignored(w, why);
	} else if (r < 0) {
		ignored(w, "what is behind the '=' is not a whole number");
	}
	return r == 0;
}

static void set_bytes(const struct word *w)
{
	(void)number(w, INT64_MAX, field_of(w));
}

static void set_keyslot(const struct word *w)
{
	uint64_t value;

	if (number(w, LUKS2_KEYSLOTS - 1, &value))
		w->v->keyslot = (int)value;
}

static void set_tries(const struct word *w)
{
	uint64_t value;

	if (number(w, INT32_MAX, &value))
		w->v->tries = (unsigned)value;
}

/* A time-out of 0 is none, for passphrases and for devices (crypttab(5), systemd.mount(5)). */
static void set_duration(const struct word *w)
{
	uint64_t *field = field_of(w), ms;

	if (parse_seconds(w->value, &ms) < 0)
		ignored(w,
			"what is behind the '=' is not a time such as 90, 90s, 2min or infinity");
	else
		*field = ms ? ms : WAIT_FOREVER;
}

static void set_header(const struct word *w)
{
	struct devref device;

	if (devref_parse(w->value, &device) < 0) {
		ignored(w, "a header is a device or the absolute path of a file");
		return;
	}
	free(w->v->header);
	w->v->header = xstrdup(w->value);
}

/* libcryptsetup refuses to open an integrity volume that asks for discards, with -EINVAL and hence
 * without a reason that anybody understands; installers of Debian and Fedora write the word by
 * default. */
static void drop_discard(const struct word *w)
{
	findings_add(
		&w->config->findings, foreign_severity(w->v),
		"%s: option \"%.100s\" of %s is dropped: integrity protection cannot pass TRIM on to "
		"the disk, and the volume would not open with it. Take the word out to silence this.",
		w->where, w->text, w->v->name);
}

static void no_such_key_yet(const struct word *w)
{
	findings_add(
		&w->config->findings, foreign_severity(w->v),
		"%s: option \"%.100s\" of %s is not supported yet; the passphrase is asked for "
		"instead.",
		w->where, w->text, w->v->name);
}

static void not_yet(const struct word *w)
{
	findings_add(&w->config->findings, foreign_severity(w->v),
		     "%s: option \"%.100s\" of %s is not supported yet and ignored.", w->where,
		     w->text, w->v->name);
}

static void ignore(const struct word *w)
{
	(void)w;
}

static void set_other_format(const struct word *w)
{
	w->v->other_format = true;
}

static bool is_integrity_name(const char *s)
{
	return *s && strlen(s) < 64 &&
	       s[strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_-()")] == '\0';
}

/* "hmac-sha256", as cryptsetup's --integrity has it, is "hmac(sha256)" in the header. */
static char *integrity_type(const char *s)
{
	static const char *const macs[] = { "hmac", "phmac", "cmac" };

	for (size_t i = 0; i < ARRAY_SIZE(macs); i++) {
		const char *rest = str_after(s, macs[i]);

		if (rest && *rest == '-')
			return xasprintf("%s(%s)", macs[i], rest + 1);
	}
	return xstrdup(s);
}

/* Said twice, the stronger word counts: nothing that comes later, on the kernel command line,
 * weakens. */
static void set_integrity(const struct word *w)
{
	cleanup_free char *type = NULL;

	if (w->v->expect == EXPECT_NOTHING)
		w->v->expect = EXPECT_ANY;
	if (!w->value)
		return;
	if (!is_integrity_name(w->value) || str_eq(w->value, "none")) {
		findings_add(&w->config->findings, SEVERITY_WARNING,
			     "%s: option \"%.100s\" of %s names no integrity algorithm such as "
			     "hmac(sha256); any is accepted.",
			     w->where, w->text, w->v->name);
		return;
	}
	type = integrity_type(w->value);
	if (w->v->expect == EXPECT_NAMED) {
		if (!str_eq(w->v->integrity, type))
			ignored(w, "another algorithm is required already");
		return;
	}
	w->v->expect = EXPECT_NAMED;
	w->v->integrity = steal_pointer(&type);
}

static void set_fstype(const struct word *w)
{
	/* It becomes a part of a module alias. */
	if (strlen(w->value) >= sizeof(w->v->fstype) ||
	    w->value[strspn(w->value, "abcdefghijklmnopqrstuvwxyz0123456789_-")])
		ignored(w, "what is behind the '=' is not the name of a file system");
	else
		str_copy(w->v->fstype, sizeof(w->v->fstype), w->value);
}

static void unknown_own(const struct word *w)
{
	ignored(w, "this version of intact does not know it");
}

#define FIELD(name) offsetof(struct volume, name)

/* A '*' at the end stands for any ending; the first that fits counts. */
static const struct option {
	const char *name;
	enum value value;
	void (*apply)(const struct word *w);
	size_t field;
} options[] = {
	/* ours */
	{ "x-intact.integrity", VALUE_OPTIONAL, set_integrity, 0 },
	{ "x-intact.fstype", VALUE_NEEDED, set_fstype, 0 },
	{ "x-intact.*", VALUE_OPTIONAL, unknown_own, 0 },

	/* where the header and the key are */
	{ "header", VALUE_NEEDED, set_header, 0 },
	{ "key-slot", VALUE_NEEDED, set_keyslot, 0 },
	{ "keyslot", VALUE_NEEDED, set_keyslot, 0 },
	{ "keyfile-offset", VALUE_NEEDED, set_bytes, FIELD(keyfile_offset) },
	{ "keyfile-size", VALUE_NEEDED, set_bytes, FIELD(keyfile_size) },
	{ "keyscript", VALUE_NEEDED, no_such_key_yet, 0 },
	{ "pkcs11-uri", VALUE_NEEDED, no_such_key_yet, 0 },
	{ "tpm2-*", VALUE_OPTIONAL, no_such_key_yet, 0 },
	{ "fido2-*", VALUE_OPTIONAL, no_such_key_yet, 0 },
	{ "token-timeout", VALUE_NEEDED, no_such_key_yet, 0 },
	{ "keyfile-timeout", VALUE_NEEDED, ignore, 0 }, /* for PATH:DEVICE: see config_keyfile */
	{ "keyfile-erase", VALUE_OPTIONAL, not_yet, 0 },
	{ "fixate-volume-key", VALUE_NEEDED, not_yet, 0 },
	{ "link-volume-key", VALUE_NEEDED, not_yet, 0 },

	/* the prompt */
	{ "tries", VALUE_NEEDED, set_tries, 0 },
	{ "timeout", VALUE_NEEDED, set_duration, FIELD(prompt_wait) },
	{ "x-systemd.device-timeout", VALUE_NEEDED, set_duration, FIELD(device_wait) },
	{ "headless", VALUE_OPTIONAL, set_flag, FIELD(headless) },
	{ "try-empty-password", VALUE_OPTIONAL, set_flag, FIELD(try_empty) },
	{ "password-echo", VALUE_OPTIONAL, ignore, 0 },	 /* nothing is echoed, ever */
	{ "password-cache", VALUE_OPTIONAL, ignore, 0 }, /* tried on later volumes, then wiped */

	/* how it is opened */
	{ "nofail", VALUE_NONE, set_flag, FIELD(nofail) },
	{ "noauto", VALUE_NONE, set_flag, FIELD(noauto) },
	{ "read-only", VALUE_NONE, set_dm_option, DM_OPTION_READONLY },
	{ "readonly", VALUE_NONE, set_dm_option, DM_OPTION_READONLY },
	{ "same-cpu-crypt", VALUE_NONE, set_dm_option, DM_OPTION_SAME_CPU_CRYPT },
	{ "submit-from-crypt-cpus", VALUE_NONE, set_dm_option, DM_OPTION_SUBMIT_FROM_CRYPT_CPUS },
	{ "no-read-workqueue", VALUE_NONE, set_dm_option, DM_OPTION_NO_READ_WORKQUEUE },
	{ "perf-no_read_workqueue", VALUE_NONE, set_dm_option, DM_OPTION_NO_READ_WORKQUEUE },
	{ "no-write-workqueue", VALUE_NONE, set_dm_option, DM_OPTION_NO_WRITE_WORKQUEUE },
	{ "perf-no_write_workqueue", VALUE_NONE, set_dm_option, DM_OPTION_NO_WRITE_WORKQUEUE },
	{ "discard", VALUE_NONE, drop_discard, 0 },
	{ "allow-discards", VALUE_NONE, drop_discard, 0 },

	/* not LUKS, or made anew at each boot */
	{ "plain", VALUE_NONE, set_other_format, 0 },
	{ "swap", VALUE_NONE, set_other_format, 0 },
	{ "tmp", VALUE_OPTIONAL, set_other_format, 0 },
	{ "bitlk", VALUE_NONE, set_other_format, 0 },
	{ "fvault2", VALUE_NONE, set_other_format, 0 },
	{ "tcrypt*", VALUE_OPTIONAL, set_other_format, 0 },
	{ "veracrypt*", VALUE_OPTIONAL, set_other_format, 0 },

	/* what the header says, what plain volumes need, and what is for others */
	{ "luks", VALUE_NONE, ignore, 0 },
	{ "initramfs", VALUE_NONE, ignore, 0 },
	{ "_netdev", VALUE_NONE, ignore, 0 },
	{ "cipher", VALUE_NEEDED, ignore, 0 },
	{ "hash", VALUE_NEEDED, ignore, 0 },
	{ "size", VALUE_NEEDED, ignore, 0 },
	{ "offset", VALUE_NEEDED, ignore, 0 },
	{ "skip", VALUE_NEEDED, ignore, 0 },
	{ "sector-size", VALUE_NEEDED, ignore, 0 },
	{ "verify", VALUE_NONE, ignore, 0 },
	{ "check", VALUE_OPTIONAL, ignore, 0 },
	{ "checkargs", VALUE_NEEDED, ignore, 0 },
	{ "noearly", VALUE_NONE, ignore, 0 },
	{ "loud", VALUE_NONE, ignore, 0 },
	{ "quiet", VALUE_NONE, ignore, 0 },
	{ "x-*", VALUE_OPTIONAL, ignore, 0 },
};

static bool is_option(const struct option *o, const char *word, size_t name_len)
{
	size_t len = strlen(o->name);

	if (o->name[len - 1] == '*')
		return name_len >= len - 1 && memcmp(word, o->name, len - 1) == 0;
	return name_len == len && memcmp(word, o->name, len) == 0;
}

static void apply(struct word *w)
{
	size_t name_len = strcspn(w->text, "=");
	const struct option *o = options;

	while (o < options + ARRAY_SIZE(options) && !is_option(o, w->text, name_len))
		o++;
	if (o == options + ARRAY_SIZE(options)) {
		findings_add(&w->config->findings, SEVERITY_WARNING,
			     "%s: option \"%.100s\" of %s is not known and ignored.", w->where,
			     w->text, w->v->name);
		return;
	}
	w->value = w->text[name_len] ? w->text + name_len + 1 : NULL;
	w->field = o->field;
	if (w->value && o->value == VALUE_NONE)
		ignored(w, "it takes no value");
	else if (o->value == VALUE_NEEDED && (!w->value || !*w->value))
		ignored(w, "it needs a value behind a '='");
	else
		o->apply(w);
}

static void apply_all(struct volume *v, const char *text, bool ours, const char *where,
		      struct config *config)
{
	cleanup_free char *copy = xstrdup(text);
	char *rest = copy;

	for (const char *token; (token = strsep(&rest, ","));) {
		struct word w = { .v = v, .config = config, .where = where, .text = token };

		if (*token && (str_after(token, "x-intact.") != NULL) == ours)
			apply(&w);
	}
}

void config_options(struct volume *v, const char *text, const char *where, struct config *config)
{
	/* What the volume is comes first, since it decides how the other words are taken. */
	apply_all(v, text, true, where, config);
	apply_all(v, text, false, where, config);

	if (v->other_format && v->expect != EXPECT_NOTHING) {
		v->other_format = false;
		findings_add(
			&config->findings, SEVERITY_WARNING,
			"%s: \"%.200s\" names another format than LUKS2 beside x-intact.integrity; %s "
			"is taken for a LUKS2 volume with integrity protection.",
			where, text, v->name);
	}
}

/* --- files ------------------------------------------------------------------------------------ */

/* Two names of the same device, as far as can be told without looking at devices. */
static bool same_source(const struct devref *a, const struct devref *b)
{
	bool any_case = a->kind == DEVREF_UUID || a->kind == DEVREF_PARTUUID;

	return a->kind == b->kind &&
	       (any_case ? strcasecmp(a->value, b->value) : strcmp(a->value, b->value)) == 0;
}

struct volume *config_find_source(const struct config *config, const struct devref *source)
{
	for (size_t i = 0; i < config->n_volumes; i++)
		if (same_source(&config->volumes[i].source, source))
			return &config->volumes[i];
	return NULL;
}

struct volume *config_find_name(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->n_volumes; i++)
		if (str_eq(config->volumes[i].name, name))
			return &config->volumes[i];
	return NULL;
}

/* A key that is different each time is for swap and /tmp, never for a LUKS volume (crypttab(5)). */
static bool is_random_key(const char *keyfile)
{
	static const char *const paths[] = { "/dev/urandom", "/dev/random", "/dev/hwrng",
					     "/dev/hw_random" };

	for (size_t i = 0; keyfile && i < ARRAY_SIZE(paths); i++)
		if (str_eq(keyfile, paths[i]))
			return true;
	return false;
}

/* An entry whose volume the files have already. Two files may both name a volume, the image's own
 * and the one that it was made from; the same in one file is a mistake. */
static bool is_duplicate(struct config *config, size_t first_of_file,
			 const struct crypttab_entry *e, const struct devref *source,
			 const char *where)
{
	const struct volume *same = config_find_name(config, e->name);

	if (same) {
		if (same >= &config->volumes[first_of_file])
			findings_add(
				&config->findings, SEVERITY_WARNING,
				"%s: the name \"%s\" is taken by %s; this line is ignored, give it "
				"another name.",
				where, e->name, same->origin);
		return true;
	}
	same = config_find_source(config, source);
	if (same && same >= &config->volumes[first_of_file]) {
		char text[300];

		findings_add(&config->findings, SEVERITY_WARNING,
			     "%s: %s is unlocked as \"%s\" by %s; this line is ignored.", where,
			     devref_format(source, text, sizeof(text)), same->name, same->origin);
	}
	return same != NULL;
}

void config_keyfile(struct volume *v, const char *path, const char *where, struct config *config)
{
	/* PATH:DEVICE: systemd's way to say that the file is on another disk */
	const char *colon = strrchr(path, ':');
	struct devref device;

	if (*path != '/') {
		findings_add(
			&config->findings, foreign_severity(v),
			"%s: key file \"%.100s\" of %s is not an absolute path; the passphrase is "
			"asked for instead.",
			where, path, v->name);
	} else if (colon && devref_parse(colon + 1, &device) == 0) {
		findings_add(
			&config->findings, foreign_severity(v),
			"%s: key file \"%.200s\" of %s: key files on other disks are not supported yet; "
			"the passphrase is asked for instead.",
			where, path, v->name);
	} else {
		free(v->keyfile);
		v->keyfile = xstrdup(path);
	}
}

static void add_entry(struct config *config, size_t first_of_file, const struct crypttab_entry *e,
		      const char *where)
{
	const char *problem = config_name_problem(e->name);
	struct devref source;
	struct volume *v;

	if (is_random_key(e->keyfile))
		return;
	if (problem) {
		findings_add(&config->findings, SEVERITY_ERROR,
			     "%s: the name \"%.140s\" %s; this volume is left out.", where, e->name,
			     problem);
		return;
	}
	if (devref_parse(e->source, &source) < 0) {
		findings_add(
			&config->findings, SEVERITY_ERROR,
			"%s: \"%.200s\" is not a device; write UUID=..., LABEL=..., PARTUUID=..., "
			"PARTLABEL=... or a path such as /dev/sda2. Volume %s is left out.",
			where, e->source, e->name);
		return;
	}
	if (is_duplicate(config, first_of_file, e, &source, where))
		return;
	v = config_add_volume(config, e->name, where);
	v->source = source;
	v->from_file = true;
	config_options(v, e->options, where, config);
	if (e->keyfile)
		config_keyfile(v, e->keyfile, where, config);
}

static void add_file(struct config *config, const struct config_file *file)
{
	size_t first_of_file = config->n_volumes;
	struct crypttab tab;

	crypttab_parse(file->text, file->len, &tab);
	for (size_t i = 0; i < tab.n_errors; i++)
		findings_add(&config->findings,
			     tab.errors[i].ignored ? SEVERITY_WARNING : SEVERITY_ERROR,
			     "%s line %u: \"%s\" %s.%s", file->path, tab.errors[i].line,
			     tab.errors[i].word, tab.errors[i].problem,
			     tab.errors[i].ignored ? "" : " The line is left out.");
	for (size_t i = 0; i < tab.n_entries; i++) {
		cleanup_free char *where = xasprintf("%s line %u", file->path, tab.entries[i].line);

		add_entry(config, first_of_file, &tab.entries[i], where);
	}
	crypttab_free(&tab);
}

/* What the image was built for stays, whatever a command line says. */
static bool is_wanted(const struct volume *v, const struct config_cmdline *cmdline)
{
	if (v->other_format)
		return false;
	if (v->on_cmdline || !v->from_file)
		return true;
	if (v->noauto)
		return false;
	return v->expect != EXPECT_NOTHING || (!cmdline->allow_list && !cmdline->no_crypttab);
}

void config_build(const struct config_file *files, size_t n, const char *cmdline,
		  struct config *ret)
{
	struct config_cmdline said = { 0 };
	size_t kept = 0;

	*ret = (struct config){ 0 };
	for (size_t i = 0; i < n; i++)
		add_file(ret, &files[i]);
	if (cmdline)
		config_cmdline_apply(ret, cmdline, &said);

	for (size_t i = 0; i < ret->n_volumes; i++) {
		struct volume v = ret->volumes[i];

		if (is_wanted(&v, &said))
			ret->volumes[kept++] = v;
		else
			volume_clear(&v);
	}
	ret->n_volumes = kept;
}
