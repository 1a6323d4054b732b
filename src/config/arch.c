/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/arch.h"

#include "base/util.h"

/*
 * Copies the field of cryptdevice= at *s and moves *s past its ':'. The hook runs "IFS=: read dev
 * name opts": a field ends at the first ':' without a '\' before it, and the '\' is removed (here
 * only before ':' and '\', since udev's \x20 must stay). A ':' in double quotes does not end a
 * field here either: in PARTLABEL="a b:c" the kernel needs the quotes for the blank. The quotes are
 * removed where they begin the field or the value in it.
 */
static char *colon_field(const char **s)
{
	char *field = xcalloc(1, strlen(*s) + 1), *out = field;
	const char *end = NULL;

	for (; **s && (end || **s != ':'); (*s)++) {
		if (*s == end) {
			end = NULL;
			continue;
		}
		if (!end && **s == '"' && (out == field || out[-1] == '=') &&
		    (end = strchr(*s + 1, '"')))
			continue;
		if (**s == '\\' && ((*s)[1] == ':' || (*s)[1] == '\\'))
			(*s)++;
		*out++ = **s;
	}
	if (**s == ':')
		(*s)++;
	return field;
}

/* cryptdevice=DEVICE:NAME[:OPTIONS] */
void arch_cryptdevice(struct param *p)
{
	const char *rest = p->value;
	cleanup_free char *device = colon_field(&rest), *name = colon_field(&rest);
	struct volume *v;

	/* "/dev/disk/by-id/usb-Foo-0:0:root" would be device "…/usb-Foo-0", name "0", options
	 * "root". */
	if (str_after(device, "/dev/disk/by-") && *rest &&
	    (strchr(rest, ':') || !name[strspn(name, "0123456789")])) {
		param_finding(
			p, SEVERITY_ERROR,
			"a ':' in the device must be written as \\:, as for Arch's encrypt hook; the "
			"parameter is ignored.");
		return;
	}
	v = param_volume(p, device, name);
	if (!v)
		return;
	v->by_cryptdevice = true;
	param_options(p, v, rest);
}

static void set_key(const struct param *p, const struct file_place *place)
{
	param_key_check(p);
	for (size_t i = 0; i < p->config->n_volumes; i++)
		if (param_key_is_for(p->config, &p->config->volumes[i]))
			param_key_place(p, &p->config->volumes[i], place);
}

/* DEVICE:OFFSET:SIZE */
static void set_raw_key(const struct param *p, const struct file_place *place, uint64_t offset,
			uint64_t size)
{
	param_key_check(p);
	for (size_t i = 0; i < p->config->n_volumes; i++) {
		struct volume *v = &p->config->volumes[i];

		if (!param_key_is_for(p->config, v))
			continue;
		param_key_place(p, v, place);
		if (!v->keyfile)
			continue;
		v->keyfile_offset = offset;
		v->keyfile_size = size;
	}
}

static bool is_number(const char *s)
{
	return *s && !s[strspn(s, "0123456789")];
}

/* cryptkey=rootfs:PATH, DEVICE:FSTYPE:PATH or DEVICE:OFFSET:SIZE. As in the hook, a second field
 * that is a number is an OFFSET. */
void arch_cryptkey(struct param *p)
{
	const char *path = str_after(p->value, "rootfs:"), *rest = p->value;
	cleanup_free char *device = colon_field(&rest), *second = colon_field(&rest);
	struct file_place place;
	uint64_t offset, size;

	if (path && place_parse(path, &place) == 0 && place.kind == PLACE_IMAGE)
		set_key(p, &place);
	else if (!path && is_number(second) && parse_u64(second, INT64_MAX, &offset) == 0 &&
		 parse_u64(rest, INT64_MAX, &size) == 0 && size > 0 &&
		 place_parse(device, &place) == 0 && place.kind == PLACE_DEVICE)
		set_raw_key(p, &place, offset, size);
	else if (!path && *second && !is_number(second) &&
		 place_on(device, second, rest, &place) == 0)
		set_key(p, &place);
	else
		param_finding(
			p, SEVERITY_WARNING,
			"the value must be rootfs:PATH, DEVICE:FSTYPE:PATH or DEVICE:OFFSET:SIZE, and a "
			"':' in DEVICE must be written as \\:; the passphrase is asked for instead.");
}
