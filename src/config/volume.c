/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/volume.h"

#include "base/escape.h"
#include "base/util.h"

struct volume *config_add_volume(struct config *config, const char *name, const char *origin)
{
	struct volume *v = array_add(&config->volumes, &config->n_volumes, sizeof(*v));

	v->name = xstrdup(name);
	v->origin = xstrdup(origin);
	v->keyslot = KEYSLOT_ANY;
	v->tries = TRIES_DEFAULT;
	v->device_wait = v->file_wait = DEVICE_WAIT_DEFAULT;
	v->prompt_wait = WAIT_FOREVER;
	v->keyfile_wait = WAIT_FOREVER;
	v->tpm2.wait = TPM2_WAIT_DEFAULT;
	return v;
}

void volume_free(struct volume *v)
{
	free(v->name);
	free(v->keyfile);
	free(v->keyscript);
	tpm2_options_free(&v->tpm2);
	free(v->key_name);
	free(v->integrity);
	free(v->origin);
	free(v->off);
	free(v->old_name);
	free(v->promise);
	*v = (struct volume){ 0 };
}

void config_free(struct config *config)
{
	for (size_t i = 0; i < config->n_volumes; i++)
		volume_free(&config->volumes[i]);
	free(config->volumes);
	findings_free(&config->findings);
	*config = (struct config){ 0 };
}

struct volume *config_find_source(const struct config *config, const struct devref *source)
{
	for (size_t i = 0; i < config->n_volumes; i++)
		if (devref_eq(&config->volumes[i].source, source))
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

const char *volume_header_uuid(const struct volume *v)
{
	if (v->detached && v->header.kind == PLACE_DEVICE && v->header.device.kind == DEVREF_UUID)
		return v->header.device.value;
	return v->header_uuid[0] ? v->header_uuid : NULL;
}

/* Is lower the name of the lower mapping of upper, NAME_dif? */
static bool is_lower_name(const char *lower, const char *upper)
{
	const char *rest = str_after(lower, upper);

	return rest && str_eq(rest, "_dif");
}

bool config_names_clash(const char *a, const char *b)
{
	return str_eq(a, b) || is_lower_name(a, b) || is_lower_name(b, a);
}

struct volume *config_find_clash(const struct config *config, const char *name,
				 const struct volume *except)
{
	for (size_t i = 0; i < config->n_volumes; i++) {
		struct volume *v = &config->volumes[i];

		if (v != except && (config_names_clash(v->name, name) ||
				    (v->old_name && config_names_clash(v->old_name, name))))
			return v;
	}
	return NULL;
}

bool volume_is_required(const struct volume *v)
{
	return v->promised && !v->nofail;
}

const char *config_name_problem(const char *name)
{
	if (!*name)
		return "is empty";
	if (strlen(name) > NAME_MAX_LEN)
		return "is longer than 123 bytes";
	if (strchr(name, '/'))
		return "contains a '/'";
	if (*name == '.')
		return "begins with a '.'";
	if (str_eq(name, "control"))
		return "is reserved";
	if (str_has_control(name))
		return "contains a control character";
	return NULL;
}

void config_check_order(struct config *config, const struct file_place *place, const char *where)
{
	const struct devref *device = &place->device;
	char text[300];

	if (place->kind == PLACE_DEVICE && device->kind != DEVREF_PATH &&
	    strstr(device->value, ":/"))
		findings_add(&config->findings, SEVERITY_WARNING,
			     "%s: \"%s\" is taken for the name of a device; a file on a device is "
			     "written as PATH:DEVICE.",
			     where, devref_format(device, text, sizeof(text)));
}

int config_place(struct config *config, const char *text, const char *where, struct file_place *ret)
{
	int r = place_parse(text, ret);

	if (r == 0)
		config_check_order(config, ret, where);
	return r;
}

enum severity config_foreign_severity(const struct volume *v)
{
	return v->expect == EXPECT_NOTHING ? SEVERITY_NOTE : SEVERITY_WARNING;
}
