/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "intact/pin.h"

#include "base/exitcode.h"
#include "image/pins.h"
#include "image/select.h"
#include "intact/fail.h"
#include "intact/pin_fresh.h"
#include "intact/survey.h"
#include "intact/taggable.h"
#include "policy/keyslots.h"
#include "policy/verdict.h"
#include "system/block.h"
#include "system/generator.h"
#include "system/keyfile.h"
#include "system/luks.h"
#include "system/machine.h"
#include "system/terminal.h"

#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>

#define TRIES 3

struct pin {
	const char *given, *keyfile, *sysroot, *terminal;
	const char *name; /* of the volume */
	bool no_rebuild;
	enum pin_fresh fresh;
	enum fresh_demand demand; /* with PIN_FRESH_MAKE */
	bool tags;		  /* with PIN_FRESH_MAKE */
	struct secret *key;	  /* the volume key, once a passphrase has opened a keyslot */
	struct host host;
	struct plan plan;
	const struct wanted *wanted; /* the volume, in the plan */
	struct config made;	     /* its configuration, when crypttab has none */
	struct volume volume;	     /* as the verdict sees it; owns nothing */
	struct luks *luks;
	struct disk disk;
};

/* --- the options ------------------------------------------------------------------------------ */

static void usage(FILE *file)
{
	fputs("Usage: intact pin [OPTION]... NAME\n"
	      "Accepts the disk of volume NAME as it is now: shows what its LUKS2 header has and what\n"
	      "the images demanded so far, checks a passphrase, and has the images made anew. NAME may\n"
	      "also be that of the mapping, or the disk.\n"
	      "\n"
	      "  --fresh[=report]  also make a record of freshness: from now on an older copy of the\n"
	      "                   disk is refused (report: only reported); needs a TPM 2.0\n"
	      "  --tags           with --fresh: at each shutdown also make a digest of all integrity tags,\n"
	      "                   which the next boot compares: no older single block is accepted\n"
	      "                   on any file system; not for rotating disks\n"
	      "  --accept         the disk was restored from a backup, or moved to this machine: as\n"
	      "                   it is, it is the current one; needs no new images\n"
	      "  --no-fresh       remove the record and the TPM's counter\n"
	      "  --key-file FILE  use a key file instead of asking for the passphrase\n"
	      "  --no-rebuild     do not make the images; print the command that does\n"
	      "  --help           show this text\n"
	      "\n"
	      "Exit status: 0 accepted; 1 general failure, also of the program that makes the\n"
	      "images; 2 wrong passphrase; 4 the disk cannot be used; 7 the disk is refused.\n",
	      file);
}

static bool read_fresh(struct pin *ret, const char *value)
{
	struct pins pins = { .bad = "" };

	ret->fresh = PIN_FRESH_MAKE;
	if (!pin_fresh_demand(value ? value : "", &pins)) {
		fprintf(stderr,
			"intact pin: --fresh=%s: only report and require are known, each also with "
			"\",tags\"\n",
			value);
		return false;
	}
	ret->demand = pins.fresh;
	ret->tags |= pins.fresh_tags;
	return true;
}

/* What is left of the command line. */
static int read_name(struct pin *ret, int argc, char **argv)
{
	if (optind != argc - 1) {
		fputs("intact pin: give the name of one volume\n", stderr);
		usage(stderr);
		return EXIT_CODE_GENERAL + 1;
	}
	if (ret->tags && ret->fresh != PIN_FRESH_MAKE) {
		fputs("intact pin: --tags is only of use together with --fresh\n", stderr);
		return EXIT_CODE_GENERAL + 1;
	}
	ret->given = argv[optind];
	return 0;
}

/* 0, or 1 + the exit code with which the program is to end at once. */
static int read_options(struct pin *ret, int argc, char **argv)
{
	static const struct option options[] = {
		{ "fresh", optional_argument, NULL, 'f' },
		{ "tags", no_argument, NULL, 't' },
		{ "accept", no_argument, NULL, 'a' },
		{ "no-fresh", no_argument, NULL, 'r' },
		{ "key-file", required_argument, NULL, 'k' },
		{ "no-rebuild", no_argument, NULL, 'n' },
		/* for tests: a whole system in a folder, and its terminal */
		{ "sysroot", required_argument, NULL, 'S' },
		{ "terminal", required_argument, NULL, 'T' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int c;

	optind = 1;
	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (c) {
		case 'f':
			if (!read_fresh(ret, optarg))
				return EXIT_CODE_GENERAL + 1;
			break;
		case 't':
			ret->tags = true;
			break;
		case 'a':
			ret->fresh = PIN_FRESH_ACCEPT;
			break;
		case 'r':
			ret->fresh = PIN_FRESH_REMOVE;
			break;
		case 'k':
			ret->keyfile = optarg;
			break;
		case 'n':
			ret->no_rebuild = true;
			break;
		case 'S':
			ret->sysroot = optarg;
			break;
		case 'T':
			ret->terminal = optarg;
			break;
		case 'h':
			usage(stdout);
			return EXIT_CODE_OK + 1;
		default:
			usage(stderr);
			return EXIT_CODE_GENERAL + 1;
		}
	}
	return read_name(ret, argc, argv);
}

/* --- the volume and its header ---------------------------------------------------------------- */

/* Is w the volume that the person named: by its name in crypttab, by that of its mapping, or by its
 * disk? */
static bool is_meant(const struct pin *pin, const struct wanted *w)
{
	const char *mapping = str_after(pin->given, "/dev/mapper/"), *name = mapping;
	const struct stack *open = &pin->host.everything;
	char device[BLOCK_NAME_MAX], node[64];
	struct devref ref;

	if (str_eq(w->name, pin->given) || (mapping && str_eq(w->name, mapping)))
		return true;
	if (!name)
		name = pin->given;
	for (size_t i = 0; i < open->n_mappings; i++)
		if (w->node[0] && str_eq(open->mappings[i].name, name) &&
		    str_eq(open->mappings[i].node, w->node))
			return true;
	return w->node[0] && devref_parse(pin->given, &ref) == 0 &&
	       block_resolve(pin->sysroot, &ref, device) == 0 && block_node(device, node) &&
	       str_eq(node, w->node);
}

static enum exit_code find(struct pin *pin)
{
	pin->host = (struct host){ .sysroot = pin->sysroot, .root = pin->sysroot };
	survey_read(&pin->host, NULL, &pin->plan.findings);
	plan_select(&pin->plan, &pin->host);
	survey_volumes(&pin->host, &pin->plan);
	for (size_t i = 0; i < pin->plan.n_wanted; i++)
		if (is_meant(pin, &pin->plan.wanted[i]))
			pin->wanted = &pin->plan.wanted[i];
	if (!pin->wanted)
		return fail(
			EXIT_CODE_GENERAL,
			"no image opens a volume %s: `intact needs` lists the volumes that images "
			"open",
			pin->given);
	pin->name = pin->wanted->name;
	if (!pin->wanted->node[0])
		return fail(EXIT_CODE_DEVICE, "the disk of %s is not visible: is it connected?",
			    pin->name);
	return EXIT_CODE_OK;
}

/* What crypttab demands stays: it is the administrator's own word. */
static enum exit_code check_crypttab(const struct pin *pin)
{
	for (enum promise p = 0; p < PROMISES; p++)
		if (pins_differ(&pin->volume, &pin->disk.header, p))
			return fail(
				EXIT_CODE_REFUSED,
				"crypttab promises another value of %s for %s than the header on "
				"%s has: correct crypttab first",
				promise_option(p), pin->name, pin->wanted->node);
	return EXIT_CODE_OK;
}

static enum exit_code judge(struct pin *pin)
{
	const struct volume *v = wanted_volume(pin->wanted);
	struct verdict verdict;
	enum exit_code code;

	if (wanted_detached(pin->wanted) && !pin->wanted->header.path && !pin->wanted->header.same)
		return fail(EXIT_CODE_DEVICE,
			    "the detached header of %s is not visible: is its device connected?",
			    pin->name);
	luks_read_header(pin->wanted->node, pin->wanted->header.path, NULL, &pin->disk, &pin->luks);
	pin->volume = v ? *v : *config_add_volume(&pin->made, pin->name, "");
	code = pin->disk.kind == HEADER_LUKS2 ? check_crypttab(pin) : EXIT_CODE_OK;
	if (code != EXIT_CODE_OK)
		return code;
	/* Only volumes with integrity protection have pins. */
	if (pin->volume.expect == EXPECT_NOTHING)
		pin->volume.expect = EXPECT_ANY;
	verdict_disk(&pin->volume, pin->wanted->node, &pin->disk, &verdict);
	if (verdict.action != VERDICT_OPEN)
		return fail(verdict.code, "%s", verdict.text);
	if (verdict.text[0])
		fprintf(stderr, "intact: warning: %s\n", verdict.text);
	if (!pins_allowed(&pin->disk.header) || !pin->disk.header.key_digest[0])
		return fail(EXIT_CODE_DEVICE,
			    "the header on %s has no volume-key digest that can be pinned",
			    pin->wanted->node);
	return EXIT_CODE_OK;
}

static void show(const struct pin *pin)
{
	const struct volume *before = wanted_before(pin->wanted);

	printf("Volume %s is on %s. Its header has:\n", pin->name, pin->wanted->node);
	for (enum promise p = 0; p < PROMISES; p++) {
		char is[PROMISE_MAX], was[PROMISE_MAX] = "";

		promise_of_header(&pin->disk.header, p, is);
		if (before)
			promise_of_volume(before, p, was);
		if (p == PROMISE_FRESH)
			continue;
		if (str_eq(is, was))
			printf("  %s=%s, as it was pinned\n", promise_option(p), is);
		else if (*was)
			printf("  %s=%s, but pinned is %s\n", promise_option(p), is, was);
		else
			printf("  %s=%s, not pinned yet\n", promise_option(p), is);
	}
	(void)fflush(stdout);
}

/* --- the passphrase --------------------------------------------------------------------------- */

/* Tries one secret on every keyslot that may be used. libcryptsetup checks the key that comes out
 * with the digest of the header, which is the one that is pinned. */
static enum exit_code try_keyslots(struct pin *pin, const struct offer *offer)
{
	struct secret *key = secret_new();
	struct keyslot_plan plan = { 0 };
	struct budget budget;
	char why[512];
	int r = -EPERM, failed = 0;

	if (!key)
		return fail(EXIT_CODE_MEMORY, "there is no memory for the key of %s", pin->name);
	machine_read(&budget);
	keyslots_plan(&pin->disk.header, pin->volume.keyslot, &budget, &plan);
	keyslots_explain(&plan, &budget, why, sizeof(why));
	if (why[0])
		fprintf(stderr, "intact: warning: left out: %s\n", why);
	for (size_t i = 0; i < plan.n && r != 0; i++) {
		r = luks_keyslot_open(pin->luks, plan.slots[i].number, offer, key);
		if (r < 0 && r != -EPERM && r != -ENOENT)
			failed = r;
	}
	if (r == 0) {
		pin->key = key;
		return EXIT_CODE_OK;
	}
	secret_free(key);
	if (failed)
		return fail(failed == -ENOMEM ? EXIT_CODE_MEMORY : EXIT_CODE_GENERAL,
			    "a keyslot of %s cannot be tried: %s", pin->name,
			    luks_error(pin->luks)[0] ? luks_error(pin->luks) : strerror(-failed));
	return EXIT_CODE_PASSPHRASE;
}

static enum exit_code check_keyfile(struct pin *pin)
{
	struct keyfile file;
	const char *why = keyfile_open(pin->keyfile, 0, 0, &file);
	enum exit_code code;

	if (why)
		return fail(EXIT_CODE_GENERAL, "the key file %s cannot be read: %s", pin->keyfile,
			    why);
	code = try_keyslots(pin, &(struct offer){ .source = SOURCE_KEYFILE, .file = file.path });
	close(file.fd);
	if (code == EXIT_CODE_PASSPHRASE)
		fail(code, "the key file %s opens no keyslot of %s", pin->keyfile, pin->name);
	return code;
}

static enum exit_code check_passphrase(struct pin *pin)
{
	cleanup_free char *question = xasprintf("Passphrase for %s (%s): ", pin->name,
						pin->wanted->node);
	struct secret *passphrase = secret_new();
	const struct offer offer = { .source = SOURCE_PROMPT, .secret = passphrase };
	enum exit_code code = EXIT_CODE_PASSPHRASE;

	for (int i = 0; passphrase && i < TRIES && code == EXIT_CODE_PASSPHRASE; i++) {
		int r = terminal_ask(pin->terminal, question, passphrase);

		if (r < 0) {
			code = fail(EXIT_CODE_GENERAL, "no passphrase was read: %s",
				    r == -ENOTTY    ? "there is no terminal; use --key-file" :
				    r == -ECANCELED ? "cancelled" :
						      strerror(-r));
			break;
		}
		code = try_keyslots(pin, &offer);
		if (code == EXIT_CODE_PASSPHRASE)
			fail(code, "this passphrase opens no keyslot of %s", pin->name);
	}
	if (!passphrase)
		code = fail(EXIT_CODE_MEMORY, "there is no memory for the passphrase");
	secret_free(passphrase);
	return code;
}

/* --- the images ------------------------------------------------------------------------------- */

/* What the images demand of its freshness from now on. */
static enum fresh_demand demand_of(const struct pin *pin)
{
	const struct volume *before = wanted_before(pin->wanted);

	if (pin->fresh == PIN_FRESH_MAKE)
		return pin->demand;
	if (pin->fresh == PIN_FRESH_REMOVE)
		return FRESH_DEMAND_NONE;
	if (before && before->pins.fresh != FRESH_DEMAND_NONE)
		return before->pins.fresh;
	return pin->disk.header.fresh == FRESH_NONE ? FRESH_DEMAND_NONE : FRESH_DEMAND_REQUIRE;
}

/* And of its integrity tags. */
static bool tags_of(const struct pin *pin)
{
	const struct volume *before = wanted_before(pin->wanted);

	if (pin->fresh == PIN_FRESH_MAKE || pin->fresh == PIN_FRESH_REMOVE)
		return pin->tags;
	return (before && before->pins.fresh_tags) ||
	       pin->disk.header.fresh_record.tags.state != TAGS_NONE;
}

static enum exit_code check_tags(const struct pin *pin)
{
	const char *why = pin->tags ? taggable_refused(&pin->disk.header) : NULL;

	if (why)
		return fail(EXIT_CODE_GENERAL, "--tags is not possible for %s: %s", pin->name, why);
	if (pin->tags && taggable_rotates(pin->sysroot, pin->wanted->node))
		fprintf(stderr,
			"intact: warning: %s is on a rotating disk, which needs a seek for each 16 MiB of "
			"it: each shutdown and each boot will take minutes longer; better leave out "
			"--tags\n",
			pin->name);
	return EXIT_CODE_OK;
}

/* For the `intact needs` of the generator; nobody but root may write it. It is lost at the next
 * boot, whose images have the pins by then. Not for another system in a chroot: its images are made
 * without a look into /run. */
static enum exit_code note(const struct pin *pin)
{
	cleanup_free char *path = xasprintf("%s" SURVEY_ACCEPTED "/%s", pin->sysroot, pin->name);
	cleanup_free char *fresh = xasprintf("%s" SURVEY_ACCEPTED "/.new", pin->sysroot);
	cleanup_free char *promised = pins_options(&pin->disk.header, demand_of(pin), tags_of(pin));
	cleanup_free char *text = xasprintf("volume=%s\npromised=%s\n", pin->name, promised);
	cleanup_close int fd = -1;
	int r = 0;

	if (!pin->plan.booted)
		return EXIT_CODE_OK;
	r = make_parent_dirs(path, 0755);
	if (r == 0)
		fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (r == 0 && fd < 0)
		r = neg_errno();
	if (r == 0)
		r = write_all(fd, text, strlen(text));
	if (r == 0 && rename(fresh, path) < 0)
		r = neg_errno();
	return r == 0 ? EXIT_CODE_OK :
			fail(EXIT_CODE_GENERAL, "%s cannot be written: %s", path, strerror(-r));
}

static enum exit_code rebuild(const struct pin *pin)
{
	struct generator g;
	int r = generator_find(pin->sysroot, &g);

	if (r < 0)
		return fail(
			EXIT_CODE_GENERAL,
			"the disk is accepted, but none of update-initramfs, dracut and mkinitcpio "
			"is installed: make the images yourself before the next boot");
	if (pin->no_rebuild) {
		printf("The disk is accepted. Before the next boot, run: %s\n", g.line);
		return EXIT_CODE_OK;
	}
	printf("The disk is accepted. Making the images: %s\n", g.line);
	r = generator_run(&g);
	if (r != 0)
		return fail(EXIT_CODE_GENERAL,
			    "`%s` failed (%s%d): the images still demand what they did; solve the "
			    "problem, then run it again before the next boot",
			    g.line, r < 0 ? "error " : "exit status ", r < 0 ? -r : r);
	return EXIT_CODE_OK;
}

static enum exit_code run(struct pin *pin)
{
	enum exit_code code = find(pin);

	if (code == EXIT_CODE_OK)
		code = judge(pin);
	if (code != EXIT_CODE_OK)
		return code;
	show(pin);
	code = check_tags(pin);
	if (code != EXIT_CODE_OK)
		return code;
	code = pin->keyfile ? check_keyfile(pin) : check_passphrase(pin);
	if (code == EXIT_CODE_OK && pin->fresh != PIN_FRESH_NOTHING)
		code = pin_fresh(pin->fresh, pin->name, pin->luks, &pin->disk.header, pin->key,
				 tags_of(pin));
	/* Making the images takes minutes. */
	pin->key = secret_free(pin->key);
	if (code != EXIT_CODE_OK || pin->fresh == PIN_FRESH_ACCEPT)
		return code;
	code = note(pin);
	return code == EXIT_CODE_OK ? rebuild(pin) : code;
}

int pin_main(int argc, char **argv)
{
	struct pin pin = { .sysroot = "", .terminal = TERMINAL };
	int r = read_options(&pin, argc, argv);
	enum exit_code code;

	if (r)
		return r - 1;
	secrets_leave_no_core();
	code = run(&pin);
	secret_free(pin.key);
	luks_free(pin.luks);
	config_free(&pin.made);
	plan_free(&pin.plan);
	survey_free(&pin.host);
	return (int)code;
}
