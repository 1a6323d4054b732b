/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What `intact needs` decides, without any system: a host in, lines, modules and findings out.
 * tests/unit/intact/test_needs.c has whole systems made of files.
 */
#ifndef INTACT_TEST_IMAGE_FIXTURE_H
#define INTACT_TEST_IMAGE_FIXTURE_H
#include "base/texts.h"
#include "genuine.h"
#include "image/decide.h"
#include "image/select.h"
#include "test.h"

#define UUID "01234567-89ab-cdef-0123-456789abcdef"

/* --- the kernels: the modules of a name or alias; "" when it is built in --- */

struct modules {
	const char *const (*answers)[2];
};

static const char *const whole[][2] = {
	{ "dm_mod", "" },
	{ "dm_integrity", "dm_bufio dm_integrity" },
	{ "dm_crypt", "dm_crypt" },
	{ "crypto-authenc", "authenc" },
	{ "crypto-hmac", "" },
	{ "crypto-sha256", "sha256_generic" },
	{ "crypto-xts", "xts" },
	{ "crypto-aes", "aes_generic" },
	{ "crypto-aegis128", "aegis128" },
	{ "crypto-serpent", "serpent_generic" },
	{ "fs-vfat", "fat vfat" },
	{ "nls_cp437", "nls_cp437" },
	{ "fs-exfat", "exfat" },
	{ "ext4", "" },
	{ "usb_storage", "usb_storage" },
	{ "uas", "uas" },
	{ "loop", "loop" },
	{ NULL, NULL },
};
static const char *const without_integrity[][2] = {
	{ "dm_mod", "" },      { "dm_crypt", "dm_crypt" },	  { "crypto-authenc", "authenc" },
	{ "crypto-hmac", "" }, { "crypto-sha256", "" },		  { "crypto-xts", "" },
	{ "crypto-aes", "" },  { "crypto-aegis128", "aegis128" }, { NULL, NULL },
};

static inline enum module_found resolve(struct modules *m, const char *name,
					void (*add)(void *arg, const char *module), void *arg)
{
	for (size_t i = 0; m->answers[i][0]; i++) {
		cleanup_free char *modules = xstrdup(m->answers[i][1]);
		char *save = NULL;

		if (!str_eq(m->answers[i][0], name))
			continue;
		for (char *word = strtok_r(modules, " ", &save); word;
		     word = strtok_r(NULL, " ", &save))
			add(arg, word);
		return *m->answers[i][1] ? MODULE_AVAILABLE : MODULE_BUILTIN;
	}
	return MODULE_MISSING;
}

static const char *const base[] = { "dm_mod", "dm_integrity", "dm_crypt" };

/* --- one system, and what was decided --- */

static struct host host;
static struct plan plan;
static struct image_kernel kernel;
static struct modules tree;
static char out[4096];
static unsigned integrity_key_size; /* of the headers */
static const char *area_encryption; /* of their keyslot, when the kernel must decrypt it */
static const char *digest_hash;	    /* of the headers, when not sha256 */
static const char *slot_hash;	    /* of their keyslot's stripes, when not sha256 */
static bool no_keyslots;	    /* in the headers */
static bool unfinished;		    /* the record of a format is on the disks */
static unsigned tpm2_tokens;	    /* in the headers */
static bool tpm2_files;		    /* which one of them needs */
static const char *key_type;	    /* what is on the device of a key; NULL: it is not there */
static const struct volume *before; /* what the last image demanded of every volume, or NULL */

#define DIGEST GENUINE_DIGEST
#define PINS                                                                                    \
	"x-intact.integrity=hmac(sha256),x-intact.cipher=aes-xts-plain64,x-intact.sector-size=" \
	"4096,x-intact.key-size=96,x-intact.volume-key=" DIGEST

static inline void start(const char *crypttab)
{
	host = (struct host){ .sysroot = "", .root = "" };
	plan = (struct plan){ 0 };
	tree.answers = whole;
	kernel = (struct image_kernel){ .version = "6.1",
					.dir = "/lib/modules/6.1",
					.modules = &tree };
	kernel.resolve = resolve;
	kernel.base = base;
	kernel.n_base = ARRAY_SIZE(base);
	kernel.helper = "crypto_user";
	host.resume_setting.spec = xstrdup("none");
	tab_add(&host.tab, "/etc/crypttab", crypttab, strlen(crypttab), false, &plan.findings);
}

static inline void place(struct place *p, const char *spec)
{
	p->spec = xstrdup(spec);
	p->understood = devref_parse(spec, &p->ref) == 0;
}

/* Adds an open volume to a stack. */
static inline void stand_on(struct stack *stack, const char *name, const char *node, bool dif)
{
	struct stack_mapping *m = array_add(&stack->mappings, &stack->n_mappings, sizeof(*m));

	str_copy(m->name, sizeof(m->name), name);
	str_copy(m->node, sizeof(m->node), node);
	m->luks2 = true;
	m->dif = dif;
}

static inline void mounted_on(const char *name, const char *node)
{
	host.mounted_root.there = true;
	host.mounted_root.mount.type = xstrdup("auto");
	texts_add(&host.mounted_root.mount.devices, &host.mounted_root.mount.n_devices, "dm-1");
	stand_on(&host.mounted_root.stack, name, node, true);
}

static inline void demand_before(struct wanted *w)
{
	struct volume *v;

	if (!before)
		return;
	v = config_add_volume(&w->before, w->name, "/run/intact");
	v->expect = before->expect;
	v->integrity = before->integrity ? xstrdup(before->integrity) : NULL;
	v->pins = before->pins;
}

/* Decides, with the same header on every disk that exists; out is what `intact needs` would print.
 */
static inline const char *decide(enum header_kind kind, const char *encryption,
				 const char *integrity)
{
	static const char *const levels[] = { "N", "W", "E" };

	plan_select(&plan, &host);
	for (size_t i = 0; i < plan.n_wanted; i++) {
		struct wanted *w = &plan.wanted[i];

		w->disk = (struct disk){ .kind = HEADER_UNREADABLE, .err = ENOENT };
		demand_before(w);
		w->has_key_device = key_type != NULL;
		str_copy(w->key_type, sizeof(w->key_type), key_type ? key_type : "");
		if (!w->node[0])
			continue;
		w->disk.kind = kind;
		if (kind != HEADER_LUKS2)
			continue;
		if (unfinished)
			w->disk.superblock = (struct superblock){ .state = SUPERBLOCK_UNFINISHED,
								  .percent = 37 };
		w->disk.header = genuine_header();
		w->disk.header.integrity_key_size = integrity_key_size;
		w->disk.header.tpm2_tokens = tpm2_tokens;
		w->disk.header.tpm2_token[0].files = tpm2_files;
		w->disk.header.key_size = 64 + (integrity_key_size ? integrity_key_size : 32);
		w->disk.header.keyslot[0].key_size = w->disk.header.key_size;
		str_copy(w->disk.header.uuid, sizeof(w->disk.header.uuid), UUID);
		if (digest_hash)
			str_copy(w->disk.header.digest_hash, sizeof(w->disk.header.digest_hash),
				 digest_hash);
		if (slot_hash)
			str_copy(w->disk.header.keyslot[0].af_hash,
				 sizeof(w->disk.header.keyslot[0].af_hash), slot_hash);
		if (no_keyslots)
			w->disk.header.keyslots = w->disk.header.key_size = 0;
		str_copy(w->disk.header.encryption, sizeof(w->disk.header.encryption), encryption);
		str_copy(w->disk.header.integrity, sizeof(w->disk.header.integrity), integrity);
		if (area_encryption) {
			struct keyslot *slot = &w->disk.header.keyslot[0];

			slot->alone = true;
			str_copy(slot->area_encryption, sizeof(slot->area_encryption),
				 area_encryption);
		}
	}
	plan_decide(&plan, &host, &kernel);
	out[0] = '\0';
	for (size_t i = 0; i < plan.n_lines; i++)
		str_append(out, sizeof(out), "%s\n", plan.lines[i]);
	for (size_t i = 0; i < plan.n_modules; i++)
		str_append(out, sizeof(out), "%s ", plan.modules[i]);
	for (size_t i = 0; i < plan.findings.n; i++)
		str_append(out, sizeof(out), "\n%s %s", levels[plan.findings.list[i].severity],
			   plan.findings.list[i].text);
	return out;
}

static inline const char *decide_hmac(void)
{
	return decide(HEADER_LUKS2, "aes-xts-plain64", "hmac(sha256)");
}

static inline void stack_forget(struct stack *stack)
{
	free(stack->mappings);
	free(stack->standalone);
}

static inline void forget_place(struct place *p)
{
	free(p->spec);
	stack_forget(&p->stack);
}

static inline void finish(void)
{
	struct place *const places[] = { &host.fstab_root, &host.fstab_usr, &host.fstab_swap,
					 &host.resume_setting, &host.resume_cmdline };

	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		forget_place(places[i]);
	mount_free(&host.mounted_root.mount);
	stack_forget(&host.mounted_root.stack);
	stack_forget(&host.mounted_usr.stack);
	tab_free(&host.tab);
	texts_free(host.tpm_files, host.n_tpm_files);
	plan_free(&plan);
}

#endif
