/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image/modules.h"

#include "base/texts.h"
#include "facts/cipher.h"
#include "facts/filesystem.h"
#include "image/keys.h"
#include "policy/keyslots.h"

#include <stdio.h>

struct making {
	struct plan *plan;
	const struct image_kernel *kernel;
	bool unsure; /* the finding about a missing modules.builtin.modinfo was added */
};

static void add_module(void *arg, const char *name)
{
	struct plan *plan = ((struct making *)arg)->plan;

	for (size_t i = 0; i < plan->n_modules; i++)
		if (str_eq(plan->modules[i], name))
			return;
	texts_add(&plan->modules, &plan->n_modules, name);
}

static void add_nothing(void *arg, const char *name)
{
	(void)arg, (void)name;
}

static enum module_found resolve(struct making *m, const char *name, bool add)
{
	return m->kernel->resolve(m->kernel->modules, name, add ? add_module : add_nothing, m);
}

/* --- the algorithms of each volume --- */

/* Does the kernel have the algorithm, built in or as a module? add: the module goes into the image.
 */
static bool has_algorithm(struct making *m, const char *name, bool add)
{
	cleanup_free char *alias = xasprintf("crypto-%s", name),
			  *library = xasprintf("lib%s", name);
	enum module_found found = resolve(m, alias, add);

	if (found == MODULE_UNKNOWN && !m->unsure) {
		findings_add(
			&m->plan->findings, SEVERITY_WARNING,
			"kernel %s does not list what is built into it (no modules.builtin.modinfo), so "
			"it is not known whether it has %s",
			m->kernel->version, name);
		m->unsure = true;
	}
	/* An algorithm that only other algorithms use moves into a library of the kernel and loses
	 * its alias: libpoly1305. Nothing to add: the modules that use the library depend on it. */
	if (found == MODULE_MISSING)
		found = resolve(m, library, false);
	return found != MODULE_MISSING;
}

/* The algorithm that the kernel lacks for the cipher, or NULL. */
static const char *lacking(struct making *m, const struct cipher *cipher)
{
	bool found[CIPHER_NAMES_MAX] = { false };

	for (size_t i = 0; i < cipher->n; i++)
		found[i] = has_algorithm(m, cipher->names[i], false);
	return cipher_missing(cipher, found);
}

static void add_algorithms(struct making *m, const struct cipher *cipher)
{
	for (size_t i = 0; i < cipher->n; i++)
		(void)has_algorithm(m, cipher->names[i], true);
}

/* The module tree does not tell which features dm-crypt has; the version does, but a distribution
 * may have backported the change. */
static void check_key_size(struct making *m, const struct wanted *w)
{
	unsigned major, minor;

	if (w->disk.header.integrity_key_size &&
	    sscanf(m->kernel->version, "%u.%u", &major, &minor) == 2 &&
	    (major < 6 || (major == 6 && minor < 12)))
		findings_add(
			&m->plan->findings, SEVERITY_WARNING,
			"kernel %s is probably too old to open %s: the header on %s asks for an integrity key of "
			"%u bytes, which dm-crypt supports since Linux 6.12",
			m->kernel->version, w->name, w->node, w->disk.header.integrity_key_size);
}

/* Only a warning for a volume that the system can boot without. */
static void add_lacking(struct making *m, const struct wanted *w, const char *missing)
{
	findings_add(&m->plan->findings, wanted_needed(w) ? SEVERITY_ERROR : SEVERITY_WARNING,
		     "kernel %s cannot open %s: it lacks the algorithm %s (no module in %s has the "
		     "alias crypto-%s); boot another kernel, or install all modules of this kernel",
		     m->kernel->version, w->name, missing, m->kernel->dir, missing);
}

/* A keyslot whose key material libcryptsetup decrypts through the kernel. The volume has other
 * keyslots, or its passphrase will not open it: only a warning. */
static void add_keyslot_modules(struct making *m, const struct wanted *w,
				const struct keyslot *slot)
{
	const char *missing;
	struct cipher cipher;

	if (!slot->alone || !keyslots_usable(&w->disk.header, slot) ||
	    cipher_read(slot->area_encryption, NULL, &cipher) < 0)
		return;
	missing = lacking(m, &cipher);
	add_algorithms(m, &cipher);
	if (missing)
		findings_add(
			&m->plan->findings, SEVERITY_WARNING,
			"kernel %s cannot try keyslot %d of %s, which is encrypted with %s: it lacks %s",
			m->kernel->version, slot->number, w->name, slot->area_encryption, missing);
}

/* libcryptsetup needs a block device for the kernel to decrypt key material: it makes a loop device
 * of a header that is a file. */
static void add_loop(struct making *m, const struct wanted *w)
{
	const struct header *h = &w->disk.header;
	bool needed = w->verdict == WANTED_UNREAD;

	if (!wanted_detached(w) || wanted_volume(w)->header.kind == PLACE_DEVICE)
		return;
	for (size_t i = 0; i < h->keyslots && i < KEYSLOTS_MAX; i++)
		needed = needed || (h->keyslot[i].alone && keyslots_usable(h, &h->keyslot[i]));
	if (needed && resolve(m, "loop", true) == MODULE_MISSING)
		findings_add(
			&m->plan->findings, SEVERITY_WARNING,
			"kernel %s has no module loop in %s, and it is not built in: without it, "
			"keyslots of %s with a rare cipher cannot be tried, since its header is a file",
			m->kernel->version, m->kernel->dir, w->name);
}

static void add_header_modules(struct making *m, const struct wanted *w)
{
	const struct header *h = &w->disk.header;
	const char *missing;
	struct cipher cipher;

	if (cipher_read(h->encryption, h->integrity, &cipher) < 0) {
		findings_add(
			&m->plan->findings, SEVERITY_ERROR,
			"%s: the header on %s names the cipher \"%s\" with integrity \"%s\", which is "
			"no valid combination: see \"cryptsetup luksDump %s\"",
			w->name, w->node, h->encryption, h->integrity, w->node);
		return;
	}
	missing = lacking(m, &cipher);
	if (missing)
		add_lacking(m, w, missing);
	add_algorithms(m, &cipher);
	check_key_size(m, w);
	for (size_t i = 0; i < h->keyslots && i < KEYSLOTS_MAX; i++)
		add_keyslot_modules(m, w, &h->keyslot[i]);
}

/* For a disk that was not found, if crypttab promises a certain integrity algorithm: does the
 * kernel have it with any cipher? */
static void check_promise(struct making *m, const struct wanted *w)
{
	const struct volume *v = wanted_volume(w);
	const struct cipher_mode *modes;
	size_t n = cipher_modes(&modes);
	char missing[CIPHER_NAME_MAX] = "";

	for (size_t i = 0; v && v->expect == EXPECT_NAMED && i < n; i++) {
		struct cipher cipher;
		const char *name;

		if (!str_eq(modes[i].integrity, v->integrity) ||
		    cipher_read(modes[i].encryption, modes[i].integrity, &cipher) < 0)
			continue;
		name = lacking(m, &cipher);
		if (!name)
			return;
		if (!missing[0])
			str_copy(missing, sizeof(missing), name);
	}
	if (missing[0])
		add_lacking(m, w, missing);
}

static void add_all_modes(struct making *m)
{
	const struct cipher_mode *modes;
	size_t n = cipher_modes(&modes);

	for (size_t i = 0; i < n; i++) {
		struct cipher cipher;

		if (cipher_read(modes[i].encryption, modes[i].integrity, &cipher) == 0 &&
		    !lacking(m, &cipher))
			add_algorithms(m, &cipher);
	}
}

/* --- the key on another device --- */

/* What such a medium is attached by. udev loads at boot what it finds; an image that is made for
 * this machine alone lacks what is not in use when it is made. */
static const char *const attachments[] = { "xhci_pci", "ehci_pci",    "ohci_pci", "uhci_hcd",
					   "uas",      "usb_storage", "sd_mod",	  "mmc_block" };
/* The file systems of a medium that is not here. */
static const char *const usual[] = { "vfat", "exfat", "ext4" };

static bool add_driver(struct making *m, const char *driver)
{
	cleanup_free char *alias = xasprintf("fs-%s", driver);
	const char *helper = filesystem_helper(driver);
	enum module_found found = resolve(m, alias, true);

	/* Drivers that are built in have no alias: by name. */
	if (found == MODULE_MISSING || found == MODULE_UNKNOWN)
		found = resolve(m, driver, true);
	if (helper)
		(void)resolve(m, helper, true);
	return found != MODULE_MISSING;
}

static void add_file_system(struct making *m, const struct wanted *w,
			    const struct file_place *place)
{
	const char *driver = filesystem_driver(w->key_type);
	char device[300];

	devref_format(&place->device, device, sizeof(device));
	if (!w->has_key_device) {
		for (size_t i = 0; i < ARRAY_SIZE(usual); i++)
			(void)add_driver(m, usual[i]);
		findings_add(
			&m->plan->findings, SEVERITY_WARNING,
			"%s: %s, the device of its key, is not here, so the image gets the drivers of "
			"vfat, exfat and ext4; if it has another file system, connect it and make the "
			"image again",
			w->name, device);
	} else if (!driver) {
		findings_add(
			&m->plan->findings, SEVERITY_WARNING,
			"%s: its key cannot be read: %s has %s, and no file system that intact mounts "
			"for a key (see intact-unlock(8)); the boot will ask for the passphrase",
			w->name, device,
			w->key_type[0] ? w->key_type : "nothing that is recognised");
	} else if (!add_driver(m, driver)) {
		findings_add(
			&m->plan->findings, SEVERITY_WARNING,
			"%s: its key cannot be read: kernel %s has no driver for %s, the file system of "
			"%s; the boot will ask for the passphrase",
			w->name, m->kernel->version, w->key_type, device);
	}
}

static void add_key_modules(struct making *m, const struct wanted *w)
{
	struct file_place place;

	if (w->verdict == WANTED_LEFT_OUT || w->verdict == WANTED_REFUSED ||
	    !keys_elsewhere(w->entry, &place))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(attachments); i++)
		(void)resolve(m, attachments[i], true);
	if (place.kind == PLACE_FILE)
		add_file_system(m, w, &place);
}

/* A detached header on another device: that must be attached, and its file system mounted. */
static void add_header_place_modules(struct making *m, const struct wanted *w)
{
	if (w->verdict == WANTED_LEFT_OUT || w->verdict == WANTED_REFUSED || !wanted_detached(w) ||
	    !place_has_device(&wanted_volume(w)->header))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(attachments); i++)
		(void)resolve(m, attachments[i], true);
	for (size_t i = 0; wanted_volume(w)->header.kind == PLACE_FILE && i < ARRAY_SIZE(usual);
	     i++)
		(void)add_driver(m, usual[i]);
}

/* --- standalone dm-integrity devices --- */

/* What its hash needs; the kernel's helper for the crypto API may have it under the whole name. */
static void add_standalone(struct making *m, const struct standalone *s)
{
	for (size_t i = 0; i < ARRAY_SIZE(s->hash->algorithms); i++) {
		const char *name = s->hash->algorithms[i];

		if (name && !has_algorithm(m, name, true))
			findings_add(
				&m->plan->findings, SEVERITY_ERROR,
				"kernel %s cannot open %s: it lacks the algorithm %s (no module in %s "
				"has the alias crypto-%s); boot another kernel, or install all "
				"modules of this kernel",
				m->kernel->version, s->name, name, m->kernel->dir, name);
	}
}

/* For other machines. */
static void add_all_hashes(struct making *m)
{
	size_t n;
	const struct standalone_hash *all = standalone_hashes(&n);

	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < ARRAY_SIZE(all[i].algorithms); j++)
			if (all[i].algorithms[j])
				(void)has_algorithm(m, all[i].algorithms[j], true);
}

/* --- the modules of all volumes --- */

/* The volume for which a missing module is worst: certain to have integrity protection, then needed
 * for the boot. */
static const struct wanted *worst(const struct plan *plan)
{
	const struct wanted *found = NULL;
	int rank = -1;

	for (size_t i = 0; i < plan->n_wanted; i++) {
		const struct wanted *w = &plan->wanted[i];
		int r = 2 * wanted_protected(w) + wanted_needed(w);

		if (w->verdict != WANTED_LEFT_OUT && w->verdict != WANTED_REFUSED && r > rank) {
			found = w;
			rank = r;
		}
	}
	return found;
}

static void base_missing(struct making *m, const char *module)
{
	cleanup_free char *what =
		xasprintf("kernel %s has no module %s in %s, and it is not built in",
			  m->kernel->version, module, m->kernel->dir);
	const struct wanted *w = worst(m->plan);
	struct findings *findings = &m->plan->findings;

	if (!w && m->plan->n_integrities > 0)
		findings_add(findings, SEVERITY_ERROR,
			     "%s: this kernel cannot open %s; boot another kernel, or install all "
			     "modules of this kernel",
			     what, m->plan->integrities[0].name);
	else if (!w)
		findings_add(
			findings, SEVERITY_WARNING,
			"%s: this image cannot open an integrity-protected volume on any machine",
			what);
	else if (!wanted_protected(w))
		findings_add(
			findings, SEVERITY_WARNING,
			"%s: if %s has integrity protection, this image CANNOT open it%s; then boot another "
			"kernel, or install all modules of this kernel",
			what, w->name, wanted_needed(w) ? " and the machine will not boot" : "");
	else if (!wanted_needed(w))
		findings_add(findings, SEVERITY_WARNING,
			     "%s: this kernel cannot open %s, which the boot does not need", what,
			     w->name);
	else
		findings_add(
			findings, SEVERITY_ERROR,
			"%s: this kernel cannot open %s, which has integrity protection; boot another "
			"kernel, or install all modules of this kernel",
			what, w->name);
}

/* Does a TPM give its key, or tell whether the disk is the current one? */
static bool uses_tpm(const struct wanted *w)
{
	const struct volume *v = wanted_volume(w), *before = wanted_before(w);
	const struct header *h = &w->disk.header;

	return h->tpm2_tokens > 0 || h->fresh != FRESH_NONE ||
	       (v && v->pins.fresh != FRESH_DEMAND_NONE) ||
	       (before && before->pins.fresh != FRESH_DEMAND_NONE);
}

/* udev loads them in the image. The alias is that of a TPM in the firmware's tables: the image may
 * boot on another main board. */
static void add_tpm(struct making *m)
{
	(void)resolve(m, "acpi:MSFT0101:", true);
	for (size_t i = 0; i < m->kernel->n_tpm; i++)
		(void)resolve(m, m->kernel->tpm[i], true);
}

void plan_modules(struct plan *plan, const struct image_kernel *kernel)
{
	struct making m = { .plan = plan, .kernel = kernel };
	bool any_mode = kernel->generic, tpm = any_mode;

	if (kernel->error < 0) {
		findings_add(
			&plan->findings, SEVERITY_ERROR,
			"there is no module tree for kernel %s: %s cannot be used (%s), so the image could "
			"not open any disk; install the kernel's modules, or give the right kernel with "
			"--kernel or the right folder with --modules-dir",
			kernel->version, kernel->dir, strerror(-kernel->error));
		return;
	}
	for (size_t i = 0; i < kernel->n_base; i++)
		if (resolve(&m, kernel->base[i], true) == MODULE_MISSING)
			base_missing(&m, kernel->base[i]);
	(void)resolve(&m, kernel->helper, true);
	for (size_t i = 0; i < plan->n_wanted; i++) {
		add_key_modules(&m, &plan->wanted[i]);
		add_header_place_modules(&m, &plan->wanted[i]);
		tpm |= uses_tpm(&plan->wanted[i]);
		if (plan->wanted[i].verdict == WANTED_PROTECTED ||
		    plan->wanted[i].verdict == WANTED_UNREAD)
			add_loop(&m, &plan->wanted[i]);
		if (plan->wanted[i].verdict == WANTED_PROTECTED) {
			add_header_modules(&m, &plan->wanted[i]);
		} else if (plan->wanted[i].verdict == WANTED_UNREAD) {
			any_mode = true;
			check_promise(&m, &plan->wanted[i]);
		}
	}
	for (size_t i = 0; i < plan->n_integrities; i++)
		add_standalone(&m, &plan->integrities[i]);
	if (tpm)
		add_tpm(&m);
	if (any_mode)
		add_all_modes(&m);
	if (kernel->generic)
		add_all_hashes(&m);
}
