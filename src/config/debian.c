/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/debian.h"

#include "base/util.h"

/* cryptopts=target=NAME,source=DEVICE,key=PATH,OPTIONS… */
void debian_cryptopts(struct param *p)
{
	cleanup_free char *copy = xstrdup(p->value), *options = xcalloc(1, strlen(p->value) + 1);
	const char *target = "cryptroot", *source = "", *key = "none", *script = NULL;
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
void debian_rootdelay(struct param *p)
{
	uint64_t ms;

	if (!param_seconds(p, &ms))
		return;
	for (size_t i = 0; i < p->config->n_volumes; i++)
		if (p->config->volumes[i].device_wait < ms)
			p->config->volumes[i].device_wait = ms;
}
