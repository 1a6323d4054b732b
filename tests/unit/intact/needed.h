/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `intact needs` on systems made of files. The headers and the module trees come from the tables
 * below, in the place of libcryptsetup, libblkid and libkmod; everything else is the real code.
 */
#ifndef INTACT_TEST_NEEDED_H
#define INTACT_TEST_NEEDED_H
#include "facts/devref.h"
#include "genuine.h"
#include "intact/needs.h"
#include "system/device.h"
#include "system/dmdevice.h"
#include "system/luks.h"
#include "system/module.h"
#include "system/sysroot.h"

#include <fcntl.h>
#include <sys/wait.h>

/* --- the headers on the disks --- */

static struct {
	const char *node;
	struct disk disk;
} disks[16];
static size_t n_disks;

#define DIGEST GENUINE_DIGEST
#define MORE_PINS(cipher, key_size)                                                         \
	",x-intact.cipher=" cipher ",x-intact.sector-size=4096,x-intact.key-size=" key_size \
	",x-intact.volume-key=" DIGEST
#define HMAC "x-intact.integrity=hmac(sha256)" MORE_PINS("aes-xts-plain64", "96")
#define AEAD "x-intact.integrity=aead" MORE_PINS("aegis128-random", "16")

static inline struct header *luks2(const char *node, const char *uuid, const char *encryption,
				   const char *integrity)
{
	struct header *h = &disks[n_disks].disk.header;

	disks[n_disks].disk = (struct disk){ .kind = HEADER_LUKS2, .header = genuine_header() };
	disks[n_disks++].node = node;
	str_copy(h->uuid, sizeof(h->uuid), uuid);
	str_copy(h->encryption, sizeof(h->encryption), encryption);
	str_copy(h->integrity, sizeof(h->integrity), integrity);
	h->key_size = str_eq(integrity, "aead") ? 16 : 96;
	h->keyslot[0].key_size = h->key_size;
	return h;
}

void luks_read_header(const char *node, const char *header_path, const char *name, struct disk *ret,
		      struct luks **ret_cv)
{
	bool own = false;
	const char *in_system = str_after(header_path ? header_path : node, top);

	(void)name, (void)ret_cv;
	*ret = (struct disk){ .kind = HEADER_NOT_LUKS };
	for (size_t i = 0; i < n_disks; i++) {
		own |= str_eq(disks[i].node, node);
		/* A file is in the system's folder. */
		if (str_eq(disks[i].node, header_path ? header_path : node) ||
		    (in_system && str_eq(disks[i].node, in_system)))
			*ret = disks[i].disk;
	}
	ret->detached = header_path;
	ret->data_luks = header_path && own;
}

int device_scan(void (*seen)(void *arg, const struct device *dev), void *arg)
{
	for (size_t i = 0; i < n_disks; i++) {
		struct device dev = { .type = "crypto_LUKS" };

		str_copy(dev.node, sizeof(dev.node), disks[i].node);
		str_copy(dev.uuid, sizeof(dev.uuid), disks[i].disk.header.uuid);
		seen(arg, &dev);
	}
	return 0;
}

/* What else there is: a medium with a file system. */
int device_probe(const char *node, struct device *ret)
{
	*ret = (struct device){ .type = "vfat" };
	str_copy(ret->node, sizeof(ret->node), node);
	return 0;
}

/* A system of files has no tables. */
bool dmdevice_line(const char *name, const char *target, bool status, char *ret, size_t size)
{
	(void)name, (void)target, (void)status, (void)ret, (void)size;
	return false;
}

/* --- the module trees --- */

struct module_entry {
	const char *name, *modules; /* "": built in */
};
struct modules {
	const char *version;
	const struct module_entry *entries;
};

const char *const modules_base[] = { "dm_mod", "dm_integrity", "dm_crypt" };
const size_t modules_base_n = ARRAY_SIZE(modules_base);
const char modules_crypto_user[] = "crypto_user";

/* One kernel with everything as a module, one with nearly everything built in, one without authenc.
 */
static const struct module_entry modular[] = {
	{ "dm_mod", "dm_mod" },
	{ "dm_integrity", "dm_mod dm_bufio xor dm_integrity" },
	{ "dm_crypt", "dm_mod dm_crypt" },
	{ "crypto-authenc", "authenc" },
	{ "crypto-hmac", "hmac" },
	{ "crypto-sha256", "sha256_generic sha256_ssse3" },
	{ "crypto-xts", "ecb xts" },
	{ "crypto-aes", "aes_generic aesni_intel" },
	{ "crypto-aegis128", "aegis128 aegis128_aesni" },
	{ NULL, NULL },
};
static const struct module_entry builtin[] = {
	{ "dm_mod", "" },
	{ "dm_integrity", "dm_bufio dm_integrity" },
	{ "dm_crypt", "" },
	{ "crypto-authenc", "" },
	{ "crypto-hmac(sha256)", "" },
	{ "crypto-xts", "" },
	{ "crypto-aes", "" },
	{ NULL, NULL },
};
static const struct module_entry without_authenc[] = {
	{ "dm_mod", "" },
	{ "dm_integrity", "dm_integrity" },
	{ "dm_crypt", "dm_crypt" },
	{ "crypto-hmac", "" },
	{ "crypto-sha256", "sha256_generic" },
	{ "crypto-xts", "xts" },
	{ "crypto-aes", "" },
	{ NULL, NULL },
};
static struct modules trees[] = {
	{ "6.1.0-1-amd64", modular },
	{ "7.2-amd64", builtin },
	{ "5.10-odd", without_authenc },
};

int modules_open(const char *dir, struct modules **ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(trees); i++) {
		if (strstr(dir, trees[i].version)) {
			*ret = &trees[i];
			return 0;
		}
	}
	return -ENOENT;
}

struct modules *modules_close(struct modules *m)
{
	(void)m;
	return NULL;
}

enum module_found modules_resolve(struct modules *m, const char *name_or_alias,
				  void (*add)(void *arg, const char *module), void *arg)
{
	for (const struct module_entry *e = m->entries; e->name; e++) {
		cleanup_free char *modules = xstrdup(e->modules);
		char *save = NULL;

		if (!str_eq(e->name, name_or_alias))
			continue;
		for (char *word = strtok_r(modules, " ", &save); word;
		     word = strtok_r(NULL, " ", &save))
			add(arg, word);
		return *e->modules ? MODULE_AVAILABLE : MODULE_BUILTIN;
	}
	return MODULE_MISSING;
}

/* --- the system --- */

static char out[8192], err[8192];

static inline void start(void)
{
	sysroot_start();
	n_disks = 0;
}

static inline void slurp(const char *path, char *buf, size_t size)
{
	cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, size - 1);

	buf[n > 0 ? n : 0] = '\0';
}

/* Runs `intact needs` in a child process; sets out and err, returns the exit code. */
static inline int run_needs(const char *kernel, const char *root, const char *more,
			    const char *value)
{
	cleanup_free char *out_file = xasprintf("%s/out", top),
			  *err_file = xasprintf("%s/err", top);
	cleanup_free char *root_folder = xasprintf("%s%s", top, root ? root : "");
	const char *args[12] = { "needs", "--sysroot", top, "--kernel", kernel };
	char *argv[12];
	int argc = 5, status;
	pid_t pid;

	if (root) {
		args[argc++] = "--root";
		args[argc++] = root_folder;
	}
	if (more)
		args[argc++] = more;
	if (value)
		args[argc++] = value;
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		int code;

		if (!freopen(out_file, "we", stdout) || !freopen(err_file, "we", stderr))
			abort();
		for (int i = 0; i < argc; i++)
			argv[i] = xstrdup(args[i]);
		code = needs_main(argc, argv);
		for (int i = 0; i < argc; i++)
			free(argv[i]);
		*top = '\0';
		exit(code);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		abort();
	slurp(out_file, out, sizeof(out));
	slurp(err_file, err, sizeof(err));
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static inline bool said(const char *text)
{
	return strstr(err, text) != NULL;
}

static inline bool printed(const char *text)
{
	return strstr(out, text) != NULL;
}

#endif
