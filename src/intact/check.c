/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "intact/check.h"

#include "base/exitcode.h"
#include "intact/checkboots.h"
#include "intact/judged.h"

#include <getopt.h>
#include <stdio.h>
#include <sys/utsname.h>

struct options {
	const char *sysroot, *root; /* of struct host */
	bool described;
	const char *image, *kernel, *modules_dir;
	enum checked_form form;
};

static void usage(FILE *file)
{
	fputs("Usage: intact check [OPTION]...\n"
	      "Looks at every boot entry with the eyes of the next boot, at its kernel, its images\n"
	      "and its command line together: can the image start, is intact in it and will it run,\n"
	      "has it the modules and the volumes that this system needs now?\n"
	      "\n"
	      "  --image FILE       only this initramfs image\n"
	      "  --kernel VERSION   the kernel that boots it (default: the one that it has modules\n"
	      "                     for, else the running one)\n"
	      "  --modules-dir DIR  its module tree (default: /lib/modules/VERSION)\n"
	      "  --root DIR         the system installed in DIR, from its fstab and crypttab\n"
	      "  --json             print JSON: a list of entries, or one object with --image\n"
	      "  --warn             for programs that make images: print warnings about the image,\n"
	      "                     and leave out what `intact needs` has said; always exit with 0\n"
	      "  --help             show this text\n"
	      "\n"
	      "Exit status: 0 the default entry (the image) will boot; 1 it will not, it cannot be\n"
	      "read, it starts something else than Linux with an image, or there is none.\n",
	      file);
}

/* 0, or 1 + the exit code with which the program is to end at once. */
static int read_options(struct options *ret, int argc, char **argv)
{
	static const struct option options[] = {
		{ "image", required_argument, NULL, 'i' },
		{ "kernel", required_argument, NULL, 'k' },
		{ "modules-dir", required_argument, NULL, 'm' },
		{ "root", required_argument, NULL, 'r' },
		{ "json", no_argument, NULL, 'j' },
		{ "warn", no_argument, NULL, 'w' },
		/* for tests: a whole system in a folder */
		{ "sysroot", required_argument, NULL, 'S' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int c;

	optind = 1;
	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (c) {
		case 'i':
			ret->image = optarg;
			break;
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
		case 'j':
			ret->form = CHECKED_JSON;
			break;
		case 'w':
			ret->form = CHECKED_WARN;
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
	if (optind < argc || (ret->kernel && !ret->image)) {
		fputs(optind < argc ? "intact check: one argument too many\n" :
				      "intact check: --kernel belongs to --image\n",
		      stderr);
		usage(stderr);
		return EXIT_CODE_GENERAL + 1;
	}
	return 0;
}

/* One image that is named. */
static void check_image(const struct options *options, struct judging *j, struct checked_list *all)
{
	struct image_part part = { .path = xstrdup(options->image), .size = UINT64_MAX };

	judged_image(j, &part, 1, options->kernel, NULL,
		     array_add(&all->list, &all->n, sizeof(*all->list)));
	free(part.path);
}

int check_main(int argc, char **argv)
{
	struct options options = { .sysroot = "", .root = "" };
	struct utsname uts = { .release = "" };
	struct checked_list all = { 0 };
	struct judging j;
	int r = read_options(&options, argc, argv);
	bool failed;

	if (r)
		return r - 1;
	(void)uname(&uts);
	j = (struct judging){ .sysroot = options.sysroot,
			      .root = options.root,
			      .described = options.described,
			      .modules_dir = options.modules_dir,
			      .running = uts.release,
			      .form = options.form };
	if (options.image)
		check_image(&options, &j, &all);
	else
		checkboots_all(&j, &all);
	judged_free(&j);
	checked_print(&all, options.form);
	failed = checked_failed(&all);
	checked_free(&all);
	return failed && options.form != CHECKED_WARN ? EXIT_CODE_GENERAL : EXIT_CODE_OK;
}
