/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unlock/loading.h"

#include "base/child.h"
#include "base/util.h"
#include "facts/filesystem.h"
#include "policy/keyslots.h"
#include "system/cryptoapi.h"
#include "system/machine.h"
#include "system/module.h"
#include "system/storage.h"

#include <stdio.h>
#include <sys/resource.h>

static void load_one(struct modules *m, const char *name, struct modules_report *report)
{
	enum module_found found = MODULE_MISSING;
	char failed[64] = "";
	int r = modules_load(m, name, &found, failed, sizeof(failed));

	if (r < 0)
		str_append(report->failed, sizeof(report->failed), "%s%s (%s)",
			   report->failed[0] ? ", " : "", failed, strerror(-r));
	if (found == MODULE_MISSING)
		str_append(report->missing, sizeof(report->missing), "%s%s",
			   report->missing[0] ? " " : "", name);
}

static void load_drivers(void)
{
	machine_oom_score(500);
	(void)setpriority(PRIO_PROCESS, 0, PRIORITY_AHEAD);
	storage_load_drivers();
}

static void load_base(void)
{
	struct modules_report ignored = { 0 };
	struct modules *m;

	machine_oom_score(500);
	/* These modules are needed only after the passphrase. */
	(void)setpriority(PRIO_PROCESS, 0, 0);
	/* A kernel with everything built in has no module tree at all. */
	if (modules_open(NULL, &m) < 0)
		return;
	for (size_t i = 0; i < modules_base_n; i++)
		load_one(m, modules_base[i], &ignored);
	modules_close(m);
}

void loading_begin(void)
{
	child_background(load_drivers);
	child_background(load_base);
}

/*
 * Loads what an encryption needs. Of the names that the kernel has in no form (module, built in,
 * registered), only the first one without which the encryption cannot work is reported as missing.
 * Algorithms that newer kernels have merged into others do not count: ghash of gcm, nhpoly1305 of
 * adiantum.
 */
static void load_cipher(struct modules *m, const struct cipher *cipher,
			struct modules_report *report)
{
	bool offered[CIPHER_NAMES_MAX] = { false };
	const char *missing;

	/* From the inside out: when a template is instantiated, the best implementation of its
	 * parts must already be there. */
	for (size_t i = cipher->n; i-- > 0;) {
		char alias[80];
		struct modules_report one = { 0 };

		snprintf(alias, sizeof(alias), "crypto-%s", cipher->names[i]);
		load_one(m, alias, &one);
		if (one.failed[0])
			str_append(report->failed, sizeof(report->failed), "%s%s",
				   report->failed[0] ? ", " : "", one.failed);
		offered[i] = !one.missing[0] || cryptoapi_registered(cipher->names[i]);
	}
	missing = cipher_missing(cipher, offered);
	if (missing)
		str_append(report->missing, sizeof(report->missing), "%s%s",
			   report->missing[0] ? " " : "", missing);
}

/* What keyslots need whose key material libcryptsetup decrypts through the kernel. For a header
 * that is a file, it makes a loop device. */
static void load_for_keyslots(struct modules *m, const struct header *h, bool in_file,
			      struct modules_report *report)
{
	struct cipher cipher;
	bool any = false;

	for (size_t i = 0; i < h->keyslots && i < KEYSLOTS_MAX; i++)
		if (h->keyslot[i].alone && keyslots_usable(h, &h->keyslot[i]) &&
		    cipher_read(h->keyslot[i].area_encryption, NULL, &cipher) == 0) {
			load_cipher(m, &cipher, report);
			any = true;
		}
	if (any && in_file)
		load_one(m, "loop", report);
}

void loading_crypto(const struct header *h, bool in_file, char *ret_algorithm,
		    struct modules_report *ret_report)
{
	struct modules_report report = { 0 };
	struct cipher cipher;
	struct modules *m = NULL;

	if (cipher_read(h->encryption, h->integrity, &cipher) < 0)
		return;
	str_copy(ret_algorithm, CIPHER_NAME_MAX, cipher.names[0]);
	if (modules_open(NULL, &m) < 0)
		return;
	load_cipher(m, &cipher, &report);
	for (size_t i = 0; i < modules_base_n; i++)
		load_one(m, modules_base[i], &report);
	load_for_keyslots(m, h, in_file, &report);
	modules_close(m);
	*ret_report = report;
}

void loading_standalone(const struct standalone_hash *hash, struct modules_report *ret)
{
	struct modules_report report = { 0 };
	struct modules *m = NULL;

	if (modules_open(NULL, &m) < 0)
		return;
	load_one(m, "dm-integrity", &report);
	for (size_t i = ARRAY_SIZE(hash->algorithms); i-- > 0;) {
		struct modules_report one = { 0 };
		char alias[80];

		if (!hash->algorithms[i])
			continue;
		snprintf(alias, sizeof(alias), "crypto-%s", hash->algorithms[i]);
		load_one(m, alias, &one);
		if (one.missing[0] && !cryptoapi_registered(hash->algorithms[i]))
			str_append(report.missing, sizeof(report.missing), "%s%s",
				   report.missing[0] ? " " : "", hash->algorithms[i]);
	}
	modules_close(m);
	*ret = report;
}

void loading_crypto_user(void)
{
	struct modules_report ignored = { 0 };
	struct modules *m;

	if (modules_open(NULL, &m) < 0)
		return;
	load_one(m, modules_crypto_user, &ignored);
	modules_close(m);
}

void loading_filesystem(const char *driver)
{
	cleanup_free char *alias = xasprintf("fs-%s", driver);
	const char *helper = filesystem_helper(driver);
	struct modules_report ignored = { 0 };
	struct modules *m;

	if (modules_open(NULL, &m) < 0)
		return;
	load_one(m, alias, &ignored);
	if (helper)
		load_one(m, helper, &ignored);
	modules_close(m);
}
