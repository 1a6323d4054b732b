/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The options: crypttab(5) of systemd 262 and of Debian's cryptsetup 2.8, and those of Arch's
 * encrypt hook and of dracut. tests/unit/config/test_tables.c has all of theirs.
 */
#include "config/options.h"

#include "base/util.h"
#include "config/pin.h"
#include "config/tpm2_options.h"

#include <stdio.h>

enum value { VALUE_NONE, VALUE_NEEDED, VALUE_OPTIONAL };

/* One option of one entry while it is read. */
struct word {
	struct volume *v;
	struct config *config;
	const char *where;
	const char *text;  /* the whole word, "tries=3" */
	const char *value; /* "3"; NULL when there is no '=' */
	size_t field; /* what the option sets: an offset in struct volume, an enum dm_option or an
			 enum pin */
};

/* Adds a finding that begins with the option and its volume. */
#define option_finding(w, severity, fmt, ...)                                              \
	findings_add(&(w)->config->findings, severity, "%s: option \"%.100s\" of %s " fmt, \
		     (w)->where, (w)->text, (w)->v->name, ##__VA_ARGS__)

static void ignored(const struct word *w, const char *why)
{
	option_finding(w, SEVERITY_WARNING, "is ignored: %s.", why);
}

static void *field_of(const struct word *w)
{
	return (char *)w->v + w->field;
}

static void set_flag(const struct word *w)
{
	bool value = true;

	if (w->value && parse_bool(w->value, &value) < 0)
		ignored(w, "the value after '=' must be yes or no");
	else
		*(bool *)field_of(w) = value;
}

/* The opposite of an option: the later one of the two counts. */
static void clear_flag(const struct word *w)
{
	*(bool *)field_of(w) = false;
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
		ignored(w, "the value after '=' is not a whole number");
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

	if (number(w, KEYSLOTS_MAX - 1, &value))
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

	/* keyfile-timeout alone stands for the default. */
	if (!w->value)
		return;
	if (parse_seconds(w->value, &ms) < 0)
		ignored(w, "the value after '=' is not a time such as 90, 90s, 2min or infinity");
	else
		*field = ms ? ms : WAIT_FOREVER;
}

/* A value of two options may be yes, no or one word more. -1: it is ignored. */
static int yes_no_or(const struct word *w, const char *third)
{
	char why[64];
	bool yes;

	if (str_eq(w->value, third))
		return 2;
	if (parse_bool(w->value, &yes) == 0)
		return yes;
	(void)snprintf(why, sizeof(why), "the value after '=' must be yes, no or %s", third);
	ignored(w, why);
	return -1;
}

static void set_typed(const struct word *w)
{
	static const enum typed values[] = { TYPED_HIDDEN, TYPED_SHOWN, TYPED_MASKED };
	int value = yes_no_or(w, "masked");

	if (value >= 0)
		w->v->typed = values[value];
}

static void set_cache(const struct word *w)
{
	static const enum password_cache values[] = { CACHE_NO, CACHE_YES, CACHE_READ_ONLY };
	int value = yes_no_or(w, "read-only");

	if (value >= 0)
		w->v->cache = values[value];
}

/* What it means for the key is known with the third field: see keyscript.h. */
static void set_keyscript(const struct word *w)
{
	free(w->v->keyscript);
	w->v->keyscript = xstrdup(w->value);
}

/* systemd's pin is a hash of the name and the volume key. */
static void drop_fixate(const struct word *w)
{
	option_finding(
		w, w->v->pins.key_digest[0] ? SEVERITY_NOTE : config_foreign_severity(w->v),
		"is ignored: an image pins the volume key with x-intact.volume-key instead.");
}

static void drop_link(const struct word *w)
{
	option_finding(w, config_foreign_severity(w->v),
		       "is ignored: only dm-crypt gets the volume key.");
}

static void set_header(const struct word *w)
{
	if (config_place(w->config, w->value, w->where, &w->v->header) < 0)
		ignored(w, "the header must be a device, an absolute path or PATH:DEVICE");
	else
		w->v->detached = true;
}

/* libcryptsetup refuses to open an integrity volume with discards; all it returns is -EINVAL. The
 * installers of Debian and Fedora write the option by default. */
static void drop_discard(const struct word *w)
{
	option_finding(
		w, config_foreign_severity(w->v),
		"is dropped: the volume would not open with it, because integrity protection cannot pass "
		"TRIM on to the disk. Remove the option to silence this.");
}

static void no_such_key_yet(const struct word *w)
{
	option_finding(w, config_foreign_severity(w->v),
		       "is not supported yet; the passphrase is asked for instead.");
}

static void set_tpm2(const struct word *w)
{
	const char *why = tpm2_option(w->text, w->value ? w->value : "", &w->v->tpm2);

	if (why)
		ignored(w, why);
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

/* Not what it should be: as a promise that is not understood it is not kept by any disk. */
static void bad_pin(const struct word *w)
{
	option_finding(
		w, SEVERITY_ERROR,
		"requires a value that makes no sense, so no disk is accepted as %s. Correct "
		"it and rebuild the boot image.",
		w->v->name);
	if (!w->v->pins.bad[0])
		str_copy(w->v->pins.bad, sizeof(w->v->pins.bad), w->text);
}

/* The first value counts: a later one, on the kernel command line, must not weaken it. */
static void set_pin(const struct word *w)
{
	if (w->v->expect == EXPECT_NOTHING)
		w->v->expect = EXPECT_ANY;
	switch (pin_read((enum pin)w->field, w->value ? w->value : "", &w->v->pins)) {
	case PIN_SET:
		break;
	case PIN_OTHER:
		ignored(w, "another value is already required");
		break;
	case PIN_BAD:
		bad_pin(w);
		break;
	}
}

/* The strongest requirement counts: a later one, on the kernel command line, must not weaken it. */
static void set_integrity(const struct word *w)
{
	cleanup_free char *type = NULL;

	if (w->v->expect == EXPECT_NOTHING)
		w->v->expect = EXPECT_ANY;
	if (!w->value)
		return;
	if (!is_integrity_name(w->value) || str_eq(w->value, "none")) {
		bad_pin(w);
		return;
	}
	type = integrity_type(w->value);
	if (w->v->expect == EXPECT_NAMED) {
		if (!str_eq(w->v->integrity, type))
			ignored(w, "another algorithm is already required");
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
		ignored(w, "the value after '=' is not the name of a file system");
	else
		str_copy(w->v->fstype, sizeof(w->v->fstype), w->value);
}

/* "root+usr" */
static void set_holds(const struct word *w)
{
	static const char *const names[] = { "root", "usr", "resume" };
	cleanup_free char *copy = xstrdup(w->value);
	char *rest = copy;

	for (const char *name; (name = strsep(&rest, "+"));) {
		bool known = false;

		for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
			known = known || str_eq(name, names[i]);
			w->v->holds |= str_eq(name, names[i]) ? 1U << i : 0;
		}
		if (!known)
			ignored(w, "the value must be root, usr and resume, joined by '+'");
	}
}

static void unknown_own(const struct word *w)
{
	ignored(w, "it is unknown to this version of intact");
}

#define FIELD(name) offsetof(struct volume, name)

/* A '*' at the end stands for any ending; the first row that fits counts. The names are no
 * pointers, each of which would need a relocation in the program: 24 bytes. */
static const struct option {
	char name[25];
	uint8_t value; /* enum value */
	uint16_t field;
	void (*apply)(const struct word *w);
} options[] = {
	/* ours */
	{ "x-intact.integrity", VALUE_OPTIONAL, 0, set_integrity },
	{ "x-intact.cipher", VALUE_OPTIONAL, PIN_CIPHER, set_pin },
	{ "x-intact.sector-size", VALUE_OPTIONAL, PIN_SECTOR_SIZE, set_pin },
	{ "x-intact.key-size", VALUE_OPTIONAL, PIN_KEY_SIZE, set_pin },
	{ "x-intact.volume-key", VALUE_OPTIONAL, PIN_VOLUME_KEY, set_pin },
	{ "x-intact.fresh", VALUE_OPTIONAL, PIN_FRESH, set_pin },
	{ "x-intact.fstype", VALUE_NEEDED, 0, set_fstype },
	{ "x-intact.fallback-name", VALUE_NONE, FIELD(fallback_name), set_flag },
	{ "x-intact.leg", VALUE_NONE, FIELD(leg), set_flag },
	{ "x-intact.holds", VALUE_NEEDED, 0, set_holds },
	{ "x-intact.recovery", VALUE_NONE, DM_OPTION_RECOVERY | DM_OPTION_READONLY, set_dm_option },
	{ "x-intact.*", VALUE_OPTIONAL, 0, unknown_own },

	/* where the header and the key are */
	{ "header", VALUE_NEEDED, 0, set_header },
	{ "key-slot", VALUE_NEEDED, 0, set_keyslot },
	{ "keyslot", VALUE_NEEDED, 0, set_keyslot },
	{ "keyfile-offset", VALUE_NEEDED, FIELD(keyfile_offset), set_bytes },
	{ "keyfile-size", VALUE_NEEDED, FIELD(keyfile_size), set_bytes },
	{ "keyscript", VALUE_NEEDED, 0, set_keyscript },
	{ "pkcs11-uri", VALUE_NEEDED, 0, no_such_key_yet },
	{ "tpm2-device", VALUE_NEEDED, 0, set_tpm2 },
	{ "tpm2-signature", VALUE_NEEDED, 0, set_tpm2 },
	{ "tpm2-pcrlock", VALUE_NEEDED, 0, set_tpm2 },
	{ "tpm2-pcrs", VALUE_OPTIONAL, 0, set_tpm2 },
	{ "tpm2-measure-pcr", VALUE_NEEDED, 0, set_tpm2 },
	/* All banks are measured into, as systemd does it since 259; the token says whether there
	 * is a PIN. */
	{ "tpm2-measure-bank", VALUE_NEEDED, 0, ignore },
	{ "tpm2-pin", VALUE_NEEDED, 0, ignore },
	{ "tpm2-*", VALUE_OPTIONAL, 0, no_such_key_yet },
	{ "fido2-*", VALUE_OPTIONAL, 0, no_such_key_yet },
	{ "token-timeout", VALUE_NEEDED, FIELD(tpm2.wait), set_duration },
	{ "keyfile-timeout", VALUE_OPTIONAL, FIELD(keyfile_wait), set_duration },
	{ "keyfile-erase", VALUE_OPTIONAL, FIELD(keyfile_erase), set_flag },
	{ "fixate-volume-key", VALUE_NEEDED, 0, drop_fixate },
	{ "link-volume-key", VALUE_NEEDED, 0, drop_link },

	/* the prompt */
	{ "tries", VALUE_NEEDED, 0, set_tries },
	{ "timeout", VALUE_NEEDED, FIELD(prompt_wait), set_duration },
	{ "x-systemd.device-timeout", VALUE_NEEDED, FIELD(device_wait), set_duration },
	{ "headless", VALUE_OPTIONAL, FIELD(headless), set_flag },
	{ "try-empty-password", VALUE_OPTIONAL, FIELD(try_empty), set_flag },
	{ "password-echo", VALUE_NEEDED, 0, set_typed },
	{ "password-cache", VALUE_NEEDED, 0, set_cache },

	/* how it is opened */
	{ "nofail", VALUE_NONE, FIELD(nofail), set_flag },
	{ "fail", VALUE_NONE, FIELD(nofail), clear_flag },
	{ "noauto", VALUE_NONE, FIELD(noauto), set_flag },
	{ "auto", VALUE_NONE, FIELD(noauto), clear_flag },
	{ "read-only", VALUE_NONE, DM_OPTION_READONLY, set_dm_option },
	{ "readonly", VALUE_NONE, DM_OPTION_READONLY, set_dm_option },
	{ "same-cpu-crypt", VALUE_NONE, DM_OPTION_SAME_CPU_CRYPT, set_dm_option },
	{ "submit-from-crypt-cpus", VALUE_NONE, DM_OPTION_SUBMIT_FROM_CRYPT_CPUS, set_dm_option },
	{ "no-read-workqueue", VALUE_NONE, DM_OPTION_NO_READ_WORKQUEUE, set_dm_option },
	{ "perf-no_read_workqueue", VALUE_NONE, DM_OPTION_NO_READ_WORKQUEUE, set_dm_option },
	{ "no-write-workqueue", VALUE_NONE, DM_OPTION_NO_WRITE_WORKQUEUE, set_dm_option },
	{ "perf-no_write_workqueue", VALUE_NONE, DM_OPTION_NO_WRITE_WORKQUEUE, set_dm_option },
	{ "discard", VALUE_NONE, 0, drop_discard },
	{ "allow-discards", VALUE_NONE, 0, drop_discard },

	/* other formats, and volumes created again at each boot */
	{ "plain", VALUE_NONE, 0, set_other_format },
	{ "swap", VALUE_NONE, 0, set_other_format },
	{ "tmp", VALUE_OPTIONAL, 0, set_other_format },
	{ "bitlk", VALUE_NONE, 0, set_other_format },
	{ "fvault2", VALUE_NONE, 0, set_other_format },
	{ "tcrypt*", VALUE_OPTIONAL, 0, set_other_format },
	{ "veracrypt*", VALUE_OPTIONAL, 0, set_other_format },

	/* known from the header, for plain volumes, or for other programs */
	{ "luks", VALUE_NONE, 0, ignore },
	{ "initramfs", VALUE_NONE, 0, ignore },
	{ "force", VALUE_NONE, 0, ignore },
	{ "_netdev", VALUE_NONE, 0, ignore },
	{ "cipher", VALUE_NEEDED, 0, ignore },
	{ "hash", VALUE_NEEDED, 0, ignore },
	{ "size", VALUE_NEEDED, 0, ignore },
	{ "offset", VALUE_NEEDED, 0, ignore },
	{ "skip", VALUE_NEEDED, 0, ignore },
	{ "sector-size", VALUE_NEEDED, 0, ignore },
	{ "verify", VALUE_NONE, 0, ignore },
	{ "check", VALUE_OPTIONAL, 0, ignore },
	{ "checkargs", VALUE_NEEDED, 0, ignore },
	{ "noearly", VALUE_NONE, 0, ignore },
	{ "loud", VALUE_NONE, 0, ignore },
	{ "quiet", VALUE_NONE, 0, ignore },
	{ "x-*", VALUE_OPTIONAL, 0, ignore },
};

static bool is_option(const struct option *o, const char *word, size_t name_len)
{
	size_t len = strlen(o->name);

	if (o->name[len - 1] == '*')
		return name_len >= len - 1 && memcmp(word, o->name, len - 1) == 0;
	return name_len == len && memcmp(word, o->name, len) == 0;
}

/* The row of a word such as "tries=3"; NULL: there is none. */
static const struct option *find_option(const char *word)
{
	size_t name_len = strcspn(word, "=");

	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		if (is_option(&options[i], word, name_len))
			return &options[i];
	return NULL;
}

bool config_option_ignored(const char *word)
{
	const struct option *o = find_option(word);

	return !o || o->apply == ignore || o->apply == drop_fixate || o->apply == drop_link ||
	       o->apply == unknown_own;
}

static void apply(struct word *w)
{
	size_t name_len = strcspn(w->text, "=");
	const struct option *o = find_option(w->text);

	if (!o) {
		option_finding(w, SEVERITY_WARNING, "is unknown and is ignored.");
		return;
	}
	w->value = w->text[name_len] ? w->text + name_len + 1 : NULL;
	w->field = o->field;
	if (w->value && o->value == VALUE_NONE)
		ignored(w, "it takes no value");
	else if (o->value == VALUE_NEEDED && (!w->value || !*w->value))
		ignored(w, "it needs a value after '='");
	else
		o->apply(w);
}

static void apply_all(struct volume *v, const char *text, bool ours, const char *where,
		      struct config *config)
{
	cleanup_free char *copy = xstrdup(text);
	char *rest = copy;

	for (const char *token; (token = pin_word(&rest));) {
		struct word w = { .v = v, .config = config, .where = where, .text = token };

		if (*token && (str_after(token, "x-intact.") != NULL) == ours)
			apply(&w);
	}
}

void config_promises(struct volume *v, const char *text, const char *where, struct config *config)
{
	apply_all(v, text, true, where, config);
	if (v->expect != EXPECT_NOTHING)
		v->other_format = false;
}

void config_options(struct volume *v, const char *text, const char *where, struct config *config)
{
	/* Ours first: whether the volume has integrity decides how the other options are read. */
	apply_all(v, text, true, where, config);
	apply_all(v, text, false, where, config);
	if (v->other_format && v->expect != EXPECT_NOTHING) {
		v->other_format = false;
		findings_add(
			&config->findings, SEVERITY_WARNING,
			"%s: \"%.200s\" has both x-intact.integrity and an option of another format "
			"than LUKS2; %s is treated as a LUKS2 volume with integrity protection.",
			where, text, v->name);
	}
}
