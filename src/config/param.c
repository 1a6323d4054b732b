/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/param.h"

#include "base/util.h"
#include "config/options.h"

void param_rename(const struct param *p, struct volume *v, const char *name)
{
	const struct volume *other = config_find_name(p->config, name);

	if (other == v)
		return;
	if (other) {
		param_finding(p, SEVERITY_WARNING,
			      "the name \"%s\" is already used by %s; the name \"%s\" is kept.",
			      name, other->origin, v->name);
		return;
	}
	free(v->name);
	v->name = xstrdup(name);
}

void param_options(const struct param *p, struct volume *v, const char *options)
{
	bool noauto = v->noauto;

	config_options(v, options, p->where, p->config);
	v->noauto = noauto;
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
		v = config_add_volume(p->config, name, p->where);
		v->source = *source;
	}
	v->on_cmdline = true;
	return v;
}

struct volume *param_volume(const struct param *p, const char *device, const char *name)
{
	cleanup_free char *default_name = NULL;
	const char *problem;
	struct devref source;

	if (devref_parse(device, &source) < 0) {
		param_finding(
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
		param_finding(p, SEVERITY_ERROR,
			      "the name \"%.140s\" %s; the parameter is ignored.", name, problem);
		return NULL;
	}
	return refine(p, &source, name);
}
