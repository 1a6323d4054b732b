/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What `intact needs` decides, without any system: facts in, lines, modules and findings out.
 * test_stack.c has whole systems made of files.
 */
#include "image/plan.h"
#include "test.h"

#define UUID "01234567-89ab-cdef-0123-456789abcdef"

/* --- the kernels: what answers to a name, and "" for what is built in --- */

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
	{ NULL, NULL },
};
static const char *const without_integrity[][2] = {
	{ "dm_mod", "" },      { "dm_crypt", "dm_crypt" },	  { "crypto-authenc", "authenc" },
	{ "crypto-hmac", "" }, { "crypto-sha256", "" },		  { "crypto-xts", "" },
	{ "crypto-aes", "" },  { "crypto-aegis128", "aegis128" }, { NULL, NULL },
};

static enum module_found resolve(struct modules *m, const char *name,
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

/* --- the facts of one system, and what was decided --- */

static struct host host;
static struct plan plan;
static struct needs_kernel kernel;
static struct modules tree;
static char out[4096];
static unsigned integrity_key_size; /* of the headers */

static void start(const char *crypttab)
{
	host = (struct host){ .sysroot = "", .root = "" };
	plan = (struct plan){ 0 };
	tree.answers = whole;
	kernel = (struct needs_kernel){ .version = "6.1",
					.dir = "/lib/modules/6.1",
					.modules = &tree };
	kernel.resolve = resolve;
	kernel.base = base;
	kernel.n_base = ARRAY_SIZE(base);
	kernel.helper = "crypto_user";
	host.resume_setting.spec = xstrdup("none");
	tab_add(&host.tab, "/etc/crypttab", crypttab, strlen(crypttab), false, &plan.findings);
}

static void place(struct place *p, const char *spec)
{
	p->spec = xstrdup(spec);
	p->understood = devref_parse(spec, &p->ref) == 0;
}

/* An open volume below something. */
static void stand_on(struct stack *stack, const char *name, const char *node, bool dif)
{
	struct stack_mapping *m = array_add(&stack->mappings, &stack->n_mappings, sizeof(*m));

	str_copy(m->name, sizeof(m->name), name);
	str_copy(m->node, sizeof(m->node), node);
	m->luks2 = true;
	m->dif = dif;
}

static void mounted_on(const char *name, const char *node)
{
	host.mounted_root.there = true;
	texts_add(&host.mounted_root.mount.devices, &host.mounted_root.mount.n_devices, "dm-1");
	stand_on(&host.mounted_root.stack, name, node, true);
}

/* Decides with the same header on every disk that can be seen; out is what would be printed. */
static const char *decide(enum header_kind kind, const char *encryption, const char *integrity)
{
	static const char *const levels[] = { "N", "W", "E" };

	plan_select(&plan, &host);
	for (size_t i = 0; i < plan.n_wanted; i++) {
		struct wanted *w = &plan.wanted[i];

		w->header = (struct header){ .kind = HEADER_UNREADABLE, .err = ENOENT };
		if (!w->node[0])
			continue;
		w->header.kind = kind;
		w->header.integrity_key_size = integrity_key_size;
		str_copy(w->header.uuid, sizeof(w->header.uuid), UUID);
		str_copy(w->header.encryption, sizeof(w->header.encryption), encryption);
		str_copy(w->header.integrity, sizeof(w->header.integrity), integrity);
	}
	plan_image(&plan, &host, &kernel);
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

static const char *decide_hmac(void)
{
	return decide(HEADER_LUKS2, "aes-xts-plain64", "hmac(sha256)");
}

static void stack_forget(struct stack *stack)
{
	free(stack->mappings);
	free(stack->standalone);
}

static void forget_place(struct place *p)
{
	free(p->spec);
	stack_forget(&p->stack);
}

static void finish(void)
{
	struct place *const places[] = { &host.fstab_root, &host.fstab_usr, &host.fstab_swap,
					 &host.resume_setting, &host.resume_cmdline };

	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		forget_place(places[i]);
	texts_free(host.mounted_root.mount.devices, host.mounted_root.mount.n_devices);
	stack_forget(&host.mounted_root.stack);
	stack_forget(&host.mounted_usr.stack);
	tab_free(&host.tab);
	plan_free(&plan);
}

/* --- the tests --- */

TEST(running_root)
{
	start("root /dev/vda2 none luks,discard\n");
	mounted_on("root", "/dev/vda2");
	CHECK_HAS(decide_hmac(),
		  "volume root UUID=" UUID " none luks,x-intact.integrity=hmac(sha256)\n"
		  "dm_bufio dm_integrity dm_crypt authenc sha256_generic xts aes_generic "
		  "\nW /etc/crypttab line 1: option \"discard\" of root is dropped");
	CHECK_INT(plan.findings.n, 1);
	finish();
}

/* Several things stand on it: one line, and what there is to say is said once. */
TEST(said_once)
{
	start("");
	mounted_on("root", "/dev/vda2");
	host.mounted_usr = (struct mounted){ .there = true };
	stand_on(&host.mounted_usr.stack, "root", "/dev/vda2", true);
	for (unsigned i = 0; i < 2; i++) {
		struct stack *stack = i ? &host.mounted_usr.stack : &host.mounted_root.stack;

		str_copy(array_add(&stack->standalone, &stack->n_standalone,
				   sizeof(*stack->standalone)),
			 128, "raw");
	}
	decide_hmac();
	CHECK_INT(plan.n_lines, 1);
	CHECK_INT(plan.findings.n, 1);
	CHECK_HAS(out, "raw is a dm-integrity device of its own");
	finish();
}

/* Whose root is it? fstab against what is mounted. */
TEST(which_system)
{
	static const struct {
		const char *what, *crypttab, *fstab_root;
		bool mounted, described;
		const char *here; /* the device that fstab's name leads to */
		const char *wanted;
	} rows[] = {
		{ "running", "root /dev/vda2 none\n", "/dev/mapper/root", true, false, "dm-1",
		  "root" },
		{ "no fstab", "", NULL, true, false, NULL, "root" },
		{ "bind mount", "other /dev/vda3 none\n", "/dev/mapper/other", true, false, "dm-7",
		  "other" },
		{ "bind mount, bare /dev", "other UUID=9-9 none\n", "/dev/mapper/other", true,
		  false, NULL, "other" },
		{ "opened by the installer", "", "UUID=5-5", true, false, NULL, "root" },
		{ "plain folder", "other UUID=9-9 none\n", "UUID=5-5", false, false, NULL,
		  "other" },
		{ "--root", "other UUID=9-9 none\n", "UUID=5-5", true, true, NULL, "other" },
		{ "--root, on a partition", "other UUID=9-9 none\n", "/dev/vda2", true, true, NULL,
		  NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		start(rows[i].crypttab);
		if (host.tab.n && str_eq(rows[i].what, "running"))
			str_copy(host.tab.entries[0].node, 64, "/dev/vda2");
		if (rows[i].mounted)
			mounted_on("root", "/dev/vda2");
		host.described = rows[i].described;
		if (rows[i].fstab_root)
			place(&host.fstab_root, rows[i].fstab_root);
		if (rows[i].here) {
			host.fstab_root.here = true;
			str_copy(host.fstab_root.device, BLOCK_NAME_MAX, rows[i].here);
		}
		plan_select(&plan, &host);
		CHECK_ROW(plan.n_wanted == (rows[i].wanted ? 1 : 0), rows[i].what);
		if (plan.n_wanted && rows[i].wanted)
			CHECK_STR(plan.wanted[0].name, rows[i].wanted);
		finish();
	}
}

/* A kernel without dm-integrity: an error where a volume that has to open is sure to want it, else
 * a warning. */
TEST(kernel_without_dm_integrity)
{
	static const char missing[] =
		"kernel 6.1 has no module dm_integrity in /lib/modules/6.1, and it is not built in";
	static const struct {
		const char *what, *crypttab, *node;
		bool failed;
		const char *said;
	} rows[] = {
		{ "seen", "root /dev/vda2 none\n", "/dev/vda2", true,
		  "it cannot open root, which has integrity protection" },
		{ "promised", "root UUID=9-9 none x-intact.integrity\n", "", true,
		  "it cannot open root, which has integrity protection" },
		{ "not seen", "root UUID=9-9 none\n", "", false,
		  "if root turns out to have integrity protection, this image CANNOT open it and the machine will "
		  "not boot" },
		{ "one of two", "data UUID=8-8 none\nroot UUID=9-9 none x-intact.integrity\n", "",
		  true, "it cannot open root" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		start(rows[i].crypttab);
		tree.answers = without_integrity;
		str_copy(host.tab.entries[0].node, 64, rows[i].node);
		place(&host.fstab_root, "UUID=5-5");
		decide_hmac();
		CHECK_ROW(plan.findings.failed == rows[i].failed, rows[i].what);
		CHECK_HAS(out, missing);
		CHECK_HAS(out, rows[i].said);
		/* The rest is printed all the same. */
		CHECK_HAS(out, "volume root ");
		CHECK_HAS(out, "dm_crypt");
		finish();
	}
}

/* The same for volumes that are not below root. */
TEST(kernel_without_dm_integrity_for_others)
{
	static const struct {
		const char *crypttab;
		bool failed;
		const char *said;
	} rows[] = {
		{ "data /dev/vda3 none initramfs\n", true,
		  "E kernel 6.1 has no module dm_integrity" },
		{ "data /dev/vda3 none initramfs,nofail\n", false,
		  "it cannot open data, which the boot can do without" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		start(rows[i].crypttab);
		tree.answers = without_integrity;
		str_copy(host.tab.entries[0].node, 64, "/dev/vda3");
		decide_hmac();
		CHECK_INT(plan.findings.failed, rows[i].failed);
		CHECK_HAS(out, rows[i].said);
		finish();
	}
	start("swap /dev/vda3 none\n");
	tree.answers = without_integrity;
	str_copy(host.tab.entries[0].node, 64, "/dev/vda3");
	mounted_on("root", "/dev/vda2");
	host.mounted_root.stack.n_mappings = 0;
	stand_on(&host.resume_cmdline.stack, "swap", "/dev/vda3", true);
	CHECK_HAS(decide_hmac(),
		  "volume swap UUID=" UUID " none nofail,x-intact.integrity=hmac(sha256)");
	CHECK(!plan.findings.failed);
	finish();
	/* An image for any machine, made on one that needs nothing. */
	start("");
	tree.answers = without_integrity;
	kernel.generic = true;
	CHECK_HAS(decide_hmac(), "W kernel 6.1 has no module dm_integrity");
	CHECK(!plan.findings.failed);
	finish();
}

TEST(no_module_tree)
{
	start("root UUID=9-9 none\n");
	place(&host.fstab_root, "UUID=5-5");
	kernel.error = -ENOENT;
	CHECK_HAS(
		decide_hmac(),
		"E there is no module tree for kernel 6.1: /lib/modules/6.1 cannot be used (No such file");
	CHECK(plan.findings.failed);
	CHECK_INT(plan.n_lines, 1);
	CHECK_INT(plan.n_modules, 0);
	finish();
	/* Where nothing is wanted of it, that is nobody's concern. */
	start("");
	kernel.error = -ENOENT;
	decide_hmac();
	CHECK(!plan.findings.failed);
	finish();
}

/* What an image says about a disk that nobody saw: only what crypttab says. */
TEST(promises_nothing_it_has_not_seen)
{
	start("root UUID=9-9 none luks\n");
	place(&host.fstab_root, "UUID=5-5");
	CHECK_HAS(decide_hmac(), "volume root UUID=9-9 none luks\n");
	CHECK_HAS(out, "aegis128 ");
	finish();
}

/* crypttab says how, the disk cannot be seen: one cipher that the kernel can do it with is enough.
 */
TEST(kernel_that_cannot_keep_a_promise)
{
	start("root UUID=9-9 none x-intact.integrity=hmac(sha256)\n");
	place(&host.fstab_root, "UUID=5-5");
	decide_hmac();
	CHECK(!plan.findings.failed);
	finish();
	start("root UUID=9-9 none x-intact.integrity=hmac(sha512)\n");
	place(&host.fstab_root, "UUID=5-5");
	CHECK_HAS(decide_hmac(), "E kernel 6.1 cannot open root: it lacks the algorithm sha512");
	finish();
	start("root UUID=9-9 none x-intact.integrity=frobnication\n");
	place(&host.fstab_root, "UUID=5-5");
	decide_hmac();
	CHECK(!plan.findings.failed);
	finish();
}

TEST(only_of_this_header)
{
	start("root /dev/vda2 none\n");
	mounted_on("root", "/dev/vda2");
	CHECK_HAS(decide(HEADER_LUKS2, "aegis128-random", "aead"),
		  "dm_bufio dm_integrity dm_crypt aegis128 ");
	CHECK(!strstr(out, "authenc"));
	finish();
	start("root /dev/vda2 none\n");
	mounted_on("root", "/dev/vda2");
	CHECK_HAS(decide(HEADER_LUKS2, "frob-xts-plain64", "hmac(sha256)"),
		  "E kernel 6.1 cannot open root: it lacks the algorithm frob");
	finish();
	start("root /dev/vda2 none\n");
	mounted_on("root", "/dev/vda2");
	CHECK_HAS(decide(HEADER_LUKS2, "frob(", "hmac(sha256)"), "which makes no sense");
	CHECK(plan.findings.failed);
	finish();
}

TEST(integrity_key_of_its_own_size)
{
	static const struct {
		const char *version;
		bool said;
	} rows[] = { { "6.1.0-56-amd64", true },
		     { "5.14.0", true },
		     { "6.12.1", false },
		     { "7.2-x", false },
		     { "odd", false } };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		start("");
		mounted_on("root", "/dev/vda2");
		kernel.version = rows[i].version;
		integrity_key_size = 64;
		CHECK_ROW((strstr(decide_hmac(), "asks for an integrity key of 64 bytes") !=
			   NULL) == rows[i].said,
			  rows[i].version);
		CHECK(!plan.findings.failed);
		integrity_key_size = 0;
		finish();
	}
}

TEST_MAIN(running_root, said_once, which_system, kernel_without_dm_integrity,
	  kernel_without_dm_integrity_for_others, no_module_tree, promises_nothing_it_has_not_seen,
	  kernel_that_cannot_keep_a_promise, only_of_this_header, integrity_key_of_its_own_size)
