/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "intact/cryptoload.h"

#include "system/cryptoapi.h"
#include "system/module.h"

#include <stdio.h>

/* Is there a module, or is it built in? */
static bool load_algorithm(struct modules *m, const char *name)
{
	enum module_found is = MODULE_MISSING;
	char alias[80], failed[64];

	snprintf(alias, sizeof(alias), "crypto-%s", name);
	return modules_load(m, alias, &is, failed, sizeof(failed)) == 0 && is != MODULE_MISSING;
}

void cryptoload_cipher(const struct cipher *cipher, bool found[static CIPHER_NAMES_MAX])
{
	struct modules *m = NULL;

	if (modules_open(NULL, &m) < 0)
		return;
	/* From the inside out: a template takes the fastest of its parts. */
	for (size_t i = cipher->n; i-- > 0;)
		found[i] = load_algorithm(m, cipher->names[i]);
	modules_close(m);
}

void cryptoload_targets(void)
{
	struct modules *m = NULL;
	char failed[64];

	if (modules_open(NULL, &m) < 0)
		return;
	for (size_t i = 0; i < modules_base_n; i++)
		(void)modules_load(m, modules_base[i], NULL, failed, sizeof(failed));
	(void)modules_load(m, modules_crypto_user, NULL, failed, sizeof(failed));
	modules_close(m);
}

void cryptoload_module(const char *name)
{
	struct modules *m = NULL;
	char failed[64];

	if (modules_open(NULL, &m) < 0)
		return;
	(void)modules_load(m, name, NULL, failed, sizeof(failed));
	modules_close(m);
}

bool cryptoload_hash(const char *name)
{
	struct modules *m = NULL;
	bool found = false;

	if (modules_open(NULL, &m) == 0)
		found = load_algorithm(m, name);
	modules_close(m);
	return found || cryptoapi_registered(name);
}
