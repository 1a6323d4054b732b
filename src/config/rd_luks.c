/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/rd_luks.h"

#include "base/util.h"

#include <strings.h>

#define UUID_LEN 36

/* Is this the beginning of a UUID? */
static bool begins_uuid(const char *s, size_t len)
{
	static const char form[UUID_LEN + 1] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

	if (len == 0 || len > UUID_LEN)
		return false;
	for (size_t i = 0; i < len; i++)
		if (form[i] == '-' ? s[i] != '-' : !strchr("0123456789abcdefABCDEF", s[i]))
			return false;
	return true;
}

static bool is_uuid(const char *s, size_t len)
{
	return len == UUID_LEN && begins_uuid(s, len);
}

/* systemd and dracut accept the default name of the mapping in the place of the UUID. */
static const char *without_luks(const char *id)
{
	const char *rest = str_after(id, "luks-");

	return rest ? rest : id;
}

/* Does an identifier of rd.luks.* mean v, if only its first len bytes count: a UUID, also of a
 * detached header, a PARTUUID, or a serial number? */
static bool has_id(const struct volume *v, const char *id, size_t len)
{
	const char *of_name = str_after(v->name, "luks-"), *header = volume_header_uuid(v);
	bool has_id = v->source.kind == DEVREF_UUID || v->source.kind == DEVREF_PARTUUID ||
		      v->source.kind == DEVREF_SERIAL;

	return (has_id && strncasecmp(v->source.value, id, len) == 0) ||
	       (header && strncasecmp(header, id, len) == 0) ||
	       (of_name && strncasecmp(of_name, id, len) == 0);
}

/* The volume that an identifier means. */
static struct volume *find_id(const struct config *config, const char *id)
{
	for (size_t i = 0; i < config->n_volumes; i++)
		if (has_id(&config->volumes[i], id, strlen(id) + 1))
			return &config->volumes[i];
	return NULL;
}

/* As dracut has it, the beginning of a UUID is enough where it is that of one volume only. */
static struct volume *find_uuid(const struct config *config, const char *id)
{
	struct volume *found = find_id(config, id);
	size_t len = strlen(id), n = 0;

	if (found || len == UUID_LEN || !begins_uuid(id, len))
		return found;
	for (size_t i = 0; i < config->n_volumes; i++)
		if (has_id(&config->volumes[i], id, len)) {
			found = &config->volumes[i];
			n++;
		}
	return n == 1 ? found : NULL;
}

static struct volume *add_volume(const struct param *p, enum devref_kind kind, const char *id,
				 const char *name)
{
	cleanup_free char *default_name = xasprintf("luks-%s", id);
	struct devref source = { .kind = kind };
	struct volume *v;

	(void)str_copy(source.value, sizeof(source.value), id);
	v = param_add(p, &source, name ? name : default_name);
	if (v)
		v->default_name = !name;
	return v;
}

void rd_luks(struct param *p)
{
	bool on = true;

	if (*p->value && parse_bool(p->value, &on) < 0)
		param_finding(p, SEVERITY_WARNING,
			      "the value must be yes or no; the parameter is ignored.");
	else
		str_copy(p->off->all, sizeof(p->off->all), on ? "" : p->where);
}

void rd_luks_crypttab(struct param *p)
{
	bool on = true;

	if (*p->value && parse_bool(p->value, &on) < 0)
		param_finding(p, SEVERITY_WARNING,
			      "the value must be yes or no; the parameter is ignored.");
	else
		str_copy(p->off->foreign, sizeof(p->off->foreign), on ? "" : p->where);
}

/* The command line names the volume with this identifier, but gives it no name: crypttab's stays,
 * and without one the default is what root=/dev/mapper/luks-UUID expects. */
static void name_volume(struct param *p, struct volume *v, enum devref_kind kind, const char *id)
{
	if (v && v->fallback_name) {
		cleanup_free char *name = xasprintf("luks-%s", id);

		param_rename(p, v, name);
	}
	if (!v)
		v = add_volume(p, kind, id, NULL);
	if (v)
		v->on_cmdline = true;
}

/* dracut writes keysource: before the UUID of a volume with the key file of another one. It is
 * opened like any other; only dracut would close it again. */
static const char *identifier(const char *value)
{
	const char *rest = str_after(value, "keysource:");

	return without_luks(rest ? rest : value);
}

/* rd.luks.uuid=[keysource:][luks-]UUID; the beginning of a UUID is enough for a known volume. */
void rd_luks_uuid(struct param *p)
{
	const char *uuid = identifier(p->value);
	struct volume *v = find_uuid(p->config, uuid);

	if (!v && !is_uuid(uuid, strlen(uuid))) {
		param_finding(
			p, SEVERITY_ERROR,
			"\"%.60s\" is not a complete UUID as blkid shows it, nor the beginning of "
			"the UUID of one configured volume; the parameter is ignored.",
			uuid);
		return;
	}
	str_copy(p->off->not_named, sizeof(p->off->not_named), p->where);
	name_volume(p, v, DEVREF_UUID, uuid);
}

static void volume_id(struct param *p, enum devref_kind kind)
{
	const char *id = identifier(p->value);
	cleanup_free char *name = xasprintf("luks-%s", id);
	const char *problem = *id ? config_name_problem(name) : "is empty";

	if (problem) {
		param_finding(p, SEVERITY_ERROR,
			      "the value \"%.60s\" %s; the parameter is ignored.", id, problem);
		return;
	}
	name_volume(p, find_id(p->config, id), kind, id);
}

void rd_luks_partuuid(struct param *p)
{
	volume_id(p, DEVREF_PARTUUID);
}

void rd_luks_serial(struct param *p)
{
	volume_id(p, DEVREF_SERIAL);
}

/* The volume with this name, if the UUID of its header is known only once that is read. */
static struct volume *find_detached(const struct config *config, const char *name)
{
	struct volume *v = config_find_name(config, name);

	return v && v->detached && !volume_header_uuid(v) ? v : NULL;
}

/* rd.luks.name=UUID=NAME; dracut takes a PARTUUID or serial number of another parameter as well. */
void rd_luks_name(struct param *p)
{
	const char *equals = strchr(p->value, '='), *name = equals ? equals + 1 : "", *problem;
	cleanup_free char *value = xstrndup(p->value, equals ? (size_t)(equals - p->value) : 0);
	const char *id = identifier(value);
	struct volume *v = *id ? find_uuid(p->config, id) : NULL;

	if (!equals || (!v && !is_uuid(id, strlen(id)))) {
		param_finding(
			p, SEVERITY_ERROR,
			"the value must be UUID=NAME, with the complete UUID as blkid shows it; the "
			"parameter is ignored.");
		return;
	}
	problem = config_name_problem(name);
	if (problem) {
		param_finding(p, SEVERITY_ERROR,
			      "the name \"%.140s\" %s; the parameter is ignored.", name, problem);
		return;
	}
	str_copy(p->off->not_named, sizeof(p->off->not_named), p->where);
	if (v)
		param_rename(p, v, name);
	else if ((v = find_detached(p->config, name)))
		/* The other parameters speak of it by this UUID. */
		str_copy(v->header_uuid, sizeof(v->header_uuid), id);
	else
		v = add_volume(p, DEVREF_UUID, id, name);
	if (v)
		v->on_cmdline = true;
}

/*
 * Reads "[UUID=]rest": sets *ret to the volume with the UUID (NULL without one: all volumes) and
 * moves *rest to the text after "UUID=". False, with a finding, when there is no such volume.
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
		param_finding(p, SEVERITY_WARNING,
			      "no volume with this UUID is configured; the parameter is ignored.");
	return *ret != NULL;
}

/* Options without a UUID are for volumes without an entry in a crypttab
 * (systemd-cryptsetup-generator(8)); the image's own file is none of the user's. */
void rd_luks_options(struct param *p)
{
	const char *options = p->value;
	struct volume *only;
	bool used = false;

	if (!take_id(p, &options, &only))
		return;
	for (size_t i = 0; i < p->config->n_volumes; i++) {
		struct volume *v = &p->config->volumes[i];

		if (only ? v != only : v->from_file && !v->fallback_name)
			continue;
		param_options(p, v, options);
		used = true;
	}
	if (!used)
		param_finding(p, SEVERITY_NOTE,
			      "no effect: a volume in crypttab needs its UUID before the options.");
}

/* The volume that dracut's LUKSDEVICE means, NULL with a finding: there is none. */
static struct volume *luks_device(const struct param *p, const struct devref *device)
{
	struct volume *v = config_find_source(p->config, device);

	if (!v && device->kind != DEVREF_PATH)
		v = find_uuid(p->config, device->value);
	if (!v)
		param_finding(p, SEVERITY_WARNING,
			      "no volume on the last device is configured; the parameter is "
			      "ignored.");
	return v;
}

/* To dracut a file on "/" is in the image, and these names stand for an encrypted file. */
static void check_key(const struct param *p, struct file_place *place)
{
	const char *end = strrchr(place->path, '.');

	if (place->kind == PLACE_FILE && str_eq(place->device.value, "/"))
		place->kind = PLACE_IMAGE;
	if (end && (str_eq(end, ".gpg") || str_eq(end, ".img")))
		param_finding(p, SEVERITY_NOTE,
			      "the file is the key as it is: intact can decrypt no key file.");
}

/* [UUID=]PATH[:DEVICE[:LUKSDEVICE]] */
void rd_luks_key(struct param *p)
{
	const char *text = p->value;
	struct file_place place;
	struct devref device;
	struct volume *only;
	int r;

	if (!take_id(p, &text, &only))
		return;
	r = place_parse_volume(text, &place, &device);
	if (r == 0 && device.kind != DEVREF_NONE) {
		only = luks_device(p, &device);
		if (!only)
			return;
	}
	if (r == 0)
		check_key(p, &place);
	if (!only)
		param_key_check(p);
	for (size_t i = 0; i < p->config->n_volumes; i++) {
		struct volume *v = &p->config->volumes[i];

		if (only ? v != only : !param_key_is_for(p->config, v))
			continue;
		if (r == 0)
			param_key_place(p, v, &place);
		else
			param_keyfile(p, v, text);
	}
}

/* dracut's number of tries, one a second, to read a key file. With none, dracut asks at once; here
 * the prompt does not wait. */
void rd_luks_key_tout(struct param *p)
{
	uint64_t ms;

	if (!param_seconds(p, &ms))
		return;
	for (size_t i = 0; i < p->config->n_volumes; i++)
		p->config->volumes[i].keyfile_wait = ms ? ms : 1000;
}

/*
 * rd.luks.data=UUID=DEVICE: the data are on DEVICE, and the header, which has that UUID, is where
 * header= of rd.luks.options= says; without that, on the device with the UUID.
 */
void rd_luks_data(struct param *p)
{
	const char *id = without_luks(p->value), *device = p->value;
	cleanup_free char *uuid = xstrndup(id, strcspn(id, "="));
	struct devref source;
	struct volume *v;

	if (!take_id(p, &device, &v))
		return;
	if (!v || devref_parse(device, &source) < 0)
		param_finding(
			p, SEVERITY_ERROR,
			"the value must be UUID=DEVICE, with the complete UUID of the header and "
			"a device such as /dev/sda2; the parameter is ignored.");
	else
		param_data(p, v, uuid, &source);
}

/* dracut's time-out for the passphrase; 0: none. */
void rd_luks_timeout(struct param *p)
{
	uint64_t ms;

	if (!param_seconds(p, &ms))
		return;
	for (size_t i = 0; i < p->config->n_volumes; i++)
		p->config->volumes[i].prompt_wait = ms ? ms : WAIT_FOREVER;
}

void rd_luks_allow_discards(struct param *p)
{
	const char *rest = p->value;
	struct volume *only;

	if (!take_id(p, &rest, &only))
		return;
	for (size_t i = 0; i < p->config->n_volumes; i++)
		if (!only || only == &p->config->volumes[i])
			param_options(p, &p->config->volumes[i], "allow-discards");
}
