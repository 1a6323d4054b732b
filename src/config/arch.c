/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/arch.h"

#include "base/util.h"

/*
 * Copies the field of cryptdevice= at *s and moves *s past its ':'. The hook runs "IFS=: read dev
 * name opts": a field ends at the first ':' without a '\' before it, and the '\' is removed (here
 * only before ':' and '\', since udev's \x20 must stay). A ':' in double quotes does not end a
 * field here either: in PARTLABEL="a b:c" the kernel needs the quotes for the blank.
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
	if (v)
		param_options(p, v, rest);
}

/* cryptkey=rootfs:PATH; DEVICE:FSTYPE:PATH and DEVICE:OFFSET:SIZE are on other disks. */
void arch_cryptkey(struct param *p)
{
	const char *path = str_after(p->value, "rootfs:");

	if (!path) {
		param_finding(
			p, SEVERITY_WARNING,
			"key files on other disks are not supported yet; the passphrase is asked for "
			"instead.");
		return;
	}
	for (size_t i = 0; i < p->config->n_volumes; i++)
		if (p->config->volumes[i].on_cmdline && !p->config->volumes[i].keyfile)
			param_keyfile(p, &p->config->volumes[i], path);
}
