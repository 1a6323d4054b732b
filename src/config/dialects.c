/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The dialects: systemd-cryptsetup-generator(8), dracut.cmdline(7), the encrypt hook of Arch's
 * cryptsetup package, and README.initramfs of Debian's.
 */
#include "config/dialects.h"

#include "base/util.h"
#include "config/cmdline.h"

#include <stdio.h>
#include <strings.h>

/* One parameter while it is read. */
struct param {
	struct config *config;
	struct config_cmdline *said;
	const char *value; /* "" when there is none */
	char where[192];   /* "kernel command line: rd.luks.uuid=…": names the whole parameter */
};

#define complain(p, severity, fmt, ...) \
	findings_add(&(p)->config->findings, severity, "%s: " fmt, (p)->where, ##__VA_ARGS__)

static bool is_uuid(const char *s, size_t len)
{
	static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

	if (len != sizeof(form) - 1)
		return false;
	for (size_t i = 0; i < len; i++)
		if (form[i] == '-' ? s[i] != '-' : !strchr("0123456789abcdefABCDEF", s[i]))
			return false;
	return true;
}

/* systemd and dracut take the mapping's default name for the UUID, too. */
static const char *without_luks(const char *id)
{
	const char *rest = str_after(id, "luks-");

	return rest ? rest : id;
}

/* The volume that an identifier of rd.luks.* means: a UUID, a PARTUUID, or a serial number. */
static struct volume *find_id(const struct config *config, const char *id)
{
	for (size_t i = 0; i < config->n_volumes; i++) {
		struct volume *v = &config->volumes[i];
		const char *of_name = str_after(v->name, "luks-");
		bool has_id = v->source.kind == DEVREF_UUID || v->source.kind == DEVREF_PARTUUID ||
			      v->source.kind == DEVREF_SERIAL;

		if ((has_id && strcasecmp(v->source.value, id) == 0) ||
		    (of_name && strcasecmp(of_name, id) == 0))
			return v;
	}
	return NULL;
}

static struct volume *add_volume(const struct param *p, enum devref_kind kind, const char *id,
				 const char *name)
{
	cleanup_free char *default_name = xasprintf("luks-%s", id);
	struct volume *v = config_add_volume(p->config, name ? name : default_name, p->where);

	v->source.kind = kind;
	(void)str_copy(v->source.value, sizeof(v->source.value), id);
	return v;
}

/* Gives a volume the name that the command line wants for it. */
static void rename_volume(const struct param *p, struct volume *v, const char *name)
{
	const struct volume *other = config_find_name(p->config, name);

	if (other == v)
		return;
	if (other) {
		complain(p, SEVERITY_WARNING, "the name \"%s\" is taken by %s; \"%s\" is kept.",
			 name, other->origin, v->name);
		return;
	}
	free(v->name);
	v->name = xstrdup(name);
}

/* What the command line adds to a volume's options. Whether there is such a volume is not for them
 * to say. */
static void add_options(const struct param *p, struct volume *v, const char *options)
{
	bool noauto = v->noauto;

	config_options(v, options, p->where, p->config);
	v->noauto = noauto;
}

/* --- systemd and dracut ----------------------------------------------------------------------- */

static void switch_luks(struct param *p)
{
	bool on = true;

	if (*p->value && parse_bool(p->value, &on) < 0)
		complain(p, SEVERITY_WARNING, "neither yes nor no; the parameter is ignored.");
	else
		p->config->disabled = !on;
}

static void switch_crypttab(struct param *p)
{
	bool on = true;

	if (*p->value && parse_bool(p->value, &on) < 0)
		complain(p, SEVERITY_WARNING, "neither yes nor no; the parameter is ignored.");
	else
		p->said->no_crypttab = !on;
}

/* rd.luks.uuid=[luks-]UUID */
static void volume_uuid(struct param *p)
{
	const char *uuid = without_luks(p->value);
	struct volume *v;

	/* dracut: unlocks what a key file is on; it is asked for with the volume that needs it */
	if (str_after(p->value, "keysource:"))
		return;
	if (!is_uuid(uuid, strlen(uuid))) {
		complain(
			p, SEVERITY_ERROR,
			"\"%.60s\" is not the whole UUID of a disk, as blkid shows it; the parameter is "
			"ignored.",
			uuid);
		return;
	}
	p->said->allow_list = true;
	v = find_id(p->config, uuid);
	if (!v)
		v = add_volume(p, DEVREF_UUID, uuid, NULL);
	v->on_cmdline = true;
}

static void volume_id(struct param *p, enum devref_kind kind)
{
	const char *id = without_luks(p->value);
	cleanup_free char *name = xasprintf("luks-%s", id);
	const char *problem = *id ? config_name_problem(name) : "is empty";
	struct volume *v;

	if (problem) {
		complain(p, SEVERITY_ERROR, "\"%.60s\" %s; the parameter is ignored.", id, problem);
		return;
	}
	v = find_id(p->config, id);
	if (!v)
		v = add_volume(p, kind, id, NULL);
	v->on_cmdline = true;
}

static void volume_partuuid(struct param *p)
{
	volume_id(p, DEVREF_PARTUUID);
}

static void volume_serial(struct param *p)
{
	volume_id(p, DEVREF_SERIAL);
}

/* rd.luks.name=UUID=NAME; dracut takes a PARTUUID or serial number of another parameter as well. */
static void volume_name(struct param *p)
{
	const char *equals = strchr(p->value, '='), *name = equals ? equals + 1 : "", *problem;
	cleanup_free char *value = xstrndup(p->value, equals ? (size_t)(equals - p->value) : 0);
	const char *id = without_luks(value);
	struct volume *v = *id ? find_id(p->config, id) : NULL;

	if (!equals || (!v && !is_uuid(id, strlen(id)))) {
		complain(
			p, SEVERITY_ERROR,
			"it must read UUID=NAME, with the whole UUID as blkid shows it; the parameter is "
			"ignored.");
		return;
	}
	problem = config_name_problem(name);
	if (problem) {
		complain(p, SEVERITY_ERROR, "the name \"%.140s\" %s; the parameter is ignored.",
			 name, problem);
		return;
	}
	p->said->allow_list = true;
	if (v) {
		rename_volume(p, v, name);
	} else if (config_find_name(p->config, name)) {
		complain(p, SEVERITY_ERROR,
			 "the name \"%s\" is taken by %s; the parameter is ignored.", name,
			 config_find_name(p->config, name)->origin);
		return;
	} else {
		v = add_volume(p, DEVREF_UUID, id, name);
	}
	v->on_cmdline = true;
}

/*
 * "[UUID=]rest": the volume that is meant, or NULL for all. False, with a finding, when there is no
 * such volume. *rest is moved behind the UUID.
 */
static bool take_id(const struct param *p, const char **rest, struct volume **ret)
{
	const char *id = without_luks(*rest), *equals = strchr(id, '=');
	size_t len = equals ? (size_t)(equals - id) : strlen(id);
	cleanup_free char *uuid = xstrndup(id, len);

	*ret = NULL;
	if (!is_uuid(id, len))
		return true;
	*rest = equals ? equals + 1 : "";
	*ret = find_id(p->config, uuid);
	if (!*ret)
		complain(p, SEVERITY_WARNING,
			 "no volume with this UUID is to be unlocked; the parameter is ignored.");
	return *ret != NULL;
}

/* Without a UUID they are for volumes that have no entry in a crypttab
 * (systemd-cryptsetup-generator(8)). */
static void volume_options(struct param *p)
{
	const char *options = p->value;
	struct volume *only;

	if (!take_id(p, &options, &only))
		return;
	for (size_t i = 0; i < p->config->n_volumes; i++) {
		struct volume *v = &p->config->volumes[i];

		if (only ? v == only : !v->from_file)
			add_options(p, v, options);
	}
}

static void volume_key(struct param *p)
{
	const char *path = p->value;
	struct volume *only;

	if (!take_id(p, &path, &only))
		return;
	for (size_t i = 0; i < p->config->n_volumes; i++) {
		struct volume *v = &p->config->volumes[i];

		if (only ? v == only : v->on_cmdline && !v->keyfile)
			config_keyfile(v, path, p->where, p->config);
	}
}

static void not_yet(struct param *p)
{
	complain(p, SEVERITY_WARNING, "not supported yet and ignored.");
}

/* dracut's, for the passphrase; 0 is none. */
static void prompt_timeout(struct param *p)
{
	uint64_t ms;

	if (parse_seconds(p->value, &ms) < 0) {
		complain(
			p, SEVERITY_WARNING,
			"what is behind the '=' is not a time such as 90; the parameter is ignored.");
		return;
	}
	for (size_t i = 0; i < p->config->n_volumes; i++)
		p->config->volumes[i].prompt_wait = ms ? ms : WAIT_FOREVER;
}

static void allow_discards(struct param *p)
{
	const char *rest = p->value;
	struct volume *only;

	if (!take_id(p, &rest, &only))
		return;
	for (size_t i = 0; i < p->config->n_volumes; i++)
		if (!only || only == &p->config->volumes[i])
			add_options(p, &p->config->volumes[i], "allow-discards");
}

/*
 * initramfs-tools and Arch wait that long for the root device, the kernel waits it out; a value
 * that was meant as a pause of a second must not make a slow disk "missing": it only lengthens.
 */
static void device_delay(struct param *p)
{
	uint64_t ms;

	if (parse_seconds(p->value, &ms) < 0) {
		complain(
			p, SEVERITY_WARNING,
			"what is behind the '=' is not a number of seconds; the parameter is ignored.");
		return;
	}
	for (size_t i = 0; i < p->config->n_volumes; i++)
		if (p->config->volumes[i].device_wait < ms)
			p->config->volumes[i].device_wait = ms;
}

/* --- Arch and Debian -------------------------------------------------------------------------- */

/* A volume that is given by device and name. What the image's file says about it counts: both may
 * mean one disk by two of its names (/dev/sda2, UUID=…), which only the sight of the disk could
 * tell. */
static struct volume *refine(const struct param *p, const struct devref *source, const char *name)
{
	struct volume *v = config_find_source(p->config, source);

	if (v) {
		rename_volume(p, v, name);
	} else if ((v = config_find_name(p->config, name))) {
		char text[300];

		devref_format(&v->source, text, sizeof(text));
		complain(p, SEVERITY_NOTE, "%s says that \"%s\" is on %s, and that counts.",
			 v->origin, name, text);
	} else {
		v = config_add_volume(p->config, name, p->where);
		v->source = *source;
	}
	v->on_cmdline = true;
	return v;
}

/* Device and name of cryptdevice= and cryptopts=. NULL with a finding when one of them makes no
 * sense. */
static struct volume *volume_of(const struct param *p, const char *device, const char *name)
{
	cleanup_free char *default_name = NULL;
	const char *problem;
	struct devref source;

	if (devref_parse(device, &source) < 0) {
		complain(
			p, SEVERITY_ERROR,
			"\"%.100s\" is not a device such as UUID=... or /dev/sda2; the parameter is "
			"ignored.",
			device);
		return NULL;
	}
	if (!*name && source.kind == DEVREF_UUID) {
		default_name = xasprintf("luks-%s", source.value);
		name = default_name;
	}
	problem = config_name_problem(name);
	if (problem) {
		complain(p, SEVERITY_ERROR, "the name \"%.140s\" %s; the parameter is ignored.",
			 name, problem);
		return NULL;
	}
	return refine(p, &source, name);
}

/*
 * The field of cryptdevice= at *s, which is moved behind its ':'. The hook does "IFS=: read dev
 * name opts": a field ends at the first ':' that has no '\' before it, and the '\' goes (here not
 * before other bytes, to leave udev's \x20 as it is). Nor does a ':' in double quotes end one here,
 * for PARTLABEL="a b:c", where the kernel needs the quotes for the blank.
 */
static char *colon_field(const char **s)
{
	char *field = xcalloc(1, strlen(*s) + 1), *out = field;
	bool in_quotes = false;

	for (; **s && (in_quotes || **s != ':'); (*s)++) {
		if (**s == '\\' && ((*s)[1] == ':' || (*s)[1] == '\\'))
			(*s)++;
		else if (**s == '"')
			in_quotes = !in_quotes;
		*out++ = **s;
	}
	if (**s == ':')
		(*s)++;
	return field;
}

/* cryptdevice=DEVICE:NAME[:OPTIONS] */
static void arch_cryptdevice(struct param *p)
{
	const char *rest = p->value;
	cleanup_free char *device = colon_field(&rest), *name = colon_field(&rest);
	struct volume *v;

	/* /dev/disk/by-id/usb-Foo-0:0:root reads as device "…/usb-Foo-0", name "0", options "root"
	 */
	if (str_after(device, "/dev/disk/by-") && *rest &&
	    (strchr(rest, ':') || !name[strspn(name, "0123456789")])) {
		complain(
			p, SEVERITY_ERROR,
			"a ':' in the device must be written as \\:, as for Arch's encrypt hook; the "
			"parameter is ignored.");
		return;
	}
	v = volume_of(p, device, name);
	if (v)
		add_options(p, v, rest);
}

/* cryptkey=rootfs:PATH; DEVICE:FSTYPE:PATH and DEVICE:OFFSET:SIZE are on other disks. */
static void arch_cryptkey(struct param *p)
{
	const char *path = str_after(p->value, "rootfs:");

	if (!path) {
		complain(
			p, SEVERITY_WARNING,
			"key files on other disks are not supported yet; the passphrase is asked for "
			"instead.");
		return;
	}
	for (size_t i = 0; i < p->config->n_volumes; i++)
		if (p->config->volumes[i].on_cmdline && !p->config->volumes[i].keyfile)
			config_keyfile(&p->config->volumes[i], path, p->where, p->config);
}

/* cryptopts=target=NAME,source=DEVICE,key=PATH,OPTIONS… */
static void debian_cryptopts(struct param *p)
{
	cleanup_free char *copy = xstrdup(p->value), *options = xcalloc(1, strlen(p->value) + 1);
	const char *target = "cryptroot", *source = "", *key = "none";
	char *rest = copy, *word;
	struct volume *v;

	while ((word = strsep(&rest, ","))) {
		const char *value;

		if ((value = str_after(word, "target=")))
			target = value;
		else if ((value = str_after(word, "source=")))
			source = value;
		else if ((value = str_after(word, "key=")))
			key = value;
		else
			str_append(options, strlen(p->value) + 1, "%s%s", *options ? "," : "",
				   word);
	}
	v = volume_of(p, source, target);
	if (!v)
		return;
	if (*key && !str_eq(key, "none") && !str_eq(key, "-"))
		config_keyfile(v, key, p->where, p->config);
	add_options(p, v, options);
}

/* --- the table -------------------------------------------------------------------------------- */

/* A name may stand before the UUID that it is for: volumes come first, then what is said about
 * them. */
enum { PASS_VOLUMES, PASS_NAMES, PASS_DETAILS, N_PASSES };

static const struct key {
	const char *name;
	bool rd; /* also with "rd." before it */
	int pass;
	void (*apply)(struct param *p);
} keys[] = {
	{ "luks", true, PASS_VOLUMES, switch_luks },
	{ "luks.crypttab", true, PASS_VOLUMES, switch_crypttab },
	{ "luks.uuid", true, PASS_VOLUMES, volume_uuid },
	{ "luks.partuuid", true, PASS_VOLUMES, volume_partuuid },
	{ "luks.serial", true, PASS_VOLUMES, volume_serial },
	{ "cryptdevice", false, PASS_VOLUMES, arch_cryptdevice },
	{ "cryptopts", false, PASS_VOLUMES, debian_cryptopts },
	{ "luks.name", true, PASS_NAMES, volume_name },
	{ "luks.options", true, PASS_DETAILS, volume_options },
	{ "luks.key", true, PASS_DETAILS, volume_key },
	{ "luks.data", true, PASS_DETAILS, not_yet },
	{ "luks.timeout", true, PASS_DETAILS, prompt_timeout },
	{ "luks.allow-discards", true, PASS_DETAILS, allow_discards },
	{ "cryptkey", false, PASS_DETAILS, arch_cryptkey },
	{ "rootdelay", false, PASS_DETAILS, device_delay },
};

static const struct key *find_key(const char *name)
{
	const char *rest = str_after(name, "rd.");

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (cmdline_key_eq(rest && keys[i].rd ? rest : name, keys[i].name))
			return &keys[i];
	return NULL;
}

void config_cmdline_apply(struct config *config, const char *text, struct config_cmdline *ret)
{
	struct cmdline cmdline;

	cmdline_parse(text, &cmdline);
	for (int pass = 0; pass < N_PASSES; pass++)
		for (size_t i = 0; i < cmdline.n_params; i++) {
			const struct cmdline_param *said = &cmdline.params[i];
			const struct key *key = find_key(said->key);
			const char *value = said->value ? said->value : "";
			struct param p = { .config = config, .said = ret, .value = value };

			if (!key || key->pass != pass)
				continue;
			(void)snprintf(p.where, sizeof(p.where),
				       "kernel command line: %.40s%s%.120s", said->key,
				       said->value ? "=" : "", value);
			key->apply(&p);
		}
	cmdline_free(&cmdline);
}
