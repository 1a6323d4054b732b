/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "intact/needs.h"

#include "base/exitcode.h"
#include "base/message.h"
#include "intact/planned.h"

#include <getopt.h>
#include <stdio.h>
#include <sys/utsname.h>

struct options {
	const char *sysroot, *root; /* of struct host */
	bool described;
	const char *kernel, *modules_dir, *resume, *included;
	bool generic;
};

static void usage(FILE *file)
{
	fputs("Usage: intact needs [OPTION]...\n"
	      "Lists what an initramfs image must contain to open this system's volumes:\n"
	      "  module NAME | file SOURCE TARGET MODE | volume NAME SOURCE KEYFILE OPTIONS |\n"
	      "  integrity NAME SOURCE KEYFILE OPTIONS | resume elsewhere\n"
	      "\n"
	      "  --kernel VERSION   the kernel that the image is for (default: the running one)\n"
	      "  --modules-dir DIR  its module tree (default: /lib/modules/VERSION)\n"
	      "  --root DIR         the system installed in DIR, from its fstab and crypttab\n"
	      "  --resume DEVICE    the resume device: a device, auto or none (RESUME= in Debian)\n"
	      "  --included FILES   files that the generator puts into the image by itself, between\n"
	      "                     blanks (a key file among them opens its volume)\n"
	      "  --generic          modules for every kind of integrity, for other machines\n"
	      "  --help             show this text\n"
	      "\n"
	      "Exit status: 0 everything was found; 1 something is missing, see the messages\n"
	      "(the rest is listed all the same).\n",
	      file);
}

/* 0, or 1 + the exit code with which the program is to end at once. */
static int read_options(struct options *ret, int argc, char **argv)
{
	static const struct option options[] = {
		{ "kernel", required_argument, NULL, 'k' },
		{ "modules-dir", required_argument, NULL, 'm' },
		{ "root", required_argument, NULL, 'r' },
		{ "resume", required_argument, NULL, 's' },
		{ "included", required_argument, NULL, 'i' },
		{ "generic", no_argument, NULL, 'g' },
		{ "sysroot", required_argument, NULL, 'S' }, /* for tests: a whole system in a
								folder */
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int c;

	optind = 1;
	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (c) {
		case 'k':
			ret->kernel = optarg;
			break;
		case 'm':
			ret->modules_dir = optarg;
			break;
		case 'r':
			ret->root = optarg;
			ret->described = true;
			break;
		case 's':
			ret->resume = optarg;
			break;
		case 'i':
			ret->included = optarg;
			break;
		case 'g':
			ret->generic = true;
			break;
		case 'S':
			ret->sysroot = optarg;
			if (!ret->described)
				ret->root = optarg;
			break;
		case 'h':
			usage(stdout);
			return EXIT_CODE_OK + 1;
		default:
			usage(stderr);
			return EXIT_CODE_GENERAL + 1;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "intact needs: unexpected argument \"%s\"\n", argv[optind]);
		usage(stderr);
		return EXIT_CODE_GENERAL + 1;
	}
	return 0;
}

static void print(const struct plan *plan)
{
	static const char *const levels[] = { "note", "warning", "error" };

	for (size_t i = 0; i < plan->findings.n; i++)
		message_print(NULL, levels[plan->findings.list[i].severity],
			      plan->findings.list[i].text);
	for (size_t i = 0; i < plan->n_lines; i++)
		puts(plan->lines[i]);
	for (size_t i = 0; i < plan->n_modules; i++)
		printf("module %s\n", plan->modules[i]);
}

/* Returns an exit code. */
static int run(const struct options *options, const char *version, const char *dir)
{
	struct planned planned = {
		.host = { .sysroot = options->sysroot,
			  .root = options->root,
			  .described = options->described,
			  .included = options->included },
		.kernel = { .version = version, .dir = dir, .generic = options->generic }
	};
	bool failed;

	planned_make(&planned, options->resume);
	print(&planned.plan);
	failed = planned.plan.findings.failed;
	if (fflush(stdout) != 0 || ferror(stdout)) {
		fprintf(stderr, "intact: error: the list cannot be written: %s\n", strerror(errno));
		failed = true;
	}
	planned_free(&planned);
	return failed ? EXIT_CODE_GENERAL : EXIT_CODE_OK;
}

int needs_main(int argc, char **argv)
{
	struct options options = { .sysroot = "", .root = "" };
	cleanup_free char *dir = NULL;
	struct utsname uts = { .release = "" };
	int r = read_options(&options, argc, argv);

	if (r)
		return r - 1;
	(void)uname(&uts);
	if (!options.kernel)
		options.kernel = uts.release;
	dir = options.modules_dir ? xstrdup(options.modules_dir) :
				    xasprintf("%s/lib/modules/%s", options.root, options.kernel);
	return run(&options, options.kernel, dir);
}
