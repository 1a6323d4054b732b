/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/param.h"

#include "base/util.h"
#include "config/keyfile.h"
#include "config/keyscript.h"
#include "config/options.h"
#include "config/pin.h"

bool param_seconds(const struct param *p, uint64_t *ret_ms)
{
	if (parse_seconds(p->value, ret_ms) == 0)
		return true;
	param_finding(p, SEVERITY_WARNING,
		      "the value after '=' is not a time such as 90, 90s, 2min or infinity; the "
		      "parameter is ignored.");
	return false;
}

void param_rename(const struct param *p, struct volume *v, const char *name)
{
	const struct volume *other = config_find_clash(p->config, name, v);

	if (other) {
		param_finding(p, SEVERITY_WARNING,
			      "the name \"%s\" is already used by %s; the name \"%s\" is kept.",
			      name, other->origin, v->name);
		return;
	}
	if (v->promised && !v->old_name)
		v->old_name = steal_pointer(&v->name);
	free(v->name);
	v->name = xstrdup(name);
	v->default_name = false;
}

/* What the command line may set although the image promises the volume's integrity: none of these
 * lets the boot go on without the promise, or lets another disk or header take the volume's place.
 * A '*' at the end stands for any ending. */
static const char *const harmless[] = {
	/* can only add a demand: what the file demands stays */
	"x-intact.integrity", "x-intact.cipher", "x-intact.sector-size", "x-intact.key-size",
	"x-intact.volume-key", "x-intact.fresh", "fail", "auto",
	/* which key is tried, how often and how long a person is waited for */
	"key-slot", "keyslot", "keyfile-offset", "keyfile-size", "keyfile-timeout", "pkcs11-uri",
	"tpm2-*", "fido2-*", "token-timeout", "tries", "timeout", "headless", "try-empty-password",
	"password-*",
	/* how long the disk is waited for */
	"x-systemd.device-timeout",
	/* how dm-crypt works; without effect on what it checks */
	"read-only", "readonly", "same-cpu-crypt", "submit-from-crypt-cpus", "no-read-workqueue",
	"no-write-workqueue", "perf-*",
	/* dm-crypt still checks each block that is read */
	"x-intact.recovery",
	/* dropped for every volume with integrity */
	"discard", "allow-discards"
};

static bool is_harmless(const char *word)
{
	size_t len = strcspn(word, "=");

	for (size_t i = 0; i < ARRAY_SIZE(harmless); i++) {
		size_t fixed = strcspn(harmless[i], "*");

		if (len >= fixed && memcmp(word, harmless[i], fixed) == 0 &&
		    (len == fixed || harmless[i][fixed] == '*'))
			return true;
	}
	return false;
}

/* Without a pin only the passphrase tells the volume's disk from another with its UUID. A secret
 * that the command line chooses, out of the image or an empty one, would open a disk that somebody
 * made for it. So would a few known bytes out of a key file. */
static bool is_key_for_any_disk(const struct volume *v, const char *word)
{
	return v->promised && !v->pinned &&
	       (str_after(word, "try-empty-password") || str_after(word, "keyfile-offset") ||
		str_after(word, "keyfile-size"));
}

static bool may_have_key(const struct param *p, struct volume *v)
{
	bool may = !v->promised || v->pinned;

	/* Another file than the one that the image lets go. */
	v->keyfile_erase = v->keyfile_erase && !may;

	if (!may)
		param_finding(p, SEVERITY_WARNING,
			      "the key file is ignored: no volume key is pinned for %s, so another "
			      "disk could be opened with the file. Rebuild the boot image.",
			      v->name);
	return may;
}

void param_keyfile(const struct param *p, struct volume *v, const char *text)
{
	if (may_have_key(p, v))
		keyfile_set(v, text, p->where, p->config);
}

void param_key_place(const struct param *p, struct volume *v, const struct file_place *place)
{
	if (may_have_key(p, v))
		keyfile_set_place(v, place, p->value, p->where, p->config);
}

bool param_key_is_for(const struct config *config, const struct volume *v)
{
	bool named = false;

	for (size_t i = 0; i < config->n_volumes; i++)
		named |= config->volumes[i].on_cmdline;
	return !v->keyfile && (v->on_cmdline || !named);
}

void param_key_check(const struct param *p)
{
	for (size_t i = 0; i < p->config->n_volumes; i++)
		if (param_key_is_for(p->config, &p->config->volumes[i]))
			return;
	if (p->config->n_volumes > 0)
		param_finding(
			p, SEVERITY_NOTE,
			"no effect: the volumes that it could be for have another key file, and "
			"only one is tried.");
}

void param_keyscript(const struct param *p, struct volume *v, const char *script, const char *field)
{
	cleanup_free char *file = keyscript_keyfile(script, field);

	if (file && !may_have_key(p, v))
		return;
	free(v->keyscript);
	v->keyscript = xstrdup(script);
	keyscript_set_key(v, field, p->where, p->config);
}

void param_data(const struct param *p, struct volume *v, const char *uuid,
		const struct devref *source)
{
	if (v->promised) {
		if (!v->detached || !devref_eq(&v->source, source))
			param_finding(p, SEVERITY_WARNING,
				      "the parameter is ignored: %s promises the integrity of %s, "
				      "and the command line may not give it another disk.",
				      v->origin, v->name);
		return;
	}
	if (!v->detached) {
		v->detached = true;
		v->header = (struct file_place){ .kind = PLACE_DEVICE, .device = v->source };
		v->header.device.kind = DEVREF_UUID;
		str_copy(v->header.device.value, sizeof(v->header.device.value), uuid);
	}
	str_copy(v->header_uuid, sizeof(v->header_uuid), uuid);
	v->source = *source;
}

/* The image has the header of v itself, as a file with another name perhaps. */
static bool has_header(const struct param *p, const struct volume *v, const char *word)
{
	const char *text = str_after(word, "header=");
	struct file_place place;

	if (!text || !v->detached || place_parse(text, &place) < 0)
		return false;
	if (!place_eq(&place, &v->header))
		param_finding(p, SEVERITY_NOTE,
			      "option \"%.100s\" is not used: the header of %s is where %s says.",
			      word, v->name, v->origin);
	return true;
}

/* What only the image may say: that the root can do without the volume, after which time its disk
 * is missing, what is on it, and which file of the image is removed. With any file's name on the
 * command line, that could be one of the image's programs. */
struct kept {
	bool noauto, leg, erase;
	uint64_t wait;
	unsigned holds;
};

static void restore(const struct param *p, struct volume *v, const struct kept *kept)
{
	if (v->leg != kept->leg || v->keyfile_erase != kept->erase || v->holds != kept->holds)
		param_finding(p, SEVERITY_WARNING,
			      "x-intact.leg, x-intact.holds and keyfile-erase are ignored for %s: "
			      "they have a meaning only in crypttab.",
			      v->name);
	if (v->leg && v->device_wait < kept->wait) {
		v->device_wait = kept->wait;
		param_finding(
			p, SEVERITY_WARNING,
			"x-systemd.device-timeout= can only be longer for %s than in crypttab.",
			v->name);
	}
	v->noauto = kept->noauto;
	v->leg = kept->leg;
	v->holds = kept->holds;
	v->keyfile_erase = kept->erase;
}

void param_options(const struct param *p, struct volume *v, const char *options)
{
	const struct kept kept = { v->noauto, v->leg, v->keyfile_erase, v->device_wait, v->holds };
	cleanup_free char *copy = xstrdup(options);
	cleanup_free char *keyscript = NULL;
	char *before = steal_pointer(&v->keyscript), *rest = copy, *word;

	if (!v->promised)
		config_options(v, options, p->where, p->config);
	while (v->promised && (word = pin_word(&rest)))
		if (!*word)
			continue;
		else if (!is_key_for_any_disk(v, word) &&
			 (is_harmless(word) || config_option_ignored(word)))
			config_options(v, word, p->where, p->config);
		else if (!has_header(p, v, word))
			param_finding(
				p, SEVERITY_WARNING,
				"option \"%.100s\" is ignored: %s promises the integrity of "
				"%s, and the command line may not weaken that. If you need the "
				"option, write it into crypttab and rebuild the boot image.",
				word, v->origin, v->name);
	restore(p, v, &kept);
	keyscript = v->keyscript;
	v->keyscript = before;
	if (keyscript)
		param_finding(
			p, SEVERITY_WARNING,
			"option \"keyscript=%.100s\" is ignored: it has a meaning only together "
			"with the third field of crypttab, or in cryptopts=.",
			keyscript);
}

struct volume *param_add(const struct param *p, const struct devref *source, const char *name)
{
	const struct volume *other = config_find_clash(p->config, name, NULL);
	struct volume *v;

	if (other) {
		param_finding(p, SEVERITY_ERROR,
			      "the name \"%s\" is already used by %s; the parameter is ignored.",
			      name, other->origin);
		return NULL;
	}
	v = config_add_volume(p->config, name, p->where);
	v->source = *source;
	return v;
}

/* The volume with this source or this name. The image's file wins: its source and this one may be
 * two names of one disk (/dev/sda2, UUID=…), which shows only when the disk is there. */
static struct volume *refine(const struct param *p, const struct devref *source, const char *name)
{
	struct volume *v = config_find_source(p->config, source);

	if (v) {
		param_rename(p, v, name);
	} else if ((v = config_find_name(p->config, name))) {
		char text[300];

		devref_format(&v->source, text, sizeof(text));
		param_finding(p, SEVERITY_NOTE, "\"%s\" stays on %s, because %s takes precedence.",
			      name, text, v->origin);
	} else {
		v = param_add(p, source, name);
	}
	if (v)
		v->on_cmdline = true;
	return v;
}

struct volume *param_volume(const struct param *p, const char *device, const char *name)
{
	cleanup_free char *default_name = NULL;
	const struct volume *same;
	const char *problem;
	struct devref source;
	struct volume *v;

	if (devref_parse(device, &source) < 0) {
		param_finding(
			p, SEVERITY_ERROR,
			"\"%.100s\" is not a device such as UUID=... or /dev/sda2; the parameter is "
			"ignored.",
			device);
		return NULL;
	}
	/* The hook encrypt needs the name; without it, crypttab's stays. */
	same = config_find_source(p->config, &source);
	if (!*name && same)
		default_name = xstrdup(same->name);
	else if (!*name && source.kind == DEVREF_UUID)
		default_name = xasprintf("luks-%s", source.value);
	if (default_name)
		name = default_name;
	problem = config_name_problem(name);
	if (problem) {
		param_finding(p, SEVERITY_ERROR,
			      "the name \"%.140s\" %s; the parameter is ignored.", name, problem);
		return NULL;
	}
	v = refine(p, &source, name);
	if (v && default_name)
		v->default_name = !v->from_file;
	return v;
}
