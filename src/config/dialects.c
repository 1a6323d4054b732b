/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/dialects.h"

#include "base/escape.h"
#include "base/util.h"
#include "config/arch.h"
#include "config/cmdline.h"
#include "config/debian.h"
#include "config/rd_luks.h"

#include <stdio.h>

/* Passes, since a parameter with a name or an option may stand before the one with its volume. */
enum { PASS_VOLUMES, PASS_NAMES, PASS_DETAILS, PASS_DATA, N_PASSES };

/* The options with which the root is mounted. */
static void root_flags(struct param *p)
{
	cleanup_free char *copy = xstrdup(p->value);
	char *rest = copy, *word;

	while ((word = strsep(&rest, ",")))
		if (str_eq(word, "degraded"))
			p->config->degraded = true;
}

/* A common slip, and once a dialect of Arch's encrypt. */
static void root(struct param *p)
{
	struct devref ref;
	const struct volume *v = devref_parse(p->value, &ref) == 0 ?
					 config_find_source(p->config, &ref) :
					 NULL;

	if (v)
		param_finding(p, SEVERITY_WARNING,
			      "this is the encrypted disk of %s; its file system is on "
			      "/dev/mapper/%s.",
			      v->name, v->name);
}

static void plain(struct param *p)
{
	param_finding(p, SEVERITY_NOTE, "intact opens no volumes without a LUKS header.");
}

/* Of a patched hook encrypt. */
static void header_elsewhere(struct param *p)
{
	param_finding(p, SEVERITY_WARNING,
		      "the parameter is not read: say in crypttab, or among the options of "
		      "cryptdevice=, where the header is (header=PATH, DEVICE or PATH:DEVICE).");
}

static void old_name(struct param *p)
{
	param_finding(p, SEVERITY_WARNING,
		      "this old name has no effect; the new ones begin with rd.luks.");
}

static const struct key {
	const char *name;
	bool rd; /* also with "rd." before it */
	int pass;
	void (*apply)(struct param *p);
} keys[] = {
	{ "luks", true, PASS_VOLUMES, rd_luks },
	{ "luks.crypttab", true, PASS_VOLUMES, rd_luks_crypttab },
	{ "luks.uuid", true, PASS_VOLUMES, rd_luks_uuid },
	{ "luks.partuuid", true, PASS_VOLUMES, rd_luks_partuuid },
	{ "luks.serial", true, PASS_VOLUMES, rd_luks_serial },
	{ "cryptdevice", false, PASS_VOLUMES, arch_cryptdevice },
	{ "cryptopts", false, PASS_VOLUMES, debian_cryptopts },
	{ "luks.name", true, PASS_NAMES, rd_luks_name },
	{ "luks.options", true, PASS_DETAILS, rd_luks_options },
	{ "luks.key", true, PASS_DETAILS, rd_luks_key },
	{ "luks.key.tout", true, PASS_DETAILS, rd_luks_key_tout },
	{ "luks.data", true, PASS_DATA, rd_luks_data },
	{ "luks.timeout", true, PASS_DETAILS, rd_luks_timeout },
	{ "luks.allow-discards", true, PASS_DETAILS, rd_luks_allow_discards },
	{ "cryptkey", false, PASS_DETAILS, arch_cryptkey },
	{ "rootflags", false, PASS_DETAILS, root_flags },
	{ "rootdelay", false, PASS_DETAILS, debian_rootdelay },
	{ "rd.retry", false, PASS_DETAILS, debian_rootdelay },
	{ "rd.timeout", false, PASS_DETAILS, device_timeout },
	{ "systemd.default_device_timeout_sec", true, PASS_DETAILS, device_timeout },
	{ "root", false, PASS_DETAILS, root },
	{ "crypto", false, PASS_DETAILS, plain },
	{ "cryptheader", false, PASS_DETAILS, header_elsewhere },
	{ "rd_NO_LUKS", false, PASS_DETAILS, old_name },
	{ "rd_LUKS_UUID", false, PASS_DETAILS, old_name },
	{ "rd_LUKS_KEYPATH", false, PASS_DETAILS, old_name },
	{ "rd_LUKS_KEYDEV_UUID", false, PASS_DETAILS, old_name },
};

static const struct key *find_key(const char *name)
{
	const char *rest = str_after(name, "rd.");

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (cmdline_key_eq(rest && keys[i].rd ? rest : name, keys[i].name))
			return &keys[i];
	return NULL;
}

void config_cmdline(struct config *config, const char *text, struct off *ret)
{
	struct cmdline cmdline;

	cmdline_parse(text, &cmdline);
	for (int pass = 0; pass < N_PASSES; pass++)
		for (size_t i = 0; i < cmdline.n_params; i++) {
			const struct cmdline_param *word = &cmdline.params[i];
			const struct key *key = find_key(word->key);
			cleanup_free char *value = xstrdup(word->value ? word->value : "");
			struct param p = { .config = config, .off = ret, .value = value };

			if (!key || key->pass != pass)
				continue;
			if (key->rd)
				cmdline_unquote(value);
			(void)snprintf(p.where, sizeof(p.where),
				       "kernel command line: %.40s%s%.120s", word->key,
				       word->value ? "=" : "", value);
			str_printable(p.where);
			key->apply(&p);
		}
	cmdline_free(&cmdline);
}
