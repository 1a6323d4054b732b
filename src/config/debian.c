/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/debian.h"

#include "base/escape.h"
#include "base/util.h"

/* A field is written as in crypttab; a boot loader may have doubled its backslashes. */
static const char *field(char *text)
{
	char *out = text;

	for (const char *in = text; *in; in++) {
		*out++ = *in;
		if (in[0] == '\\' && in[1] == '\\')
			in++;
	}
	*out = '\0';
	(void)unescape(text, ESCAPE_ZERO_OCTAL);
	return text;
}

/* Without any volume it switches cryptsetup's boot scripts off, and else it stands for the whole
 * crypttab. */
static bool replaces_crypttab(struct param *p)
{
	struct off *off = p->off;
	bool empty = !*p->value;

	off->cryptopts |= !empty;
	str_copy(empty ? off->no_cryptopts : off->not_named, sizeof(off->not_named), p->where);
	return !empty;
}

/* cryptopts=target=NAME,source=DEVICE,key=PATH,OPTIONS… */
void debian_cryptopts(struct param *p)
{
	cleanup_free char *copy = xstrdup(p->value), *options = xcalloc(1, strlen(p->value) + 1);
	const char *target = "cryptroot", *source = "", *key = "none", *script = NULL;
	char *rest = copy, *word;
	struct volume *v;

	if (!replaces_crypttab(p))
		return;
	while ((word = strsep(&rest, ","))) {
		const char *value;

		if (str_after(word, "target="))
			target = field(strchr(word, '=') + 1);
		else if (str_after(word, "source="))
			source = field(strchr(word, '=') + 1);
		else if (str_after(word, "key="))
			key = field(strchr(word, '=') + 1);
		else if ((value = str_after(word, "keyscript=")) && *value)
			script = value;
		else
			str_append(options, strlen(p->value) + 1, "%s%s", *options ? "," : "",
				   word);
	}
	v = param_volume(p, source, target);
	if (!v)
		return;
	param_options(p, v, options);
	if (!*key || str_eq(key, "none") || str_eq(key, "-"))
		key = NULL;
	if (script)
		param_keyscript(p, v, script, key);
	else if (key)
		param_keyfile(p, v, key);
}

/*
 * initramfs-tools and Arch wait at most that long for the root device; the kernel always waits that
 * long. A second meant as a pause must not make a slow disk "missing": the value only lengthens.
 */
static void lengthen(const struct param *p, uint64_t ms)
{
	for (size_t i = 0; i < p->config->n_volumes; i++)
		if (p->config->volumes[i].device_wait < ms)
			p->config->volumes[i].device_wait = ms;
}

void debian_rootdelay(struct param *p)
{
	uint64_t ms;

	if (param_seconds(p, &ms))
		lengthen(p, ms);
}

/* To systemd and dracut 0 is no limit. */
void device_timeout(struct param *p)
{
	uint64_t ms;

	if (param_seconds(p, &ms))
		lengthen(p, ms ? ms : WAIT_FOREVER);
}
